/*
 * The Jobs page: what waits, goes up, prints, and what became of the rest.
 */
import "../words.js";
import { h, keyedList, replace, setAttr, setText } from "../../core/dom.js";
import { icon } from "../../core/icons.js";
import { button, emptyState, pageHead, panel, skeleton } from "../../core/parts.js";
import { go, setQuery } from "../../core/router.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { openPrint } from "../../printers/print_later.js";
import { jobRow } from "./row_view.js";
import { storyDialog } from "./story.js";
import { countsOf, isPrinting, parseView, printersOf, select, SHOWS } from "./view.js";

const ICONS = { all: "list", waiting: "clock", printing: "play", unknown: "help", done: "check", failed: "error" };
const ENDED_AT_ONCE = 50;

function filterChips(choose) {
	const chips = SHOWS.map((show) => {
		const count = h("span", { class: "chip__count" });
		return { show, count, node: h("button", { type: "button", class: "chip", dataset: { role: `filter-${show}` }, on: { click: () => choose(show) } },
			icon(ICONS[show]), count, h("span", null, t(`jobs.filter.${show}`))) };
	});
	return {
		node: h("div", { class: "chips", role: "group", "aria-label": t("printers.filters") }, chips.map((chip) => chip.node)),
		update(shown, counts) {
			for (const { show, count, node } of chips) {
				setAttr(node, "aria-pressed", show === shown);
				setText(count, String(counts[show]));
			}
		},
	};
}

/* Only what has changed is drawn anew when printers' options have. */
function printerSelect(choose) {
	const node = h("select", { class: "select select--small", "aria-label": t("jobs.printer"), dataset: { role: "filter-printer" },
		on: { change: () => choose(node.value) } });
	let shown = "";
	return {
		node,
		update(printers, chosen) {
			const fresh = JSON.stringify(printers);
			if (fresh !== shown)
				replace(node, h("option", { value: "" }, t("jobs.allPrinters")), printers.map(({ serial, name }) => h("option", { value: serial }, name)));
			shown = fresh;
			node.value = chosen;
		},
	};
}

export function mount(root) {
	let view = parseView(location.search), most = ENDED_AT_ONCE, story = null, isLeft = false;
	const count = h("span", { class: "muted num pcount", dataset: { role: "total" } });
	const chips = filterChips((show) => change({ show: show === view.show ? "all" : show })), printers = printerSelect((printer) => change({ printer }));
	const openList = h("ul", { class: "jrows" }), endedList = h("ul", { class: "jrows" });
	const row = (id, job) => jobRow(id, job, showStory), openRows = keyedList(openList, row), endedRows = keyedList(endedList, row);
	const more = button({ label: t("jobs.more"), kind: "quiet", role: "more-ended", run: () => {
		most += ENDED_AT_ONCE;
		draw();
	} });
	const openPanel = panel({ title: t("jobs.open"), role: "jobs-open", flush: true }, openList);
	const endedPanel = panel({ title: t("jobs.ended"), role: "jobs-ended", flush: true }, endedList, more);
	const tools = h("div", { class: "files__tools" }, chips.node, printers.node), place = h("div", { dataset: { role: "place" } });
	const print = () => button({ label: t("printers.act.print"), kind: "primary", iconName: "play", role: "new-job", run: () => openPrint({}) });

	function change(parts) {
		view = { ...view, ...parts };
		setQuery({ show: view.show === "all" ? null : view.show, printer: view.printer });
		most = ENDED_AT_ONCE;
		draw();
	}

	function showStory(id) {
		setQuery({ job: id });
		story = storyDialog(id, () => {
			story = null;
			if (!isLeft)
				setQuery({ job: null });
		});
	}

	function showPlace(kind) {
		tools.hidden = kind === "waiting" || kind === "none";
		if (place.dataset.shows === kind)
			return;
		place.dataset.shows = kind;
		replace(place, kind === "waiting" && h("div", { class: "panel panel__body" }, skeleton(6)),
			kind === "none" && h("div", { class: "panel" }, emptyState({ iconName: "list", title: t("jobs.empty.title"), text: t("jobs.empty.text"), role: "no-jobs",
				actions: [print(), button({ label: t("jobs.empty.files"), role: "to-files", run: () => go("/files") })] })),
			kind === "nothing" && emptyState({ iconName: "search", title: t("jobs.nothing"), text: t("jobs.nothingText"), role: "no-result",
				actions: [button({ label: t("jobs.all"), role: "show-all", run: () => change({ show: "all", printer: "" }) })] }));
	}

	function draw() {
		const jobs = [...store.jobs.values()], { open, ended } = select(jobs, view);
		openRows.render(open, (job) => job.id);
		endedRows.render(ended.slice(0, most), (job) => job.id);
		openPanel.hidden = open.length === 0;
		endedPanel.hidden = ended.length === 0;
		more.hidden = ended.length <= most;
		chips.update(view.show, countsOf(jobs, view.printer));
		printers.update(printersOf(jobs, (serial) => store.printers.get(serial)?.name), view.printer);
		setText(count, jobs.length > 0 ? t("jobs.total", { count: jobs.filter((job) => !job.ended).length }) : "");
		showPlace(store.status === null ? "waiting" : jobs.length === 0 ? "none" : open.length + ended.length === 0 ? "nothing" : "jobs");
		/* A link to a job's story is followed as soon as there is anything. */
		if (view.job && store.status !== null) {
			const { job } = view;
			view.job = null;
			showStory(job);
		}
	}

	/* Prints go on at their printers. */
	function onPrinters(changed) {
		for (const serial of changed)
			for (const job of store.jobs.values())
				if (job.printer === serial && isPrinting(job))
					openRows.get(job.id)?.update(job);
	}

	root.append(pageHead(t("nav.jobs"), count, print()), tools, place, h("div", { class: "stack jobs__panels" }, openPanel, endedPanel));
	draw();
	const offs = [store.on("jobs", draw), store.on("status", draw), store.on("files", draw), store.on("printers", onPrinters)];
	return () => {
		isLeft = true;
		offs.forEach((off) => off());
		story?.close();
	};
}
