/*
 * Virtual printers, without a browser: AMS units, names, what is sent, what the controls tell.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import test from "node:test";

import "../../www/js/later/virtual/words.js";
import { hasText } from "../../www/js/core/strings.js";
import { bodyOf, emptyDraft, faultsOf, namesOf, ownAddress, roomLeft, usualName } from "../../www/js/later/virtual/draft.js";
import { controlsOf, countOn, cutsOf, ERRORS, FAULTS, newestJob, noFaults } from "../../www/js/later/virtual/turns.js";
import { firstOf, fitting, isTooMany, slotsOf, usualOf, withCount, wordsOf } from "../../www/js/later/virtual/units.js";
import { problemsOf } from "../../www/js/printers/problems.js";
import { viewOf } from "../../www/js/printers/view.js";
import { isStarting } from "../../www/js/printers/worker.js";

const X1C = ["ams", "ams-2-pro", "ams-ht"], MINI = ["ams-lite", "ams-2-pro", "ams-ht"];
const told = (more = {}) => ({ virtual: true, virtualControls: { online: true, timeFactor: 60, faults: { wrongCode: true, cutUploadPercent: 33 }, errors: [], ...more } });

test("the units that are offered are those that the model takes, in plain words", () => {
	const words = (kinds) => usualOf(kinds).map(wordsOf);
	assert.deepEqual(words([]), ["None: one spool at the back"]);
	assert.deepEqual(words(X1C), ["None: one spool at the back", "1 AMS", "2 AMS", "3 AMS", "4 AMS", "1 AMS 2 Pro", "2 AMS 2 Pro", "3 AMS 2 Pro", "4 AMS 2 Pro",
		"1 AMS HT", "1 AMS and 1 AMS HT", "1 AMS 2 Pro and 1 AMS HT"]);
	assert.ok(words(MINI).includes("1 AMS lite") && words(MINI).includes("1 AMS lite and 1 AMS HT") && !words(MINI).includes("1 AMS"));
	assert.deepEqual([X1C, MINI, ["ams-ht"], []].map(firstOf), [["ams"], ["ams-lite"], [], []]);
	assert.deepEqual(fitting(["ams", "ams-ht"], MINI), ["ams-ht"]);
});

test("any other combination is counted, and its room is that of a printer", () => {
	const units = withCount(withCount(["ams"], "ams-ht", 2), "ams", 3);
	assert.deepEqual(units, ["ams", "ams", "ams", "ams-ht", "ams-ht"]);
	assert.equal(slotsOf(units), 14);
	assert.equal(isTooMany(units), false);
	assert.equal(isTooMany(withCount(units, "ams-2-pro", 1)), false);
	assert.equal(isTooMany(withCount(units, "ams-2-pro", 2)), true);
	assert.equal(isTooMany(withCount(units, "ams-ht", 9)), true);
	assert.equal(isTooMany(["ams-lite", "ams-lite"]), true);
});

test("names are numbered from the first that is free, and none is given twice", () => {
	const taken = new Set(["Virtual X1C #1", "Virtual X1C #3"]);
	assert.equal(usualName("X1C", new Set()), "Virtual X1C #1");
	assert.equal(usualName("X1C", taken), "Virtual X1C #2");
	assert.equal(usualName("A1-mini", taken), "Virtual A1 mini #1");
	assert.deepEqual(namesOf("Virtual X1C #2", 3, taken), ["Virtual X1C #2", "Virtual X1C #4", "Virtual X1C #5"]);
	assert.deepEqual(namesOf("Vera", 1, new Set(["Vera"])), ["Vera"]);
	assert.deepEqual(namesOf("Vera", 2, new Set()), ["Vera #1", "Vera #2"]);
	assert.deepEqual(namesOf("", 2, new Set()), ["", ""]);
});

test("there are twenty at most, and what cannot be made is told before it is sent", () => {
	const docs = [...Array.from({ length: 18 }, () => ({ virtual: true })), { virtual: false }, {}];
	assert.equal(roomLeft(docs), 2);
	assert.equal(roomLeft([...docs, ...docs]), 0);
	const wrong = (changes, left = 20) => faultsOf({ ...emptyDraft(), ...changes }, left);
	assert.deepEqual(wrong({}), {});
	for (const quantity of ["", "0", "-1", "1.5", "21", "x"])
		assert.deepEqual(wrong({ quantity }), { quantity: "quantity" }, quantity);
	assert.deepEqual(wrong({ quantity: "3" }, 2), { quantity: "quantity" });
	assert.deepEqual(wrong({ exposed: "192.168.1" }), { exposed: "exposed" });
	assert.deepEqual(wrong({ units: ["ams", "ams", "ams", "ams", "ams-2-pro"] }), { units: "units" });
});

test("what is sent has what was chosen, and nothing that was left empty", () => {
	assert.deepEqual(bodyOf(emptyDraft(), ""), { model: "X1C", nozzle: "0.4", ams: ["ams"] });
	assert.deepEqual(bodyOf({ ...emptyDraft(), units: [], exposed: "192.168.1.5" }, "Vera"),
		{ name: "Vera", model: "X1C", nozzle: "0.4", ams: [], exposed: "192.168.1.5" });
});

test("the address of this page is offered only where others reach it", () => {
	assert.deepEqual(["192.168.1.5", "[fe80::1]", "127.0.0.1", "[::1]", "localhost", "fuse.local"].map(ownAddress), ["192.168.1.5", "fe80::1", "", "", "", ""]);
});

test("controls are read as far as they are told, and hostile ones do no harm", () => {
	const controls = controlsOf(told());
	assert.deepEqual([controls.online, controls.timeFactor, controls.cut, countOn(controls)], [true, 60, 33, 2]);
	assert.equal(controls.faults.silent, false);
	assert.deepEqual(cutsOf(33), [0, 10, 33, 50, 90, 99]);
	for (const doc of [undefined, {}, { virtualControls: null }, { virtualControls: "x" }])
		assert.equal(controlsOf(doc), null);
	const odd = controlsOf(told({ timeFactor: "x", faults: 7, errors: [null, { error: "a\u202eb", message: "m".repeat(999) }],
		storage: { totalBytes: "1" }, ports: { mqtt: 8883, x: "y" } }));
	assert.deepEqual([odd.timeFactor, odd.errors[1].error, odd.errors[1].message.length, odd.storage, odd.ports], [1, "a b", 120, null, [["mqtt", 8883]]]);
	assert.equal(Object.values(noFaults().faults).every((one) => !one), true);
});

test("the newest job of a printer is the one that came last", () => {
	const job = (id, printer, createdAt) => ({ id, printer, createdAt });
	const jobs = [job("a", "P", "2026-08-01T10:00:00Z"), job("b", "P", "2026-08-01T11:00:00Z"), job("c", "Q", "2026-08-01T12:00:00Z"),
		job("a9", "P", "2026-08-01T11:00:00Z")];
	assert.equal(newestJob(jobs, "P").id, "b");
	assert.equal(newestJob(jobs, "R"), null);
});

test("every control that a virtual printer has is here, with words", () => {
	const tables = ["printer/virtual_controls.def", "worker/virtual/controls.def"].map((path) => new URL(`../../${path}`, import.meta.url));
	const table = readFileSync(tables.find((path) => existsSync(path)), "utf8");
	const ids = (macro) => [...table.matchAll(new RegExp(`^${macro}\\(\\w+, "([\\w-]+)"`, "gm"))].map((match) => match[1]);
	const faults = Object.values(FAULTS).flat();
	assert.deepEqual([...faults].sort(), ids("FAULT").sort());
	assert.deepEqual([...ERRORS].sort(), ids("ERROR").sort());
	const keys = [...faults.flatMap((id) => [`virtual.fault.${id}`, `virtual.fault.${id}Text`]), ...ERRORS.map((id) => `virtual.error.${id}`),
		...Object.keys(FAULTS).map((group) => `virtual.group.${group}`), ...MINI.flatMap((kind) => [`virtual.units.${kind}`, `virtual.units.kind.${kind}`]),
		...["quantity", "units", "exposed"].map((wrong) => `virtual.wrong.${wrong}`)];
	assert.deepEqual(keys.filter((key) => !hasText(key)), []);
});

test("a fault of a virtual printer leads to its controls; of a real one to what its screen shows", () => {
	const doc = (virtual) => ({ serial: "00MFUSE4K7QZ2PA", virtual, link: { online: false, fault: "code-refused", sentence: "It refuses.", remedy: "" }, stat: {} });
	assert.deepEqual(problemsOf(doc(true))[0].actions, ["controls", "reconnect"]);
	assert.deepEqual(problemsOf(doc(false))[0].actions, ["enter-code", "reconnect"]);
	assert.deepEqual([true, false, undefined].map((virtual) => viewOf(doc(virtual), 0).isVirtual), [true, false, false]);
});

test("a virtual printer whose process only begins refuses nobody", () => {
	const at = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
	const doc = (more) => ({ serial: "V", virtual: true, addedAt: at(3), link: { online: false, fault: "refused", sentence: "It refuses connections.", phase: "tcp" },
		stat: { link: { problems: [{ id: "refused", sentence: "It refuses connections." }] } }, ...more });
	const seen = (one) => [isStarting(one), viewOf(one, Date.now(), isStarting(one)).state.key, problemsOf(one, isStarting(one)).length];
	assert.deepEqual(seen(doc()), [true, "connecting", 0]);
	assert.deepEqual(seen(doc({ addedAt: at(60) })), [false, "blocked", 1]);
	assert.deepEqual(seen(doc({ virtual: false })), [false, "blocked", 1]);
	assert.deepEqual(isStarting(doc({ link: { fault: "no-answer" } })), false);
});
