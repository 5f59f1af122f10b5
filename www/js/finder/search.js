/*
 * A search of Fuse's, begun and watched. Fuse goes on with it when nobody watches.
 */
import { del, get, post } from "../core/api.js";
import { loadModels } from "../printers/models.js";

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
