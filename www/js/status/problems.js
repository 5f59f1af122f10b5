/*
 * problems: what is wrong with printers, a row each, the worst first.
 */
import { h, keyedList, name, setAttr, setName, setText } from "../core/dom.js";
import { badge, panel, setBadge } from "../core/parts.js";
import { t } from "../core/strings.js";
import { ageNode, setAge } from "../core/time.js";

const MOST_ROWS = 12;
const TONES = { fatal: "bad", serious: "bad", common: "warn", unknown: "warn", info: "info" };

/** Where a printer's card is. */
export function cardPath(serial) {
	return `/printers?q=${encodeURIComponent(serial)}`;
}

function create(serial, first) {
	const link = h("a", { class: "problem__name", href: cardPath(serial) }, name(""));
	const severity = badge("idle", ""), sentence = h("p", { class: "problem__sentence" }), remedy = h("p", { class: "problem__remedy muted" });
	const more = h("a", { class: "problem__more small", href: cardPath(serial) }), since = ageNode(null, undefined, { class: "muted small problem__since" });
	const node = h("li", { class: "problem", dataset: { role: "problem", serial } },
		h("div", { class: "problem__head" }, link, severity, since), sentence, remedy, more);
	const update = (view) => {
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
	};
	update(first);
	return { node, update };
}

/** The panel. -> {node, set(fleet, sinceOf(serial) -> ISO or null)} */
export function problemPanel() {
	const rows = h("ul", { class: "problems" }), list = keyedList(rows, { create });
	const none = h("p", { class: "muted problems__none" }, t("problem.none"));
	const rest = h("a", { class: "problems__rest", href: "/printers?sort=attention" });
	const count = h("span", { class: "muted small num" });
	return {
		node: panel({ title: t("problem.title"), aside: [count], role: "problems", flush: true }, rows, none, rest),
		set(fleet, sinceOf) {
			const found = [...fleet.views.values()].filter((view) => view.problems.length > 0)
				.sort((a, b) => a.urgency - b.urgency || a.name.localeCompare(b.name, undefined, { numeric: true }));
			list.render(found.slice(0, MOST_ROWS).map((view) => ({ ...view, sinceIso: sinceOf(view.serial) })), (view) => view.serial);
			none.hidden = found.length > 0;
			rest.hidden = found.length <= MOST_ROWS;
			setText(rest, t("problem.rest", { count: found.length - MOST_ROWS }));
			setText(count, found.length > 0 ? t("problem.count", { count: found.length }) : "");
		},
	};
}
