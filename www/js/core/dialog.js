/*
 * dialog: modal dialogs over the page. The focus stays inside, and goes back to where it was; Esc closes.
 */
import { h, replace, setAttr } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./strings.js";
import { callout, problemCallout } from "./parts.js";

const open = []; /* the topmost last */
const watchers = new Set();
let count = 0;

/** The topmost open dialog, or null. */
export function topDialog() {
	return open.at(-1) ?? null;
}

/** Calls fn when a dialog has opened or closed. */
export function onDialogs(fn) {
	watchers.add(fn);
}

function tellWatchers() {
	for (const fn of watchers)
		fn();
}

function firstFocus(node) {
	return node.querySelector("[autofocus], [data-autofocus]") ??
		node.querySelector(".dialog__body :is(input, select, textarea, button):not([disabled])") ??
		node.querySelector(".dialog__actions .btn--primary") ?? node.querySelector(".dialog__actions .btn") ?? node;
}

/* As Tab does it: what stands in a field is selected, so that what is typed next takes its place (a refused code is unseen). */
function focusFirst(node) {
	const first = firstFocus(node);
	first.focus();
	if (first instanceof HTMLInputElement && first.type !== "checkbox")
		first.select();
}

const REACHABLE = "a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), summary";

/* What scrolls can be scrolled by keys: by what is inside, or, where only text is, by itself. */
function keepScrollable(body) {
	const look = () => setAttr(body, "tabindex", body.scrollHeight > body.clientHeight && !body.querySelector(REACHABLE) ? "0" : null);
	const sizes = new ResizeObserver(look), contents = new MutationObserver(look);
	sizes.observe(body);
	contents.observe(body, { childList: true, subtree: true });
	return () => {
		sizes.disconnect();
		contents.disconnect();
	};
}

function errorNode(error) {
	return error.title !== undefined ? problemCallout(error) : callout("bad", String(error.message ?? error));
}

/**
 * Opens a dialog.
 *   title, body   text; a node, text, or a list of them. The body stands in a <form> already: give it fields, no form
 *   actions       [{label, kind: "primary" | "danger" | "plain", run, role?}]: run() may return a promise; the dialog closes after it,
 *                 unless it gives false or throws (then what was thrown is shown, and all that was typed stays).
 *                 No run: it only closes. Enter does the first primary or danger action
 *   onClose       called once, after it has closed
 *   wide          up to 60rem instead of 30rem
 *   dismissible   false: neither Esc nor a cross
 *   role          data-role of the dialog, for tests
 * -> {close(), node, setError(error | null)}
 */
export function openDialog({ title, body, actions = [], onClose, wide = false, dismissible = true, role = "dialog" }) {
	const opener = document.activeElement;
	const titleId = `dialog-title-${++count}`;
	const errors = h("div", { class: "dialog__error", role: "alert" });
	const buttons = actions.map((action) => h("button", { type: "button", class: `btn btn--${action.kind ?? "plain"}`,
							      dataset: { role: action.role ?? null },
							      on: { click: () => perform(action) } }, action.label));
	const main = actions.find((action) => action.kind === "primary" || action.kind === "danger");
	const inside = h("div", { class: "dialog__body" }, body);
	const form = h("form", { class: "dialog__form", novalidate: true, on: { submit: (event) => {
		event.preventDefault();
		if (main)
			perform(main);
	} } },
		inside,
		errors,
		actions.length > 0 && h("div", { class: "dialog__actions" }, buttons,
			/* What makes Enter work in a field. */
			main && h("button", { type: "submit", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true" })));
	const node = h("dialog", { class: wide ? "dialog dialog--wide" : "dialog", "aria-labelledby": titleId, tabindex: "-1",
				   dataset: { role } },
		h("div", { class: "dialog__head" },
			h("h2", { class: "dialog__title", id: titleId }, title),
			dismissible && h("button", { type: "button", class: "btn btn--quiet btn--icon", "aria-label": t("action.close"),
						     dataset: { role: "dialog-close" }, on: { click: () => close() } }, icon("close"))),
		form);
	let closed = false, busy = false;

	function setError(error) {
		replace(errors, error ? errorNode(error) : null);
		if (error)
			errors.scrollIntoView({ block: "nearest" });
	}

	function setBusy(isBusy, action) {
		busy = isBusy;
		buttons.forEach((button, i) => {
			button.disabled = isBusy;
			setAttr(button, "aria-busy", isBusy && actions[i] === action ? "true" : null);
		});
	}

	async function perform(action) {
		if (busy || closed)
			return;
		let stay = false;
		setError(null);
		try {
			const outcome = action.run?.();
			if (outcome instanceof Promise) {
				setBusy(true, action);
				stay = (await outcome) === false;
			} else {
				stay = outcome === false;
			}
		} catch (error) {
			stay = true;
			setError(error);
		}
		setBusy(false);
		if (!stay)
			close();
		else if (document.activeElement === document.body || !node.contains(document.activeElement))
			firstFocus(node).focus();
	}

	function close() {
		if (closed)
			return;
		closed = true;
		leaveScrolling();
		const at = open.indexOf(node);
		if (at >= 0)
			open.splice(at, 1);
		node.close();
		tellWatchers();
		node.remove();
		if (opener instanceof HTMLElement && opener.isConnected)
			opener.focus({ preventScroll: true });
		onClose?.();
	}

	node.addEventListener("keydown", (event) => {
		if (event.key !== "Escape" || event.defaultPrevented || topDialog() !== node)
			return;
		event.preventDefault();
		event.stopPropagation();
		if (dismissible && !busy)
			close();
	});
	node.addEventListener("cancel", (event) => {
		if (event.target !== node)
			return;
		event.preventDefault();
		if (dismissible && !busy)
			close();
	});
	document.body.append(node);
	const leaveScrolling = keepScrollable(inside);
	node.showModal();
	open.push(node);
	tellWatchers();
	focusFirst(node);
	return { close, node, setError };
}

/**
 * Asks. -> Promise: true when it was confirmed.
 *   title, body, confirm (label), danger; typed: a word that must be typed before it can be confirmed
 */
export function confirmDialog({ title, body, confirm, danger = false, typed = null }) {
	return new Promise((resolve) => {
		let sure = false;
		const input = typed && h("input", { class: "input", type: "text", autocomplete: "off", spellcheck: "false", "data-autofocus": true,
						    "aria-label": t("dialog.typeWord", { word: typed }) });
		openDialog({
			title,
			role: "confirm",
			body: [h("div", { class: "stack" }, body), input && h("p", null, t("dialog.typeWord", { word: typed })), input],
			actions: [
				{ label: t("action.cancel"), kind: "plain", role: "cancel" },
				{ label: confirm, kind: danger ? "danger" : "primary", role: "confirm-yes", run: () => {
					if (input && input.value.trim() !== typed) {
						input.focus();
						return false;
					}
					sure = true;
					return true;
				} },
			],
			onClose: () => resolve(sure),
		});
	});
}
