/*
 * The Printers page's logic, without a browser: node --test tests/web.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { addressFault, parsePort } from "../../www/js/printers/address.js";
import { contrast, hexOf, inkOn, parseColor } from "../../www/js/printers/color.js";
import { filamentOf } from "../../www/js/printers/filament.js";
import { problemsOf, SEVERITIES } from "../../www/js/printers/problems.js";
import { countsOf, FILTERS, formatQuery, matches, nextAvailable, parseQuery, select, SORTS } from "../../www/js/printers/query.js";
import { groupsOf, hmsCode, plain, safeLink } from "../../www/js/printers/text.js";
import { STATE_TONES, viewOf } from "../../www/js/printers/view.js";
import texts from "../../www/js/strings/en_printers.js";

const NOW = Date.parse("2026-08-01T12:00:00.000Z");
const SECOND_AGO = "2026-08-01T11:59:59.000Z";

/* A printer that is linked and has nothing to do; `link` and `stat` are merged into it. */
function printer({ link = {}, stat = {}, ...more } = {}) {
	return {
		serial: "01P00A123456789", name: "Anna", address: "192.0.2.7", model: "P1S", modelName: "P1S", ...more,
		link: { phase: "live", online: true, stale: false, fault: null, sentence: "", remedy: null, reconnects: 0, ...link },
		stat: { state: "IDLE", isOnline: true, isAvailable: true, receivedAt: SECOND_AGO, hms: [], printError: null,
			link: { problems: [], silenceLimitMs: 30000 }, ...stat },
	};
}

function printing(name, minutes, stat = {}) {
	return viewOf(printer({ name, serial: name, stat: { state: "RUNNING", isAvailable: false, preparing: false, progressPercent: 40,
		times: { remainingMinutes: minutes }, ...stat } }), NOW);
}

const red = parseColor("FF0000FF");

/* -- texts ------------------------------------------------------------------------------------------ */

test("texts from outside become one bounded line without control characters", () => {
	assert.equal(plain("a\u0000b\nc\u202Ed"), "a b c d");
	assert.equal(plain("x".repeat(10000), 20), "x".repeat(19) + "…");
	assert.equal(plain("<b>&"), "<b>&");
	assert.equal(plain("\ud83d"), "\ufffd");
	assert.equal([...plain("😀".repeat(500), 10)].length, 10);
	assert.equal(plain({ toString: () => "no" }), "");
});

test("codes, links and fingerprints as people need them", () => {
	assert.equal(hmsCode("0300-0100-0001-0001"), "HMS_0300_0100_0001_0001");
	assert.equal(hmsCode("0500-4003"), "0500-4003");
	assert.equal(safeLink("javascript:alert(1)"), null);
	assert.equal(safeLink("https://bambulab.com.example/x"), null);
	assert.equal(safeLink("https://wiki.bambulab.com/en/x1"), "https://wiki.bambulab.com/en/x1");
	assert.deepEqual(groupsOf("0011aabbcc"), ["0011", "AABB", "CC"]);
});

test("addresses are numeric; what is not finished is no error yet", () => {
	for (const good of ["192.168.0.30", "0.0.0.0", "::1", "fe80::1", "2001:db8::192.0.2.1"])
		assert.equal(addressFault(good), null, good);
	for (const unfinished of ["192.", "192.168.0", "2001:db8:", "fe"])
		assert.equal(addressFault(unfinished), "unfinished", unfinished);
	for (const wrong of ["printer.local", "1.2.3.4.5", "[::1]", "1.2.3.4/24", "::1]/x"])
		assert.equal(addressFault(wrong), "wrong", wrong);
	assert.equal(addressFault("300.1.1.1"), "unfinished");
	assert.equal(parsePort(""), null);
	assert.equal(parsePort("8883"), 8883);
	assert.equal(parsePort("0"), undefined);
	assert.equal(parsePort("1e3"), undefined);
});

/* -- colours and filament ------------------------------------------------------------------------------ */

test("a label can be read on any one colour, by WCAG", () => {
	for (let n = 0; n < 4096; n++) {
		const color = { r: (n >> 8) * 17, g: ((n >> 4) & 15) * 17, b: (n & 15) * 17, a: 255 };
		const { ink, plate } = inkOn([color]);
		const text = ink === "black" ? { r: 0, g: 0, b: 0 } : { r: 255, g: 255, b: 255 };
		assert.ok(!plate && contrast(text, color) >= 4.5, hexOf(color));
	}
});

