/*
 * toast: short messages at the edge. One stack; one with the same key takes the place of the last; errors stay until
 * they are dismissed. A toast stands above an open dialog, and can be used there.
 */
import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { onDialogs, topDialog } from "./dialog.js";
import { iconButton } from "./parts.js";
import { t } from "./strings.js";

const LIFE_MS = { info: 6000, done: 4000, error: 0 };
const ICONS = { info: "info", done: "check", error: "error" };
const MOST = 5;
const shown = new Map(); /* key -> {node, close} */
let stack = null;
let serial = 0;

function home() {
	const host = topDialog() ?? document.body;
	if (stack.parentNode !== host)
		host.append(stack);
}

function ensureStack() {
	if (stack)
		return;
	stack = h("div", { class: "toasts", role: "region", "aria-label": t("toast.region"), dataset: { role: "toasts" } });
	onDialogs(home);
}

async function copy(text, button) {
	try {
		await navigator.clipboard.writeText(text);
		replace(button, t("action.copied"));
	} catch {
		/* Without HTTPS there is no clipboard: the text can be marked by hand. */
		getSelection().selectAllChildren(button.closest(".toast").querySelector(".toast__detail"));
	}
}

/**
 * Shows a message. kind: "info", "done" or "error"; detail: more, below; action: {label, run}; timeoutMs: 0 stays
 * (errors do); key: takes the place of the one with that key. -> {close()}
 */
export function toast({ kind = "info", text, detail = null, action = null, timeoutMs = LIFE_MS[kind], key = `${kind} ${text}` }) {
	ensureStack();
	shown.get(key)?.close();
	let timer = 0;
	const id = ++serial;
	const close = () => {
		clearTimeout(timer);
		node.remove();
		if (shown.get(key)?.id === id)
			shown.delete(key);
	};
	const wait = () => {
		clearTimeout(timer);
		if (timeoutMs > 0)
			timer = setTimeout(close, timeoutMs);
	};
	const node = h("div", { class: `toast toast--${kind}`, role: kind === "error" ? "alert" : "status", dataset: { role: "toast", kind },
				on: { pointerenter: () => clearTimeout(timer), pointerleave: wait, focusin: () => clearTimeout(timer), focusout: wait } },
		icon(ICONS[kind]),
		h("div", { class: "toast__text" },
			h("p", null, text),
			detail && h("p", { class: "toast__detail" }, detail),
			(action || (detail && kind === "error")) && h("div", { class: "toast__actions" },
				action && h("button", { type: "button", class: "btn btn--plain btn--small", on: { click: () => {
					close();
					action.run();
				} } }, action.label),
				detail && kind === "error" && h("button", { type: "button", class: "btn btn--quiet btn--small",
					on: { click: (event) => copy(`${text}\n${detail}`, event.currentTarget) } }, t("action.copy")))),
		iconButton({ label: t("action.dismiss"), iconName: "close", run: close }));
	home();
	stack.append(node);
	shown.set(key, { id, close });
	if (shown.size > MOST)
		shown.values().next().value.close();
	wait();
	return { close };
}

/** Shows what went wrong (an ApiError, or any error). */
export function toastError(error, text = null) {
	const detail = [text ? error.detail || error.title || error.message : null, error.remedy].filter(Boolean).join(" ");
	return toast({ kind: "error", text: text ?? (error.detail || error.title || error.message), detail: detail || null });
}
