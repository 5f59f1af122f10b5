/*
 * A printer that was found, as a row: chosen, named, trusted, its access code, and how adding it goes.
 *
 * Tab goes from code to code: box, name and trust of a row are on its way only while the focus is in that row (back from its
 * code). Enter and the arrows go from code to code, too.
 */
import { h, replace, setAttr, setClass, setText } from "../../core/dom.js";
import { icon } from "../../core/icons.js";
import { badge, button, iconButton } from "../../core/parts.js";
import { t } from "../../core/strings.js";
import { modelArt } from "../../printers/art.js";
import { fingerprintNode } from "../../printers/fingerprint.js";
import { plain } from "../../printers/text.js";
import { problemNodes, showState } from "./parts.js";
import { isOpen, lacksOf, needsTrust } from "./rows.js";

/* What is to be said of a row, as of a problem. */
function noteOf(state, problem, row, doc) {
	const { found } = row;
	if (state === "moved")
		return { sentence: t("finder.movedNote", { address: doc?.address ?? found.addedAddress }) };
	if (state === "closed" || (state === "open" && found.remedy && !needsTrust(row)))
		return { sentence: plain(found.sentence, 400), remedy: plain(found.remedy, 400) };
	return problem;
}

/**
 * acts: {typed() something was typed or chosen, paste(row, text) -> taken, next(row, step) to another code, goTo(serial),
 * move(row) give it the address where it was found}.
 * -> {node, update(row, {state, problem}, doc), code}
 */
export function rowView(first, acts) {
	let row = first, drawn = "", vouched = "", art = "";
	const box = (role, member) => h("input", { type: "checkbox", dataset: { role }, on: { change: (event) => {
		row[member] = event.target.checked;
		acts.typed();
	} } });
	const pick = box("find-pick", "chosen"), trust = box("find-trust", "trusted");
	const name = h("input", { class: "input input--small find__name", maxlength: "96", dir: "auto", autocomplete: "off",
		dataset: { role: "find-name" }, on: { input: () => {
			row.name = name.value;
			row.wasNamed = true;
			acts.typed();
		} } });
	const code = h("input", { class: "input input--small input--mono find__code", maxlength: "64", autocomplete: "off", spellcheck: "false",
		autocapitalize: "off", placeholder: t("printers.form.code"), enterkeyhint: "next", dataset: { role: "find-code" }, on: {
			input: () => {
				row.code = code.value.trim();
				row.chosen ||= row.code !== "";
				acts.typed();
			},
			paste: (event) => acts.paste(row, event.clipboardData.getData("text")) && event.preventDefault(),
			keydown: (event) => {
				const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
				if (step && !event.isComposing) {
					event.preventDefault();
					acts.next(row, step);
				}
			} } });
	const fact = (role, mono) => h("span", { class: mono ? "mono" : "num", dataset: { role } });
	const model = fact("find-model"), address = fact("find-address", true), serial = fact("find-serial", true),
		firmware = fact("find-firmware"), called = fact("find-called");
	const vouch = h("div", { class: "find__vouch" }), picture = h("span", { class: "find__art" });
	const state = badge("idle", ""), note = h("div", { class: "find__note" });
	const show = iconButton({ label: t("printers.add.show"), iconName: "chevron-right", role: "find-show",
		run: () => acts.goTo(row.found.serial) });
	const node = h("li", { class: "find", dataset: { role: "find" } }, h("label", { class: "find__pick" }, pick), picture,
		h("div", { class: "find__who" }, name, h("p", { class: "find__facts" }, model, address, serial, firmware, called)),
		vouch, code, h("div", { class: "find__state" }, state, show), note);
	state.dataset.role = "find-state";

	/* Only when it is another: it may have the focus, or stand unfolded. */
	function drawVouch(open) {
		const { verified, certificateSha256 } = row.found, asks = needsTrust(row);
		const key = [asks && open, asks && row.trusted, verified, certificateSha256].join();
		trust.checked = row.trusted;
		if (key === vouched)
			return;
		vouched = key;
		if (asks && open && vouch.contains(trust))
			return;
		replace(vouch, !certificateSha256 ? null
			: asks && open ? [h("label", { class: "check" }, trust, t("finder.trust")),
				h("details", null, h("summary", null, t("printers.trust.fingerprint")), fingerprintNode(certificateSha256))]
			: asks ? row.trusted && [icon("shield"), t("finder.trusted")] : [icon("shield"), t(`printers.vouch.${verified}`)]);
	}

	function drawNote(how, problem, doc) {
		const lacks = row.lacks && lacksOf(row), hadFocus = note.contains(document.activeElement);
		replace(note, problemNodes(noteOf(how, problem, row, doc)),
			lacks && h("p", { class: "field__error", role: "alert" }, icon("error"), t(`finder.lacks.${lacks}`)),
			how === "moved" && h("div", null, button({ label: t("finder.move"), kind: "primary", small: true, role: "find-move",
				run: () => acts.move(row) })));
		setAttr(code, "aria-invalid", lacks === "code" || null);
		if (hadFocus)
			(code.hidden ? show : code).focus();
	}

	function update(fresh, { state: how, problem }, doc) {
		row = fresh;
		const { found } = row, open = isOpen(how), label = plain(row.name, 60) || row.key;
		const shownName = how === "added" || how === "moved" ? plain(doc?.name ?? found.addedName, 96) : row.name;
		if (name.value !== shownName)
			name.value = shownName;
		if (code.value.trim() !== row.code)
			code.value = row.code;
		pick.checked = row.chosen;
		const key = JSON.stringify([found, row.trusted, how, problem, row.lacks && lacksOf(row), doc?.address, doc?.link?.phase, label]);
		if (key === drawn)
			return;
		drawn = key;
		if (art !== found.model)
			replace(picture, modelArt(art = found.model).node);
		setAttr(node, "data-serial", found.serial);
		setAttr(node, "data-state", how);
		setAttr(pick, "aria-label", t("finder.pick", { name: label }));
		setAttr(trust, "aria-label", t("finder.trustOf", { name: label }));
		setAttr(name, "aria-label", t("finder.nameOf", { serial: row.key }));
		setAttr(code, "aria-label", t("finder.codeOf", { name: label }));
		pick.hidden = code.hidden = !open;
		name.readOnly = !open;
		show.hidden = !doc || how === "linking";
		setText(model, found.modelName);
		setText(address, found.address);
		setText(serial, found.serial);
		setText(firmware, plain(found.firmware, 30));
		setAttr(firmware, "title", t("printers.about.firmware"));
		const was = plain(found.name, 96);
		setText(called, was && was !== shownName ? t("finder.called", { name: plain(was, 60) }) : "");
		showState(state, how, doc);
		setClass(node, "find--done", how === "added" || how === "live");
		drawVouch(open);
		drawNote(how, problem, doc);
		reach(node.contains(document.activeElement));
	}

	function reach(inside) {
		for (const control of node.querySelectorAll("input:not(.find__code), summary"))
			control.tabIndex = inside ? 0 : -1;
	}
	node.addEventListener("focusin", () => reach(true));
	node.addEventListener("focusout", (event) => reach(node.contains(event.relatedTarget)));
	return { node, update, code };
}
