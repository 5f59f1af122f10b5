/*
 * tab: what the browser's tab says while another is looked at: how many printers need somebody, and a dot on the icon.
 */
import { store } from "../core/store.js";
import { fleet } from "../status/fleet.js";

const ICON = (dot) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5fe0"/>` +
	`<path d="M18.5 4 8.5 18h5.8L13 28l10.5-14.5h-6z" fill="#fff"/>${dot}</svg>`;
const DOTS = { bad: `<circle cx="24.5" cy="24.5" r="7" fill="#ff5a5f" stroke="#fff" stroke-width="2"/>`,
	       lost: `<circle cx="24.5" cy="24.5" r="7" fill="#8a97ad" stroke="#fff" stroke-width="2"/>`, none: "" };
let shown = null;

function show() {
	const { attention } = fleet();
	const kind = store.connection.state === "lost" ? "lost" : attention > 0 ? "bad" : "none";
	const title = document.title.replace(/^\(\d+\) /, "");
	const wanted = attention > 0 ? `(${attention}) ${title}` : title;
	if (document.title !== wanted)
		document.title = wanted;
	if (shown === kind)
		return;
	shown = kind;
	document.querySelector("link[rel=icon]").href = "data:image/svg+xml," + encodeURIComponent(ICON(DOTS[kind]));
}

/** Keeps the tab up to date. -> function to call when the title has been set anew */
export function startTab() {
	store.on("printers", show);
	store.on("jobs", show);
	store.on("connection", show);
	return show;
}
