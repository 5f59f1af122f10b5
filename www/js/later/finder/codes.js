/*
 * Pasted access codes: which line is whose. No DOM.
 *
 * A line names a printer by serial number, address or name, and has its code: parted by comma, semicolon or tab, else by the
 * last space. Quotes around a cell, a line with headings, and lines that begin with "#" are as tables and notes have them.
 */
const CODE = /^[\x21-\x7e]{1,64}$/;
/* As printers show them, the likelier form first. */
const USUAL_CODES = [/^[0-9]{8}$/, /^(?=.*[0-9])[0-9A-Za-z]{8}$/, /./];
const HEADING = /^(access[ _-]?)?codes?$/i;
const LINES_MAX = 1000;
const LONGEST_LINE = 400;

/* What parts the cells is no part of a quoted one: an even number of quotes follows it. */
function cellsOf(line) {
	const text = line.trim().slice(0, LONGEST_LINE), bare = text.replace(/"[^"]*"/g, "");
	const mark = ["\t", ";", ","].find((one) => bare.includes(one));
	const cells = mark ? text.split(new RegExp(`${mark}(?=(?:[^"]*"[^"]*")*[^"]*$)`)) : text.match(/^(.*)\s(\S+)$/)?.slice(1) ?? [text];
	return cells.map((cell) => cell.trim().replace(/^"(.*)"$/, "$1").trim());
}

/* Of a table with more columns: what looks like a code; else the last. The first says whose it is, unless it is alone. */
function codeAt(cells) {
	const ats = USUAL_CODES.map((form) => cells.findLastIndex((cell, i) => i > 0 && form.test(cell)));
	return Math.max(0, ats.find((at) => at > 0) ?? cells.findLastIndex((cell) => cell !== ""));
}

/**
 * -> [{number (from 1), words: what names a printer (none: the line is a code alone), code: "" when it has none that can be one}].
 * Empty lines are left out, or with keepEmpty in the list without words and code.
 */
export function parseCodes(text, keepEmpty = false) {
	const rows = [];
	text.split(/\r\n|\r|\n/).slice(0, LINES_MAX).forEach((line, i) => {
		const cells = cellsOf(line);
		if (/^\s*#/.test(line) || (cells.length > 1 && cells.some((cell) => HEADING.test(cell))))
			return;
		const empty = cells.every((cell) => cell === "");
		if (empty && !keepEmpty)
			return;
		const at = codeAt(cells);
		const words = cells.filter((cell, j) => j !== at && cell !== "");
		/* "01P00A…," is a printer without a code. */
		const alone = words.length === 0 && cells.length > 1;
		rows.push({ number: i + 1, words: alone ? [cells[at]] : words,
			code: !alone && !empty && CODE.test(cells[at]) ? cells[at] : "" });
	});
	return rows;
}

const fold = (text) => text.normalize("NFC").toLowerCase();

/* Word -> keys of those that are called so. */
function indexOf(candidates) {
	const index = new Map();
	for (const { key, words } of candidates)
		for (const word of new Set(words.filter(Boolean).map(fold)))
			index.set(word, [...(index.get(word) ?? []), key]);
	return index;
}

/**
 * Which line is whose. candidates: [{key, words: [serial number, address, names …]}].
 * -> {codes: Map key -> {code, number, word}, astray: [{number, word, why}]}; why: "unknown" (none is called so), "many"
 * (several are), "code" (the line has none), "alone" (a code without a name), "again" (a later line has another for the same).
 */
export function matchCodes(lines, candidates) {
	const index = indexOf(candidates), codes = new Map(), astray = [];
	for (const { number, words, code } of lines) {
		const found = words.map((word) => index.get(fold(word))).filter(Boolean);
		const one = found.find((keys) => keys.length === 1)?.[0], word = words[0] ?? "";
		const why = words.length === 0 ? "alone" : one === undefined ? (found.length > 0 ? "many" : "unknown")
			: code === "" ? "code" : null;
		const before = why === null ? codes.get(one) : undefined;
		if (before && before.code !== code)
			astray.push({ number: before.number, word, why: "again" });
		if (why === null)
			codes.set(one, { code, number, word });
		else
			astray.push({ number, word, why });
	}
	return { codes, astray: astray.sort((a, b) => a.number - b.number) };
}

/**
 * Codes alone, pasted into a printer's field: they go to it and to those below it. keys: of these, in their order.
 * -> as matchCodes(): an empty line passes one over; what is left at the end is astray ("alone").
 */
export function fillDown(lines, keys) {
	const told = lines.map(({ number, code }, i) => ({ number, code, key: keys[i], word: "" })).filter(({ code }) => code !== "");
	return { codes: new Map(told.filter(({ key }) => key !== undefined).map((one) => [one.key, one])),
		astray: told.filter(({ key }) => key === undefined).map(({ number, word }) => ({ number, word, why: "alone" })) };
}

/**
 * A list of addresses, one a line, with what may stand beside: -> [{address, name, code}], each address once. isAddress(text).
 * Only what looks like one is a code here: beside an address also a name may stand alone.
 */
export function parseAddresses(text, isAddress) {
	const found = new Map();
	for (const line of text.split(/\r\n|\r|\n/).slice(0, LINES_MAX)) {
		const cells = /[\t;,"]/.test(line) ? cellsOf(line) : line.trim().slice(0, LONGEST_LINE).split(/\s+/);
		const address = cells.find(isAddress);
		if (address === undefined)
			continue;
		const code = cells[codeAt(cells)];
		const isCode = USUAL_CODES.slice(0, 2).some((form) => form.test(code));
		const name = cells.find((cell) => cell !== "" && !isAddress(cell) && !(isCode && cell === code) && !/^[0-9A-Z]{15}$/.test(cell));
		found.set(address, { address, name: name ?? "", code: isCode ? code : "" });
	}
	return [...found.values()];
}
