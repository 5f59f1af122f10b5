/*
 * Many printers in one request, each with a result of its own.
 */
import { patch, post } from "../core/api.js";
import { now } from "../core/clock.js";
import { addBody, changeBody, markOf } from "./rows.js";

const PRINTERS = "/api/v1/printers";
const MOST = 256; /* of a list */

/* call(list) -> results, in the order of the list; also when the whole request fails. */
async function resultsOf(call, list) {
	try {
		return (await call(PRINTERS, list)).results;
	} catch (error) {
		return list.map(() => ({ status: error.status, problem: error }));
	}
}

/** PATCHes the items; -> a problem or null for each. */
export async function changeAll(items) {
	return items.length === 0 ? [] : (await resultsOf(patch, items.slice(0, MOST))).map((result) => result.problem ?? null);
}

/* Nothing is another than before: what was sent is tried again. */
async function tryAgain(serial) {
	try {
		await post(`${PRINTERS}/${encodeURIComponent(serial)}/reconnect`);
		return null;
	} catch (error) {
		return error;
	}
}

/**
 * Sends rows (rows.js): new ones are added, those that are kept since an earlier try are changed. docOf(row): of the store;
 * draw(): something is another now. Nothing that was typed is lost, whatever comes.
 */
export async function sendAll(rows, docOf, draw) {
	const fresh = rows.filter((row) => row.sent === null).slice(0, MOST), kept = rows.filter((row) => row.sent !== null);
	const changes = kept.map(changeBody), marks = new Map(rows.map((row) => [row, markOf(docOf(row))]));
	const bodies = new Map(rows.map((row) => [row, addBody(row)]));
	const done = (row, problem) => {
		row.sending = false;
		row.refused = problem;
		if (!problem)
			row.sent = { atMs: now(), mark: marks.get(row), body: { ...row.sent?.body, ...bodies.get(row) } };
		if (!problem)
			row.lacks = null;
	};
	for (const row of [...fresh, ...kept])
		Object.assign(row, { sending: true, refused: null });
	draw();
	const add = async () => {
		const results = fresh.length === 0 ? [] : await resultsOf(post, fresh.map((row) => bodies.get(row)));
		fresh.forEach((row, i) => done(row, results[i]?.problem ?? null));
	};
	const change = async () => {
		const changed = kept.filter((row, i) => changes[i]), problems = await changeAll(changes.filter(Boolean));
		changed.forEach((row, i) => done(row, problems[i]));
	};
	const again = kept.filter((row, i) => !changes[i]).map(async (row) => done(row, await tryAgain(row.found.serial)));
	await Promise.all([add(), change(), ...again]);
	draw();
}
