/*
 * meter: how fast something goes, by what came in the last seconds. Pure.
 */
const WINDOW_MS = 4000;
const LEAST_MS = 400; /* before that, a rate is a guess */

/** -> {add(nowMs, bytes): so many in all by now, rate() in bytes per second or null, leftS(total) in seconds or null} */
export function meter() {
	const marks = []; /* {ms, bytes} */

	function rate() {
		const first = marks[0], last = marks.at(-1);
		if (marks.length < 2 || last.ms - first.ms < LEAST_MS || last.bytes <= first.bytes)
			return null;
		return ((last.bytes - first.bytes) * 1000) / (last.ms - first.ms);
	}
	return {
		add(ms, bytes) {
			marks.push({ ms, bytes });
			/* One older than the window stays: so that a slow line has two marks, too. */
			while (marks.length > 2 && marks[1].ms < ms - WINDOW_MS)
				marks.shift();
		},
		rate,
		leftS(total) {
			const speed = rate();
			return speed === null ? null : Math.max(0, (total - marks.at(-1).bytes) / speed);
		},
	};
}
