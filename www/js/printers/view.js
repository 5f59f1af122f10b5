/*
 * A printer's document (store.printers) as what a card shows. All reading of documents is here, in problems.js and in
 * filament.js: a member that is missing or of another type is one that is not known. No DOM.
 */
import { isNewer, jobShown, plateView, queueView } from "./jobs.js";
import { endProblem, isAway, jobProblem, needsPerson, problemsOf } from "./problems.js";
import { finite, plain, timeOf } from "./text.js";

const MINUTE_MS = 60000;
const NEWS_MS = 24 * 60 * MINUTE_MS;

/* The printer's word -> ours (a key of strings: printers.state.KEY). */
const STATES = { IDLE: "idle", PREPARE: "preparing", RUNNING: "printing", PAUSE: "paused", FINISH: "finished",
	FAILED: "failed",
	SLICING: "slicing", INIT: "starting", OFFLINE: "offline" };

/*
 * How a state is coloured: info (busy), ok, warn, bad or idle, as badge() of core/parts.js has them. Never by colour alone: it
 * has an icon and a word, too.
 */
export const STATE_TONES = { idle: "idle", preparing: "info", printing: "info", paused: "warn", finished: "ok", failed: "warn", stopped: "idle",
	slicing: "info",
	starting: "info", updating: "info", offline: "idle", connecting: "info", blocked: "bad", waiting: "idle",
	other: "idle" };

const PRINTING = new Set(["preparing", "printing", "paused", "slicing"]);

function told(stat) {
	const word = plain(stat.state, 40);
	if (word === "")
		return { key: "waiting", word };
	if (STATES[word] === "printing" && stat.preparing === true)
		return { key: "preparing", word };
	return { key: STATES[word] ?? "other", word };
}

function isUpgrading(doc) {
	return (doc.stat?.link?.problems ?? []).some?.((one) => one?.id === "upgrading") || doc.link?.fault === "upgrading";
}

/* A person is to hear how the last job ended: its print did not begin, or was not finished and may lie on the plate. */
function endOf({ last, ...open }, doc, nowMs) {
	const isNews = last !== null && last.noted !== true && nowMs - timeOf(last.endedAt) < NEWS_MS &&
		![open.current, open.next, open.unknown].some((job) => job !== null && isNewer(job, last));
	return isNews && (last.state === "not-started" || (last.state === "failed" && timeOf(doc.plateUsedAt) !== null)) ? [endProblem(last)] : [];
}

/* {key, tone, word, was}: `was` is what a printer that is away did last. shown: the job that it tells of (jobShown()). */
function stateView(doc, online, fault, shown) {
	const last = told(doc.stat ?? {});
	let key = last.key;
	if (online && isUpgrading(doc))
		key = "updating";
	/* To a printer a print that was stopped has failed. */
	if (key === "failed" && shown?.state === "cancelled")
		key = "stopped";
	if (!online)
		key = !fault ? "connecting" : isAway(fault) ? "offline" : "blocked";
	const was = !online && PRINTING.has(last.key) ? last.key : null;
	return { key, tone: STATE_TONES[key], word: last.word, was };
}

function linkView(doc, online, nowMs, isStarting) {
	const link = isStarting ? { ...doc.link, fault: null, phase: "setup" } : doc.link ?? {};
	const receivedMs = timeOf(doc.stat?.receivedAt) ?? timeOf(link.receivedAt);
	const limitMs = finite(doc.stat?.link?.silenceLimitMs) ?? 30000;
	/* Half of what its model may be silent: 15 s for those that report each second. */
	const old = receivedMs === null || nowMs - receivedMs > limitMs / 2;
	const stale = online && (link.stale === true || old);
	return {
		key: online ? (stale ? "stale" : "live") : link.fault ? "down" : "connecting",
		phase: plain(link.phase, 20), fault: plain(link.fault, 40) || null, sentence: plain(link.sentence, 400),
		stale, receivedMs, connectedMs: timeOf(link.connectedAt), nextTryMs: timeOf(link.nextTryAt),
		reconnects: finite(link.reconnects) ?? 0, attempts: finite(link.attempts) ?? 0,
		staleAtMs: online && receivedMs !== null ? receivedMs + limitMs / 2 : null,
	};
}

const counted = new WeakMap(); /* document -> {minutes, sinceMs}: what is left, and the first report that said so */

/*
 * When a print ends. Printers tell whole minutes, rounded up: what the first report with a number says is right, and each that repeats it
 * only that it is not over within a minute less. null: not known.
 */
function endMs(doc, minutes, receivedMs) {
	if (minutes === null || minutes < 0 || receivedMs === null) {
		counted.delete(doc);
		return null;
	}
	if (counted.get(doc)?.minutes !== minutes)
		counted.set(doc, { minutes, sinceMs: receivedMs });
	return Math.max(counted.get(doc).sinceMs + minutes * MINUTE_MS, receivedMs + Math.max(0, minutes - 1) * MINUTE_MS);
}

