/*
 * AMS units of a virtual printer: which of them its model takes, and what they are in words. A list of units has the id of each,
 * those of a kind beside one another: ["ams", "ams", "ams-ht"]. No DOM.
 */
import { lang, t } from "../../core/strings.js";

/* In the order in which people name them. slots: of one; most: that a printer has room for (printer/virtual_rules.h). */
const KINDS = { "ams": { slots: 4, most: 4 }, "ams-2-pro": { slots: 4, most: 4 }, "ams-lite": { slots: 4, most: 1 },
	"ams-ht": { slots: 1, most: 8 } };

/* These two share their places. */
const SHARING = ["ams", "ams-2-pro"];
const SHARED_MOST = 4;

const repeat = (kind, count) => Array.from({ length: count }, () => kind);

/** How many of a kind. */
export const countOf = (units, kind) => units.filter((unit) => unit === kind).length;

/** Those that a model takes, of its amsKinds; what a newer Fuse names besides is left out. -> [{kind, most}] */
export function kindsOf(amsKinds) {
	return Object.keys(KINDS).filter((kind) => amsKinds.includes(kind)).map((kind) => ({ kind, most: KINDS[kind].most }));
}

/** What people have: nothing, one kind of units, or one of them with a dryer beside. -> lists of units */
export function usualOf(amsKinds) {
	const kinds = kindsOf(amsKinds), hasDryer = amsKinds.includes("ams-ht");
	const alone = kinds.flatMap(({ kind, most }) => Array.from({ length: kind === "ams-ht" ? 1 : most }, (_, i) => repeat(kind, i + 1)));
	const withDryer = hasDryer ? kinds.filter(({ kind }) => kind !== "ams-ht").map(({ kind }) => [kind, "ams-ht"]) : [];
	return [[], ...alone, ...withDryer];
}

/** What a printer of a model has of which nobody has said it: one of the units that it is sold with. */
export function firstOf(amsKinds) {
	const kind = ["ams", "ams-lite", "ams-2-pro"].find((one) => amsKinds.includes(one));
	return kind === undefined ? [] : [kind];
}

/** The units that a model takes of these. */
export function fitting(units, amsKinds) {
	return units.filter((unit) => amsKinds.includes(unit));
}

/** The same with another count of a kind. */
export function withCount(units, kind, count) {
	return Object.keys(KINDS).flatMap((one) => repeat(one, one === kind ? count : countOf(units, one)));
}

/** There is no room for so many. */
export function isTooMany(units) {
	return SHARING.reduce((sum, kind) => sum + countOf(units, kind), 0) > SHARED_MOST ||
		Object.entries(KINDS).some(([kind, { most }]) => countOf(units, kind) > most);
}

export const slotsOf = (units) => units.reduce((sum, unit) => sum + (KINDS[unit]?.slots ?? 0), 0);

/** "2 AMS and 1 AMS HT"; "none: a spool at the back only". */
export function wordsOf(units) {
	const parts = Object.keys(KINDS).filter((kind) => units.includes(kind)).map((kind) => t(`virtual.units.${kind}`, { count: countOf(units, kind) }));
	return parts.length === 0 ? t("virtual.units.none") : new Intl.ListFormat(lang()).format(parts);
}
