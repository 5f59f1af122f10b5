/*
 * removal: removing something, with ten seconds to think again. Nothing is taken from Fuse before the time is over: until then it is
 * only hidden. A page that is closed meanwhile removes at once.
 */
import { del } from "./api.js";
import { t } from "./strings.js";
import { toast, toastError } from "./toast.js";

const THINK_MS = 10000;
const GONE_MS = 1500; /* until the store has heard of it at the latest */

/**
 * One kind of things. kind: its name, for toasts; pathOf(key): what is deleted; words(name, key) -> {done, detail, failed}: texts.
 * -> {isRemoved(key): is it to be removed (and so hidden)?, onRemoval(fn) -> off(): calls fn when that is another for some,
 *     remove(key, name), keep(key): undoes it, as long as nothing was sent}
 */
export function removals({ kind, pathOf, words }) {
	const waiting = new Map(); /* key -> {timer, note, sent} */
	const watchers = new Set();

	function tell() {
		for (const fn of watchers)
			fn();
	}

	function begin(entry) {
		clearTimeout(entry.timer);
		entry.sent = true;
		entry.note.close();
	}

	function forget(key) {
		waiting.delete(key);
		tell();
	}

	async function send(key, name) {
		begin(waiting.get(key));
		try {
			await del(pathOf(key));
		} catch (error) {
			if (error.status !== 404) {
				toastError(error, words(name, key).failed);
				return forget(key);
			}
		}
		return setTimeout(forget, GONE_MS, key);
	}

	function keep(key) {
		const entry = waiting.get(key);
		if (!entry || entry.sent)
			return;
		clearTimeout(entry.timer);
		entry.note.close();
		forget(key);
	}

	function remove(key, name) {
		if (waiting.has(key))
			return;
		const { done, detail } = words(name, key);
		const note = toast({ kind: "info", text: done, detail, timeoutMs: 0, key: `remove ${kind} ${key}`,
			action: { label: t("action.undo"), run: () => keep(key) } });
		waiting.set(key, { sent: false, note, timer: setTimeout(send, THINK_MS, key, name) });
		tell();
	}

	/* The person goes: what was decided is done now. `keepalive` lets it live longer than the page. */
	globalThis.addEventListener?.("pagehide", () => {
		for (const [key, entry] of waiting)
			if (!entry.sent) {
				begin(entry);
				fetch(pathOf(key), { method: "DELETE", keepalive: true, credentials: "same-origin" }).catch(() => {});
			}
	});
	return {
		isRemoved: (key) => waiting.has(key),
		onRemoval(fn) {
			watchers.add(fn);
			return () => watchers.delete(fn);
		},
		remove, keep,
	};
}
