/*
 * The open jobs of each printer, kept up to date with the store.
 */
import { store } from "../core/store.js";
import { openByPrinter } from "./jobs.js";

const watchers = new Set();
let queues = new Map();
let printerOf = new Map(); /* job -> serial, of the open ones */

store.on("jobs", (changed, removed) => {
	const touched = new Set([...changed, ...removed].map((id) => store.jobs.get(id)?.printer ?? printerOf.get(id)));
	queues = openByPrinter(store.jobs.values());
	printerOf = new Map([...queues].flatMap(([serial, jobs]) => jobs.map((job) => [job.id, serial])));
	touched.delete(undefined);
	for (const fn of [...watchers])
		fn(touched);
});

/** The open jobs of a printer, the one that is furthest first. */
export function queueOf(serial) {
	return queues.get(serial) ?? [];
}

/** Calls fn(Set of serials) when jobs of these have changed. -> off() */
export function onQueues(fn) {
	watchers.add(fn);
	return () => watchers.delete(fn);
}
