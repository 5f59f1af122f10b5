/*
 * The pure parts of www/js/core: deltas, formats, waits, strength of passwords, and that each text exists.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "node:test";

import { FIRST_MS, LONGEST_MS, waitMs } from "../../www/js/core/backoff.js";
import { keep, recall } from "../../www/js/core/drafts.js";
import * as format from "../../www/js/core/format.js";
import { mergeDelta } from "../../www/js/core/merge.js";
import { applyDelta, applySnapshot, flush, store } from "../../www/js/core/store.js";
import { t } from "../../www/js/core/strings.js";
import { keepable } from "../../www/js/printers/form.js";
import { strength } from "../../www/js/session/strength.js";
import { findings } from "../../www/js/status/health.js";
import laterFiles from "../../www/js/later/strings/en_files.js";
import laterFinder from "../../www/js/later/strings/en_finder.js";
import laterJobs from "../../www/js/later/strings/en_jobs.js";
import laterPrint from "../../www/js/later/strings/en_print.js";
import laterVirtual from "../../www/js/later/strings/en_virtual.js";
import en from "../../www/js/strings/en.js";

const WWW = fileURLToPath(new URL("../../www", import.meta.url));

test("a delta changes leaves only, deep; arrays, scalars and null replace", () => {
	const before = { a: { b: 1, c: [1, 2], d: { e: 1 } }, f: "x" };
	const after = mergeDelta(structuredClone(before), { a: { b: 2, c: [3], d: null }, g: { h: 1 } });
	assert.deepEqual(after, { a: { b: 2, c: [3], d: null }, f: "x", g: { h: 1 } });
	assert.deepEqual(mergeDelta({ a: null }, { a: { b: 1 } }), { a: { b: 1 } });
	assert.deepEqual(mergeDelta({ a: [1] }, { a: { b: 1 } }), { a: { b: 1 } });
});

test("$gone takes members away, at any depth, and is never a member itself", () => {
	const after = mergeDelta({ a: { b: 1, c: 2 }, d: 1 }, { $gone: ["d", "nothing"], a: { $gone: ["b"], e: { $gone: ["x"], y: 1 } } });
	assert.deepEqual(after, { a: { c: 2, e: { y: 1 } } });
});

test("a delta cannot reach the prototype", () => {
	const after = mergeDelta({}, JSON.parse('{"__proto__": {"bad": 1}, "constructor": {"prototype": {"bad": 1}}}'));
	assert.equal({}.bad, undefined);
	assert.equal(Object.getPrototypeOf(after), Object.prototype);
});

test("the store tells changed and removed serials once a frame", async () => {
	const heard = [];
	const off = store.on("printers", (changed, removed) => heard.push([[...changed].sort(), [...removed].sort()]));
	applySnapshot({ status: { version: "1" }, printers: { A: { name: "a" }, B: { name: "b" } } });
	applyDelta({ printers: { A: { name: "aa" }, C: { name: "c" } }, removed: ["B"] });
	assert.deepEqual(heard, []);
	flush();
	assert.deepEqual(heard, [[["A", "C"], ["B"]]]);
	applySnapshot({ status: null, printers: { C: { name: "c" } } });
	flush();
	assert.deepEqual(heard[1], [["C"], ["A"]]);
	assert.deepEqual([...store.printers.keys()], ["C"]);
	off();
});

test("times, numbers and names as people read them", () => {
	assert.equal(format.age(59_999), "59 s");
	assert.equal(format.age(-5), "0 s");
	assert.equal(format.age(47 * 3600_000), "47 h");
	assert.equal(format.age(NaN), "–");
	assert.equal(format.duration(125), "2 h 5 min");
	assert.equal(format.duration(1440 + 180), "1 d 3 h");
	assert.equal(format.duration(null ?? NaN), "–");
	assert.equal(format.bytes(3_700_000), "3.7 MB");
	assert.equal(format.bytes(999), "999 B");
	assert.equal(format.celsius(219.6), "220 °C");
	assert.equal(format.celsius(null), "–");
	assert.equal(format.shortSerial("01P00A2213"), "01P…2213");
	const noon = new Date(2026, 10, 27, 12, 0);
	assert.match(format.clockTime(new Date(2026, 10, 27, 14, 5), noon), /^\d\d:05( PM)?$/);
	assert.match(format.clockTime(new Date(2026, 10, 28, 0, 5), noon), /^tomorrow /);
	assert.match(format.clockTime(new Date(2026, 11, 9, 0, 5), noon), /Dec/);
});

test("waits double, have jitter, and stay between 0.5 and 8 s", () => {
	for (const chance of [0, 0.5, 0.999]) {
		const waits = Array.from({ length: 40 }, (_, i) => waitMs(i, chance));
		assert.ok(waits.every((ms) => ms >= FIRST_MS && ms <= LONGEST_MS), String(waits));
		assert.ok(waits.at(-1) >= LONGEST_MS / 2);
	}
	assert.notEqual(waitMs(3, 0), waitMs(3, 0.9));
});

test("a weak password is called weak", () => {
	assert.equal(strength("short7!"), 0);
	for (const weak of ["password", "aaaaaaaaaaaa", "abcdefghijkl", "Passwort1!"])
		assert.equal(strength(weak), 1, weak);
	assert.equal(strength("correct horse battery"), 3);
});

test("findings: the worst first, each with what helps", () => {
	const status = { stopping: false, store: { health: "full", sentence: "Full.", remedy: "Make room.", holdsPrints: false },
			 processes: [{ process: "worker/X", role: "worker", state: "held" }, { process: "httpd", role: "httpd", state: "up" },
				     { process: "discovery", role: "discovery", state: "waiting", obituary: "died" }] };
	const found = findings(status, { attention: 0, offline: 2 });
	assert.deepEqual(found.map((one) => [one.id, one.tone]), [["store-full", "bad"], ["process-discovery", "bad"], ["offline", "warn"]]);
	assert.ok(found.every((one) => one.remedy || one.remedyKey || one.action));
	status.store = { health: "good", sentence: "", remedy: null, holdsPrints: false };
	status.processes = [];
	assert.deepEqual(findings(status, { attention: 0, offline: 0 }), []);
});

test("params are filled in, plurals chosen", () => {
	assert.equal(t("finding.attention", { count: 1 }), "1 printer needs you");
	assert.equal(t("finding.attention", { count: 3 }), "3 printers need you");
	assert.equal(t("time.ago", { age: "{age}" }), "{age} ago");
});

function scripts(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory() ? scripts(join(folder, entry.name)) : entry.name.endsWith(".js") ? [join(folder, entry.name)] : []);
}

test("each text that is asked for exists, and no markup is parsed anywhere", () => {
	const missing = [];
	const later = { ...en, ...laterFiles, ...laterFinder, ...laterJobs, ...laterPrint, ...laterVirtual };
	for (const file of scripts(join(WWW, "js"))) {
		const text = readFileSync(file, "utf8");
		for (const [, key] of text.matchAll(/\bt(?:Nodes)?\("([\w.-]+)"/g))
			if (!Object.hasOwn(file.includes("/later/") ? later : en, key))
				missing.push(`${file}: ${key}`);
		assert.doesNotMatch(text, /\.(innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function/, file);
	}
	assert.deepEqual(missing, []);
});

test("a draft is recalled as far as it has the form of one, and without storage there is none", () => {
	const kept = new Map(), like = { address: "", ports: {}, startsUnasked: false };
	assert.deepEqual(recall("x", like), {});
	keep("x", { address: "192.0.2.7" });
	globalThis.sessionStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key) };
	keep("x", { address: "192.0.2.7", ports: { mqtt: "1" }, startsUnasked: "yes", other: 1 });
	assert.deepEqual(recall("x", like), { address: "192.0.2.7", ports: { mqtt: "1" } });
	assert.deepEqual(recall("y", like), {});
	for (const text of ["", "null", "7", "{", "[]", '{"address":null}']) {
		kept.set("fuse.draft.x", text);
		assert.deepEqual(recall("x", like), {}, text);
	}
	keep("x", null);
	assert.equal(kept.size, 0);
	delete globalThis.sessionStorage;
	assert.deepEqual(Object.keys(keepable({ address: "", code: "12345678", trusted: "ab", touched: {} })), ["address", "touched"]);
});
