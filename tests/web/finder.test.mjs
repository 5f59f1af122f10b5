/*
 * Finding printers, without a browser: pasted lists, rows of what was found, how adding went.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { fillDown, matchCodes, parseAddresses, parseCodes } from "../../www/js/later/finder/codes.js";
import { addBody, changeBody, inOrder, isTouched, lacksOf, markOf, mergeFound, outcomeOf, stateOf, tally } from "../../www/js/later/finder/rows.js";
import { addressFault } from "../../www/js/printers/address.js";
import own from "../../www/js/later/strings/en_finder.js";
import en from "../../www/js/strings/en.js";

const texts = { ...own, ...Object.fromEntries(Object.entries(en).filter(([key]) => key.startsWith("finder."))) };

const NOW = Date.parse("2026-08-01T12:00:00.000Z");
const SERIAL = "01P00A000000001", OTHER = "03900A000000002";
const CANDIDATES = [{ key: SERIAL, words: [SERIAL, "192.0.2.7", "Shelf 3 left", null] }, { key: OTHER, words: [OTHER, "192.0.2.8", "Zoë, the A1"] }];

function found(more = {}) {
	return { serial: SERIAL, address: "192.0.2.7", model: "P1S", modelName: "P1S", name: "Shelf 3 left", verified: "bambu-ca",
		certificateSha256: "ab".repeat(32), mqttOpen: true, added: false, addedAddress: null, sentence: "", remedy: null, ...more };
}

function rowsOf(...list) {
	const rows = new Map();
	mergeFound(rows, list);
	return rows;
}

const kept = (link, more = {}) => ({ serial: SERIAL, address: "192.0.2.7", ...more, link: { online: false, fault: null, since: "a", ...link } });
const codesOf = (text, candidates = CANDIDATES) => {
	const { codes, astray } = matchCodes(parseCodes(text), candidates);
	return { codes: Object.fromEntries([...codes].map(([key, { code }]) => [key, code])), astray: astray.map((one) => [one.number, one.why]) };
};

/* -- pasted lists -------------------------------------------------------------------------------------- */

test("a code finds its printer by serial number, name or address, whatever parts the cells", () => {
	for (const line of [`${SERIAL},12345678`, `${SERIAL.toLowerCase()}\t12345678`, `"${SERIAL}" ; "12345678"`, `  ${SERIAL}   12345678  `,
		"Shelf 3 left 12345678", "shelf 3 LEFT,12345678", "192.0.2.7;12345678", `Anna,192.0.2.7,${SERIAL},12345678,P1S`, `${SERIAL},12345678,,`])
		assert.deepEqual(codesOf(line), { codes: { [SERIAL]: "12345678" }, astray: [] }, line);
	assert.deepEqual(codesOf('"Zoë, the A1",1a2b3c4d').codes, { [OTHER]: "1a2b3c4d" });
	assert.deepEqual(codesOf(`Zoe\u0308, the A1;1a2b3c4d`).codes, { [OTHER]: "1a2b3c4d" });
	assert.deepEqual(codesOf(`${SERIAL},a-code-of-14`).codes, { [SERIAL]: "a-code-of-14" });
});

test("headings, notes and empty lines are passed over; lines that fit nowhere are told with their number and why", () => {
	const text = `serial,access code\r\n# the new ones\r\n\r\n${SERIAL},11111111\r\nNobody,22222222\r\n33333333\r\n${OTHER},\r\n${SERIAL},44444444`;
	assert.deepEqual(codesOf(text), { codes: { [SERIAL]: "44444444" }, astray: [[4, "again"], [5, "unknown"], [6, "alone"], [7, "code"]] });
	const twins = [{ key: "A", words: ["A", "Twin"] }, { key: "B", words: ["B", "Twin"] }];
	assert.deepEqual(codesOf("Twin,12345678\nB,12345678", twins), { codes: { B: "12345678" }, astray: [[1, "many"]] });
});

test("a table that is long, wide or hostile is read in part", () => {
	assert.equal(parseCodes("x,1\n".repeat(5000)).length, 1000);
	assert.ok(parseCodes(`${'"'.repeat(60000)},1\n${"a,".repeat(30000)}`).every(({ words }) => words.join().length <= 400));
	assert.deepEqual(codesOf("__proto__,12345678\nconstructor 12345678").codes, {});
});

