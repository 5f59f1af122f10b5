/*
 * strings: every text that a person sees, by key. A text may have {names}; one that depends on a count is an object by
 * plural category ({one, other}), chosen by params.count.
 */
import en from "../strings/en.js";

const language = "en";
const strings = { ...en };
const plurals = new Intl.PluralRules(language);

/** The language of the texts, for Intl and <html lang>. */
export function lang() {
	return language;
}

function template(key, params) {
	const text = strings[key];
	if (text === undefined) {
		console.error("no text for", key);
		return key;
	}
	return typeof text === "string" ? text : text[plurals.select(Number(params?.count))] ?? text.other;
}

/** The text of a key, with {name} replaced by params.name. */
export function t(key, params) {
	return template(key, params).replace(/\{(\w+)\}/g, (whole, name) => (params && name in params ? params[name] : whole));
}

/** The same as a list of children for h(): params may be nodes, e.g. names from outside. */
export function tNodes(key, params) {
	return template(key, params)
		.split(/(\{\w+\})/)
		.map((part) => (/^\{\w+\}$/.test(part) && part.slice(1, -1) in params ? params[part.slice(1, -1)] : part));
}

/** Takes up the texts of a part that is fetched later. */
export function addStrings(more) {
	Object.assign(strings, more);
}

/** Is there a text for this key? */
export function hasText(key) {
	return Object.hasOwn(strings, key);
}
