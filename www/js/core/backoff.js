/*
 * backoff: how long to wait before the next try. Pure.
 */
export const FIRST_MS = 500;
export const LONGEST_MS = 8000;

/** ms before try number `failures` (1: the first has failed): doubling from 0.5 to 8 s, of which chance (0 … 1) takes up to half. */
export function waitMs(failures, chance) {
	const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
	return Math.max(FIRST_MS, Math.round(whole * (1 - chance / 2)));
}
