/*
 * The process of a printer's link. A printer's document says "process" when it does not run; whether it is only about to
 * start, as after each adding, the status tells.
 */
import { store } from "../core/store.js";

/** Does the document say that the process does not run because it is just being started? */
export function isStarting(doc) {
	if (doc.link?.fault !== "process")
		return false;
	const worker = store.status?.processes?.find((one) => one.process === `worker/${doc.serial}`);
	return worker === undefined || worker.state === "starting" || worker.state === "up";
}
