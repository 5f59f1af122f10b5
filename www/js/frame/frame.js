/*
 * frame: what stands around every page.
 */
import { h } from "../core/dom.js";
import { bind } from "../core/keys.js";
import { go, navPages, onPage } from "../core/router.js";
import { t } from "../core/strings.js";
import { banner } from "./banner.js";
import { footer } from "./footer.js";
import { header } from "./header.js";
import { showKeys } from "./keyhelp.js";
import { startTab } from "./tab.js";

function bindKeys() {
	bind("?", "keys.help", showKeys);
	navPages().slice(0, 9).forEach((page, i) => bind(String(i + 1), page.navKey, () => go(page.path)));
	bind("/", "keys.search", () => {
		const field = document.querySelector("main [data-search], main input[type=search]");
		field?.focus();
		field?.select?.();
		return field !== null;
	});
	bind("Escape", "keys.escape", () => false);
	/* Esc in a search field empties it, then leaves it. */
	document.addEventListener("keydown", (event) => {
		if (event.key === "Escape" && !event.defaultPrevented && event.target.matches?.("input[type=search]") && event.target.value === "")
			event.target.blur();
	});
}

/** Builds the frame. -> the element that pages are put into. */
export function buildFrame(session) {
	const main = h("main", { class: "main", id: "main", tabindex: "-1" });
	document.body.prepend(h("a", { class: "skip", href: "#main", on: { click: (event) => {
		event.preventDefault();
		main.focus();
		main.scrollIntoView();
	} } }, t("nav.skip")), header(session), banner(main), main, footer());
	bindKeys();
	onPage(startTab());
	return main;
}
