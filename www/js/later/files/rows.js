/*
 * The Files page without DOM: which files are shown, in which order, and how they are told.
 */
import { plain, timeOf } from "../../printers/text.js";

export const SORTS = ["name", "content", "size", "created", "used"];
export const DEFAULT_SORT = { by: "used", down: true };

const NAME_BYTES = 200; /* FILE_NEW of ipc/messages.def */

/** What is in it, as badge() of core/parts.js has it: {tone, icon}. */
export const CHECKS = { waiting: { tone: "info", icon: "clock" }, printable: { tone: "ok", icon: "check" },
	unprintable: { tone: "warn", icon: "warning" }, failed: { tone: "bad", icon: "error" } };

/** A key of strings (files.check.KEY). */
export function checkOf(file) {
	return Object.hasOwn(CHECKS, file.check) ? file.check : "waiting";
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const byName = (a, b) => collator.compare(plain(a.name), plain(b.name)) || (a.sha256 < b.sha256 ? -1 : 1);
const CHECK_ORDER = ["printable", "waiting", "unprintable", "failed"];

const ORDERS = {
	name: byName,
	content: (a, b) => CHECK_ORDER.indexOf(checkOf(a)) - CHECK_ORDER.indexOf(checkOf(b)) || collator.compare(a.model ?? "", b.model ?? ""),
	size: (a, b) => a.sizeBytes - b.sizeBytes,
	created: (a, b) => (timeOf(a.createdAt) ?? 0) - (timeOf(b.createdAt) ?? 0),
	used: (a, b) => (timeOf(a.usedAt) ?? 0) - (timeOf(b.usedAt) ?? 0),
};

/** "?sort=-used" to {by, down}; nonsense is as if it were not there. */
export function parseSort(text) {
	const by = (text ?? "").replace(/^-/, "");
	return SORTS.includes(by) ? { by, down: text.startsWith("-") } : DEFAULT_SORT;
}

/** The other way round; null for what is usual. */
export function formatSort({ by, down }) {
	return by === DEFAULT_SORT.by && down === DEFAULT_SORT.down ? null : (down ? "-" : "") + by;
}

/** What a click on a column's head makes of the order: sizes and times begin with the largest. */
export function nextSort(sort, by) {
	return sort.by === by ? { by, down: !sort.down } : { by, down: by !== "name" && by !== "content" };
}

/** Every word of `text` is in the name, the model or the sentence, or the hash begins with it. */
export function matches(file, text) {
	const hay = [file.name, file.model, file.sentence].join("\n").toLowerCase();
	return text.toLowerCase().split(/\s+/).every((word) => hay.includes(word) || (word.length >= 4 && file.sha256.startsWith(word)));
}

/** The files that are shown, in their order. */
export function select(files, { text, sort }) {
	const order = ORDERS[sort.by];
	return files.filter((file) => matches(file, text))
		.sort((a, b) => (sort.down ? order(b, a) : order(a, b)) || byName(a, b));
}

/** A job needs it. */
export function isNeeded(file) {
	return Array.isArray(file.openJobs) && file.openJobs.length > 0;
}

/** What is left when all that no job needs is deleted: {gone, goneBytes, kept}. */
export function clearing(files) {
	const sum = { gone: 0, goneBytes: 0, kept: 0 };
	for (const file of files) {
		if (isNeeded(file)) {
			sum.kept++;
		} else {
			sum.gone++;
			sum.goneBytes += file.sizeBytes;
		}
	}
	return sum;
}

/** A name that fits into its field, its end (".gcode.3mf") kept. */
export function fittingName(name) {
	const bytesOf = (text) => new TextEncoder().encode(text).length;
	const clean = plain(name, 400) || "file";
	if (bytesOf(clean) <= NAME_BYTES)
		return clean;
	const end = clean.slice(-16), letters = [...clean.slice(0, -16)];
	while (bytesOf(letters.join("") + "…" + end) > NAME_BYTES)
		letters.pop();
	return letters.join("") + "…" + end;
}
