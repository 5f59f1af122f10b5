/*
 * Jobs as cards and pages show them: which of a printer's open ones matters, in which tone, how far its file is. No DOM.
 */
import { finite, plain, timeOf } from "./text.js";

/* How far a job is: what is further is more important. One that nobody knows the end of goes before all. */
const RANKS = ["received", "checked", "waiting", "uploaded", "uploading", "armed", "sent", "started", "running", "unknown"];

/* Its print has begun, or is about to. */
const AT_WORK = new Set(["armed", "sent", "started", "running"]);

/* Before anything was started: the file is prepared, or it waits. */
const AHEAD = new Set(["received", "checked", "waiting", "uploading", "uploaded"]);

/** As badge() of core/parts.js has them, with an icon: never by colour alone. */
export const JOB_TONES = { received: "idle", checked: "idle", waiting: "warn", uploading: "info", uploaded: "idle", staged: "ok",
	armed: "info", sent: "info", started: "info", running: "info", done: "ok", failed: "bad", "not-started": "bad",
	unknown: "bad", cancelled: "idle" };
export const JOB_ICONS = { received: "clock", checked: "check", waiting: "clock", uploading: "upload", uploaded: "check",
	staged: "check", armed: "play", sent: "play", started: "play", running: "play", done: "check", failed: "error",
	"not-started": "error", unknown: "help", cancelled: "close" };

/* What a job waits for that comes by itself (printer/job_faults.def); all else waits for a person. */
const BY_ITSELF = new Set(["", "not-linked", "printer-busy", "others-first", "file-waiting", "upload-waiting", "upload-disturbs", "not-told",
	"began-anew", "file-gone"]);

/** How a job is coloured: to wait for its turn is no trouble, to wait for a person is. */
export function toneOf(job) {
	return stateOf(job) === "waiting" && BY_ITSELF.has(job.fault) ? "idle" : JOB_TONES[job.state] ?? "info";
}

/** A key of strings (job.state.KEY): what a newer Fuse says and this page does not know is told as such. */
export function stateOf(job) {
	return Object.hasOwn(JOB_TONES, job?.state) ? job.state : "other";
}

/* How a transfer can break off that is tried again (worker/upload/faults.def). */
const RESENT = /^files-|^size-|^file-vanished$/;

/** Its file did not arrive, and is sent again after a while. */
export const isResent = (job) => job.state === "waiting" && job.attempts > 0 && RESENT.test(job.fault);

export const isAtWork = (job) => AT_WORK.has(job.state);
export const isAhead = (job) => AHEAD.has(job.state);

/** How its file goes up: {percent, sent, total, rate, leftS, phase}, each null where not known; null when it does not. */
export function sendingOf(job) {
	const { progress } = job;
	if (progress === null || typeof progress !== "object")
		return null;
	const sent = finite(progress.sentBytes), total = finite(progress.totalBytes), rate = finite(progress.bytesPerSecond);
	const isKnown = progress.phase === "send" && sent !== null && total > 0;
	return { phase: plain(progress.phase, 20), sent, total, rate: rate > 0 ? rate : null,
		percent: isKnown ? Math.min(100, (sent * 100) / total) : null,
		leftS: isKnown && rate > 0 ? Math.max(0, Math.round((total - sent) / rate)) : null };
}

/** Whether one was ordered after another (which may be missing). */
export const isNewer = (job, than) => !than || job.createdAt > than.createdAt || (job.createdAt === than.createdAt && job.id > than.id);

/**
 * What cards know of jobs, by printer: the open ones, with what is furthest first, and of equals the oldest; behind them the newest of
 * those that have ended. Map: serial -> jobs.
 */
export function jobsByPrinter(jobs) {
	const found = new Map(), last = new Map();
	for (const job of jobs) {
		if (!found.has(job.printer))
			found.set(job.printer, []);
		if (job.ended === false)
			found.get(job.printer).push(job);
		else if (isNewer(job, last.get(job.printer)))
			last.set(job.printer, job);
	}
	for (const list of found.values())
		list.sort((a, b) => RANKS.indexOf(b.state) - RANKS.indexOf(a.state) || (a.id < b.id ? -1 : 1));
	for (const [serial, job] of last)
		found.get(serial).push(job);
	return found;
}

/**
 * What a card shows of a printer's jobs (jobsByPrinter()): {current: whose print it is, next: the first that waits or goes up, more: how
 * many wait behind it, unknown: of which nobody knows whether it printed, last: that has ended}; null where there is none.
 */
export function queueView(jobs) {
	const ahead = jobs.filter(isAhead);
	return { current: jobs.find(isAtWork) ?? null, next: ahead[0] ?? null, more: Math.max(0, ahead.length - 1),
		unknown: jobs.find((job) => job.state === "unknown") ?? null, last: jobs.find((job) => job.ended) ?? null };
}

/** The job whose print a printer tells of, by the name that Fuse gave it there; null: a print of others, or too old a one. */
export function jobShown(stat, { current, last }) {
	return [current, last].find((job) => job !== null && plain(stat.job?.name, 120).endsWith(job.id)) ?? null;
}

/**
 * A plate that somebody should look at: {sinceMs, inTheWay: a job waits for it, file: what was printed on it, ""}; null when none was
 * used, or it is in use.
 * isBusy: something is on it just now.
 */
export function plateView(doc, queue, isBusy) {
	const sinceMs = timeOf(doc.plateUsedAt);
	if (sinceMs === null || isBusy || queue.current !== null)
		return null;
	return { sinceMs, inTheWay: queue.next !== null && doc.startsUnasked !== true,
		file: plain(jobShown(doc.stat ?? {}, queue)?.fileName, 120).replace(/(\.gcode)?(\.3mf)?$/i, "") };
}
