/*
 * The Printers page: a card for each printer, what can be done with it, and how to add one.
 */
import { announce } from "../core/announce.js";
import { now, onTick } from "../core/clock.js";
import { h, keyedList, replace, setAttr, setText } from "../core/dom.js";
import { topDialog } from "../core/dialog.js";
import { onFiles } from "../core/drop.js";
import { bind } from "../core/keys.js";
import { button, emptyState, pageHead, skeleton } from "../core/parts.js";
import { go, setQuery } from "../core/router.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { toast } from "../core/toast.js";
import { addPrinter } from "../printers/add.js";
import { printerCard, stateWord } from "../printers/card.js";
import { printerDetails } from "../printers/details.js";
import { diagnose } from "../printers/diagnosis.js";
import { editPrinter, trustPrinter } from "../printers/edit.js";
import { connectionGuide, firstSteps } from "../printers/guide.js";
import { jobPath } from "../printers/job_part.js";
import * as orders from "../printers/orders.js";
import { countsOf, DEFAULT_QUERY, formatQuery, nextAvailable, parseQuery, select } from "../printers/query.js";
import { askResolution, openPrint } from "../printers/print_later.js";
import { noteEnd, onQueues, queueOf } from "../printers/queue.js";
import { isRemoved, keepPrinter, onRemoval, removePrinter } from "../printers/removal.js";
import { plain } from "../printers/text.js";
import { attachTips } from "../printers/tips.js";
import { toolbar } from "../printers/toolbar.js";
import { viewOf } from "../printers/view.js";
import { openControls } from "../printers/virtual_later.js";
import { addButtons, waysToAdd } from "../printers/ways.js";
import { isStarting } from "../printers/worker.js";

const REST_MS = 1200;  /* cards do not change places under a pointer that moves */
const CLOCK_MS = 30000; /* what is left of prints runs down by itself */
const QUERY_NAMES = ["q", "show", "sort", "size", "group"];

/* -- what the cards are made of ------------------------------------------------------------------------------ */

/** Views by serial number, kept up to date with the store. */
class Views {
	constructor() {
		this.all = new Map();
	}

	/* -> {serial, before, after} of those whose state is another now */
	take(serials) {
		const changes = [];
		for (const serial of serials) {
			const doc = store.printers.get(serial), before = this.all.get(serial);
			if (doc === undefined) {
				this.all.delete(serial);
				continue;
			}
			const after = viewOf(doc, now(), isStarting(doc), store.cache === null ? null : queueOf(serial));
			this.all.set(serial, after);
			if (before && before.state.key !== after.state.key)
				changes.push({ serial, before, after });
		}
		return changes;
	}

	shown() {
		return [...this.all.values()].filter((view) => !isRemoved(view.serial));
	}
}

/* With groups there is a heading before the first of each model. */
function itemsOf(views, isGrouped) {
	if (!isGrouped)
		return views.map((view) => ({ key: view.serial, view }));
	const items = [];
	views.forEach((view, i) => {
		if (i === 0 || views[i - 1].modelName !== view.modelName) {
			const count = views.filter((one) => one.modelName === view.modelName).length;
			items.push({ key: `model ${view.modelName}`, heading: view.modelName, count });
		}
		items.push({ key: view.serial, view });
	});
	return items;
}

function headingEntry(item) {
	const count = h("span", { class: "muted num" });
	const node = h("h2", { class: "cards__group", dataset: { role: "group-heading" } }, item.heading, " ", count);
	const update = (now) => setText(count, String(now.count));
	update(item);
	return { node, update };
}

/* -- the page ---------------------------------------------------------------------------------------------------- */

