/*
 * store: what this page knows of Fuse. Filled by socket.js; read by pages. Listeners are called at most once per animation
 * frame, whatever has come meanwhile.
 *
 *   store.printers    Map: serial -> document (GET /api/v1/printers/{serial}, plus stat). Changed in place, as the next two
 *   store.files       Map: SHA-256 -> print file, as GET /api/v1/files has it
 *   store.jobs        Map: id -> job, as GET /api/v1/jobs has it
 *   store.status      GET /api/v1/status less uptimeSeconds; null until the first snapshot
 *   store.cache       the usage of GET /api/v1/files; null while Fuse has not told of files
 *   store.connection  {state: "connecting" | "live" | "lost", sinceMs (Date.now()), nextTryMs (0: not planned),
 *                     reason: "login" when only a login helps, latencyMs}
 */
import { mergeDelta } from "./merge.js";

/* Documents by key: the member of messages that has them, which is their topic, too, and the one that names those that are gone. */
const KINDS = { printers: "removed", files: "removedFiles", jobs: "removedJobs" };
/* One document each. */
const SINGLES = ["status", "cache"];

const listeners = Object.fromEntries([...Object.keys(KINDS), ...SINGLES, "connection"].map((topic) => [topic, new Set()]));
const changed = {}, removed = {}; /* topic -> Set of keys */
let dirty = new Set();
let scheduled = false;
const LONGEST_WAIT_MS = 1000; /* a hidden page gets no frames */

export const store = {
	printers: new Map(),
	files: new Map(),
	jobs: new Map(),
	status: null,
	cache: null,
	connection: { state: "connecting", sinceMs: Date.now(), nextTryMs: 0, reason: null, latencyMs: null },
	on,
};

/**
 * Calls fn after each change. topics "printers", "files", "jobs": fn(changed: Set of keys, removed: Set of keys); "status":
 * fn(status); "cache": fn(cache); "connection": fn(connection). -> off()
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

function forgetChanges() {
	dirty = new Set();
	for (const kind of Object.keys(KINDS)) {
		changed[kind] = new Set();
		removed[kind] = new Set();
	}
}
forgetChanges();

/** Tells the listeners now. */
export function flush() {
	scheduled = false;
	const topics = dirty, keys = { ...changed }, gone = { ...removed };
	forgetChanges();
	for (const topic of ["connection", ...SINGLES])
		if (topics.has(topic))
			call(topic, store[topic]);
	/* Who is shown on a card must know its jobs, and they their files. */
	for (const kind of ["files", "jobs", "printers"])
		if (topics.has(kind))
			call(kind, keys[kind], gone[kind]);
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

function put(kind, key, document) {
	store[kind].set(key, document);
	changed[kind].add(key);
	removed[kind].delete(key);
	schedule(kind);
}

function take(kind, key) {
	if (!store[kind].delete(key))
		return;
	changed[kind].delete(key);
	removed[kind].add(key);
	schedule(kind);
}

/** Everything anew: {status, printers, files, jobs, cache}. What was known and is not in it is gone. */
export function applySnapshot(message) {
	for (const kind of Object.keys(KINDS)) {
		const documents = message[kind] ?? {};
		for (const key of [...store[kind].keys()])
			if (!Object.hasOwn(documents, key))
				take(kind, key);
		for (const [key, document] of Object.entries(documents))
			put(kind, key, document);
		schedule(kind);
	}
	for (const single of SINGLES) {
		store[single] = message[single] ?? null;
		schedule(single);
	}
}

/** What has changed: {status?, printers?, removed?, files?, removedFiles?, jobs?, removedJobs?, cache?}. */
export function applyDelta(message) {
	for (const single of SINGLES)
		if (message[single] !== undefined) {
			store[single] = mergeDelta(store[single], message[single]);
			schedule(single);
		}
	for (const [kind, goneName] of Object.entries(KINDS)) {
		for (const key of message[goneName] ?? [])
			take(kind, key);
		for (const [key, delta] of Object.entries(message[kind] ?? {}))
			put(kind, key, mergeDelta(store[kind].get(key), delta));
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
