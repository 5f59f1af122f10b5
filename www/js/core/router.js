/*
 * router: which page is seen, by the address. Pages are registered; the rest is the browser's history.
 */
import { h, replace, setAttr } from "./dom.js";
import { button, callout, emptyState } from "./parts.js";
import { t } from "./strings.js";

const pages = [];
const watchers = new Set();
let root = null;
let current = null; /* {page, unmount} */
let position = 0;   /* of this entry in the history, so that its scroll can be found again */
const scrolls = new Map();

/**
 * Makes a page known. In the order of the calls they stand in the navigation.
 *   path      "/printers"; {id} stands for one part of any text
 *   aliases   other paths of the same page (optional)
 *   titleKey  of its title, for the browser's tab
 *   navKey    of its word in the navigation; none: it is not listed there
 *   iconName  beside that word
 *   wide      true: as wide as large screens are
 *   mount(root, query: URLSearchParams, id: string | null) -> unmount(); builds the page below root, with a pageHead().
 *             id: what stands for {id}
 */
export function register(page) {
	pages.push(page);
}

/** The pages that the navigation lists. */
export function navPages() {
	return pages.filter((page) => page.navKey);
}

/** The page that is seen; null before the first and where there is none. */
export function currentPage() {
	return current?.page ?? null;
}

/** Calls fn(page) after each change of page. */
export function onPage(fn) {
	watchers.add(fn);
}

/** The query of the address. */
export function query() {
	return new URLSearchParams(location.search);
}

/** Changes the query without a new entry in the history and without building the page anew. null and "" take a name away. */
export function setQuery(changes) {
	const params = query();
	for (const [name, value] of Object.entries(changes)) {
		if (value === null || value === undefined || value === "")
			params.delete(name);
		else
			params.set(name, value);
	}
	const text = params.toString();
	history.replaceState(history.state, "", location.pathname + (text ? "?" + text : "") + location.hash);
}

function matches(pattern, path) {
	const want = pattern.split("/"), have = path.split("/");
	if (want.length !== have.length || !want.every((part, i) => part === have[i] || (part === "{id}" && have[i] !== "")))
		return null;
	const at = want.indexOf("{id}");
	try {
		return { id: at < 0 ? null : decodeURIComponent(have[at]) };
	} catch {
		return null;
	}
}

/* -> {page, id}; page null: there is none. */
function find(pathname) {
	const path = pathname.replace(/(.)\/+$/, "$1");
	for (const page of pages) {
		for (const pattern of [page.path, ...(page.aliases ?? [])]) {
			const found = matches(pattern, path);
			if (found)
				return { page, ...found };
		}
	}
	return { page: null, id: null };
}

function notFound(into) {
	document.title = `${t("page.notFound")} – ${t("app.name")}`;
	replace(into, emptyState({ iconName: "search", title: t("page.notFound"), text: t("page.notFoundText"), role: "not-found",
				   actions: [button({ label: t("page.home"), kind: "primary", run: () => go("/") })] }));
}

function failed(into, error) {
	console.error(error);
	replace(into, callout("bad", h("p", { class: "callout__title" }, t("page.broken")), h("p", null, t("page.brokenText")),
			      h("p", { class: "mono small" }, String(error)),
			      h("div", null, button({ label: t("action.reload"), run: () => location.reload() }))));
}

function leave() {
	try {
		current?.unmount?.();
	} catch (error) {
		console.error(error);
	}
	current = null;
}

function show(moveFocus) {
	leave();
	const { page, id } = find(location.pathname);
	const into = h("div", { class: page?.wide ? "page page--wide" : "page", dataset: { page: page ? page.path : "none" } });
	replace(root, into);
	current = { page, unmount: null };
	if (page) {
		document.title = `${t(page.titleKey)} – ${t("app.name")}`;
		try {
			current.unmount = page.mount(into, query(), id);
		} catch (error) {
			failed(into, error);
		}
	} else {
		notFound(into);
	}
	for (const fn of watchers)
		fn(page);
	scrollTo(0, scrolls.get(position) ?? 0);
	if (moveFocus) {
		const heading = into.querySelector("h1, h2");
		setAttr(heading ?? into, "tabindex", "-1");
		(heading ?? into).focus({ preventScroll: true });
	}
}

/** Goes to a page of ours: "/printers?state=problem". */
export function go(path, { replaceEntry = false } = {}) {
	scrolls.set(position, scrollY);
	if (!replaceEntry)
		position++;
	scrolls.delete(position);
	history[replaceEntry ? "replaceState" : "pushState"]({ position }, "", path);
	show(true);
}

function onClick(event) {
	if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
		return;
	const link = event.target.closest?.("a[href]");
	if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin ||
	    !find(link.pathname).page)
		return;
	event.preventDefault();
	go(link.pathname + link.search + link.hash);
}

/** Shows the page of the address below root, and follows the history. */
export function startRouter(into) {
	root = into;
	history.scrollRestoration = "manual";
	position = history.state?.position ?? 0;
	history.replaceState({ position }, "");
	document.addEventListener("click", onClick);
	addEventListener("popstate", (event) => {
		scrolls.set(position, scrollY);
		position = event.state?.position ?? 0;
		show(true);
	});
	show(false);
}
