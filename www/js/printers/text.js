/*
 * Texts from outside, made fit to be shown: one line, no control characters, bounded. Markup needs no care: texts only
 * ever become text nodes. No DOM.
 */

/* Control characters, line and paragraph separators, and what turns the direction of the text around it. */
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+/g;

/* A lone half of a character. */
const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/* `text` on one line, of at most `max` characters. What is no text becomes "". */
export function plain(text, max = 200) {
	if (typeof text !== "string")
		return "";
	/* Cut first: what follows must not cost more because a name is long. */
	const near = text.slice(0, max * 4).replace(UNFIT, " ").replace(HALF, "\ufffd").replace(/ {2,}/g, " ").trim();
	if (near.length <= max && text.length <= max * 4)
		return near;
	return [...near].length <= max ? near : [...near].slice(0, max - 1).join("") + "…";
}

/* A number that can be shown; null for all else. */
export function finite(value) {
	return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/* RFC 3339 to milliseconds; null when it is none. */
export function timeOf(text) {
	const ms = typeof text === "string" ? Date.parse(text) : NaN;
	return Number.isNaN(ms) ? null : ms;
}

/* "aabbcc…" to groups of four, as people compare fingerprints. */
export function groupsOf(hex) {
	return typeof hex === "string" ? hex.toUpperCase().match(/.{1,4}/g) ?? [] : [];
}

/* A health code as the maker's pages write it: "0300-0100-0001-0001" is HMS_0300_0100_0001_0001. */
export function hmsCode(code) {
	const text = plain(code, 40);
	return /^[0-9A-F]{4}(-[0-9A-F]{4}){3}$/i.test(text) ? "HMS_" + text.replaceAll("-", "_") : text;
}

/* An address to open: only the maker's pages, by https. */
export function safeLink(text) {
	try {
		const url = new URL(text);
		const known = url.hostname === "bambulab.com" || url.hostname.endsWith(".bambulab.com");
		return url.protocol === "https:" && known ? url.href : null;
	} catch {
		return null;
	}
}
