/*
 * theme: dark (unless told otherwise), light, or as the system has it. theme-boot.js has set it before the first paint.
 */
const KEY = "fuse.theme";
const COLORS = { dark: "#131d2e", light: "#ffffff" }; /* --chrome, for the browser's own bar */
const system = matchMedia("(prefers-color-scheme: light)");
const watchers = new Set();
let isPrinting = false; /* paper is light */

export const THEMES = ["dark", "light", "auto"];

/** What the person has chosen. */
export function theme() {
	let chosen = null;
	try {
		chosen = localStorage.getItem(KEY);
	} catch {
		/* No storage: as if nothing was chosen. */
	}
	return THEMES.includes(chosen) ? chosen : "dark";
}

function apply() {
	const chosen = theme();
	const isLight = isPrinting || chosen === "light" || (chosen === "auto" && system.matches), shown = isLight ? "light" : "dark";
	document.documentElement.dataset.theme = shown;
	document.querySelector("meta[name=theme-color]").content = COLORS[shown];
	for (const fn of watchers)
		fn(chosen);
}

/** Chooses "dark", "light" or "auto", and keeps it in this browser. */
export function setTheme(chosen) {
	try {
		localStorage.setItem(KEY, chosen);
	} catch {
		/* Then it lasts as long as the page. */
	}
	apply();
}

/** Calls fn(theme) after each change. */
export function onTheme(fn) {
	watchers.add(fn);
}

/** Follows the system, and other windows. */
export function startTheme() {
	system.addEventListener("change", apply);
	addEventListener("storage", (event) => event.key === KEY && apply());
	for (const event of ["beforeprint", "afterprint"])
		addEventListener(event, () => {
			isPrinting = event === "beforeprint";
			apply();
		});
	apply();
}
