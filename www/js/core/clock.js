/*
 * clock: what time it is at Fuse (the viewer's clock may be wrong), and one tick a second for everything that ages.
 */

let offsetMs = 0;
const listeners = new Set();
let timer = 0;

/** Now, by Fuse's clock, in ms since 1970. */
export function now() {
	return Date.now() + offsetMs;
}

/** Takes over Fuse's clock. serverTime: ISO 8601. */
export function setServerTime(serverTime) {
	const serverMs = Date.parse(serverTime);
	if (Number.isFinite(serverMs))
		offsetMs = serverMs - Date.now();
}

/** ms since an ISO time; NaN for null. */
export function msSince(iso) {
	return iso ? now() - Date.parse(iso) : NaN;
}

function tick() {
	for (const fn of [...listeners])
		fn();
}

/** Calls fn each second while the page is seen. -> off() */
export function onTick(fn) {
	listeners.add(fn);
	if (!timer)
		timer = setInterval(() => document.hidden || tick(), 1000);
	return () => {
		listeners.delete(fn);
		if (listeners.size === 0) {
			clearInterval(timer);
			timer = 0;
		}
	};
}

if (typeof document !== "undefined")
	document.addEventListener("visibilitychange", () => document.hidden || tick());