test("codes alone go to the fields below, an empty line passes one over", () => {
	const { codes, astray } = fillDown(parseCodes("11111111\n\n33333333\n44444444", true), ["a", "b", "c"]);
	assert.deepEqual([...codes].map(([key, { code }]) => [key, code]), [["a", "11111111"], ["c", "33333333"]]);
	assert.deepEqual(astray, [{ number: 4, word: "", why: "alone" }]);
});

test("a list of addresses brings names and codes along; a name is no code", () => {
	const list = parseAddresses(`192.0.2.7\n192.0.2.8, Anna\nBerta;${OTHER};192.0.2.9;1a2b3c4d\nno address\n192.0.2.10 12345678\n192.0.2.7,Last`,
		(text) => addressFault(text) === null);
	assert.deepEqual(list, [{ address: "192.0.2.7", name: "Last", code: "" }, { address: "192.0.2.8", name: "Anna", code: "" },
		{ address: "192.0.2.9", name: "Berta", code: "1a2b3c4d" }, { address: "192.0.2.10", name: "", code: "12345678" }]);
});

/* -- rows ------------------------------------------------------------------------------------------------ */

test("what was typed stays when a printer is found again, also elsewhere; trust does not outlive its certificate", () => {
	const rows = rowsOf(found({ verified: "unknown" })), row = rows.get(SERIAL);
	Object.assign(row, { code: "12345678", name: "Anna", wasNamed: true, trusted: true });
	mergeFound(rows, [found({ verified: "unknown", address: "192.0.2.70" })]);
	assert.deepEqual([rows.size, row.code, row.name, row.trusted, row.found.address], [1, "12345678", "Anna", true, "192.0.2.70"]);
	mergeFound(rows, [found({ certificateSha256: null, address: "192.0.2.66" })]);
	assert.equal(row.found.address, "192.0.2.70", "a claim is no proof");
	mergeFound(rows, [found({ verified: "unknown", certificateSha256: "cd".repeat(32) })]);
	assert.deepEqual([row.code, row.trusted], ["12345678", false]);
	assert.equal(isTouched(row), true);
	assert.equal(isTouched(rowsOf(found()).get(SERIAL)), false);
});

test("rows stand by address as numbers; those that were here before stand last", () => {
	const rows = rowsOf(...["192.0.2.10", "192.0.2.9", "fe80::1", "10.0.0.1"].map((address, i) => found({ serial: `S${i}`, address })));
	assert.deepEqual(inOrder(rows, (row) => row.key === "S3").map((row) => row.key), ["S1", "S0", "S2", "S3"]);
});

test("what a row is: open, closed, here already, here with another address", () => {
	const state = (more, doc) => stateOf(rowsOf(found(more)).get(more?.serial ?? SERIAL), doc, false, NOW).state;
	assert.equal(state(), "open");
	assert.equal(state({ mqttOpen: false }), "closed");
	assert.equal(state({ added: true, addedAddress: "192.0.2.7", mqttOpen: false }), "added");
	assert.equal(state({ added: true, addedAddress: "192.0.2.99" }), "moved");
	assert.equal(state({ added: true, addedAddress: "192.0.2.99" }, kept()), "added", "the store knows better");
	assert.equal(stateOf(rowsOf(found({ serial: null })).get("192.0.2.7"), undefined, false, NOW).state, "closed");
});

test("only a certificate that nobody vouches for is approved, and only its own", () => {
	const row = rowsOf(found({ verified: "unknown", model: "Other" })).get(SERIAL);
	assert.equal(lacksOf(row), "code");
	row.code = "12345678";
	assert.equal(lacksOf(row), "trust");
	row.trusted = true;
	assert.equal(lacksOf(row), null);
	assert.deepEqual(addBody(row), { serial: SERIAL, address: "192.0.2.7", accessCode: "12345678", name: "Shelf 3 left",
		certificateSha256: "ab".repeat(32) });
	assert.equal("certificateSha256" in addBody(rowsOf(found()).get(SERIAL)), false);
});

