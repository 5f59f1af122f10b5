/*
 * Finding printers and adding many at once. One dialog for every way to look; what was found, and all that was typed, stays
 * for as long as this page is loaded, so that the dialog can be closed and opened again.
 */
import "./words.js";
import { patch } from "../../core/api.js";
import { now, onTick } from "../../core/clock.js";
import { openDialog } from "../../core/dialog.js";
import { h, keyedList, setAttr, setText } from "../../core/dom.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { isStarting } from "../../printers/worker.js";
import { askAll, sendAll, watcher } from "./asks.js";
import { fillDown, matchCodes, parseCodes } from "./codes.js";
import { pasteBox, tellTally, trustBox } from "./parts.js";
import { addBody, changeBody, inOrder, isOpen, isTouched, keyOf, lacksOf, markOf, mergeFound, needsTrust, stateOf, tally } from "./rows.js";
import { rowView } from "./row_view.js";
import { sourcePart } from "./source.js";

/* Of this page: outlives the dialog. `last`: rows that were added before they were found stand at the end, and stay there. */
const session = { kind: "ssdp", cidr: "", list: "", pasted: "", rows: new Map(), scan: null, last: new Set() };

const docOf = (row) => store.printers.get(row.found.serial);

function look(row) {
	const doc = docOf(row);
	return stateOf(row, doc, doc !== undefined && isStarting(doc), now());
}

