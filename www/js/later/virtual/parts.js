/*
 * What the controls of a virtual printer are built of: parts, and what became of each thing that was turned.
 */
import { h, replace, setAttr } from "../../core/dom.js";
import { icon } from "../../core/icons.js";
import { t } from "../../core/strings.js";
import { plain } from "../../printers/text.js";

const ICONS = { sent: "refresh", done: "check", refused: "error" };
const LATE_MS = 5000; /* until a document tells what was turned, at the latest */
let count = 0;

/** A part of the dialog, with its heading. aside: a node beside that. */
export function part({ title, text = null, role, aside = null, wide = false }, ...children) {
	const id = `virtual-${++count}`;
	return h("section", { class: wide ? "vpart vpart--wide" : "vpart", "aria-labelledby": id, dataset: { role } },
		h("div", { class: "spread" }, h("h3", { id }, title), aside), text && h("p", { class: "small muted" }, text), children);
}

/** Says how something goes: that it was sent, that it is done, or why not. -> {node, run(ask) -> Promise of whether it was done} */
export function sayer() {
	const node = h("div", { class: "vsay", role: "status", dataset: { role: "said" } });
	let newest = 0;

	function say(mine, state, ...words) {
		if (mine !== newest)
			return;
		setAttr(node, "data-state", state);
		replace(node, icon(ICONS[state]), h("p", null, words));
	}
	return { node, async run(ask) {
		const mine = ++newest;
		say(mine, "sent", t("virtual.sent"));
		try {
			const answer = await ask();
			say(mine, "done", plain(answer?.sentence, 240) || t("virtual.done"));
			return true;
		} catch (error) {
			say(mine, "refused", [plain(error.detail || error.title || error.message, 400), plain(error.remedy, 400)].filter(Boolean).join(" "));
			return false;
		}
	} };
}

/**
 * Something that can be turned. What a person has chosen is shown until Fuse tells the same, refuses it, or has told nothing for a while.
 * show(value): draws it; send(value) -> Promise. -> {node: what is said of it, learn(value): as Fuse tells it, turn(value)}
 */
function turnable(show, send) {
	const said = sayer();
	let known, wanted, timer = 0, newest = 0;

	function settle() {
		clearTimeout(timer);
		wanted = undefined;
		show(known);
	}
	return {
		node: said.node,
		learn(value) {
			known = value;
			if (wanted === undefined || wanted === value)
				settle();
		},
		async turn(value) {
			const mine = ++newest;
			clearTimeout(timer);
			wanted = value;
			show(value);
			const isDone = await said.run(() => send(value));
			if (mine === newest && wanted !== undefined && !isDone)
				settle();
			else if (mine === newest && wanted !== undefined)
				timer = setTimeout(settle, LATE_MS);
		},
	};
}

/** A switch with a sentence below. turn(isOn) -> Promise. -> {node, learn(isOn)} */
export function switchRow({ label, text, role, turn }) {
	const id = `virtual-${++count}`;
	const input = h("input", { type: "checkbox", role: "switch", class: "switch", id, "aria-describedby": text && `${id}-text`,
		dataset: { role }, on: { change: () => control.turn(input.checked) } });
	const control = turnable((isOn) => (input.checked = isOn), turn);
	return { learn: control.learn, node: h("div", { class: "vrow" }, h("label", { class: "vrow__label", for: id }, label), input,
		text && h("p", { class: "small muted vrow__text", id: `${id}-text` }, text), control.node) };
}

/** The same for a choice among several. options(value) -> [[value, words]], the present one among them; turn(number) -> Promise. */
export function choiceRow({ label, text, role, options, turn }) {
	const id = `virtual-${++count}`;
	const select = h("select", { class: "select select--small", id, "aria-describedby": `${id}-text`, dataset: { role },
		on: { change: () => control.turn(Number(select.value)) } });
	let shown = "";
	const control = turnable((value) => {
		const fresh = options(value), words = JSON.stringify(fresh);
		if (words !== shown)
			replace(select, fresh.map(([one, name]) => h("option", { value: String(one) }, name)));
		shown = words;
		select.value = String(value);
	}, turn);
	return { learn: control.learn, node: h("div", { class: "vrow" }, h("label", { class: "vrow__label", for: id }, label), select,
		h("p", { class: "small muted vrow__text", id: `${id}-text` }, text), control.node) };
}

/** A row of buttons of which one is pressed. values: [[value, words]]; turn(value) -> Promise. -> {node, learn(value)} */
export function pressRow({ label, role, values, turn }) {
	const buttons = values.map(([value, words]) => h("button", { type: "button", class: "btn btn--plain", dataset: { role: `${role}-${value}` },
		on: { click: () => control.turn(value) } }, words));
	const control = turnable((now) => values.forEach(([value], i) => setAttr(buttons[i], "aria-pressed", value === now)), turn);
	return { learn: control.learn, node: h("div", null, h("div", { class: "btn-group", role: "group", "aria-label": label }, buttons), control.node) };
}
