/*
 * Above the cards: how many printers are how (each number is a filter), who is free next, search, order and size.
 */
import { h, replace, setAttr, setText } from "../core/dom.js";
import { clockTime, duration } from "../core/format.js";
import { icon } from "../core/icons.js";
import { t } from "../core/strings.js";
import { FILTERS, SIZES, SORTS } from "./query.js";
import { plain } from "./text.js";

const ICONS = { all: "grid", available: "check", printing: "play", attention: "warning", offline: "link-off" };

function filterChips(change) {
	const chips = new Map();
	for (const filter of ["all", ...FILTERS]) {
		const count = h("span", { class: "chip__count", dataset: { role: `count-${filter}` } });
		const node = h("button", { type: "button", class: `chip chip--${filter}`,
			dataset: { role: `filter-${filter}` },
					   on: { click: () =>
						change({ show: filter === "all" ||
						node.getAttribute("aria-pressed") === "true" ? null : filter }) } },
			icon(ICONS[filter]), count, h("span", null, t(`printers.filter.${filter}`)));
		chips.set(filter, { node, count });
	}
	return {
		node: h("div", { class: "chips", role: "group", "aria-label": t("printers.filters") },
			[...chips.values()].map((chip) => chip.node)),
		update(query, counts) {
			for (const [filter, { node, count }] of chips) {
				setAttr(node, "aria-pressed", (query.show ?? "all") === filter);
				setAttr(node, "data-some", counts[filter] > 0 ? "yes" : null);
				setText(count, String(counts[filter]));
			}
		},
	};
}

function sizeButtons(change) {
	const buttons = SIZES.map((size) => h("button", { type: "button", class: "btn btn--plain btn--small",
		"aria-label": t(`printers.size.${size}`),
							    title: t(`printers.size.${size}`),
							dataset: { role: `size-${size}` },
							    on: { click: () => change({ size }) } }, size.toUpperCase()));
	return {
		node: h("div", { class: "btn-group", role: "group", "aria-label": t("printers.size") }, buttons),
		update: (query) => SIZES.forEach((size, i) => setAttr(buttons[i], "aria-pressed", query.size === size)),
	};
}

/**
 * change({member: value}): part of the query (query.js) is another now; goTo(serial): to that card.
 * -> {node, update({query, counts, next, nowMs}), focusSearch()}
 */
export function toolbar({ query: first, change, goTo }) {
	const chips = filterChips(change), sizes = sizeButtons(change);
	const search = h("input", { class: "input input--small", type: "search", "aria-label": t("printers.search"),
		placeholder: t("printers.searchHint"),
				    value: first.text, maxlength: "100", autocomplete: "off", spellcheck: "false",
				enterkeyhint: "search", dataset: { role: "search" },
				    on: { input: () => change({ text: search.value.trim() }), keydown: (event) => {
		if (event.key === "Escape" && search.value !== "") {
			event.preventDefault();
			search.value = "";
			change({ text: "" });
		}
	} } });
	const sort = h("select", { class: "select select--small", "aria-label": t("printers.sort"),
		dataset: { role: "sort" },
				   on: { change: () => change({ sort: sort.value }) } },
		SORTS.map((name) => h("option", { value: name }, t(`printers.sort.${name}`))));
	const group = h("input", { type: "checkbox", dataset: { role: "group" },
		on: { change: () => change({ group: group.checked }) } });
	const next = h("button", { type: "button", class: "ptools__next", dataset: { role: "next" }, hidden: true,
		on: { click: () => goTo(next.dataset.serial) } });
	const node = h("section", { class: "ptools", "aria-label": t("printers.tools"), dataset: { role: "toolbar" } },
		h("div", { class: "ptools__row" }, chips.node, next),
		h("div", { class: "ptools__row" },
			h("div", { class: "search ptools__search" }, icon("search"), search),
			sort, h("label", { class: "check" }, group, t("printers.group")), sizes.node));

	function updateNext(view, nowMs) {
		next.hidden = view === null;
		if (view === null)
			return;
		const minutes = Math.max(0, Math.round((view.progress.etaMs - nowMs) / 60000));
		const words = [view.serial, view.name, minutes].join();
		if (next.dataset.words === words)
			return;
		next.dataset.words = words;
		next.dataset.serial = view.serial;
		replace(next, icon("clock"), h("span", null, t("printers.next")),
			h("bdi", { class: "clip strong" }, plain(view.name, 40)),
			h("span", { class: "num nowrap" }, t("printers.nextIn",
				{ left: duration(minutes), time: clockTime(view.progress.etaMs) })));
	}
	return {
		node,
		update({ query, counts, next: free, nowMs }) {
			chips.update(query, counts);
			sizes.update(query);
			sort.value = query.sort;
			group.checked = query.group;
			if (search.value.trim() !== query.text)
				search.value = query.text;
			updateNext(free, nowMs);
		},
		focusSearch() {
			search.focus();
			search.select();
		},
	};
}