/** kind: "ssdp" (begins at once), "subnet" or "list". page: {goTo(serial)}. */
export function findPrinters(kind, page) {
	const { rows } = session;
	const views = new Map(); /* key -> view */
	let asking = null, over = false, wasSettled = false;
	session.kind = kind;

	/* -- looking -- */

	const watch = watcher((scan, error) => {
		if (scan) {
			session.scan = scan;
			mergeFound(rows, scan.printers);
		} else if (error.status === 404) {
			session.scan = { ...session.scan, state: "failed", sentence: error.detail, remedy: t("finder.lost") };
		}
		arrange();
	});

	/* What nobody has touched makes room for what is found now. */
	function clear() {
		for (const row of rows.values())
			if (!isTouched(row) || look(row).state === "live")
				rows.delete(row.key);
	}

	async function begin(body) {
		endList("stopped");
		await watch.begin(body);
		if (over)
			watch.end();
		clear();
		arrange();
	}

	function ask(entries) {
		const byAddress = new Map(entries.map((entry) => [entry.address, entry]));
		const scan = { id: {}, type: "list", state: "running", done: 0, total: entries.length, printers: [], sentence: "", remedy: null };
		watch.end();
		endList("stopped");
		clear();
		session.scan = scan;
		asking = askAll([...byAddress.keys()], (found, error, address) => {
			scan.done++;
			take(found ?? { address, serial: null, model: "Other", certificateSha256: null, sentence: error.detail || error.title,
				remedy: error.remedy }, byAddress.get(address));
			if (scan.done === scan.total)
				endList("done");
			arrange();
		});
		arrange();

		function take(found, { name, code }) {
			if (found.serial)
				scan.printers.push(found);
			mergeFound(rows, [found]);
			const row = rows.get(keyOf(found));
			if (name !== "" && !row.wasNamed)
				Object.assign(row, { name, wasNamed: true });
			if (code !== "" && row.code === "")
				Object.assign(row, { code, chosen: true });
		}
	}

	/* A list is asked for by this dialog: it ends with it. */
	function endList(state) {
		const { scan } = session;
		if (scan?.type !== "list" || scan.state !== "running")
			return;
		asking.stop();
		scan.state = state;
		scan.sentence = t("finder.asked", { found: scan.printers.length, count: scan.done });
	}

	function stop() {
		endList("stopped");
		arrange();
		watch.stop().catch(tellError);
	}

	function again() {
		const { type, cidr } = session.scan ?? {};
		if (type === "list")
			return choose("list");
		/* What was searched once may be searched again. */
		return begin({ type, ...(cidr && { cidr, publicToo: true }) }).catch(tellError);
	}

	function choose(fresh) {
		session.kind = fresh;
		source.show();
		if (fresh === "ssdp" && session.scan?.state !== "running")
			begin({ type: "ssdp" }).catch(tellError);
	}

	function tellError(error) {
		dialog.setError(error);
	}

	/* What runs already is watched on; else an Auto-Scan begins by itself. */
	async function resume() {
		const runs = await watch.adopt(kind, session.scan?.state === "running" ? session.scan.id : null);
		if (over)
			watch.end();
		else if (!runs && kind === "ssdp")
			await begin({ type: "ssdp" });
	}

	/* -- codes -- */

	const candidates = () => [
		...[...rows.values()].map((row) => ({ key: row.key,
			words: [row.found.serial, row.found.address, row.name, row.found.name, docOf(row)?.name] })),
		...[...store.printers.values()].filter((doc) => !rows.has(doc.serial)).map((doc) => ({ key: doc.serial,
			words: [doc.serial, doc.address, doc.name] }))];

	/* What a person has changed by hand stays, until the list says something else. -> {filled, astray} */
	function fill({ codes, astray }, isFresh) {
		const told = [...astray];
		let filled = 0;
		for (const [key, { code, number, word }] of codes) {
			const row = rows.get(key), open = row !== undefined && isOpen(look(row).state);
			if (open || row?.sent || row?.sending)
				filled++;
			else
				told.push({ number, word, why: "closed" });
			if (open && (isFresh || row.pasted !== code))
				Object.assign(row, { code, pasted: code, chosen: true });
		}
		return { filled, astray: told.sort((a, b) => a.number - b.number) };
	}

	function applyPasted() {
		if (session.pasted.trim() !== "")
			paste.tell(fill(matchCodes(parseCodes(session.pasted), candidates()), false));
	}

	/* Into one code's field: a list of any kind; false: what a browser does with it is right. */
	function pasteAt(row, text) {
		const lines = parseCodes(text.trimEnd(), true), named = lines.some((line) => line.words.length > 0);
		if (lines.length === 1 && !named)
			return false;
		const below = inOrder(rows, isLast).filter((one) => isOpen(look(one).state)).map((one) => one.key);
		const matched = named ? matchCodes(lines.filter((line) => line.code !== "" || line.words.length > 0), candidates())
			: fillDown(lines, below.slice(below.indexOf(row.key)));
		if (lines.length === 1 && matched.codes.size === 0)
			return false;
		paste.tell(fill(matched, true));
		box.open = box.open || matched.astray.length > 0;
		arrange();
		return true;
	}

	/* The next code below or above; behind the last is the button that adds. */
	function next(row, step) {
		const open = inOrder(rows, isLast).filter((one) => !views.get(one.key).code.hidden);
		const to = open[open.indexOf(row) + step];
		const field = to ? views.get(to.key).code : step > 0 ? add : null;
		field?.focus();
		field?.select?.();
	}

	/* -- adding -- */

	const chosen = () => [...rows.values()].filter((row) => row.chosen && isOpen(look(row).state));

	async function send() {
		const wanted = chosen();
		wanted.forEach((row) => (row.lacks = true));
		const ready = wanted.filter((row) => lacksOf(row) === null);
		if (ready.length === 0) {
			tellNone(wanted);
			return;
		}
		box.open = false;
		wasSettled = false;
		await sendAll(ready, docOf, arrange);
	}

	function tellNone(wanted) {
		arrange();
		setText(summary, t(wanted.length === 0 ? "finder.noneChosen" : "finder.noneReady"));
		const row = inOrder(rows, isLast).find((one) => wanted.length === 0 ? isOpen(look(one).state) : wanted.includes(one));
		if (row)
			views.get(row.key).code.focus();
	}

	async function move(row) {
		const { serial, address } = row.found, mark = markOf(docOf(row));
		try {
			await patch(`/api/v1/printers/${encodeURIComponent(serial)}`, { address });
			row.sent = { atMs: now(), mark, body: addBody(row) };
		} catch (error) {
			row.refused = error;
		}
		arrange();
	}

	/* -- drawing -- */

	const isLast = (row) => session.last.has(row.key);
	const acts = { typed: () => drawAll(), paste: pasteAt, next, move, goTo(serial) {
		dialog.close();
		page.goTo(serial);
	} };
	const list = h("ul", { class: "finds", dataset: { role: "finds" }, "aria-label": t("finder.rows") });
	const keyed = keyedList(list, (key, row) => {
		const view = rowView(row, acts);
		views.set(key, view);
		view.update(row, look(row), docOf(row));
		return { node: view.node, update: () => drawRow(row), remove: () => views.delete(key) };
	});
	const summary = h("p", { class: "finder__summary", role: "status", dataset: { role: "find-summary" } });
	const only = h("input", { type: "checkbox", dataset: { role: "find-only" }, on: { change: () => showOnly(only.checked) } });
	const onlyLabel = h("label", { class: "check" }, only, t("finder.only"));
	const all = h("input", { type: "checkbox", dataset: { role: "find-all" }, on: { change: () => {
		for (const row of rows.values())
			row.chosen = all.checked && isOpen(look(row).state);
		drawAll();
	} } });
	const count = h("span", { class: "num", dataset: { role: "find-count" } });
	const trust = trustBox("find-trust-chosen", () => {
		chosen().forEach((row) => (row.trusted ||= needsTrust(row)));
		drawAll();
		add.focus();
	});
	const paste = pasteBox({ text: session.pasted, hint: t("finder.paste.hint"), typed: (text) => {
		session.pasted = text;
		applyPasted();
		drawAll();
	} });
	const box = h("details", { class: "form__more" }, h("summary", null, t("finder.paste")), paste.node);
	const tools = h("div", { class: "finder__tools" },
		h("div", { class: "spread" }, h("label", { class: "check" }, all, t("finder.all")), count, onlyLabel), trust.node);
	const found = h("section", { class: "stack", "aria-label": t("finder.rows") }, box, tools, list);
	const source = sourcePart(session, { begin, ask, stop, again }, choose);
	const dialog = openDialog({ title: t("finder.title"), wide: true, role: "find-dialog", body: [source.node, found], actions: [
		{ label: t("action.close"), kind: "plain" },
		{ label: t("finder.add", { count: 0 }), kind: "primary", role: "find-add", run: () => {
			send();
			return false;
		} },
	], onClose: () => {
		over = true;
		/* Codes that have all found their printers are not kept. */
		if (![...rows.values()].some((row) => isOpen(look(row).state)))
			session.pasted = "";
		watch.end();
		endList("stopped");
		offs.forEach((off) => off());
	} });
	const add = dialog.node.querySelector('[data-role="find-add"]');
	dialog.node.querySelector(".dialog__actions").prepend(summary);

	function drawRow(row) {
		const how = look(row);
		/* A code that works is not kept here. */
		if (how.state === "live" && row.code !== "") {
			row.code = "";
			row.sent.body.accessCode = "";
		}
		views.get(row.key)?.update(row, how, docOf(row));
	}

	function drawAll() {
		const states = [...rows.values()].map((row) => look(row).state), open = states.filter(isOpen).length, picked = chosen();
		const sum = tally(states);
		rows.forEach(drawRow);
		found.hidden = rows.size === 0;
		all.disabled = open === 0;
		all.checked = open > 0 && picked.length === open;
		all.indeterminate = picked.length > 0 && picked.length < open;
		setText(count, t("finder.count", { count: rows.size }));
		onlyLabel.hidden = sum.bad === 0;
		trust.show(picked.filter((row) => needsTrust(row) && !row.trusted).length);
		const again = picked.length > 0 && picked.every((row) => row.sent || row.refused);
		setText(add, picked.length === 0 ? t("finder.addNone") : t(again ? "finder.retry" : "finder.add", { count: picked.length }));
		if (sum.total > 0)
			tellTally(summary, dialog.node, sum);
		settle(sum, open);
	}

	/* Of all that were sent only those are left to be looked at that need somebody, once each has come to its end. */
	function settle({ total, busy, bad }, open) {
		const isSettled = total > 0 && busy === 0;
		if (bad === 0 ? only.checked : isSettled && !wasSettled && open === bad)
			showOnly(bad > 0);
		wasSettled = isSettled;
	}

	function showOnly(isOnly) {
		only.checked = isOnly;
		setAttr(list, "data-only", isOnly || null);
		if (isOnly)
			tools.scrollIntoView({ block: "start" });
	}

	/* The rows are others now, or stand elsewhere. */
	function arrange() {
		if (over)
			return;
		for (const row of rows.values())
			if (!row.sent && !row.sending && ["added", "closed"].includes(look(row).state))
				session.last.add(row.key);
		applyPasted();
		keyed.render(inOrder(rows, isLast), (row) => row.key);
		source.update();
		drawAll();
	}

	const offs = [
		store.on("printers", (changed) => [...rows.values()].some((row) => changed.has(row.found.serial)) && drawAll()),
		store.on("status", drawAll),
		onTick(() => [...rows.values()].some((row) => row.sent) && drawAll()),
	];
	arrange();
	source.show();
	if (kind !== "list")
		resume().catch(tellError);
	return dialog;
}
