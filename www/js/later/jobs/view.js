/*
 * The Jobs page without DOM: which jobs are shown, in which order, and what can be done with each.
 */
import { isAhead, stateOf } from "../../printers/jobs.js";
import { plain, timeOf } from "../../printers/text.js";

/** Filters by state; each job fits "all" and at most one more. */
export const SHOWS = ["all", "waiting", "printing", "unknown", "done", "failed"];

const SHOW_OF = { received: "waiting", checked: "waiting", waiting: "waiting", uploading: "waiting", uploaded: "waiting",
	armed: "printing", sent: "printing", started: "printing", running: "printing", unknown: "unknown", staged: "done", done: "done",
	cancelled: "failed", failed: "failed", "not-started": "failed" };

/** Its print has begun, as far as Fuse knows: to cancel it stops something. */
export function isPrinting(job) {
	return SHOW_OF[job.state] === "printing";
}

/** {show, printer, text, job} of the address; nonsense is as if it were not there. job: whose story is open */
export function parseView(search) {
	const words = new URLSearchParams(search), show = words.get("show");
	return { show: SHOWS.includes(show) ? show : "all", printer: (words.get("printer") ?? "").slice(0, 40), job: words.get("job") };
}

/* The most urgent first: what needs a person, what prints, what goes up, what waits in the order of its coming. */
function rankOf(job) {
	return job.state === "unknown" ? 0 : isPrinting(job) ? 1 : job.state === "uploading" ? 2 : 3;
}

function byAge(a, b) {
	return (timeOf(a.createdAt) ?? 0) - (timeOf(b.createdAt) ?? 0) || (a.id < b.id ? -1 : 1);
}

/** The jobs that are shown: {open: the most urgent first, ended: the last first}. */
export function select(jobs, { show, printer }) {
	const shown = jobs.filter((job) => (show === "all" || SHOW_OF[job.state] === show) && (printer === "" || job.printer === printer));
	return { open: shown.filter((job) => !job.ended).sort((a, b) => rankOf(a) - rankOf(b) || byAge(a, b)),
		ended: shown.filter((job) => job.ended).sort((a, b) => (timeOf(b.endedAt) ?? 0) - (timeOf(a.endedAt) ?? 0) || byAge(b, a)) };
}

/** How many each filter would show. */
export function countsOf(jobs, printer) {
	const counts = Object.fromEntries(SHOWS.map((show) => [show, 0]));
	for (const job of jobs) {
		if (printer !== "" && job.printer !== printer)
			continue;
		counts.all++;
		if (SHOW_OF[job.state])
			counts[SHOW_OF[job.state]]++;
	}
	return counts;
}

/** Printers that have jobs, by name, also those that are gone: [{serial, name}]. nameOf(serial) -> its name now, or undefined */
export function printersOf(jobs, nameOf) {
	const names = new Map();
	for (const job of jobs)
		names.set(job.printer, plain(nameOf(job.printer) ?? job.printerName, 60) || job.printer);
	const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
	return [...names].map(([serial, name]) => ({ serial, name })).sort((a, b) => collator.compare(a.name, b.name));
}

/** What a person can do: {cancel, again, resolve}. */
export function actionsOf(job) {
	return { cancel: !job.ended && job.state !== "unknown" && !job.cancelWanted && (isAhead(job) || isPrinting(job)),
		again: job.ended === true, resolve: job.state === "unknown" };
}

/** A key of strings, job.state.KEY: one that is being cancelled says so. */
export function wordOf(job) {
	return job.cancelWanted && !job.ended ? "cancelling" : stateOf(job);
}
