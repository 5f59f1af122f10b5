/*
 * problems: what is wrong with printers, a row each, the worst first.
 */
import { h, keyedList, name, setAttr, setName, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { badge, button, panel, setBadge } from "../core/parts.js";
import { go } from "../core/router.js";
import { t } from "../core/strings.js";
import { ageNode, setAge } from "../core/time.js";
import { reconnect, retry } from "./actions.js";

const MOST_ROWS = 12;
const TONES = { fatal: "bad", serious: "bad", common: "warn", unknown: "warn", info: "info" };

/** Where a printer's card is. */
export function cardPath(serial) {
	return `/printers?q=${encodeURIComponent(serial)}`;
}

/* A print that is paused waits for somebody, though nothing is broken. */
const paused = () => ({ source: "print", severity: "common", sentence: t("problem.paused"), remedy: t("problem.pausedRemedy"), actions: [] });

/* What helps most, of what can be done from here. */
const HELP = {
	retry: { key: "action.retryNow", run: retry },
	reconnect: { key: "problem.reconnect", run: reconnect },
	show: { key: "problem.show", run: (serial) => go(cardPath(serial)) },
};

function helpOf(view) {
	return HELP[view.problems[0].actions[0]] ?? HELP.show;
}

function create(serial, first) {
	let view = first;
	const help = button({ label: "", small: true, role: "problem-help",
			      run: (event) => helpOf(view).run(serial, view.name, event.currentTarget) });
	const link = h("a", { class: "problem__name", href: cardPath(serial) }, name(""));
	const severity = badge("idle", ""), sentence = h("p", { class: "problem__sentence" }), remedy = h("p", { class: "problem__remedy muted" });
	const more = h("a", { class: "problem__more small", href: cardPath(serial) }), since = ageNode(null, undefined, { class: "muted small problem__since" });
	const node = h("li", { class: "problem", dataset: { role: "problem", serial } },
		h("div", { class: "problem__head" }, link, severity, since),
		h("div", { class: "problem__body" }, h("div", { class: "grow" }, sentence, remedy, more), help));
	const update = (next) => {
		view = next;
		const worst = view.problems[0];
		setName(link.firstChild, view.name);
		setBadge(severity, TONES[worst.severity], t(`problem.${view.offline ? (view.attention ? "blocked" : "away") : worst.severity}`));
		setText(sentence, worst.sentence);
		setText(remedy, worst.remedy);
		remedy.hidden = !worst.remedy;
		more.hidden = view.problems.length < 2;
		setText(more, t("problem.more", { count: view.problems.length - 1 }));
		since.hidden = !view.sinceIso || worst.source !== "link";
		setAge(since, view.sinceIso);
		setAttr(node, "data-severity", worst.severity);
		setText(help.lastChild, t(helpOf(view).key));
		setAttr(help, "aria-label", `${t(helpOf(view).key)}: ${view.name}`);
	};
	update(first);
	return { node, update };
}

/** The panel. -> {node, set(fleet, sinceOf(serial) -> ISO or null)} */
export function problemPanel() {
	const rows = h("ul", { class: "problems" }), list = keyedList(rows, { create });
	const none = h("p", { class: "muted problems__none" }, icon("check"), t("problem.none"));
	const rest = h("a", { class: "problems__rest", href: "/printers?sort=attention" });
	const count = h("span", { class: "muted small num" });
	return {
		node: panel({ title: t("problem.title"), aside: [count], role: "problems", flush: true }, rows, none, rest),
		set(fleet, sinceOf) {
			const found = [...fleet.views.values()].filter((view) => view.attention || view.problems.length > 0)
				.map((view) => (view.problems.length > 0 ? view : { ...view, problems: [paused()] }))
				.sort((a, b) => a.urgency - b.urgency || a.name.localeCompare(b.name, undefined, { numeric: true }));
			list.render(found.slice(0, MOST_ROWS).map((view) => ({ ...view, sinceIso: sinceOf(view.serial) })), (view) => view.serial);
			none.hidden = found.length > 0;
			rest.hidden = found.length <= MOST_ROWS;
			setText(rest, t("problem.rest", { count: found.length - MOST_ROWS }));
			setText(count, found.length > 0 ? t("problem.count", { count: found.length }) : "");
		},
	};
}
