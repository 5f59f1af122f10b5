/*
 * A certificate's fingerprint, to be looked at and approved.
 */
import { h } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { t } from "../core/strings.js";
import { groupsOf } from "./text.js";

/** The fingerprint in groups of four. */
export function fingerprintNode(sha256) {
	return h("p", { class: "fingerprint mono", "aria-label": t("printers.trust.fingerprint"),
		dataset: { role: "fingerprint" } },
		groupsOf(sha256).map((group) => h("span", null, group)));
}

/** A box that explains, shows and asks. -> {node, input (the checkbox), setError(isMissing)} */
export function approvalBox(sha256, words = t("printers.trust.why")) {
	const input = h("input", { type: "checkbox", dataset: { role: "trust-check" } });
	const error = h("p", { class: "field__error", role: "alert" });
	error.hidden = true;
	const node = h("div", { class: "approval", dataset: { role: "approval" } },
		h("p", { class: "approval__title" }, icon("shield"), h("strong", null, t("printers.trust.title"))),
		h("p", null, words), fingerprintNode(sha256), h("p", { class: "muted" }, t("printers.trust.compare")),
		h("label", { class: "check" }, input, h("span", null, t("printers.trust.mine"))), error);
	input.addEventListener("change", () => (error.hidden = true));
	return {
		node, input,
		setError(isMissing) {
			error.hidden = !isMissing;
			error.textContent = isMissing ? t("printers.trust.needed") : "";
			if (isMissing)
				input.focus();
		},
	};
}