function mount(root) {
	const views = new Views();
	const cards = new Map(); /* serial -> card */
	let query = parseQuery(location.search);
	let order = "";
	let restlessUntil = 0;
	let settle = 0;
	let shownViews = [];

	const count = h("span", { class: "muted num pcount", dataset: { role: "total" } });
	const grid = h("div", { class: "cards", dataset: { role: "cards" }, on: {
		pointermove: () => (restlessUntil = performance.now() + REST_MS), pointerleave: () => (restlessUntil = 0),
	} });
	const place = h("div", { dataset: { role: "place" } });
	const page = { goTo, fix, acts: null };
	const acts = {
		details: (serial) => printerDetails(serial, page), edit: (serial) => editPrinter(serial, page),
		diagnose: (serial) => diagnose(serial, page), controls: (serial) => openControls(serial),
		remove, fix, light: orders.toggleLight, pause: orders.pausePrint, resume: orders.resumePrint,
		stop: (serial) => orders.stopPrint(serial, views.all.get(serial)?.job), clear: orders.clearPlate, print: (serial) => openPrint({ serials: [serial] }),
	};
	page.acts = acts;
	const tools = toolbar({ query, change, goTo });
	const list = keyedList(grid, (key, item) => (item.heading === undefined
		? cardEntry(item.view) : headingEntry(item)));
	const add = () => addPrinter(page), ways = waysToAdd(page, add);
	const guide = h("div", null);
	const offTips = attachTips(root);

	/* keyedList() calls update() of all at each change of order; the cards are told by take(), and only what changed. */
	function cardEntry(view) {
		const card = printerCard(view, acts);
		cards.set(view.serial, card);
		card.update(store.printers.get(view.serial), view);
		return { node: card.node, update() {}, remove: () => cards.delete(view.serial) };
	}

	function remove(serial) {
		const at = shownViews.findIndex((view) => view.serial === serial);
		const beside = shownViews[at + 1] ?? shownViews[at - 1];
		removePrinter(serial, plain(views.all.get(serial)?.name, 60) || serial);
		cards.get(beside?.serial)?.focus();
	}

	const lastOf = (serial) => views.all.get(serial).queue.last;

	/* What the button of a problem does (problems.js). */
	function fix(serial, action) {
		const does = {
			"enter-code": () => editPrinter(serial, page, "code"),
			"edit-address": () => editPrinter(serial, page, "address"),
			"trust": () => trustPrinter(serial), "reconnect": () => orders.reconnect(serial),
			"retry": () => orders.retryProcess(serial), "controls": () => openControls(serial, true),
			"remove": () => remove(serial),
			/* In the dialog it shows whether what was wrong is over. */
			"print-again": () => openPrint({ ...lastOf(serial), serials: [serial] }),
			"story": () => go(jobPath(lastOf(serial))), "noted": () => noteEnd(lastOf(serial).id),
			"resolve": () => askResolution(views.all.get(serial)?.queue.unknown?.id),
		};
		does[action]?.();
	}

	/* Brings a card into view, though a filter hides it. */
	function goTo(serial) {
		keepPrinter(serial);
		if (!cards.has(serial))
			change({ ...DEFAULT_QUERY, size: query.size });
		const card = cards.get(serial);
		card?.node.scrollIntoView({ block: "nearest" });
		card?.focus();
	}

	function change(parts) {
		query = { ...query, ...parts };
		const words = new URLSearchParams(formatQuery(query));
		setQuery(Object.fromEntries(QUERY_NAMES.map((name) => [name, words.get(name)])));
		restlessUntil = 0;
		arrange();
	}

	/* -- drawing -- */

	function showPlace(known) {
		const kind = store.status === null && known.length === 0 ? "waiting" : known.length === 0 ? "none"
			: shownViews.length === 0 ? "nothing" : "cards";
		setAttr(grid, "data-size", query.size);
		if (place.dataset.shows === kind)
			return;
		place.dataset.shows = kind;
		tools.node.hidden = kind === "waiting" || kind === "none";
		grid.hidden = kind !== "cards";
		replace(place,
			kind === "waiting" && h("div", { class: "cards", dataset: { size: "m" } },
				Array.from({ length: 6 }, () => h("div", { class: "pcard" }, skeleton(5)))),
			kind === "none" && firstSteps(ways),
			kind === "nothing" && emptyState({ iconName: "search", title: t("printers.nothing"),
				text: t("printers.nothingText"), role: "no-result",
				actions: [button({ label: t("printers.clear"), kind: "plain", role: "clear-filters",
					run: () => change({ text: "", show: null }) })] }));
		replace(guide, kind !== "waiting" && connectionGuide(kind === "none"));
	}

	/* Which cards there are, and in which order. */
	function arrange() {
		const known = views.shown();
		const wanted = select(known, query);
		const items = itemsOf(wanted, query.group);
		const fresh = items.map((item) => item.key).join("\n");
		const sameOnes = shownViews.length === wanted.length && wanted.every((view) => cards.has(view.serial));
		const wait = restlessUntil - performance.now();
		clearTimeout(settle);
		if (fresh !== order && sameOnes && wait > 0 && !query.group) {
			settle = setTimeout(arrange, wait);
		} else if (fresh !== order) {
			order = fresh;
			list.render(items, (item) => item.key);
		}
		shownViews = wanted;
		showPlace(known);
		setText(count, known.length > 0 ? t("printers.total", { count: known.length }) : "");
		tools.update({ query, counts: countsOf(known), next: nextAvailable(known), nowMs: now() });
	}

	function take(serials) {
		for (const { after } of views.take(serials))
			announce(t("printers.announce", { name: after.name, state: stateWord(after.state) }));
		for (const serial of serials)
			if (views.all.has(serial))
				cards.get(serial)?.update(store.printers.get(serial), views.all.get(serial));
	}

	/* Whether a process only starts is told by the status. */
	function onStatus() {
		take([...store.printers.values()].filter((doc) => doc.link?.fault === "process").map((doc) => doc.serial));
		arrange();
	}

	/* Whether it takes jobs at all is told once: by an older Fuse never. */
	let tookJobs = store.cache !== null;
	function onCache() {
		if (tookJobs !== (store.cache !== null))
			take(views.all.keys());
		tookJobs = store.cache !== null;
	}

	/* A file that is dropped on a card is to be printed there. */
	function dropPlace(node) {
		const card = node.closest?.('[data-role="printer-card"]');
		return views.all.get(card?.dataset.serial)?.takesJobs ? card : null;
	}

	function onDropped(files, card) {
		if (files.length > 1)
			toast({ kind: "info", text: t("job.oneFile"), key: "one-file" });
		openPrint({ upload: files[0], serials: [card.dataset.serial] });
	}

	function onPrinters(changed, removed) {
		take([...changed, ...removed]);
		arrange();
	}

	/* Ages grow each second; what turns stale by itself, and the minutes that are left, are looked at less often. */
	let looked = now();
	function tick() {
		const nowMs = now();
		const turned = [...views.all.values()].filter((view) => view.link.staleAtMs !== null &&
			!view.link.stale && view.link.staleAtMs <= nowMs);
		if (nowMs - looked > CLOCK_MS) {
			looked = nowMs;
			take(views.all.keys());
			arrange();
		} else if (turned.length > 0) {
			take(turned.map((view) => view.serial));
		}
		for (const card of cards.values())
			card.tick(nowMs);
	}

	/* -- keys -- */

	function focused() {
		return document.activeElement?.closest?.('[data-role="printer-card"]')?.dataset.serial ?? null;
	}

	function move(step) {
		if (shownViews.length === 0)
			return;
		const at = shownViews.findIndex((view) => view.serial === focused());
		const to = shownViews[at < 0 ? 0 : Math.min(Math.max(at + step, 0), shownViews.length - 1)];
		cards.get(to.serial)?.focus();
		cards.get(to.serial)?.node.scrollIntoView({ block: "nearest" });
	}

	const onCard = (fn) => () => {
		const serial = focused();
		return serial === null || topDialog() !== null ? false : fn(serial);
	};
	const unbind = [
		bind("p", "printers.key.print", onCard((serial) =>
			views.all.get(serial)?.takesJobs ? void acts.print(serial) : false)),
		bind("/", "printers.key.search", () => tools.node.hidden ? false : tools.focusSearch()),
		bind("j", "printers.key.next", () => move(1)), bind("k", "printers.key.previous", () => move(-1)),
		bind("e", "printers.key.edit", onCard(acts.edit)),
		bind("d", "printers.key.diagnosis", onCard(acts.diagnose)),
		bind("n", "printers.key.add", add), bind("s", "printers.key.scan", ways.ssdp),
	];

	root.append(
		pageHead(t("nav.printers"), count, addButtons(ways)),
		tools.node, place, grid, guide);
	take(store.printers.keys());
	arrange();
	const offs = [onFiles({ place: dropPlace, take: onDropped }), onQueues((serials) => onPrinters(serials, [])),
		store.on("cache", onCache), store.on("printers", onPrinters), store.on("status", onStatus), onRemoval(arrange), onTick(tick),
		offTips, ...unbind];
	return () => {
		clearTimeout(settle);
		for (const off of offs)
			off();
	};
}

export const printersPage = { path: "/printers", titleKey: "nav.printers", navKey: "nav.printers", iconName: "printer", wide: true,
	mount };
