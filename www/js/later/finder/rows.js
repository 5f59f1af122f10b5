/*
 * The printers that a search has found, with what a person has typed for each, and how adding it went. What is typed stays,
 * whatever the searches find later and however often the dialog is closed. No DOM.
 */
import { problemsOf } from "../../printers/problems.js";
import { finite, plain } from "../../printers/text.js";

const NEWS_MS = 6000;  /* after so long an unchanged link is how it is now, not how it was before the change */
const SURE_MS = 15000; /* linked for so long, it is added: what comes later its card tells */

/* Rows by serial number; what has none, by address. */
export const keyOf = (found) => found.serial || found.address;

function defaultName(found) {
	return plain(found.name, 96) || `${plain(found.modelName, 40)} ${(found.serial ?? "").slice(-4)}`.trim();
}

/** A row. found: of GET /api/v1/scans/{id} or of a probe, with its address. */
export function newRow(found) {
	return {
		key: keyOf(found), found, name: defaultName(found), code: "", pasted: "", chosen: false, trusted: false,
		wasNamed: false, lacks: null, sending: false, refused: null, sent: null,
	};
}

/** What was found by now, put into the rows (Map key -> row). A proof counts more than a claim. */
export function mergeFound(rows, list) {
	for (const found of list) {
		const row = rows.get(keyOf(found));
		if (row === undefined) {
			rows.set(keyOf(found), newRow(found));
		} else if (found.certificateSha256 !== null || row.found.certificateSha256 === null) {
			/* Trust is in one certificate only. */
			row.trusted &&= found.certificateSha256 === row.found.certificateSha256;
			row.found = found;
			if (!row.wasNamed && row.sent === null)
				row.name = defaultName(found);
		}
	}
}

/** Is there something in it that a person would miss? */
export function isTouched(row) {
	return row.code !== "" || row.wasNamed || row.trusted || row.sent !== null || row.refused !== null;
}

const numberOf = (address) => /^[0-9.]+$/.test(address)
	? address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) : Infinity;

/** By address; `isLast(row)` go to the end. */
export function inOrder(rows, isLast) {
	return [...rows.values()].map((row) => ({ row, last: isLast(row), at: numberOf(row.found.address) }))
		.sort((a, b) => a.last - b.last || a.at - b.at || a.row.found.address.localeCompare(b.row.found.address))
		.map(({ row }) => row);
}

/* -- how a row is ------------------------------------------------------------------------------------------- */

/* What of a link's document changes whenever something happens to it. */
export function markOf(doc) {
	const link = doc?.link ?? {};
	return JSON.stringify([link.online, link.fault, link.since, link.attempts, link.connectedAt, link.phase]);
}

/**
 * How the link of a printer is that was sent something: {state, problem}. sent: {atMs, mark: markOf() before; kept here:
 * liveMs, since when it is "live"; fault, the last outcome that was one}. "linking" (not yet known), "live", "warned" (linked,
 * but a person must do something), "fault" (also while it is tried again by itself).
 */
export function outcomeOf(sent, doc, isStarting, nowMs) {
	if (sent.liveMs && nowMs - sent.liveMs >= SURE_MS)
		return { state: "live", problem: null };
	const outcome = outcomeNow(sent, doc, isStarting, nowMs);
	sent.liveMs = outcome.state === "live" ? sent.liveMs ?? nowMs : null;
	if (outcome.state === "linking" && sent.fault)
		return sent.fault;
	sent.fault = outcome.state === "fault" ? outcome : null;
	return outcome;
}

function outcomeNow(sent, doc, isStarting, nowMs) {
	if (doc === undefined || (markOf(doc) === sent.mark && nowMs - sent.atMs < NEWS_MS))
		return { state: "linking", problem: null };
	const problems = problemsOf(doc, isStarting).filter((one) => one.source === "link");
	if (doc.link?.online === true) {
		const problem = problems.find((one) => one.severity === "serious") ?? null;
		return { state: problem ? "warned" : "live", problem };
	}
	return problems.length > 0 ? { state: "fault", problem: problems[0] } : { state: "linking", problem: null };
}

/**
 * How a row is: {state, problem}. doc: of the store, if the printer is kept. Besides those of outcomeOf():
 *   "open"     it can be added              "closed"   it cannot, it says why
 *   "sending"  on its way to Fuse           "refused"  Fuse does not keep it (problem)
 *   "added"    it was here before           "moved"    it was, with another address
 */
export function stateOf(row, doc, isStarting, nowMs) {
	const { found } = row;
	if (row.sending)
		return { state: "sending", problem: null };
	if (row.refused)
		return { state: "refused", problem: row.refused };
	if (row.sent)
		return outcomeOf(row.sent, doc, isStarting, nowMs);
	const address = doc?.address ?? found.addedAddress;
	if (doc !== undefined || found.added)
		return { state: address === found.address ? "added" : "moved", problem: null };
	return { state: found.serial && found.mqttOpen ? "open" : "closed", problem: null };
}

/** Can a person still type and send something in a row of this state? */
export function isOpen(state) {
	return state === "open" || state === "refused" || state === "fault" || state === "warned";
}

/** Does nobody vouch for it, so that a person must? */
export function needsTrust({ found }) {
	return found.verified === "unknown" && Boolean(found.certificateSha256);
}

/* -- what is sent ------------------------------------------------------------------------------------------- */

/** What a chosen row lacks before it can be sent: "code", "trust" or null. */
export function lacksOf(row) {
	return row.code === "" && row.sent === null ? "code" : needsTrust(row) && !row.trusted ? "trust" : null;
}

/** The item of a list for POST /api/v1/printers. */
export function addBody(row) {
	const { found } = row;
	return {
		serial: found.serial, address: found.address, accessCode: row.code,
		...(row.name.trim() && { name: row.name.trim() }),
		...(found.model !== "Other" && { model: found.model }),
		...(needsTrust(row) && { certificateSha256: found.certificateSha256 }),
	};
}

/** The item for PATCH of one that is kept since an earlier try: what is another now. null: nothing is. */
export function changeBody(row) {
	const now = addBody(row), before = row.sent.body, body = {};
	for (const member of ["name", "address", "accessCode", "certificateSha256"])
		if (now[member] && now[member] !== before[member])
			body[member] = now[member];
	return Object.keys(body).length > 0 ? { serial: now.serial, ...body } : null;
}

/** {total, live, busy, bad}: of those that were sent. states: of stateOf(). */
export function tally(states) {
	const count = (...names) => states.filter((state) => names.includes(state)).length;
	const live = count("live"), busy = count("sending", "linking"), bad = count("fault", "warned", "refused");
	return { total: live + busy + bad, live, busy, bad };
}

/** Percent of a search that is done, for its bar; null when it is not known. */
export function percentOf(scan) {
	return finite(scan.total) > 0 ? Math.min(100, 100 * scan.done / scan.total) : null;
}
