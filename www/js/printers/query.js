/*
 * Which printers are shown, in which order and how large: kept in the page's address, so that a view can be kept and
 * passed on. No DOM.
 */

export const FILTERS = ["available", "printing", "attention", "offline"];
export const SORTS = ["attention", "name", "state", "finish"];
export const SIZES = ["s", "m", "l"];
const QUERY_MAX = 100;

export const DEFAULT_QUERY = { text: "", show: null, sort: "attention", size: "m", group: false };

/* "?q=anna&show=printing" to a query; what cannot be read is as if it were not there. */
export function parseQuery(search) {
	const words = new URLSearchParams(search);
	const oneOf = (name, list, other) => (list.includes(words.get(name)) ? words.get(name) : other);
	return {
		text: (words.get("q") ?? "").slice(0, QUERY_MAX),
		show: oneOf("show", FILTERS, null),
		sort: oneOf("sort", SORTS, DEFAULT_QUERY.sort),
		size: oneOf("size", SIZES, DEFAULT_QUERY.size),
		group: words.get("group") === "model",
	};
}

/* The other way round; "" for what is usual. */
export function formatQuery(query) {
	const words = new URLSearchParams();
	if (query.text !== "")
		words.set("q", query.text.slice(0, QUERY_MAX));
	if (query.show !== null)
		words.set("show", query.show);
	if (query.sort !== DEFAULT_QUERY.sort)
		words.set("sort", query.sort);
	if (query.size !== DEFAULT_QUERY.size)
		words.set("size", query.size);
	if (query.group)
		words.set("group", "model");
	const text = words.toString();
	return text === "" ? "" : "?" + text;
}

/* How many printers each filter would show: {all, available, printing, attention, offline}. */
export function countsOf(views) {
	const counts = { all: 0, available: 0, printing: 0, attention: 0, offline: 0 };
	for (const view of views) {
		counts.all++;
		for (const filter of FILTERS)
			counts[filter] += view[filter] ? 1 : 0;
	}
	return counts;
}

function haystack(view) {
	return [view.name, view.model, view.modelName, view.serial, view.address, view.job, view.state.key, view.state.word]
		.join("\n").toLowerCase();
}

/* Every word of `text` is somewhere in what the view says. */
export function matches(view, text) {
	const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
	if (words.length === 0)
		return true;
	const hay = haystack(view);
	return words.every((word) => hay.includes(word));
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function byName(a, b) {
	return collator.compare(a.name, b.name) || (a.serial < b.serial ? -1 : 1);
}

const STATE_ORDER = ["paused", "failed", "blocked", "printing", "preparing", "slicing", "updating", "starting",
	"finished", "idle",
	"waiting", "other", "connecting", "offline"];

/* Of those that print, who ends first; then those that are free; then the rest. */
function finishRank(view) {
	return view.progress?.etaMs ?? (view.available ? Infinity : Number.MAX_VALUE);
}

const ORDERS = {
	name: byName,
	attention: (a, b) => a.urgency - b.urgency || byName(a, b),
	state: (a, b) => STATE_ORDER.indexOf(a.state.key) - STATE_ORDER.indexOf(b.state.key) || byName(a, b),
	finish: (a, b) => compareNumbers(finishRank(a), finishRank(b)) || byName(a, b),
};

function compareNumbers(a, b) {
	return a === b ? 0 : a < b ? -1 : 1;
}

/* The views that `query` shows, in its order; with groups those of a model together. */
export function select(views, query) {
	const found = views.filter((view) => (query.show === null || view[query.show]) && matches(view, query.text));
	const order = ORDERS[query.sort];
	return found.sort((a, b) => (query.group ? collator.compare(a.modelName, b.modelName) : 0) || order(a, b));
}

/* The printer that is free next: the view whose print ends first; null when none prints undisturbed. */
export function nextAvailable(views) {
	let next = null;
	for (const view of views)
		if (view.progress?.etaMs != null && !view.attention &&
			(next === null || view.progress.etaMs < next.progress.etaMs))
			next = view;
	return next;
}
