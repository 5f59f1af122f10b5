/*
 * Removing a printer, with ten seconds to think again. An access code cannot be read back, so nothing is taken from Fuse
 * before the time is over: until then the printer is only hidden. A page that is closed meanwhile removes at once.
 */
import { del } from "../core/api.js";
import { t } from "../core/strings.js";
import { toast, toastError } from "../core/toast.js";

const THINK_MS = 10000;
const waiting = new Map(); /* serial -> {timer, note, sent} */
const watchers = new Set();

function tell() {
	for (const fn of watchers)
		fn();
}

const pathOf = (serial) => `/api/v1/printers/${encodeURIComponent(serial)}`;

/** Is it to be removed (and so hidden)? */
export function isRemoved(serial) {
	return waiting.has(serial);
}

/** Calls fn when the answer of isRemoved() is another for some printer. -> off() */
export function onRemoval(fn) {
	watchers.add(fn);
	return () => watchers.delete(fn);
}

async function send(serial, name) {
	const entry = waiting.get(serial);
	clearTimeout(entry.timer);
	entry.sent = true;
	entry.note.close();
	try {
		await del(pathOf(serial));
	} catch (error) {
		if (error.status !== 404)
			toastError(error, t("printers.remove.failed", { name }));
	}
	/* The store hears of it by itself; a moment later at most. */
	setTimeout(() => {
		waiting.delete(serial);
		tell();
	}, 1500);
}

/** Hides the printer now, and removes it when nobody has said "undo". */
export function removePrinter(serial, name) {
	if (waiting.has(serial))
		return;
	const note = toast({ kind: "info", text: t("printers.remove.done", { name }),
		detail: t("printers.remove.detail"), timeoutMs: 0,
			     key: `remove ${serial}`, action: { label: t("action.undo"),
				run: () => keepPrinter(serial) } });
	waiting.set(serial, { sent: false, note, timer: setTimeout(send, THINK_MS, serial, name) });
	tell();
}

/** Undoes removePrinter(), as long as nothing was sent. */
export function keepPrinter(serial) {
	const entry = waiting.get(serial);
	if (!entry || entry.sent)
		return;
	clearTimeout(entry.timer);
	entry.note.close();
	waiting.delete(serial);
	tell();
}

/* The person goes: what was decided is done now. `keepalive` lets it live longer than the page. */
globalThis.addEventListener?.("pagehide", () => {
	for (const [serial, entry] of waiting)
		if (!entry.sent) {
			clearTimeout(entry.timer);
			entry.note.close();
			entry.sent = true;
			fetch(pathOf(serial), { method: "DELETE", keepalive: true,
				credentials: "same-origin" }).catch(() => {});
		}
});
