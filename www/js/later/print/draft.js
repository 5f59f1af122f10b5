/*
 * What a person has chosen in the print dialog, and what of it is sent to which printer. No DOM.
 */
import { finite, plain } from "../../printers/text.js";

const LEFT = 1; /* the printers' number of the extruder */

/** The options, as printer/print_options.h has them. values: the first is usual, and is not sent. */
export const OPTIONS = [
	{ name: "bedType", values: ["auto", "textured_plate", "cool_plate", "eng_plate", "hot_plate", "supertack_plate"] },
	{ name: "bedLeveling", values: ["auto", true, false] },
	{ name: "flowCalibration", values: ["auto", true, false] },
	{ name: "nozzleOffsetCalibration", values: ["auto", true, false], twoNozzles: true },
	{ name: "useAms", values: ["auto", true, false] },
	{ name: "vibrationCalibration", values: [false, true] },
	{ name: "layerInspect", values: [false, true] },
	{ name: "timelapse", values: [false, true] },
];

/** 32 hex digits. random: as crypto.getRandomValues (crypto.randomUUID is there over HTTPS only). */
export function newNonce(random) {
	return [...random(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A dialog's choices: {nonce, file: SHA-256 or null, plate, stageOnly, options: {name: value}, targets: Map: serial -> target}
 */
export function newDraft(nonce) {
	return { nonce, file: null, plate: 1, stageOnly: false, options: Object.fromEntries(OPTIONS.map(({ name, values }) => [name, values[0]])),
		targets: new Map() };
}

/**
 * A printer that was chosen: {serial, places: Map: index of a filament -> {amsId, slotId} that a person chose, hotends: Map: index ->
 * the hotend of the rack, null for the printer's choice; accepts: Set of
 * findings, check: {state: "none" | "asking" | "known" | "failed", answer, error}, result: {state: "sending" | "accepted" | "refused",
 * job, error} or null}
 */
export function newTarget(serial) {
	return { serial, places: new Map(), hotends: new Map(), accepts: new Set(), check: { state: "none", answer: null, error: null }, result: null };
}

/** A click too many, or a request that is repeated, is the same order: one key for each printer in each dialog. */
export function keyOf(draft, serial) {
	return `web-${draft.nonce}-${serial}`;
}

/* Only what is chosen by hand makes a mapping: all else is as preflight proposes, when the job's turn has come. */
function mappingOf(target) {
	const known = target.check.answer?.mapping ?? [];
	if (target.places.size === 0)
		return null;
	return known.map((entry) => {
		const place = target.places.get(entry.index) ?? { amsId: entry.amsId, slotId: entry.slotId };
		return entry.used && place.amsId >= 0 ? { amsId: place.amsId, slotId: place.slotId } : null;
	});
}

/* With the only one on the left everything is said. */
function hotendsOf(target) {
	const known = target.check.answer?.mapping ?? [], isNamed = [...target.hotends.values()].some((place) => place !== null);
	return isNamed ? known.map((entry) => (entry.used ? target.hotends.get(entry.index) ?? null : null)) : null;
}

/** Where just one hotend of the rack is what a filament was sliced for, that is meant, until a person says otherwise. Returns whether one was
 * chosen now: then its printer is to be asked again. A plate that changes between several is left to a person. */
export function chooseHotends(target) {
	const answer = target.check.answer, before = target.hotends.size;
	if (!Array.isArray(answer?.hotends) || answer.rackNozzles > 1)
		return false;
	for (const { index, hotend, hotends } of answer.mapping ?? [])
		if (finite(hotend) === null && hotends?.length === 1 && !target.hotends.has(index))
			target.hotends.set(index, hotends[0]);
	return target.hotends.size > before;
}

/** The hotends to choose from for a filament: {place, number, diameterMm, highFlow, mounted, fits}; none where there is no choice. */
export function hotendChoices(target, filament) {
	const all = target.check.answer?.hotends;
	return Array.isArray(all) && filament.nozzle !== LEFT ? all.map((one) => ({ ...one, fits: filament.hotends?.includes(one.place) === true })) : [];
}

/** The body of a job (docs/jobs.md). */
export function orderOf(draft, target) {
	const options = {};
	for (const { name, values } of OPTIONS)
		if (draft.options[name] !== values[0])
			options[name] = draft.options[name];
	const mapping = mappingOf(target);
	if (mapping)
		options.amsMapping = mapping;
	const hotends = hotendsOf(target);
	if (hotends)
		options.nozzleMapping = hotends;
	if (target.accepts.size > 0)
		options.accept = [...target.accepts].sort();
	return { file: draft.file, plate: draft.plate, stageOnly: draft.stageOnly, options };
}

/** Another file or plate: what was chosen and accepted for the last one is no longer meant. */
export function forgetChecks(draft) {
	for (const target of draft.targets.values()) {
		target.places.clear();
		target.hotends.clear();
		target.accepts.clear();
		target.check = { state: "none", answer: null, error: null };
	}
}

/** The findings of a target by weight: {impossible, warnings, notes}. */
export function findingsOf(target) {
	const all = Array.isArray(target.check.answer?.findings) ? target.check.answer.findings : [];
	const of = (kind) => all.filter((one) => one.kind === kind);
	return { impossible: of("impossible"), warnings: of("warning"), notes: of("note") };
}

/**
 * How it stands with a target: "accepted", "refused", "sending" (its result); "asking"; "unchecked" (its printer could not be asked: a
 * job for it waits, and is checked then); "impossible"; "undecided" (a warning is not accepted); "ready".
 */
export function standingOf(target) {
	if (target.result)
		return target.result.state;
	if (target.check.state === "failed")
		return "unchecked";
	if (target.check.state !== "known")
		return "asking";
	const { impossible, warnings } = findingsOf(target);
	if (impossible.length > 0)
		return "impossible";
	return warnings.some((one) => !target.accepts.has(one.finding)) ? "undecided" : "ready";
}

/** Is it to be sent when "print" is pressed? */
export function isSendable(standing) {
	return standing === "ready" || standing === "unchecked" || standing === "refused";
}

/** How many stand how: {ready: 2, impossible: 1, …}. */
export function tallyOf(draft) {
	const sum = {};
	for (const target of draft.targets.values()) {
		const standing = standingOf(target);
		sum[standing] = (sum[standing] ?? 0) + 1;
	}
	return sum;
}

/** Materials without the maker's additions: "PLA" and "PLA-CF" are two, "pla" and "PLA" are one. */
function sameMaterial(a, b) {
	return plain(a).toUpperCase() === plain(b).toUpperCase();
}

/** How a tray fits a filament of the file: as preflight says it of its own choice ("fit"), and "empty". */
export function fitOf(filament, tray) {
	if (plain(tray.material) === "")
		return "empty";
	if (!sameMaterial(filament.material, tray.material))
		return "material-differs";
	return plain(tray.color).slice(0, 6).toUpperCase() === plain(filament.color).slice(0, 6).toUpperCase() ? "same" : "color-differs";
}

/** The filaments that the plate uses: {filament, tray (of answer.trays, or null), fit, isChosen: by hand}. */
export function mappingRows(target) {
	const { mapping, trays } = target.check.answer ?? {};
	if (!Array.isArray(mapping))
		return [];
	return mapping.filter((entry) => entry?.used).map((filament) => {
		const place = target.places.get(filament.index) ?? filament;
		const tray = (trays ?? []).find((one) => one.amsId === place.amsId && one.slotId === place.slotId) ?? null;
		return { filament, tray, fit: tray === null ? "none" : fitOf(filament, tray), isChosen: target.places.has(filament.index) };
	});
}

/** What of a printer can make a preflight answer another: when this changes, it is asked again. */
export function tellingOf(doc) {
	const { stat = {}, link = {} } = doc ?? {};
	return JSON.stringify([link.online, link.fault, stat.state, stat.door, stat.lid, stat.ams?.map?.((unit) => unit.slots), stat.externalSpools,
		stat.storage, stat.developerMode, stat.hms?.map?.((one) => one.code), stat.nozzles]);
}

/**
 * Printers for a file: {fitting, others}, each by name. A file that does not say its model fits all.
 */
export function sortedPrinters(docs, model) {
	const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
	const sorted = [...docs].sort((a, b) => collator.compare(a.name ?? "", b.name ?? "") || (a.serial < b.serial ? -1 : 1));
	const fits = (doc) => !model || doc.model === model;
	return { fitting: sorted.filter(fits), others: sorted.filter((doc) => !fits(doc)) };
}

/** Of a plate: seconds, grams, layers, null where the file does not tell. */
export function plateFacts(plate) {
	const known = (value) => (finite(value) !== null && value >= 0 ? value : null);
	return { seconds: known(plate.seconds), grams: known(plate.grams), layers: known(plate.layers) };
}
