/*
 * keyhelp: which keys there are.
 */
import { openDialog } from "../core/dialog.js";
import { h } from "../core/dom.js";
import { bindings } from "../core/keys.js";
import { t } from "../core/strings.js";

/** Lists the keys that work now. */
export function showKeys() {
	openDialog({
		title: t("keys.title"),
		role: "keys-dialog",
		body: [
			h("dl", { class: "keys" }, bindings().map(({ key, descriptionKey }) =>
				h("div", null, h("dt", null, h("kbd", null, key === "Escape" ? "Esc" : key)), h("dd", null, t(descriptionKey))))),
			h("p", { class: "muted small" }, t("keys.note")),
		],
	});
}