test("a label on black and white at once gets a ground of its own", () => {
	assert.equal(inkOn([parseColor("000000FF"), parseColor("FFFFFFFF")]).plate, true);
	assert.equal(inkOn([parseColor("00000000")]).ink, "black");
});

test("colours are read strictly", () => {
	assert.deepEqual(red, { r: 255, g: 0, b: 0, a: 255 });
	assert.equal(parseColor("FF00"), null);
	assert.equal(parseColor("url(x)x"), null);
	assert.equal(hexOf(parseColor("00AE4280")), "#00AE4280");
});

test("slots stand at their places; those not told of are unknown, empty ones stay", () => {
	const [unit] = filamentOf({ ams: [{ id: 0, label: "AMS 1", kind: "ams", slots: [
		{ id: 3, fill: "loaded", material: "PLA", color: "FF0000FF", active: true }, { id: 1, fill: "empty" }] }] });
	assert.deepEqual(unit.slots.map((slot) => slot.kind), ["unknown", "empty", "unknown", "filled"]);
	assert.equal(unit.slots[3].active, true);
	assert.equal(unit.slots[3].label, "PLA");
});

test("units come in the order of their numbers, an AMS HT has one place, bare external spools are left out", () => {
	const units = filamentOf({
		ams: [{ id: 128, label: "AMS HT 1", kind: "ams-ht", slots: [] }, { id: 0, kind: "ams-2-pro", slots: [] }],
		externalSpools: [{ id: 254 }, { id: 255, material: "PETG" }], extruders: [{ id: 0 }, { id: 1 }],
	});
	assert.deepEqual(units.map((unit) => [unit.key, unit.slots.length, unit.side]),
		[["ams0", 4, null], ["ams128", 1, null], ["ext255", 1, "right"]]);
	assert.equal(filamentOf({ externalSpools: [{ id: 254 }] })[0].slots[0].kind, "unknown");
});

test("filament of several colours, clear filament and one that was", () => {
	const [unit] = filamentOf({ ams: [{ id: 0, kind: "ams", slots: [
		{ id: 0, fill: "loaded", material: "PLA", color: "FF0000FF", colors: ["FF0000FF", "0000FFFF"] },
		{ id: 1, fill: "loaded", material: "PETG", color: "FFFFFF00" },
		{ id: 2, fill: "remembered", material: "ABS", color: "000000FF" },
		{ id: 3, fill: "reading" }] }] });
	assert.deepEqual(unit.slots.map((slot) => slot.kind), ["filled", "filled", "empty", "reading"]);
	assert.deepEqual(unit.slots[0].hexes, ["#FF0000", "#0000FF"]);
	assert.equal(unit.slots[1].clear, true);
	assert.equal(unit.slots[2].remembered, true);
});

/* -- how a printer is -------------------------------------------------------------------------------------- */

test("states: preparing is not printing, an unknown word is kept, silence is no state", () => {
	assert.equal(printing("a", 10, { preparing: true, progressPercent: null }).state.key, "preparing");
	assert.equal(printing("a", 10, { preparing: true, progressPercent: null }).progress.kind, "preparing");
	assert.equal(printing("a", 10).state.key, "printing");
	assert.deepEqual([viewOf(printer({ stat: { state: "DANCING" } }), NOW).state].map((s) => [s.key, s.word])[0], ["other", "DANCING"]);
	assert.equal(viewOf(printer({ stat: { state: null } }), NOW).state.key, "waiting");
});

test("a printer that is off is offline; one that refuses its code needs a person", () => {
	const off = viewOf(printer({ link: { online: false, fault: "no-answer" }, stat: { state: "RUNNING" } }), NOW);
	assert.deepEqual([off.state.key, off.state.was, off.attention, off.offline], ["offline", "printing", false, true]);
	const refused = viewOf(printer({ link: { online: false, fault: "code-refused", sentence: "No." } }), NOW);
	assert.deepEqual([refused.state.key, refused.attention], ["blocked", true]);
	assert.equal(refused.problems[0].actions[0], "enter-code");
	assert.equal(viewOf(printer({ link: { online: false, phase: "tcp" } }), NOW).state.key, "connecting");
});

test("the clock time of the end counts from the report, and the minutes run down by themselves", () => {
	const doc = printer({ stat: { state: "RUNNING", preparing: false, progressPercent: 5, times: { remainingMinutes: 60 } } });
	const early = viewOf(doc, NOW), late = viewOf(doc, NOW + 10 * 60000);
	assert.equal(early.progress.etaMs, late.progress.etaMs);
	assert.equal(early.progress.etaMs, Date.parse(SECOND_AGO) + 3600000);
	assert.equal(late.progress.leftMinutes, 50);
});

