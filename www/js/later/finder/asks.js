/*
 * What Fuse is asked for: a search, begun and watched; who is at these addresses; to keep many printers at once, or those of a
 * file. Fuse goes on with a search when nobody watches.
 */
import { del, get, patch, post } from "../../core/api.js";
import { now } from "../../core/clock.js";
import { loadModels } from "../../printers/models.js";
import { addBody, changeBody, markOf } from "./rows.js";

const EVERY_MS = 400;
const SCANS = "/api/v1/scans";
const PROBES_AT_ONCE = 4;

/** told(scan, error): as GET tells it, or what went wrong (the search is kept when Fuse is only away). */
export function watcher(told) {
	let path = null, timer = 0;

	function take(scan) {
		told(scan, null);
		if (scan.state === "running")
			timer = setTimeout(look, EVERY_MS);
		else
			path = null;
	}

	async function look() {
		const mine = path;
		try {
			const scan = await get(mine);
			if (path === mine)
				take(scan);
		} catch (error) {
			if (path !== mine)
				return;
			if (error.status === 404)
				path = null;
			else
				timer = setTimeout(look, 5 * EVERY_MS);
			told(null, error);
		}
	}

	function watch(scan) {
		end();
		path = `${SCANS}/${scan.id}`;
		take(scan);
	}

	function end() {
		clearTimeout(timer);
		path = null;
	}

	return {
		/* Throws what Fuse says against it. */
		async begin(body) {
			watch(await post(SCANS, body));
		},
		/* Watches one of this type that runs already, or the one that was not watched to its end (id); -> is there one? */
		async adopt(type, id) {
			const { scans } = await get(SCANS);
			const scan = scans.find((one) => one.state === "running" && one.type === type) ?? scans.find((one) => one.id === id);
			if (scan)
				watch(scan);
			return scan !== undefined;
		},
		async stop() {
			if (path)
				await del(path);
		},
		end,
	};
}

/**
 * Asks who is at each of these addresses. told(found: as a row of a search, or null, error, address): one a time.
 * -> {done: Promise, stop()}
 */
export function askAll(addresses, told) {
	const waiting = [...addresses];
	let stopped = false;

	async function askOne(address, models) {
		try {
			const answer = await get(`/api/v1/probe?${new URLSearchParams({ address })}`);
			const modelName = models.find((one) => one.key === answer.model)?.name ?? "";
			if (!stopped)
				told({ ...answer, address, modelName }, null, address);
		} catch (error) {
			if (!stopped)
				told(null, error, address);
		}
	}

	async function lane() {
		const models = await loadModels().catch(() => []);
		while (waiting.length > 0 && !stopped)
			await askOne(waiting.shift(), models);
	}

	return { done: Promise.all(Array.from({ length: PROBES_AT_ONCE }, lane)), stop: () => (stopped = true) };
}

/* -- many printers in one request, each with a result of its own ---------------------------------------------- */

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

/** A file of printers (a Blob): what it would do ("dry_run=1"), or it is done ("", "update=1"). -> what Fuse says; throws. */
export function importFrom(file, how) {
	return post(`/api/v1/import?${how}`, file);
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
