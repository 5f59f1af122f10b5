/*
 * New access codes for printers that are here already, from a pasted list: looked at first, then changed, then tried.
 */
import "./words.js";
import { now, onTick } from "../../core/clock.js";
import { openDialog } from "../../core/dialog.js";
import { h, keyedList, setText } from "../../core/dom.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { isStarting } from "../../printers/worker.js";
import { changeAll } from "./asks.js";
import { matchCodes, parseCodes } from "./codes.js";
import { pasteBox, printerRow, tellTally } from "./parts.js";
import { markOf, outcomeOf, tally } from "./rows.js";

let pasted = ""; /* of this page: what was pasted stays until it has worked */

/** Opens the dialog. */
export function changeCodes() {
	const tries = new Map(); /* serial -> {code, sending, refused, sent: {atMs, mark}} */
	let codes = new Map();

	function look(serial) {
		const one = tries.get(serial), doc = store.printers.get(serial);
		if (!one || one.code !== codes.get(serial)?.code)
			return { state: "recoded", problem: null };
		if (one.sending || one.refused)
			return { state: one.sending ? "sending" : "refused", problem: one.refused };
		return outcomeOf(one.sent, doc, doc !== undefined && isStarting(doc), now());
	}

	const list = h("ul", { class: "finds", "aria-label": t("finder.recode.rows"), dataset: { role: "recodes" } });
	const keyed = keyedList(list, (key, row) => {
		const entry = printerRow("recode");
		entry.update(row);
		return entry;
	});
	const others = h("p", { class: "small muted" });
	const summary = h("p", { class: "finder__summary", role: "status", dataset: { role: "recode-summary" } });
	const box = pasteBox({ text: pasted, hint: t("finder.recode.hint"), typed: (text) => {
		pasted = text;
		read();
	} });
	const dialog = openDialog({ title: t("finder.recode.title"), wide: true, role: "recode-dialog", body: [box.node, list, others], actions: [
		{ label: t("action.close"), kind: "plain" },
		{ label: t("finder.recode.do", { count: 0 }), kind: "primary", role: "recode-submit", run: () => {
			send();
			return false;
		} },
	], onClose: () => {
		offs.forEach((off) => off());
		if ([...codes.keys()].every((serial) => look(serial).state === "live"))
			pasted = "";
	} });
	const submit = dialog.node.querySelector('[data-role="recode-submit"]');
	dialog.node.querySelector(".dialog__actions").prepend(summary);

	function read() {
		const candidates = [...store.printers.values()].map((doc) => ({ key: doc.serial, words: [doc.serial, doc.address, doc.name] }));
		const matched = matchCodes(parseCodes(pasted), candidates);
		codes = matched.codes;
		box.tell({ filled: codes.size, astray: matched.astray });
		draw();
	}

	const pending = () => [...codes.keys()].filter((serial) => ["recoded", "refused", "fault", "warned"].includes(look(serial).state));

	async function send() {
		const serials = pending();
		if (serials.length === 0)
			return box.input.focus();
		for (const serial of serials)
			tries.set(serial, { code: codes.get(serial).code, sending: true, refused: null,
				sent: { atMs: now(), mark: markOf(store.printers.get(serial)) } });
		draw();
		const problems = await changeAll(serials.map((serial) => ({ serial, accessCode: codes.get(serial).code })));
		serials.forEach((serial, i) => {
			const one = tries.get(serial);
			Object.assign(one, { sending: false, refused: problems[i] });
			one.sent.atMs = now();
		});
		return draw();
	}

	function draw() {
		keyed.render([...codes.keys()].map((key) => ({ key, serial: key, doc: store.printers.get(key), how: look(key) })), (row) => row.key);
		const rest = store.printers.size - codes.size, waiting = pending().length;
		setText(others, codes.size > 0 && rest > 0 ? t("finder.recode.others", { count: rest }) : "");
		setText(submit, t("finder.recode.do", { count: waiting }));
		tellTally(summary, dialog.node, tally([...codes.keys()].map((serial) => look(serial).state)));
	}

	const offs = [store.on("printers", (changed) => [...changed].some((serial) => codes.has(serial)) && draw()), store.on("status", draw),
		onTick(() => tries.size > 0 && draw())];
	read();
}
