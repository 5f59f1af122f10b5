/*
 * The printers of the print dialog: which are chosen, and what each says to the plate.
 */
import { post } from "../../core/api.js";
import { h, keyedList, setName, setText } from "../../core/dom.js";
import { icon } from "../../core/icons.js";
import { badge, button, setBadge } from "../../core/parts.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { now } from "../../core/clock.js";
import { STATE_ICONS, stateWord } from "../../printers/card.js";
import { queueOf } from "../../printers/queue.js";
import { viewOf } from "../../printers/view.js";
import { chooseHotends, newTarget, orderOf, sortedPrinters, tellingOf } from "./draft.js";
import { targetView } from "./target_view.js";

const AT_ONCE = 4;      /* printers that are asked at a time */
const SEARCH_FROM = 9;  /* printers */

/* Asks printers what they say to the plate, some at a time. */
function asker(draft, told) {
	const turns = new Map(); /* serial -> which asking counts */
	const waiting = [];
	let open = 0;

	async function ask({ target, turn }) {
		open++;
		try {
			const answer = await post(`/api/v1/printers/${encodeURIComponent(target.serial)}/preflight`, orderOf(draft, target));
			if (turns.get(target.serial) === turn)
				target.check = { state: "known", answer, error: null };
		} catch (error) {
			if (turns.get(target.serial) === turn)
				target.check = { state: "failed", answer: null, error };
		}
		open--;
		if (turns.get(target.serial) === turn)
			told(target);
		if (turns.get(target.serial) === turn && chooseHotends(target))
			look(target);
		next();
	}

	function next() {
		while (open < AT_ONCE && waiting.length > 0) {
			const one = waiting.shift();
			if (turns.get(one.target.serial) === one.turn)
				ask(one);
		}
	}
	function look(target) {
		const turn = (turns.get(target.serial) ?? 0) + 1;
		turns.set(target.serial, turn);
		target.check = { ...target.check, state: "asking" };
		told(target);
		waiting.push({ target, turn });
		next();
	}
	return {
		ask: look,
		forget: (serial) => turns.set(serial, (turns.get(serial) ?? 0) + 1),
	};
}

/* A printer's row: whether it is chosen; below, once it is, what it says. */
function printerRow(serial, first, acts) {
	let view = null, said = null;
	const input = h("input", { type: "checkbox", dataset: { role: "pick-printer" }, on: { change: () => acts.choose(serial, input.checked) } });
	const called = h("bdi", { class: "clip", dir: "auto" }), model = h("span", { class: "small muted" }), state = badge("idle", "");
	const plate = h("span", { class: "small muted", dataset: { role: "plate-first" } }, t("print.plateFirst"));
	const standing = h("span", { class: "ptarget__standing" }), below = h("div", { class: "ptarget__below" });
	const node = h("li", { class: "ptarget", dataset: { role: "printer-row", serial } },
		h("div", { class: "ptarget__head" }, h("label", { class: "ptarget__pick" }, input, called), model, state, plate, standing), below);

	function update(doc) {
		view = viewOf(doc, now(), false, queueOf(serial));
		const target = acts.targetOf(serial);
		setName(called, view.name);
		setText(model, view.modelName);
		setBadge(state, view.state.tone, stateWord(view.state), STATE_ICONS[view.state.key]);
		plate.hidden = view.plate === null || doc.startsUnasked === true;
		input.checked = target !== undefined;
		input.disabled = target?.result?.state === "accepted" || target?.result?.state === "sending";
		if (target && said?.target !== target) {
			said = { target, ...targetView(target, (isOrder) => acts.changed(target, isOrder)) };
			standing.replaceChildren(said.badge);
			below.replaceChildren(said.node);
		} else if (!target && said) {
			said = null;
			standing.replaceChildren();
			below.replaceChildren();
		}
		said?.update();
	}
	update(first);
	return { node, update };
}