test("a second try sends what is another now, or nothing", () => {
	const row = rowsOf(found()).get(SERIAL);
	row.code = "12345678";
	row.sent = { atMs: NOW, mark: "", body: addBody(row) };
	assert.equal(changeBody(row), null);
	row.code = "87654321";
	assert.deepEqual(changeBody(row), { serial: SERIAL, accessCode: "87654321" });
});

test("how it went counts from what was sent: what the link said before is no outcome", () => {
	const refused = kept({ fault: "code-refused", sentence: "No.", remedy: "Read it." });
	const sent = { atMs: NOW, mark: markOf(refused) };
	assert.equal(outcomeOf(sent, undefined, false, NOW).state, "linking");
	assert.equal(outcomeOf(sent, refused, false, NOW + 1000).state, "linking");
	const again = kept({ fault: "code-refused", sentence: "No.", remedy: "Read it.", since: "b" });
	const outcome = outcomeOf(sent, again, false, NOW + 1000);
	assert.deepEqual([outcome.state, outcome.problem.remedy], ["fault", "Read it."]);
	assert.equal(outcomeOf(sent, kept({ since: "c", phase: "tcp" }), false, NOW + 2000).state, "fault", "Fuse tries again by itself");
	assert.equal(outcomeOf(sent, kept({ since: "d", online: true }), false, NOW + 3000).state, "live");
	assert.equal(outcomeOf({ atMs: NOW, mark: markOf(refused) }, refused, false, NOW + 10000).state, "fault", "nothing has come: it is so still");
	assert.equal(outcomeOf({ atMs: NOW, mark: "" }, kept({ fault: "process", since: "c" }), true, NOW).state, "linking",
		"it is just being started");
});

test("Developer Mode off is told though it is linked; what comes long after is for the card", () => {
	const sent = { atMs: NOW, mark: "" }, live = kept({ online: true, phase: "live" });
	const off = { id: "developer-mode-off", sentence: "Developer Mode is off.", remedy: "Switch it on." };
	assert.equal(outcomeOf(sent, live, false, NOW).state, "live");
	const warned = outcomeOf(sent, { ...live, stat: { link: { problems: [off] } } }, false, NOW + 2000);
	assert.deepEqual([warned.state, warned.problem.remedy], ["warned", "Switch it on."]);
	assert.equal(outcomeOf(sent, live, false, NOW + 3000).state, "live");
	assert.equal(outcomeOf(sent, kept({ fault: "lost", sentence: "Lost.", since: "z" }), false, NOW + 60000).state, "live");
});

test("the sum is of those that were sent", () => {
	assert.deepEqual(tally(["live", "live", "linking", "fault", "warned", "refused", "open", "added", "closed"]), { total: 6, live: 2, busy: 1, bad: 3 });
});

/* -- texts ------------------------------------------------------------------------------------------------ */

test("every text of finding printers is there, and none is unused", () => {
	const folder = new URL("../../www/js/later/finder/", import.meta.url);
	const code = [...readdirSync(folder).map((name) => new URL(name, folder)), ...["guide", "ways"].map((name) => new URL(`../../www/js/printers/${name}.js`, import.meta.url))]
		.map((file) => readFileSync(file, "utf8")).join("\n");
	const asked = [...code.matchAll(/["`](finder\.[A-Za-z.-]+)["`]/g)].map((match) => match[1]);
	const stems = [...code.matchAll(/`(finder\.[A-Za-z.-]*)\$\{/g)].map((match) => match[1]);
	assert.ok(asked.length > 40);
	assert.deepEqual([...new Set(asked)].filter((key) => !(key in texts)), []);
	assert.deepEqual(Object.keys(texts).filter((key) => !asked.includes(key) && !stems.some((stem) => key.startsWith(stem))), []);
	const whole = (stem, ...keys) => keys.map((key) => `finder.${stem}.${key}`);
	const keys = [...whole("astray", "unknown", "many", "code", "alone", "again", "closed"), ...whole("lacks", "code", "trust"),
		...whole("state", "sending", "linking", "live", "warned", "fault", "refused", "added", "moved", "closed", "recoded"),
		...whole("outcome", "busy", "some", "live"), ...whole("kind", "ssdp", "subnet", "list")];
	assert.deepEqual(keys.filter((key) => !(key in texts)), []);
});
