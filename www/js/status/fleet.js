/*
 * fleet: all printers at a glance, kept up to date with the store. What a printer's document means is said in
 * printers/view.js alone, so that every page counts alike.
 */
import { now } from "../core/clock.js";
import { store } from "../core/store.js";
import { onQueues, queueOf } from "../printers/queue.js";
import { viewOf } from "../printers/view.js";

const views = new Map(); /* serial -> viewOf() */

function look(serials) {
	for (const serial of serials)
		if (store.printers.has(serial))
			views.set(serial, viewOf(store.printers.get(serial), now(), false, queueOf(serial)));
}

store.on("printers", (changed, removed) => {
	for (const serial of removed)
		views.delete(serial);
	look(changed);
});
onQueues(look);

/** {all, online, offline, attention, printing, available, newestMs (of the newest report, or null), views: those views}. */
export function fleet() {
	const sum = { all: views.size, online: 0, offline: 0, attention: 0, printing: 0, available: 0, newestMs: null, views };
	for (const view of views.values()) {
		for (const what of ["online", "attention", "printing", "available"])
			sum[what] += view[what] ? 1 : 0;
		sum.offline += view.offline && !view.attention ? 1 : 0;
		if (view.link.receivedMs !== null)
			sum.newestMs = Math.max(sum.newestMs ?? 0, view.link.receivedMs);
	}
	return sum;
}
