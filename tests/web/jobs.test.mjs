/*
 * Files, jobs and the print dialog, without a browser: node --test tests/web.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "node:test";

import { addStrings } from "../../www/js/core/strings.js";
import { applyDelta, applySnapshot, flush, store } from "../../www/js/core/store.js";
import { meter } from "../../www/js/later/files/meter.js";
import { clearing, fittingName, formatSort, matches, nextSort, parseSort, select } from "../../www/js/later/files/rows.js";
import { actionsOf, countsOf, parseView, printersOf, select as selectJobs, wordOf } from "../../www/js/later/jobs/view.js";
import { printTime, weight } from "../../www/js/later/print/amount.js";
import { chooseHotends, findingsOf, fitOf, forgetChecks, hotendChoices, isSendable, keyOf, mappingRows, newDraft, newNonce, newTarget, OPTIONS, orderOf, plateFacts, sortedPrinters,
	standingOf, tallyOf, tellingOf } from "../../www/js/later/print/draft.js";
import files from "../../www/js/later/strings/en_files.js";
import jobs from "../../www/js/later/strings/en_jobs.js";
import print from "../../www/js/later/strings/en_print.js";
import { isResent, JOB_ICONS, JOB_TONES, jobsByPrinter, plateView, queueView, sendingOf, stateOf, toneOf } from "../../www/js/printers/jobs.js";
import { viewOf } from "../../www/js/printers/view.js";
import cards from "../../www/js/strings/en_jobs.js";

const NOW = Date.parse("2026-08-01T12:00:00.000Z");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function job(id, state, more = {}) {
	const ended = ["staged", "done", "failed", "not-started", "cancelled"].includes(state);
	return { id, printer: "P1", state, ended, fileName: "f", fault: "", sentence: "", remedy: "", cancelWanted: false, progress: null, createdAt: "2026-08-01T11:00:00Z",
		endedAt: ended ? "2026-08-01T11:30:00Z" : null, ...more };
}

function file(name, more = {}) {
	return { sha256: name.repeat(64).slice(0, 64), name, sizeBytes: 1000, createdAt: "2026-08-01T10:00:00Z", usedAt: "2026-08-01T10:00:00Z",
		check: "printable", model: "X1C", sentence: "", openJobs: [], ...more };
}

/* -- the store ------------------------------------------------------------------------------------- */

test("the store tells of files, jobs and the cache, each under its own topic", () => {
	const heard = [];
	const offs = ["files", "jobs"].map((topic) => store.on(topic, (changed, removed) => heard.push([topic, [...changed], [...removed]])));
	offs.push(store.on("cache", (cache) => heard.push(["cache", cache?.usedBytes])));
	applySnapshot({ status: {}, printers: {}, files: { aa: { name: "a" } }, jobs: { j1: { state: "received", progress: null } }, cache: { usedBytes: 1 } });
	flush();
	assert.deepEqual(heard, [["cache", 1], ["files", ["aa"], []], ["jobs", ["j1"], []]]);
	heard.length = 0;
	applyDelta({ jobs: { j1: { progress: { sentBytes: 5 } } }, removedFiles: ["aa", "none"], cache: { usedBytes: 0 } });
	flush();
	assert.deepEqual(heard, [["cache", 0], ["files", [], ["aa"]], ["jobs", ["j1"], []]]);
	assert.deepEqual(store.jobs.get("j1"), { state: "received", progress: { sentBytes: 5 } });
	applyDelta({ removedJobs: ["j1"] });
	/* A Fuse that knows of no files says nothing of them. */
	applySnapshot({ status: {}, printers: {} });
	flush();
	assert.deepEqual([store.files.size, store.jobs.size, store.cache], [0, 0, null]);
	offs.forEach((off) => off());
});

/* -- jobs of a printer ------------------------------------------------------------------------------- */

