/*
 * What feeds a printer: its AMS units and external spools, each slot at its place. No DOM.
 */
import { hexOf, inkOn, parseColor } from "./color.js";
import { finite, plain } from "./text.js";

const PLACES = { "ams": 4, "ams-2-pro": 4, "ams-lite": 4, "ams-ht": 1 };
const LEFT = 1;

/* The label in a swatch has room for little: "PETG-CF" stays, "Support for PLA" becomes "Suppor…". */
function shortLabel(material) {
	const text = plain(material, 40);
	return text.length > 7 ? text.slice(0, 6) + "…" : text;
}

function colorsOf(slot) {
	const list = Array.isArray(slot.colors) && slot.colors.length > 1 ? slot.colors : [slot.color];
	return list.slice(0, 8).map(parseColor).filter((color) => color !== null);
}

/* 'empty', 'unknown', 'reading' or 'filled': how the slot is drawn. */
function kindOf(slot, colors) {
	if (slot.fill === "empty" || slot.fill === "remembered")
		return "empty";
	if (slot.fill === "reading")
		return "reading";
	return plain(slot.material) !== "" || colors.length > 0 ? (slot.fill === "unread" ? "unknown" : "filled")
		: "unknown";
}

/*
 * One slot as it is drawn and told:
 *   kind, label, name     'filled' has a label; name is the brand or the material, "" when not known
 *   colors, hexes         parsed; for people
 *   ink, plate            see inkOn()
 *   clear                 light shines through: draw a checkerboard under it
 *   remain                percent or null;  active: it feeds the nozzle;  remembered: empty, but once was `name`
 */
export function slotView(slot) {
	const colors = colorsOf(slot);
	const kind = kindOf(slot, colors);
	return {
		kind,
		label: kind === "filled" ? shortLabel(slot.material) : "",
		name: plain(slot.brand, 60) || plain(slot.material, 60),
		material: plain(slot.material, 60),
		profile: plain(slot.profile, 40),
		colors,
		hexes: colors.map(hexOf),
		...inkOn(colors.length > 0 ? colors : [{ r: 128, g: 128, b: 128, a: 255 }]),
		clear: colors.some((color) => color.a < 255),
		remain: finite(slot.remainPercent),
		nozzleMin: finite(slot.nozzleMinCelsius),
		nozzleMax: finite(slot.nozzleMaxCelsius),
		active: slot.active === true,
		remembered: slot.fill === "remembered",
		tagged: typeof slot.tag === "string" && slot.tag !== "",
	};
}

/* Slots by place: one that was not told of is there, and unknown. */
function placed(unit) {
	const told = Array.isArray(unit.slots) ? unit.slots.filter((slot) => slot !== null && typeof slot === "object")
		: [];
	const last = told.reduce((most, slot) => Math.max(most, finite(slot.id) ?? 0), -1);
	const count = Math.min(Math.max(PLACES[unit.kind] ?? 0, last + 1), 16);
	return Array.from({ length: count }, (_, place) => ({
		place: place + 1,
		...slotView(told.find((slot) => slot.id === place) ?? {}),
	}));
}

function side(stat, extruder) {
	if (!Array.isArray(stat.extruders) || stat.extruders.length < 2 || extruder === null)
		return null;
	return extruder === LEFT ? "left" : "right";
}

function unitView(stat, unit) {
	return {
		key: `ams${unit.id}`,
		external: false,
		title: plain(unit.label, 24) || `AMS ${unit.id}`,
		kind: PLACES[unit.kind] !== undefined ? unit.kind : "unknown",
		kindName: plain(unit.kindName, 24),
		side: side(stat, finite(unit.extruder)),
		humidityIndex: finite(unit.humidityIndex),
		humidityPercent: finite(unit.humidityPercent),
		celsius: finite(unit.temperatureCelsius),
		dryingMinutes: finite(unit.drying?.remainingMinutes),
		slots: placed(unit),
	};
}

/* Of an external spool nothing may be known: most likely there is none. */
function isBare(slot) {
	return !slot.active && slot.fill !== "loaded" && slot.fill !== "reading" && plain(slot.material) === "";
}

function spoolView(stat, spool) {
	const several = Array.isArray(stat.extruders) && stat.extruders.length > 1;
	return {
		key: `ext${spool.id}`,
		external: true,
		title: "",
		kind: "external",
		kindName: "",
		side: several ? (spool.id === 254 ? "left" : "right") : null,
		humidityIndex: null, humidityPercent: null, celsius: null, dryingMinutes: null,
		slots: [{ place: 1, ...slotView(spool) }],
	};
}

/* All that can feed the printer, units first. External spools of which nothing is known only where there is no unit. */
export function filamentOf(stat) {
	const units = (Array.isArray(stat.ams) ? stat.ams : []).slice(0, 16)
		.map((unit) => unitView(stat, unit)).sort((a, b) => unitRank(a) - unitRank(b));
	const spools = (Array.isArray(stat.externalSpools) ? stat.externalSpools : []).slice(0, 4);
	const shown = spools.filter((spool) => !isBare(spool));
	return [...units, ...(shown.length > 0 || units.length > 0
		? shown : spools.slice(0, 1)).map((s) => spoolView(stat, s))];
}

function unitRank(unit) {
	return Number(unit.key.slice(3));
}