test("the end of a print stands still while the printer repeats the same whole minutes", () => {
	const doc = printer({ stat: { state: "RUNNING", preparing: false, progressPercent: 5, times: { remainingMinutes: 2 } } });
	const from = Date.parse(SECOND_AGO);
	const at = (seconds, minutes, state = "RUNNING") => {
		Object.assign(doc.stat, { state, receivedAt: new Date(from + seconds * 1000).toISOString(), times: { remainingMinutes: minutes } });
		const { etaMs } = viewOf(doc, from + seconds * 1000).progress;
		return etaMs === null ? null : (etaMs - from) / 1000;
	};
	assert.deepEqual([at(0, 2), at(40, 2), at(59, 2)], [120, 120, 120]);
	assert.deepEqual([at(60, 1), at(110, 1)], [120, 120]);
	assert.deepEqual([at(150, 1), at(160, 0)], [150, 160], "one that takes longer than it said is never over before now");
	assert.deepEqual([at(170, 9), at(700, 9)], [710, 1180], "nor before all but one of the minutes that it tells are over");
	assert.equal(at(710, 9, "PAUSE"), null);
	assert.equal(at(720, 9), 1260, "after a pause it counts anew");
});

test("what is older than half of what the model may be silent is stale", () => {
	const doc = printer();
	assert.equal(viewOf(doc, NOW + 13000).link.stale, false);
	assert.equal(viewOf(doc, NOW + 15000).link.stale, true);
	assert.equal(viewOf(printer({ link: { stale: true } }), NOW).link.stale, true);
});

test("that a printer was followed is news for a day", () => {
	const moved = { movedFrom: "192.0.2.6", movedAt: "2026-08-01T11:00:00.000Z" };
	assert.equal(viewOf(printer(moved), NOW).moved.from, "192.0.2.6");
	assert.equal(viewOf(printer(moved), NOW + 23 * 3600000).moved, null);
	assert.equal(viewOf(printer({ movedFrom: null, movedAt: null }), NOW).moved, null);
});

test("both nozzles, the left one first", () => {
	const view = viewOf(printer({ stat: { extruders: [{ id: 0, side: "right", active: true }, { id: 1, side: "left" }],
		temperatures: { nozzles: [{ extruder: 0, actualCelsius: 220, targetCelsius: 220 },
			{ extruder: 1, actualCelsius: 40, targetCelsius: 0 }] } } }), NOW);
	assert.deepEqual(view.nozzles.map((nozzle) => [nozzle.side, nozzle.active, nozzle.heat.target]),
		[["left", false, null], ["right", true, 220]]);
});

test("problems: the worst first, each once, and the last words of a dead process are no news", () => {
	const hms = [{ code: "0300-0100-0001-0001", severity: "info", message: "i" },
		{ code: "0300-0100-0001-0002", severity: "fatal", message: "f", link: "http://x/" }];
	const told = [{ id: "developer-mode-off", sentence: "Off." }];
	const link = { fault: "developer-mode-off", sentence: "Off.", remedy: "On." };
	const problems = problemsOf(printer({ link, stat: { hms, link: { problems: told } } }));
	assert.deepEqual(problems.map((p) => [p.source, p.severity]), [["hms", "fatal"], ["link", "serious"], ["hms", "info"]]);
	assert.equal(problems[0].link, null);
	const dead = problemsOf(printer({ link: { online: false, fault: "process", sentence: "It died." },
		stat: { link: { problems: told } } }));
	assert.deepEqual(dead.map((p) => [p.id, p.actions]), [["process", ["retry"]]]);
	const starting = viewOf(printer({ link: { online: false, fault: "process", sentence: "It starts." } }), NOW, true);
	assert.deepEqual([starting.state.key, starting.problems, starting.attention], ["connecting", [], false]);
});

test("a document with nothing in it, or with nonsense, has a view", () => {
	viewOf({ serial: "A" }, NOW);
	const view = viewOf({ serial: "A", name: 7, link: { online: "yes" }, stat: { state: [], hms: "x", ams: 5, lights: [null],
		temperatures: { nozzles: "ab" }, printError: 3, layers: 8, extruders: {} } }, NOW);
	assert.equal(view.name, "A");
	assert.equal(view.online, false);
	assert.deepEqual(filamentOf({ ams: [null, 3].filter(Boolean).map(() => ({})), externalSpools: "x" }).length, 1);
});

/* -- finding and ordering ------------------------------------------------------------------------------------ */