test("of a printer's open jobs the furthest comes first, and of equals the oldest", () => {
	const all = [job("j1", "done"), job("j3", "waiting"), job("j2", "waiting"), job("j4", "uploading"), job("j5", "running"), job("k", "received", { printer: "P2" })];
	const found = jobsByPrinter(all);
	assert.deepEqual(found.get("P1").map((one) => one.id), ["j5", "j4", "j2", "j3", "j1"]);
	assert.deepEqual([...found.keys()], ["P1", "P2"]);
	const queue = queueView(found.get("P1"));
	assert.deepEqual([queue.current.id, queue.next.id, queue.more, queue.unknown, queue.last.id], ["j5", "j4", 2, null, "j1"]);
	assert.deepEqual(queueView([]), { current: null, next: null, more: 0, unknown: null, last: null });
	const ended = jobsByPrinter([job("j2", "done", { createdAt: "2026-08-01T11:00:02Z" }), job("j1", "failed"), job("j3", "cancelled", { createdAt: "2026-08-01T11:00:02Z" })]);
	assert.deepEqual(ended.get("P1").map((one) => one.id), ["j3"], "of those that have ended the newest");
});

test("each state of a job has a word, a tone and an icon", () => {
	const rows = readFileSync(join(ROOT, "ipc/terms.h"), "utf8").split("#define JOB_STATES")[1].split("#define")[0];
	const states = [...rows.matchAll(/X\(\w+, "([\w-]+)"/g)].map((found) => found[1]);
	assert.equal(states.length, 15);
	for (const state of states) {
		assert.equal(stateOf(job("j", state)), state);
		assert.ok(JOB_TONES[state] && JOB_ICONS[state] && cards[`job.state.${state}`], state);
	}
	assert.equal(stateOf({ state: "__proto__" }), "other");
	/* To wait for a person is another thing than to wait for its turn. */
	const [, itself, person] = readFileSync(join(ROOT, "printer/job_faults.def"), "utf8").match(/by itself -+ \*\/(.*?)for a person -+ \*\/(.*?)nothing was sent/s);
	const tones = (text) => [...text.matchAll(/FAULT\(\w+, "([\w-]+)"/g)].map((found) => toneOf(job("j", "waiting", { fault: found[1] })));
	assert.ok(tones(itself).length > 5 && tones(itself).every((tone) => tone === "idle"), "waits by itself");
	assert.ok(tones(person).length > 3 && tones(person).every((tone) => tone === "warn"), "waits for a person");
	assert.equal(toneOf(job("j", "waiting", { fault: "door-open" })), "warn");
});

test("how a file goes up, as far as it is known", () => {
	const of = (progress) => sendingOf(job("j", "uploading", { progress }));
	assert.deepEqual(of({ phase: "send", sentBytes: 250, totalBytes: 1000, bytesPerSecond: 50 }), { phase: "send", sent: 250, total: 1000, rate: 50, percent: 25, leftS: 15 });
	assert.deepEqual([of({ phase: "connect", sentBytes: 0, totalBytes: 1000, bytesPerSecond: 0 }).percent, of(null)], [null, null]);
	assert.equal(of({ phase: "send", sentBytes: 5, totalBytes: 0 }).percent, null);
});

test("a file that did not arrive and is sent again is told from one that waits for something", () => {
	const of = (state, fault, attempts) => isResent(job("j", state, { fault, attempts }));
	assert.deepEqual([of("waiting", "size-differs", 1), of("waiting", "files-cut", 2), of("waiting", "printer-busy", 1), of("waiting", "files-cut", 0),
		of("not-started", "files-cut", 3)], [true, true, false, false, false]);
});

test("a used plate is in the way of a job that waits, not of a print that runs", () => {
	const used = { plateUsedAt: "2026-08-01T10:00:00Z", startsUnasked: false }, none = queueView([]), waiting = queueView([job("j", "waiting")]);
	assert.equal(plateView({ plateUsedAt: null }, waiting, false), null);
	assert.equal(plateView(used, none, false).inTheWay, false);
	assert.equal(plateView(used, waiting, false).inTheWay, true);
	assert.equal(plateView({ ...used, startsUnasked: true }, waiting, false).inTheWay, false);
	assert.equal(plateView(used, waiting, true), null);
	assert.equal(plateView(used, queueView([job("j", "sent")]), false), null);
});

test("a card says why a job was not printed, until somebody has taken note or ordered another", () => {
	const doc = { serial: "P1", name: "Anna", plateUsedAt: null, link: { online: true, fault: null }, stat: { state: "IDLE", isOnline: true, receivedAt: "2026-08-01T12:00:00Z" } };
	const refused = job("j", "not-started", { fileName: "lid.3mf", sentence: "No room.", remedy: "Delete files." });
	const of = (jobs, more) => viewOf({ ...doc, ...more }, NOW, false, jobs).problems.map((one) => one.id);
	const [said] = viewOf(doc, NOW, false, [refused]).problems;
	assert.deepEqual([said.id, said.sentence, said.remedy, said.actions], ["job-ended", "lid.3mf: No room.", "Delete files.", ["print-again", "story", "noted"]]);
	assert.equal(viewOf(doc, NOW, false, [refused]).attention, true);
	assert.deepEqual(of([{ ...refused, noted: true }]), []);
	assert.deepEqual(of([job("k", "waiting", { createdAt: "2026-08-01T11:05:00Z" }), refused]), []);
	assert.deepEqual(of([job("k", "waiting", { createdAt: "2026-08-01T10:05:00Z" }), refused]), ["job-ended"], "one that waits since before it is no answer to it");
	assert.deepEqual(of([{ ...refused, endedAt: "2026-07-30T11:30:00Z" }]), [], "that is no news any more");
	/* One that has failed in the middle lies on the plate until that is clear. */
	assert.deepEqual([of([job("j", "failed")]), of([job("j", "failed")], { plateUsedAt: "2026-08-01T11:00:00Z" })], [[], ["job-ended"]]);
	assert.deepEqual(of([job("j", "done")], { plateUsedAt: "2026-08-01T11:00:00Z" }), []);
});

test("a card calls a print by its file's name, and one that a person has stopped so", () => {
	const of = (state, name, jobs) => viewOf({ serial: "P1", name: "Anna", plateUsedAt: "2026-08-01T11:00:00Z", link: { online: true, fault: null },
		stat: { state, isOnline: true, receivedAt: "2026-08-01T12:00:00Z", job: { name } } }, NOW, false, jobs);
	const stopped = of("FAILED", "lid-j7", [job("j7", "cancelled", { fileName: "lid.gcode.3mf" })]);
	assert.deepEqual([stopped.state.key, stopped.state.tone, stopped.job, stopped.plate.file], ["stopped", "idle", "lid.gcode.3mf", "lid"]);
	const other = of("FAILED", "lid", [job("j7", "cancelled", { fileName: "lid.gcode.3mf" })]);
	assert.deepEqual([other.state.key, other.job, other.plate.file], ["failed", "lid", ""], "another print than the job's");
	assert.equal(of("RUNNING", "lid-j7", [job("j7", "running", { fileName: "lid.gcode.3mf" })]).job, "lid.gcode.3mf");
});

test("a card knows whose print it is, and an unknown job needs a person", () => {
	const doc = { serial: "P1", name: "Anna", link: { online: true, fault: null }, stat: { state: "RUNNING", isOnline: true, receivedAt: "2026-08-01T12:00:00Z" } };
	assert.equal(viewOf(doc, NOW, false, []).foreign, true);
	assert.equal(viewOf(doc, NOW, false, null).foreign, false, "an older Fuse does not tell of jobs");
	assert.equal(viewOf(doc, NOW, false, [job("j", "running")]).foreign, false);
	const lost = viewOf(doc, NOW, false, [job("j", "unknown", { sentence: "Nobody knows." })]);
	assert.deepEqual([lost.attention, lost.problems[0].id, lost.problems[0].sentence, lost.problems[0].actions], [true, "job-unknown", "Nobody knows.", ["resolve"]]);
	assert.equal(viewOf(doc, NOW, false, []).attention, false);
});

/* -- files --------------------------------------------------------------------------------------------- */

test("files are searched by words and by the beginning of the hash", () => {
	const one = file("a", { name: "Bracket v2.gcode.3mf", sentence: "One plate for the X1 Carbon" });
	assert.ok(matches(one, "v2 carbon") && matches(one, "") && matches(one, "aaaa"));
	assert.ok(!matches(one, "v3") && !matches({ ...one, sha256: "0" + one.sha256.slice(1) }, "aaaa"));
});

test("files are ordered by each column, both ways, and always the same", () => {
	const all = [file("part 10", { sizeBytes: 5 }), file("part 9", { sizeBytes: 5 }), file("b", { sizeBytes: 9, usedAt: "2026-08-01T11:00:00Z", check: "unprintable" })];
	const names = (sort) => select(all, { text: "", sort }).map((one) => one.name);
	assert.deepEqual(names({ by: "name", down: false }), ["b", "part 9", "part 10"]);
	assert.deepEqual(names({ by: "name", down: true }), ["part 10", "part 9", "b"]);
	assert.deepEqual(names({ by: "size", down: true }), ["b", "part 9", "part 10"]);
	assert.deepEqual(names({ by: "used", down: true }), ["b", "part 9", "part 10"]);
	assert.deepEqual(names({ by: "content", down: false }), ["part 9", "part 10", "b"]);
	for (const text of ["name", "-name", "size"])
		assert.equal(formatSort(parseSort(text)), text);
	assert.deepEqual([formatSort(parseSort("-used")), formatSort(parseSort("toString")), formatSort(parseSort(null))], [null, null, null]);
	assert.deepEqual(nextSort({ by: "name", down: false }, "size"), { by: "size", down: true });
	assert.deepEqual(nextSort({ by: "size", down: true }, "size"), { by: "size", down: false });
});

test("what clearing takes and leaves is known before", () => {
	assert.deepEqual(clearing([file("a"), file("b", { openJobs: ["j1"] }), file("c", { sizeBytes: 5 })]), { gone: 2, goneBytes: 1005, kept: 1 });
});

test("a name that is too long for Fuse keeps its end", () => {
	assert.equal(fittingName("bracket.gcode.3mf"), "bracket.gcode.3mf");
	for (const name of ["x".repeat(300) + ".gcode.3mf", "ü".repeat(150) + ".gcode.3mf", "😀".repeat(90) + ".gcode.3mf"]) {
		const fit = fittingName(name);
		assert.ok(Buffer.byteLength(fit) <= 200 && Buffer.byteLength(fit) > 150 && fit.endsWith(".gcode.3mf"), fit);
	}
	assert.equal(fittingName("\u0000"), "file");
});

test("a rate is that of the last seconds, and nothing before it is known", () => {
	const one = meter();
	one.add(0, 0);
	assert.deepEqual([one.rate(), one.leftS(1000)], [null, null]);
	one.add(100, 500);
	assert.equal(one.rate(), null);
	one.add(1000, 1000);
	assert.deepEqual([one.rate(), one.leftS(3000)], [1000, 2]);
	for (let ms = 2000; ms <= 20000; ms += 500)
		one.add(ms, 1000 + (ms - 1000) / 10);
	assert.equal(Math.round(one.rate()), 100);
});

/* -- printing -------------------------------------------------------------------------------------------- */

const ANSWER = { ready: false, findings: [{ finding: "door-open", kind: "warning" }, { finding: "color-differs", kind: "note" }],
	mapping: [{ index: 0, material: "PLA", color: "FF8000FF", used: true, amsId: 0, slotId: 1 }, { index: 1, material: "PLA", color: "", used: false, amsId: -1, slotId: -1 },
		{ index: 2, material: "PETG", color: "000000FF", used: true, amsId: 128, slotId: 0 }],
	trays: [{ amsId: 0, slotId: 1, material: "PLA", color: "FF8000FF" }, { amsId: 0, slotId: 2, material: "pla", color: "FFFFFFFF" },
		{ amsId: 128, slotId: 0, material: "PLA", color: "" }, { amsId: 0, slotId: 3, material: "", color: "" }] };

function known(serial = "P1", answer = ANSWER) {
	return Object.assign(newTarget(serial), { check: { state: "known", answer, error: null } });
}

test("an order has what was chosen and nothing else", () => {
	const draft = Object.assign(newDraft("n"), { file: "aa", plate: 2 }), target = known();
	assert.deepEqual(orderOf(draft, target), { file: "aa", plate: 2, stageOnly: false, options: {} });
	draft.options.timelapse = true;
	draft.options.bedLeveling = false;
	target.accepts.add("door-open").add("another");
	target.places.set(0, { amsId: 0, slotId: 2 });
	assert.deepEqual(orderOf(draft, target).options, { bedLeveling: false, timelapse: true,
		amsMapping: [{ amsId: 0, slotId: 2 }, null, { amsId: 128, slotId: 0 }], accept: ["another", "door-open"] });
	forgetChecks(Object.assign(draft, { targets: new Map([["P1", target]]) }));
	assert.deepEqual(orderOf(draft, target).options, { bedLeveling: false, timelapse: true });
	assert.equal(standingOf(target), "asking");
});

test("the options are those of printer/print_options.h, the usual value first", () => {
	const header = readFileSync(join(ROOT, "printer/print_options.h"), "utf8").split("*/")[0];
	for (const { name, values } of OPTIONS) {
		const usual = header.match(new RegExp(`"${name}":("auto"|false|true)`))?.[1];
		assert.equal(JSON.stringify(values[0]), usual, name);
		for (const value of values)
			assert.ok(values.length === 2 || print[name === "bedType" ? `print.bedType.${value}` : `print.choice.${value}`], `${name} ${value}`);
		assert.ok(print[`print.option.${name}`], name);
	}
});

test("one dialog has one key for each printer, another dialog others", () => {
	const random = (into) => crypto.getRandomValues(into), one = newDraft(newNonce(random)), other = newDraft(newNonce(random));
	assert.equal(keyOf(one, "P1"), keyOf(one, "P1"));
	assert.equal(new Set([keyOf(one, "P1"), keyOf(one, "P2"), keyOf(other, "P1")]).size, 3);
	assert.ok(keyOf(one, "X".repeat(32)).length <= 96, "longer than JOB_SUBMIT takes");
});

test("how it stands with a printer: what is impossible cannot be overridden, a warning wants a person", () => {
	const target = known();
	assert.equal(standingOf(newTarget("P1")), "asking");
	assert.equal(standingOf(target), "undecided");
	target.accepts.add("door-open");
	assert.equal(standingOf(target), "ready");
	assert.deepEqual(findingsOf(target).notes.map((one) => one.finding), ["color-differs"]);
	const bad = known("P2", { ...ANSWER, findings: [{ finding: "no-storage", kind: "impossible" }] });
	bad.accepts.add("no-storage");
	assert.equal(standingOf(bad), "impossible");
	const dark = newTarget("P3");
	dark.check = { state: "failed", answer: null, error: new Error("x") };
	assert.equal(standingOf(dark), "unchecked");
	assert.deepEqual(["ready", "unchecked", "refused", "undecided", "impossible", "asking", "accepted", "sending"].filter(isSendable), ["ready", "unchecked", "refused"]);
	const draft = newDraft("n");
	[target, bad, dark].forEach((one) => draft.targets.set(one.serial, one));
	target.result = { state: "accepted", job: {}, error: null };
	assert.deepEqual(tallyOf(draft), { accepted: 1, impossible: 1, unchecked: 1 });
});

test("a hotend of the rack is meant by itself only where just one is what the filament was sliced for", () => {
	const hotends = [{ place: 17, number: 2, diameterMm: 0.4 }, { place: 18, number: 3, diameterMm: 0.6 }];
	const rack = (more, ...fits) => ({ ...ANSWER, rackNozzles: 1, hotends, ...more, mapping: ANSWER.mapping.map((entry, at) =>
		({ ...entry, nozzle: at === 0 ? 1 : 0, hotend: at === 0 ? 1 : null, hotends: at === 2 ? fits : [] })) });
	const draft = newDraft("n"), target = known("P1", rack({}, 18));
	assert.deepEqual(hotendChoices(target, target.check.answer.mapping[0]), []);
	assert.deepEqual(hotendChoices(target, target.check.answer.mapping[2]).map((one) => one.fits), [false, true]);
	assert.equal(orderOf(draft, target).options.nozzleMapping, undefined);
	assert.ok(chooseHotends(target));
	assert.deepEqual(orderOf(draft, target).options.nozzleMapping, [null, null, 18]);
	/* It stays as a person has it. */
	assert.ok(!chooseHotends(target));
	target.hotends.set(2, null);
	assert.ok(!chooseHotends(target));
	assert.equal(orderOf(draft, target).options.nozzleMapping, undefined);
	for (const answer of [rack({}, 17, 18), rack({}), rack({ rackNozzles: 2 }, 18), ANSWER, null])
		assert.ok(!chooseHotends(known("P1", answer)));
	assert.deepEqual(hotendChoices(known(), ANSWER.mapping[0]), []);
	forgetChecks({ targets: new Map([["P1", target]]) });
	assert.equal(target.hotends.size, 0);
});

test("which tray feeds what, and how it fits", () => {
	const target = known();
	target.places.set(0, { amsId: 0, slotId: 2 });
	assert.deepEqual(mappingRows(target).map((row) => [row.filament.index, row.tray.slotId, row.fit, row.isChosen]), [[0, 2, "color-differs", true], [2, 0, "material-differs", false]]);
	assert.equal(fitOf(ANSWER.mapping[0], ANSWER.trays[0]), "same");
	assert.equal(fitOf(ANSWER.mapping[0], ANSWER.trays[3]), "empty");
	target.places.set(0, { amsId: 9, slotId: 9 });
	assert.deepEqual([mappingRows(target)[0].tray, mappingRows(target)[0].fit], [null, "none"]);
	assert.deepEqual(mappingRows(newTarget("P1")), []);
	for (const fit of ["same", "color-differs", "material-differs", "empty", "none"])
		assert.ok(print[`print.fit.${fit}`], fit);
});

test("a printer is asked again when what it would say may be another, not at each report", () => {
	const doc = { link: { online: true }, stat: { state: "IDLE", door: "open", temperatures: { bed: 20 } } };
	const before = tellingOf(doc);
	doc.stat.temperatures = { bed: 21 };
	assert.equal(tellingOf(doc), before);
	doc.stat.door = "closed";
	assert.notEqual(tellingOf(doc), before);
});

test("printers of the file's model come first, and what a file does not tell is not shown", () => {
	const docs = [{ serial: "3", name: "C", model: "P1S" }, { serial: "2", name: "b 10", model: "X1C" }, { serial: "1", name: "B 9", model: "X1C" }];
	const { fitting, others } = sortedPrinters(docs, "X1C");
	assert.deepEqual([fitting.map((one) => one.name), others.map((one) => one.name)], [["B 9", "b 10"], ["C"]]);
	assert.equal(sortedPrinters(docs, "").fitting.length, 3);
	assert.deepEqual(plateFacts({ seconds: -1, grams: null, layers: 5 }), { seconds: null, grams: null, layers: 5 });
});

/* -- the Jobs page ----------------------------------------------------------------------------------------- */

test("what a print takes is told as everywhere in Fuse", () => {
	addStrings(print);
	/* The same as of printer/print_amount.h, in tests/unit/test_print_amount.c. */
	for (const [seconds, words] of [[0, "0 min"], [1, "1 min"], [60, "1 min"], [61, "2 min"], [3540, "59 min"], [3541, "1 h"], [5025, "1 h 24 min"],
		[86341, "1 d"], [120000, "1 d 9 h"]])
		assert.equal(printTime(seconds), words);
	for (const [grams, words] of [[0, "0.0 g"], [3, "3.0 g"], [9.94, "9.9 g"], [9.95, "10 g"], [12.5, "13 g"], [24.49, "24 g"], [24.5, "25 g"], [31.7, "32 g"]])
		assert.equal(weight(grams), words);
});

test("jobs: the most urgent first, ended ones the last first, each in at most one filter", () => {
	const all = [job("a", "waiting"), job("b", "uploading"), job("c", "running"), job("d", "unknown"), job("e", "done"),
		job("f", "failed", { endedAt: "2026-08-01T11:45:00Z", printer: "P2" }), job("g", "waiting", { createdAt: "2026-08-01T10:00:00Z" })];
	const ids = (view) => Object.values(selectJobs(all, view)).map((list) => list.map((one) => one.id).join(""));
	assert.deepEqual(ids({ show: "all", printer: "" }), ["dcbga", "fe"]);
	assert.deepEqual(ids({ show: "waiting", printer: "" }), ["bga", ""]);
	assert.deepEqual(ids({ show: "all", printer: "P2" }), ["", "f"]);
	const counts = countsOf(all, "");
	assert.deepEqual(counts, { all: 7, waiting: 3, printing: 1, unknown: 1, done: 1, failed: 1 });
	assert.deepEqual(parseView("?show=toString&printer=P2&job=j1"), { show: "all", printer: "P2", job: "j1" });
	assert.deepEqual(printersOf([job("a", "done", { printerName: "Old" }), job("b", "done", { printer: "P2", printerName: "Was" })], (serial) => (serial === "P2" ? "Now" : undefined)),
		[{ serial: "P2", name: "Now" }, { serial: "P1", name: "Old" }]);
});

test("what can be done with a job", () => {
	const of = (state, more) => Object.entries(actionsOf(job("j", state, more))).filter(([, can]) => can).map(([name]) => name).join();
	assert.deepEqual([of("waiting"), of("running"), of("unknown"), of("done"), of("cancelled")], ["cancel", "cancel", "resolve", "again", "again"]);
	assert.equal(of("running", { cancelWanted: true }), "");
	assert.equal(wordOf(job("j", "running", { cancelWanted: true })), "cancelling");
	assert.equal(wordOf(job("j", "cancelled", { cancelWanted: true })), "cancelled");
});

/* -- texts --------------------------------------------------------------------------------------------------- */

function scripts(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory() ? scripts(join(folder, entry.name)) : entry.name.endsWith(".js") ? [join(folder, entry.name)] : []);
}

test("every text of files, jobs and printing is there, and none is unused", () => {
	const texts = { ...files, ...jobs, ...print, ...cards };
	const code = scripts(join(ROOT, "www/js")).filter((path) => !path.includes("/strings/")).map((path) => readFileSync(path, "utf8")).join("\n");
	const asked = new Set([...code.matchAll(/["`]((?:files|jobs|job|print|plate)\.[A-Za-z.-]+)["`]/g)].map((match) => match[1]).filter((key) => key !== "job.js"));
	const stems = [...code.matchAll(/`((?:files|jobs|job|print)\.[A-Za-z.-]*)\$\{/g)].map((match) => match[1]);
	assert.ok(asked.size > 80);
	assert.deepEqual([...asked].filter((key) => !(key in texts)), []);
	assert.deepEqual(Object.keys(texts).filter((key) => !asked.has(key) && !stems.some((stem) => key.startsWith(stem))), []);
});
