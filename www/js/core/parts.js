/*
 * parts: small pieces that every page needs, with the classes of components.css.
 */
import { h, replace, setAttr, setText } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./strings.js";

const TONE_ICONS = { ok: "check", warn: "warning", bad: "error", info: "info", idle: "minus" };
let count = 0;

/** A button. attrs go to it; kind: "primary", "danger", "plain", "quiet"; iconName may be null. */
export function button({ label, kind = "plain", iconName = null, small = false, run, role = null, ...attrs }) {
	return h("button", { type: "button", class: `btn btn--${kind}${small ? " btn--small" : ""}`, ...attrs, dataset: { role },
			     on: run ? { click: run } : {} }, iconName && icon(iconName), h("span", null, label));
}

/** A button that shows an icon only; its label is its name and its tooltip. */
export function iconButton({ label, iconName, run, role = null, ...attrs }) {
	return h("button", { type: "button", class: "btn btn--quiet btn--icon", "aria-label": label, title: label, ...attrs,
			     dataset: { role }, on: run ? { click: run } : {} }, icon(iconName));
}

/** Runs fn with a button shown as busy, and gives what it gives. A second click meanwhile does nothing (undefined). */
export async function whileBusy(node, fn) {
	if (node.getAttribute("aria-busy") === "true")
		return undefined;
	setAttr(node, "aria-busy", "true");
	try {
		return await fn();
	} finally {
		setAttr(node, "aria-busy", null);
	}
}

/** A state in icon and word. tone: "ok", "warn", "bad", "info", "idle". */
export function badge(tone, text, iconName = TONE_ICONS[tone]) {
	const node = h("span", { class: "badge" });
	setBadge(node, tone, text, iconName);
	return node;
}

/** Changes what badge() shows; does nothing when it shows that already. */
export function setBadge(node, tone, text, iconName = TONE_ICONS[tone]) {
	const key = `${tone} ${iconName} ${text}`;
	if (node.dataset.shows === key)
		return;
	node.dataset.shows = key;
	node.dataset.tone = tone;
	node.className = `badge badge--${tone}`;
	replace(node, iconName && icon(iconName), h("span", null, text));
}

/** A box with an icon: tone as badge(), children as h(). */
export function callout(tone, ...children) {
	return h("div", { class: `callout callout--${tone}` }, icon(TONE_ICONS[tone]), h("div", { class: "callout__text" }, children));
}

/** What went wrong, and what to do: of an ApiError or {title, detail, remedy}. */
export function problemCallout({ title, detail, remedy }) {
	return callout("bad", h("p", { class: "callout__title" }, detail || title), remedy && h("p", null, remedy));
}

/** A bar of 0 … 100 (null: busy, how much is not known). -> {node, set(percent, text)}; text is what screen readers say. */
export function progress(label) {
	const node = h("div", { class: "bar", role: "progressbar", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100" },
		       h("div", { class: "bar__fill" }));
	return {
		node,
		set(percent, text = null) {
			const known = typeof percent === "number" && Number.isFinite(percent);
			node.classList.toggle("bar--busy", !known);
			setAttr(node, "aria-valuenow", known ? Math.round(percent) : null);
			setAttr(node, "aria-valuetext", text);
			node.style.setProperty("--value", String(known ? Math.min(100, Math.max(0, percent)) / 100 : 0));
		},
	};
}

/**
 * A labelled field with a place for its hint and its error.
 *   input   an <input>, <select> or <textarea>, or attrs for an <input class="input">
 * -> {node, input, setError(text | null), setHint(text | null)}
 */
export function field({ label, input, hint = null, role = null, after = null }) {
	const id = `field-${++count}`;
	const control = input instanceof Element ? input : h("input", { class: "input", type: "text", ...input });
	const hintNode = h("p", { class: "field__hint", id: `${id}-hint` }, hint);
	const errorNode = h("p", { class: "field__error", id: `${id}-error`, role: "alert" });
	control.id ||= id;
	setAttr(control, "aria-describedby", `${id}-hint ${id}-error`);
	if (role)
		setAttr(control, "data-role", role);
	hintNode.hidden = !hint;
	errorNode.hidden = true;
	return {
		node: h("div", { class: "field" }, h("label", { class: "field__label", for: control.id }, label),
			after ? h("div", { class: "field__row" }, control, after) : control, hintNode, errorNode),
		input: control,
		setError(text) {
			errorNode.hidden = !text;
			replace(errorNode, text ? [icon("error"), h("span", null, text)] : null);
			setAttr(control, "aria-invalid", text ? "true" : null);
		},
		setHint(text) {
			hintNode.hidden = !text;
			setText(hintNode, text);
		},
	};
}

/** A field for a password or a code, with a button that shows what is typed. */
export function passwordField({ label, hint, role, ...attrs }) {
	const input = h("input", { class: "input", type: "password", autocapitalize: "off", spellcheck: "false", ...attrs });
	const show = h("button", { type: "button", class: "btn btn--plain btn--icon", "aria-pressed": "false",
				   "aria-label": t("password.show"), title: t("password.show"), on: { click: () => {
		const shown = input.type === "password";
		input.type = shown ? "text" : "password";
		setAttr(show, "aria-pressed", shown);
		replace(show, icon(shown ? "eye-off" : "eye"));
	} } }, icon("eye"));
	return field({ label, hint, role, input, after: show });
}

/** An empty place that teaches: an icon, a sentence, what it means, and buttons. */
export function emptyState({ iconName, title, text, actions = [], role = "empty" }) {
	return h("div", { class: "empty", dataset: { role } }, h("div", { class: "empty__icon" }, icon(iconName)),
		 h("h2", { class: "empty__title" }, title), text && h("p", { class: "empty__text" }, text),
		 actions.length > 0 && h("div", { class: "empty__actions" }, actions));
}

/** A grey place for what is to come; count lines. */
export function skeleton(lines = 3) {
	return h("div", { class: "skeleton", "aria-hidden": "true" },
		 Array.from({ length: lines }, () => h("div", { class: "skeleton__line" })));
}

/** The head of a page: its <h1>, and what can be done beside it. */
export function pageHead(title, ...actions) {
	return h("div", { class: "page-head" }, h("h1", { class: "page-head__title", tabindex: "-1", dataset: { role: "page-title" } }, title),
		 h("div", { class: "page-head__actions" }, actions));
}

/** A panel with a head. aside: nodes at the end of the head. */
export function panel({ title, aside = [], role = null, flush = false }, ...children) {
	const id = `panel-${++count}`;
	return h("section", { class: "panel", "aria-labelledby": id, dataset: { role } },
		 h("div", { class: "panel__head" }, h("h2", { class: "panel__title", id }, title), h("div", { class: "row" }, aside)),
		 h("div", { class: flush ? "panel__body panel__body--flush" : "panel__body" }, children));
}
