/*
 * The jobs of each printer that cards tell of, kept up to date with the store: the open ones, and how the last one ended, until somebody
 * has taken note of that.
 */
import { store } from "../core/store.js";
import { jobsByPrinter } from "./jobs.js";

const KEY = "fuse.noted", KEPT = 200;

const watchers = new Set();
let queues = new Map();
let printerOf = new Map(); /* job -> serial, of the open ones */

let noted = readNoted(); /* the jobs of whose end somebody has taken note in this browser */

function readNoted() {
	try {
		return new Set(JSON.parse(localStorage.getItem(KEY)));
	} catch {
		return new Set(); /* there is no storage, or another program wrote there */
	}
}

function gather(ids) {
	const touched = new Set([...ids].map((id) => store.jobs.get(id)?.printer ?? printerOf.get(id)));
	queues = jobsByPrinter([...store.jobs.values()].map((job) => (noted.has(job.id) ? { ...job, noted: true } : job)));
	printerOf = new Map([...queues].flatMap(([serial, jobs]) => jobs.map((job) => [job.id, serial])));
	touched.delete(undefined);
	for (const fn of [...watchers])
		fn(touched);
}

store.on("jobs", (changed, removed) => gather([...changed, ...removed]));
globalThis.addEventListener?.("storage", ({ key }) => {
	if (key !== KEY)
		return;
	noted = readNoted();
	gather(store.jobs.keys());
});

/** Somebody knows how a job ended: cards say no more of it. */
export function noteEnd(id) {
	noted.add(id);
	try {
		localStorage.setItem(KEY, JSON.stringify([...noted].slice(-KEPT)));
	} catch {
		/* Then it is said again. */
	}
	gather([id]);
}

/** The open jobs of a printer, the one that is furthest first, and the last one that has ended (jobsByPrinter()). */
export function queueOf(serial) {
	return queues.get(serial) ?? [];
}

/** Calls fn(Set of serials) when jobs of these have changed. -> off() */
export function onQueues(fn) {
	watchers.add(fn);
	return () => watchers.delete(fn);
}
