/*
 * store: what this page knows of Fuse. Filled by socket.js; read by pages. Listeners are called at most once per animation
 * frame, whatever has come meanwhile.
 *
 *   store.printers    Map: serial -> document (GET /api/v1/printers/{serial}, plus stat). Changed in place.
 *   store.status      GET /api/v1/status less uptimeSeconds; null until the first snapshot
 *   store.connection  {state: "connecting" | "live" | "lost", sinceMs (Date.now()), nextTryMs (0: not planned),
 *                     reason: "login" when only a login helps, latencyMs}
 */
import { mergeDelta } from "./merge.js";

const listeners = { printers: new Set(), status: new Set(), connection: new Set() };
let changed = new Set();
let removed = new Set();
let dirty = new Set();
let scheduled = false;
const LONGEST_WAIT_MS = 1000; /* a hidden page gets no frames */

export const store = {
	printers: new Map(),
	status: null,
	connection: { state: "connecting", sinceMs: Date.now(), nextTryMs: 0, reason: null, latencyMs: null },
	on,
};

/**
 * Calls fn after each change. topic "printers": fn(changed: Set of serials, removed: Set of serials); "status": fn(status);
 * "connection": fn(connection). -> off()
 */
function on(topic, fn) {
	listeners[topic].add(fn);
	return () => listeners[topic].delete(fn);
}

function call(topic, ...args) {
	for (const fn of [...listeners[topic]]) {
		try {
			fn(...args);
		} catch (error) {
			/* One page's mistake must not silence the others. */
			console.error(error);
		}
	}
}

/** Tells the listeners now. */
export function flush() {
	scheduled = false;
	const topics = dirty, serials = changed, gone = removed;
	dirty = new Set();
	changed = new Set();
	removed = new Set();
	if (topics.has("connection"))
		call("connection", store.connection);
	if (topics.has("status"))
		call("status", store.status);
	if (topics.has("printers"))
		call("printers", serials, gone);
}

function schedule(topic) {
	dirty.add(topic);
	if (scheduled)
		return;
	scheduled = true;
	const once = () => scheduled && flush();
	globalThis.requestAnimationFrame?.(once);
	setTimeout(once, LONGEST_WAIT_MS);
}

/** Everything anew: {status, printers}. What was known and is not in it is gone. */
export function applySnapshot({ status, printers }) {
	for (const serial of store.printers.keys()) {
		if (printers && Object.hasOwn(printers, serial))
			continue;
		store.printers.delete(serial);
		changed.delete(serial);
		removed.add(serial);
	}
	for (const [serial, printer] of Object.entries(printers ?? {})) {
		store.printers.set(serial, printer);
		changed.add(serial);
		removed.delete(serial);
	}
	store.status = status ?? null;
	schedule("status");
	schedule("printers");
}

/** What has changed: {status?, printers?, removed?}. */
export function applyDelta({ status, printers, removed: gone }) {
	if (status !== undefined) {
		store.status = mergeDelta(store.status, status);
		schedule("status");
	}
	for (const serial of gone ?? []) {
		if (store.printers.delete(serial)) {
			changed.delete(serial);
			removed.add(serial);
			schedule("printers");
		}
	}
	for (const [serial, delta] of Object.entries(printers ?? {})) {
		store.printers.set(serial, mergeDelta(store.printers.get(serial), delta));
		changed.add(serial);
		removed.delete(serial);
		schedule("printers");
	}
}

/** How the connection is. since stays while the state stays. */
export function setConnection(state, nextTryMs = 0, reason = null) {
	const { connection } = store;
	if (connection.state !== state)
		connection.sinceMs = Date.now();
	connection.state = state;
	connection.nextTryMs = nextTryMs;
	connection.reason = reason;
	schedule("connection");
}
