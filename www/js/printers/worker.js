/*
 * The process of a printer's link. A printer's document says "process" when it does not run; whether it is only about to
 * start, as after each adding, the status tells.
 */
import { now } from "../core/clock.js";
import { store } from "../core/store.js";
import { timeOf } from "./text.js";

const BORN_MS = 15000;

/** Does the document say that the process does not run because it is just being started? Or the one that plays the printer. */
export function isStarting(doc) {
	if (doc.virtual === true && doc.link?.fault === "refused" && now() - timeOf(doc.addedAt) < BORN_MS)
		return true;
	if (doc.link?.fault !== "process")
		return false;
	const worker = store.status?.processes?.find((one) => one.process === `worker/${doc.serial}`);
	return worker === undefined || worker.state === "starting" || worker.state === "up";
}
