/*
 * menu: a menu that hangs from a button. Arrows, Home and End move; Enter chooses; Esc and a click elsewhere close.
 */
import { h, setAttr } from "./dom.js";
import { icon } from "./icons.js";

function place(menu, anchor) {
	const box = anchor.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = menu;
	const left = Math.max(8, Math.min(box.right - width, innerWidth - width - 8));
	const below = box.bottom + 4 + height <= innerHeight || box.top - 4 - height < 0;
	menu.style.setProperty("left", `${left}px`);
	menu.style.setProperty("top", `${Math.max(8, below ? Math.min(box.bottom + 4, innerHeight - height - 8) : box.top - 4 - height)}px`);
}

function itemNode(item, close) {
	if (item === null)
		return h("div", { class: "menu__line", role: "separator" });
	const isChoice = item.checked !== undefined;
	return h("button", { type: "button", class: item.danger ? "menu__item menu__item--danger" : "menu__item", tabindex: "-1",
			     role: isChoice ? "menuitemradio" : "menuitem", "aria-checked": isChoice ? item.checked : null,
			     disabled: item.disabled ?? false, dataset: { role: item.role ?? null }, on: { click: () => {
		close(true);
		item.run();
	} } }, item.iconName && icon(item.iconName), item.swatch,
		 h("span", { class: "menu__label" }, h("span", null, item.label), item.hint && h("small", null, item.hint)),
		 isChoice && item.checked && icon("check", { class: "menu__check" }));
}

/**
 * Opens a menu at a button. items: [{label, run, iconName?, swatch? (a node in front), hint?, danger?, disabled?, checked?, role?} or null for a line].
 * -> close()
 */
export function openMenu(anchor, items) {
	const menu = h("div", { class: "menu", role: "menu", popover: "auto", tabindex: "-1" });
	const close = (back = false) => {
		if (!menu.isConnected)
			return;
		menu.remove();
		removeEventListener("resize", close);
		setAttr(anchor, "aria-expanded", "false");
		if (back)
			anchor.focus();
	};
	menu.append(...items.map((item) => itemNode(item, close)));
	const choices = [...menu.querySelectorAll("button:not([disabled])")];
	menu.addEventListener("keydown", (event) => {
		const at = choices.indexOf(document.activeElement), last = choices.length - 1;
		const to = { ArrowDown: at >= last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, Home: 0, End: last }[event.key];
		if (event.key === "Escape" || event.key === "Tab") {
			close(true);
		} else if (to !== undefined) {
			choices[to]?.focus();
		} else {
			return;
		}
		if (event.key !== "Tab")
			event.preventDefault();
		event.stopPropagation();
	});
	menu.addEventListener("toggle", (event) => event.newState === "closed" && close());
	/* In a dialog the rest of the page cannot be used: a menu there must be part of it. */
	(anchor.closest("dialog") ?? document.body).append(menu);
	menu.showPopover();
	setAttr(anchor, "aria-expanded", "true");
	place(menu, anchor);
	addEventListener("resize", close);
	(choices.find((node) => node.getAttribute("aria-checked") === "true") ?? choices[0] ?? menu).focus();
	return close;
}

/** Makes a button open a menu; items() is asked each time. */
export function menuButton(anchor, items) {
	let close = null;
	let wasOpen = false;
	setAttr(anchor, "aria-haspopup", "menu");
	setAttr(anchor, "aria-expanded", "false");
	/* The press that closes the open menu (a click elsewhere, to the browser) must not open it again. */
	anchor.addEventListener("pointerdown", () => (wasOpen = anchor.getAttribute("aria-expanded") === "true"));
	anchor.addEventListener("click", () => {
		const reopen = !wasOpen;
		wasOpen = false;
		if (reopen)
			close = openMenu(anchor, items());
		else
			close?.(true);
	});
	anchor.addEventListener("keydown", (event) => {
		if (event.key === "ArrowDown") {
			event.preventDefault();
			close = openMenu(anchor, items());
		}
	});
	return anchor;
}
