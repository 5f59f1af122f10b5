/*
 * A printer that was found, as a row: chosen, named, trusted, its access code, and how adding it goes.
 *
 * Tab goes from code to code: the box and the name of a row are on its way only while the focus is in that row (back from
 * its code). Enter goes to the next code, too.
 */
import { h, replace, setAttr, setClass, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { button, setBadge } from "../core/parts.js";
import { t } from "../core/strings.js";
import { modelArt } from "../printers/art.js";
import { fingerprintNode } from "../printers/fingerprint.js";
import { plain } from "../printers/text.js";
import { isOpen, lacksOf, needsTrust } from "./rows.js";

const TONES = { sending: "info", linking: "info", live: "ok", warned: "warn", fault: "bad", refused: "bad", added: "idle",
	moved: "warn", closed: "warn" };

/** How it goes, in a badge: "connecting" in as much detail as is known. node: of badge(). */
export function showState(node, state, doc) {
	const phase = state === "linking" && doc?.link?.phase !== "live" && doc?.link?.phase;
	node.hidden = !TONES[state];
	if (TONES[state])
		setBadge(node, TONES[state], phase ? t(`printers.phase.${phase}`) : t(`finder.state.${state}`));
}

/** What is wrong and what to do, as paragraphs. problem: of problems.js, of an ApiError or of a result; may be null. */
export function problemNodes(problem) {
	const sentence = problem && (problem.sentence || problem.detail || problem.title);
	return [sentence && h("p", { dataset: { role: "find-problem" } }, sentence), problem?.remedy && h("p", { class: "muted" }, problem.remedy)];
}

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
 * acts: {typed(row) something was typed or chosen, paste(row, text) -> taken, next(row, step) to another code,
 * goTo(serial), move(row) give it the address where it was found}.
 * -> {node, update(row, {state, problem}, doc), code}
 */
export function rowView(first, acts) {
	let row = first, drawn = "", art = "";
	const typed = (member) => (event) => {
		row[member] = event.target.value;
		acts.typed(row);
	};
	const pick = h("input", { type: "checkbox", dataset: { role: "find-pick" }, on: { change: () => {
		row.chosen = pick.checked;
		acts.typed(row);
	} } });
	const name = h("input", { class: "input input--small find__name", maxlength: "96", dir: "auto", autocomplete: "off",
		dataset: { role: "find-name" }, on: { input: (event) => {
			row.wasNamed = true;
			typed("name")(event);
		} } });
	const code = h("input", { class: "input input--small input--mono", maxlength: "64", autocomplete: "off", spellcheck: "false",
		autocapitalize: "off", placeholder: t("printers.form.code"), enterkeyhint: "next", dataset: { role: "find-code" }, on: {
			input: () => {
				row.code = code.value.trim();
				row.chosen ||= row.code !== "";
				acts.typed(row);
			},
			paste: (event) => {
				if (acts.paste(row, event.clipboardData.getData("text")))
					event.preventDefault();
			},
			keydown: (event) => {
				const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
				if (step && !event.isComposing) {
					event.preventDefault();
					acts.next(row, step);
				}
			} } });
	const fact = (role) => h("span", { dataset: { role } });
	const model = fact("find-model"), serial = fact("find-serial"), address = fact("find-address"), firmware = fact("find-firmware"),
		called = fact("find-called");
	serial.className = address.className = "mono";
	const vouch = h("div", { class: "find__vouch" }), picture = h("span", { class: "find__art" });
	const badge = h("span", { class: "badge" }), note = h("div", { class: "find__note" });
	badge.dataset.role = "find-state";
	const node = h("li", { class: "find", dataset: { role: "find" } }, h("label", { class: "find__pick" }, pick), picture,
		h("div", { class: "find__who" }, name, h("p", { class: "find__facts" }, model, address, serial, firmware, called)),
		vouch, h("div", { class: "find__code" }, code), h("div", { class: "find__state" }, badge), note);

	const trust = h("input", { type: "checkbox", dataset: { role: "find-trust" }, on: { change: () => {
		row.trusted = trust.checked;
		acts.typed(row);
	} } });
	let vouched = "";

	/* Only when it is another: it may have the focus, or stand unfolded. */
	function drawVouch(open) {
		const { verified, certificateSha256 } = row.found, asks = needsTrust(row) && open, key = [asks, verified, certificateSha256].join();
		trust.checked = row.trusted;
		setAttr(trust, "aria-label", t("finder.trustOf", { name: row.name || row.key }));
		if (key === vouched)
			return;
		vouched = key;
		replace(vouch, !certificateSha256 ? null : !asks ? [icon("shield"), t(`printers.vouch.${verified}`)] : [
			h("label", { class: "check" }, trust, t("finder.trust")),
			h("details", null, h("summary", null, t("printers.trust.fingerprint")), fingerprintNode(certificateSha256))]);
	}

	function drawNote(state, problem, doc) {
		const lacks = row.lacks && lacksOf(row);
		replace(note, problemNodes(noteOf(state, problem, row, doc)),
			lacks && h("p", { class: "field__error", role: "alert" }, icon("error"), t(`finder.lacks.${lacks}`)),
			h("div", { class: "row" },
				state === "moved" && button({ label: t("finder.move"), kind: "primary", small: true, role: "find-move",
					run: () => acts.move(row) }),
				doc && state !== "linking" && button({ label: t("printers.add.show"), kind: "quiet", small: true, role: "find-show",
					run: () => acts.goTo(row.found.serial) })));
		setAttr(code, "aria-invalid", lacks === "code" || null);
	}

	function update(fresh, { state, problem }, doc) {
		row = fresh;
		const { found } = row, open = isOpen(state), label = plain(row.name, 60) || row.key;
		if (document.activeElement !== name || name.value !== row.name)
			name.value = state === "added" || state === "moved" ? plain(doc?.name ?? found.addedName, 96) : row.name;
		if (code.value.trim() !== row.code)
			code.value = row.code;
		pick.checked = row.chosen;
		const key = JSON.stringify([found, row.trusted, state, problem, row.lacks && lacksOf(row), doc?.address, doc?.link?.phase, label]);
		if (key === drawn)
			return;
		drawn = key;
		if (art !== found.model)
			replace(picture, modelArt(art = found.model).node);
		setAttr(node, "data-serial", found.serial);
		setAttr(node, "data-state", state);
		setAttr(pick, "aria-label", t("finder.pick", { name: label }));
		setAttr(name, "aria-label", t("finder.nameOf", { serial: row.key }));
		setAttr(code, "aria-label", t("finder.codeOf", { name: label }));
		pick.disabled = !open;
		name.readOnly = !open;
		code.hidden = !open;
		setText(model, found.modelName);
		setText(serial, found.serial);
		setText(address, found.address);
		setText(firmware, found.firmware ? t("printers.add.firmware", { firmware: plain(found.firmware, 30) }) : "");
		const was = plain(found.name, 60);
		setText(called, was && was !== row.name ? t("finder.called", { name: was }) : "");
		showState(badge, state, doc);
		setClass(node, "find--done", state === "added" || state === "live");
		drawVouch(open);
		drawNote(state, problem, doc);
	}

	/* Before and behind its code, only while the focus is here. */
	const reach = (inside) => [pick, name].forEach((control) => (control.tabIndex = inside ? 0 : -1));
	node.addEventListener("focusin", () => reach(true));
	node.addEventListener("focusout", (event) => reach(node.contains(event.relatedTarget)));
	reach(false);
	return { node, update, code };
}