/* {kind: 'percent'|'preparing'|'still', percent, layer, layers, leftMinutes, etaMs}; null when there is no print. */
function progressView(doc, key, receivedMs, nowMs) {
	if (!PRINTING.has(key)) {
		counted.delete(doc);
		return null;
	}
	const stat = doc.stat ?? {};
	const minutes = finite(stat.times?.remainingMinutes);
	const percent = finite(stat.progressPercent);
	const etaMs = endMs(doc, key === "paused" ? null : minutes, receivedMs);
	return {
		kind: key === "preparing" || percent === null ? "preparing" : "percent",
		percent: percent === null ? null : Math.min(Math.max(percent, 0), 100),
		layer: finite(stat.layers?.current), layers: finite(stat.layers?.total),
		/* A paused print says 0 where it does not know. */
		leftMinutes: etaMs !== null ? Math.max(0, Math.round((etaMs - nowMs) / MINUTE_MS)) : minutes || null,
		etaMs, downloadPercent: finite(stat.downloadPercent),
	};
}

function heat(part) {
	const actual = finite(part?.actualCelsius);
	const target = finite(part?.targetCelsius);
	return actual === null && target === null ? null : { actual, target: target !== null && target > 0
		? target : null };
}

function nozzleViews(stat) {
	const list = Array.isArray(stat.temperatures?.nozzles) ? stat.temperatures.nozzles : [];
	if (list.length < 2)
		return [{ side: null, active: true, heat: heat(stat.temperatures?.nozzle) }].filter((one) =>
			one.heat !== null);
	const extruders = Array.isArray(stat.extruders) ? stat.extruders : [];
	return list.slice(0, 4).map((nozzle) => {
		const extruder = extruders.find((one) => one?.id === nozzle.extruder);
		return { side: extruder?.side === "left" || extruder?.side === "right" ? extruder.side : null,
			active: extruder?.active === true, heat: heat(nozzle) };
	}).sort((a, b) => (a.side === "left" ? 0 : 1) - (b.side === "left" ? 0 : 1));
}

/* The lights that Fuse can switch, as they are: {node, on}. */
export function lightsOf(stat) {
	return (Array.isArray(stat.lights) ? stat.lights : []).slice(0, 8)
		.filter((light) => typeof light?.node === "string")
		.map((light) => ({ node: plain(light.node, 40), on: light.mode === "on", mode: plain(light.mode, 20) }));
}

function machineView(stat) {
	const lamp = lightsOf(stat).find((light) => light.node.startsWith("chamber_light"));
	return { lamp: lamp ? lamp.on : null, door: stat.door === "open" || stat.door === "closed" ? stat.door : null };
}

/* Where it was before Fuse followed it: {from, atMs}; null when that is no news. */
function movedView(doc, nowMs) {
	const atMs = timeOf(doc.movedAt), from = plain(doc.movedFrom, 64);
	return from !== "" && atMs !== null && nowMs - atMs < NEWS_MS ? { from, atMs } : null;
}

/* How urgent it is for a person: 0 most, 9 least. */
function urgency(view) {
	if (view.attention)
		return view.problems[0]?.severity === "fatal" ? 0 : view.online ? 1 : 2;
	const order = { paused: 2, failed: 3, connecting: 4, finished: 5, printing: 6, preparing: 6, updating: 6 };
	return view.state.key === "offline" ? 8 : order[view.state.key] ?? 7;
}

/*
 * Everything that cards, filters and sorting want to know of a printer. It is made anew when the document changes;
 * what ages by itself (link.stale, progress.leftMinutes) is as of `nowMs`. isStarting: of its process (worker.js); jobs: as
 * queue.js has them, null when Fuse has not told of any.
 */
export function viewOf(doc, nowMs, isStarting = false, jobs = null) {
	const stat = doc.stat ?? {};
	const online = doc.link?.online === true && stat.isOnline !== false;
	const queue = queueView(jobs ?? []);
	const known = problemsOf(doc, isStarting);
	const ofJobs = [...(queue.unknown === null ? [] : [jobProblem(queue.unknown)]), ...endOf(queue, doc, nowMs)];
	const problems = ofJobs.length === 0 ? known : [...ofJobs, ...known];
	const link = linkView(doc, online, nowMs, isStarting);
	const shown = jobShown(stat, queue), state = stateView(doc, online, link.fault, shown);
	const last = told(stat).key, printing = online && PRINTING.has(last);
	const view = {
		serial: plain(doc.serial, 40), name: plain(doc.name, 120) || plain(doc.serial, 40),
		model: plain(doc.model, 40) || "Other", modelName: plain(doc.modelName, 60),
		isVirtual: doc.virtual === true,
		address: plain(doc.address, 64), moved: movedView(doc, nowMs),
		online, link, state, problems,
		available: online && stat.isAvailable === true,
		printing,
		offline: !online,
		attention: problems.some(needsPerson) || (online && state.key === "paused"),
		progress: online ? progressView(doc, state.key, link.receivedMs, nowMs) : null,
		stage: online && printing ? plain(stat.stage?.words, 80) : "",
		job: plain(shown?.fileName ?? stat.job?.name, 120) || plain(stat.file, 120),
		nozzles: nozzleViews(stat), bed: heat(stat.temperatures?.bed), chamber: heat(stat.temperatures?.chamber),
		machine: machineView(stat),
		queue, takesJobs: jobs !== null, plate: plateView(doc, queue, PRINTING.has(last)),
		/* Begun at its own screen, or by a program that is not Fuse. */
		foreign: printing && jobs !== null && queue.current === null && queue.unknown === null,
	};
	view.urgency = urgency(view);
	return view;
}
