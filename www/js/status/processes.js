/*
 * processes: the parts of Fuse, how each is, and what it died of last. Those of printers that are well are folded away.
 */
import { h, keyedList, name, setAttr, setName, setText } from "../core/dom.js";
import { age, number, uptime } from "../core/format.js";
import { badge, button, panel, setBadge } from "../core/parts.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { ageNode, setAge } from "../core/time.js";
import { restart } from "./actions.js";
import { byInterest, isDown, LIFE_TONES, serialOf } from "./health.js";

const STATE_ICONS = { down: "minus", starting: "refresh", up: "check", stopping: "refresh", waiting: "clock", held: "error" };
const COLUMNS = ["name", "state", "age", "restarts", "death", "action"];

function nameOf(process) {
	const serial = serialOf(process);
	return serial === null ? t(`role.${process.role}`) : t("role.workerOf", { name: store.printers.get(serial)?.name || serial });
}

function cells() {
	const parts = { name: name("", { class: "strong" }), id: h("small", { class: "muted mono clip" }), state: badge("idle", ""),
			next: ageNode(null, () => ""), age: ageNode(null), restarts: h("span"), obituary: h("span", { class: "obituary" }),
			died: ageNode(null, undefined, { class: "muted" }), confinement: h("p", { class: "obituary process__confinement" }) };
	return { parts, nodes: {
		name: [parts.name, parts.id], state: [parts.state, parts.next], age: parts.age, restarts: parts.restarts,
		death: [parts.obituary, parts.died, parts.confinement],
	} };
}

/* "in 4 s" beside a state that ends by itself. */
function nextTry(process) {
	return process.nextTryAt && isDown(process) ? (ms) => (ms < 0 ? t("process.next", { age: age(-ms) }) : t("process.nextNow")) : () => "";
}

function create(key, first) {
	const { parts, nodes } = cells();
	let process = first;
	const act = button({ label: "", small: true, role: "process-restart", run: (event) => restart(process, nameOf(process), event.currentTarget) });
	const node = h("tr", { dataset: { role: "process", process: key } }, COLUMNS.map((column) =>
		h("td", { class: column === "restarts" ? "table__num" : `process__${column}`, "data-label": column === "action" ? "" : t(`process.${column}`) },
		  column === "action" ? act : h("div", { class: "process__cell" }, nodes[column]))));
	const update = (next) => {
		process = next;
		setName(parts.name, nameOf(process));
		setText(parts.id, process.process);
		setBadge(parts.state, LIFE_TONES[process.state] ?? "idle", t(`life.${process.state}`), STATE_ICONS[process.state]);
		setAge(parts.next, process.nextTryAt, nextTry(process));
		setAge(parts.age, process.state === "up" ? process.readyAt ?? process.startedAt : null, uptime);
		setText(parts.restarts, number(process.restarts));
		setText(parts.obituary, process.obituary ?? t("process.neverDied"));
		parts.obituary.classList.toggle("muted", !process.obituary);
		parts.died.hidden = !process.diedAt;
		setAge(parts.died, process.diedAt);
		setText(parts.confinement, process.unapplied ? t("process.unapplied", { what: process.unapplied }) : "");
		parts.confinement.hidden = !process.unapplied;
		setText(act.lastChild, t(isDown(process) ? "action.retryNow" : "action.restart"));
		setAttr(act, "aria-label", t(isDown(process) ? "process.retryOf" : "process.restartOf", { name: nameOf(process) }));
		act.disabled = process.state === "down" || process.state === "stopping";
	};
	update(first);
	return { node, update };
}

/** The panel. -> {node, set(status)} */
export function processPanel() {
	const body = h("tbody"), list = keyedList(body, { create });
	let showsAll = false, processes = [];
	const fold = button({ label: "", kind: "quiet", small: true, role: "processes-fold", run: () => {
		showsAll = !showsAll;
		render();
	} });
	const node = panel({ title: t("process.title"), role: "processes", flush: true, aside: [fold] },
		h("div", { class: "table-scroll" }, h("table", { class: "table table--cards" },
			h("thead", null, h("tr", null, COLUMNS.map((column) => h("th", { scope: "col", class: column === "restarts" ? "table__num" : "" },
				column === "action" ? h("span", { class: "visually-hidden" }, t("process.action")) : t(`process.${column}`))))), body)));

	function render() {
		const shown = processes.filter((process) => showsAll || process.role !== "worker" || process.state !== "up");
		list.render(byInterest(shown), (process) => process.process);
		const folded = processes.filter((process) => process.role === "worker" && process.state === "up").length;
		fold.hidden = folded === 0;
		setAttr(fold, "aria-expanded", showsAll);
		setText(fold.lastChild, t(showsAll ? "process.fold" : "process.unfold", { count: folded }));
	}
	return {
		node,
		set(status) {
			processes = status.processes;
			render();
		},
	};
}