/** {node, end(), update(file, isReady), ask()}. changed(): a choice or an answer is another now */
export function targetsPart(draft, changed) {
	const fixed = new Set(draft.targets.keys()); /* where the dialog was opened from a card, others stay folded */
	const tellings = new Map();
	let model = "", isReady = false, text = "", isAll = fixed.size === 0, inSight = []; /* the printers that fit and are found */
	const acts = { choose, targetOf: (serial) => draft.targets.get(serial), changed: (target, isOrder) => {
		if (target.result?.state === "refused")
			target.result = null;
		if (isOrder)
			look(target);
		draw();
	} };
	const asking = asker(draft, () => draw());
	const make = (serial, doc) => printerRow(serial, doc, acts);
	const list = h("ul", { class: "ptargets" }), others = h("ul", { class: "ptargets" });
	const keyed = keyedList(list, make), keyedOthers = keyedList(others, make);
	const search = h("input", { class: "input input--small", type: "search", "aria-label": t("printers.search"), placeholder: t("printers.searchHint"),
		autocomplete: "off", dataset: { role: "printer-search" }, on: { input: () => {
			text = search.value.trim().toLowerCase();
			draw();
		} } });
	const searchBox = h("div", { class: "search" }, icon("search"), search);
	const otherWords = h("summary", null), otherPart = h("details", { class: "form__more", dataset: { role: "other-models" } }, otherWords, others);
	const more = button({ label: t("print.morePrinters"), kind: "quiet", small: true, iconName: "plus", role: "more-printers", run: () => {
		isAll = true;
		draw();
		list.querySelector("input:not(:checked)")?.focus();
	} });
	const none = h("p", { class: "small muted" }, t("print.noPrinters"));
	const all = h("input", { type: "checkbox", dataset: { role: "pick-all" }, on: { change: () => chooseAll(all.checked) } });
	const allWords = h("span", null), allLabel = h("label", { class: "check print__all" }, all, allWords);
	const node = h("fieldset", { class: "print__printers", dataset: { role: "print-printers" } }, h("legend", { class: "field__label" }, t("print.onWhich")),
		searchBox, allLabel, list, otherPart, more, none);

	function put(serial, isChosen) {
		if (isChosen) {
			const target = newTarget(serial);
			draft.targets.set(serial, target);
			look(target);
		} else {
			draft.targets.delete(serial);
			asking.forget(serial);
		}
	}

	/* Of those in sight; what was ordered already stays as it is. */
	function chooseAll(isChosen) {
		for (const serial of inSight)
			if (draft.targets.has(serial) !== isChosen && !draft.targets.get(serial)?.result)
				put(serial, isChosen);
		draw();
	}

	function choose(serial, isChosen) {
		put(serial, isChosen);
		draw();
		/* Of another model, it has moved up. */
		const row = node.querySelector(`[data-role="printer-row"][data-serial="${serial}"] input`);
		if (row && row !== document.activeElement)
			row.focus();
	}

	function look(target) {
		if (!isReady || target.result?.state === "accepted")
			return;
		tellings.set(target.serial, tellingOf(store.printers.get(target.serial)));
		asking.ask(target);
	}

	function draw() {
		const { fitting, others: rest } = sortedPrinters(store.printers.values(), model);
		const fits = (doc) => `${doc.name}\n${doc.modelName}\n${doc.serial}`.toLowerCase().includes(text);
		const isChosen = (doc) => draft.targets.has(doc.serial);
		/* Who is chosen is seen, whatever is searched for, and of which model it may be. */
		const shown = [...rest.filter((doc) => fixed.has(doc.serial) || isChosen(doc)), ...fitting.filter((doc) => isChosen(doc) || (isAll && fits(doc)))];
		const folded = isAll ? rest.filter((doc) => !shown.includes(doc) && fits(doc)) : [];
		searchBox.hidden = !isAll || store.printers.size < SEARCH_FROM;
		keyed.render(shown, (doc) => doc.serial);
		inSight = isAll ? fitting.filter(fits).map((doc) => doc.serial) : [];
		const chosen = inSight.filter((serial) => draft.targets.has(serial)).length;
		allLabel.hidden = inSight.length < 2;
		all.checked = chosen === inSight.length;
		all.indeterminate = chosen > 0 && chosen < inSight.length;
		setText(allWords, t("print.all", { count: inSight.length }));
		otherPart.hidden = folded.length === 0;
		setText(otherWords, t("print.otherModels", { count: folded.length }));
		/* What is folded is not built before somebody looks. */
		keyedOthers.render(otherPart.open ? folded : [], (doc) => doc.serial);
		more.hidden = isAll || store.printers.size <= draft.targets.size;
		none.hidden = store.printers.size > 0;
		changed();
	}

	otherPart.addEventListener("toggle", draw);
	const off = store.on("printers", (now) => {
		for (const serial of now) {
			const target = draft.targets.get(serial);
			if (target && tellings.has(serial) && tellings.get(serial) !== tellingOf(store.printers.get(serial)))
				look(target);
		}
		draw();
	});
	const askAll = () => draft.targets.forEach(look);
	return {
		node, draw, askAll, choose, end: off,
		/* file: for whose model printers are wanted; ready: its plates are known, so printers can be asked. */
		update(file, ready) {
			const isNew = ready && !isReady;
			model = file?.model ?? "";
			isReady = ready;
			if (isNew)
				askAll();
			draw();
		},
	};
}