const farm = [
	viewOf(printer({ name: "Printer 10", serial: "S10" }), NOW),
	viewOf(printer({ name: "Printer 9", serial: "S9", model: "X1C", modelName: "X1 Carbon" }), NOW),
	printing("Long", 90), printing("Short", 12),
	viewOf(printer({ name: "Away", serial: "AWAY", link: { online: false, fault: "no-route" } }), NOW),
	viewOf(printer({ name: "Broken", serial: "BROKEN", link: { online: false, fault: "not-trusted-yet" } }), NOW),
	printing("Paused", 3, { state: "PAUSE" }),
];
const names = (query) => select(farm, { text: "", show: null, sort: "name", size: "m", group: false, ...query }).map((v) => v.name);

test("counts are what the filters show", () => {
	const counts = countsOf(farm);
	assert.deepEqual(counts, { all: 7, available: 2, printing: 3, attention: 2, offline: 2 });
	for (const filter of ["available", "printing", "attention", "offline"])
		assert.equal(names({ show: filter }).length, counts[filter], filter);
});

test("orders: by name as people count, by urgency, by the end of the print, by model", () => {
	assert.deepEqual(names({}), ["Away", "Broken", "Long", "Paused", "Printer 9", "Printer 10", "Short"]);
	assert.deepEqual(names({ sort: "attention" }).slice(0, 2), ["Paused", "Broken"]);
	assert.equal(names({ sort: "attention" }).at(-1), "Away");
	assert.deepEqual(names({ sort: "finish" }).slice(0, 2), ["Short", "Long"]);
	assert.equal(names({ group: true }).at(-1), "Printer 9");
});

test("search: every word counts, in any part, in any case", () => {
	assert.deepEqual(names({ text: " PRINTER carbon " }), ["Printer 9"]);
	assert.deepEqual(names({ text: "s10" }), ["Printer 10"]);
	assert.deepEqual(names({ text: "nothing" }), []);
	assert.equal(matches(farm[0], ""), true);
});

test("the next one to be free is the one that ends first, undisturbed", () => {
	assert.equal(nextAvailable(farm).name, "Short");
	const burning = printing("Burning", 1, { hms: [{ code: "0300-0100-0001-0001", severity: "fatal", message: "f" }] });
	assert.equal(nextAvailable([burning, ...farm]).name, "Short");
	assert.equal(nextAvailable([farm[0]]), null);
});

test("a view is kept in the address, and nonsense there changes nothing", () => {
	const query = { text: "a b&c", show: "printing", sort: "finish", size: "l", group: true };
	assert.deepEqual(parseQuery(formatQuery(query)), query);
	assert.equal(formatQuery(parseQuery("")), "");
	assert.equal(formatQuery(parseQuery("?show=__proto__&sort=toString&size=xl&group=1")), "");
});

/* -- texts of the page ------------------------------------------------------------------------------------------ */

test("every text that the page asks for by a whole key is there, and none of its own is unused by name", () => {
	const folder = new URL("../../www/js/printers/", import.meta.url);
	const files = readdirSync(folder).map((name) => new URL(name, folder));
	const code = [...files, new URL("../../www/js/pages/printers.js", import.meta.url)].map((file) => readFileSync(file, "utf8")).join("\n");
	const asked = [...code.matchAll(/["`](printers\.[A-Za-z.-]+)["`]/g)].map((match) => match[1]);
	assert.ok(asked.length > 100);
	assert.deepEqual([...new Set(asked)].filter((key) => !(key in texts)), []);
	const stems = [...code.matchAll(/`(printers\.[A-Za-z.-]*)\$\{/g)].map((match) => match[1]);
	assert.deepEqual(Object.keys(texts).filter((key) => !asked.includes(key) && !stems.some((stem) => key.startsWith(stem))), []);
});

test("states, links, problems and filters all have words", () => {
	const keys = [...Object.keys(STATE_TONES).filter((key) => key !== "other").map((key) => `printers.state.${key}`),
		...["live", "stale", "down"].map((key) => `printers.link.${key}`), ...SEVERITIES.map((key) => `printers.severity.${key}`),
		...["all", ...FILTERS].map((key) => `printers.filter.${key}`), ...SORTS.map((key) => `printers.sort.${key}`),
		...["enter-code", "trust", "reconnect", "edit-address", "retry", "remove", "controls"].map((key) => `printers.fix.${key}`),
		...["setup", "route", "tcp", "tls", "identity", "login", "subscribe", "reports", "live"].map((key) => `printers.phase.${key}`)];
	assert.deepEqual(keys.filter((key) => !(key in texts)), []);
});
