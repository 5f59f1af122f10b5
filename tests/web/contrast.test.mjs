/*
 * Both themes hold WCAG 2.2 AA: 4.5 : 1 for text, 3 : 1 for what one must see to use a control. Computed from css/tokens.css.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const css = readFileSync(new URL("../../www/css/tokens.css", import.meta.url), "utf8");

function tokens(selector) {
	const at = css.indexOf(selector);
	assert.notEqual(at, -1, selector);
	const block = css.slice(css.indexOf("{", at), css.indexOf("}", at));
	return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((found) => [found[1], found[2]]));
}

function luminance(hex) {
	const part = (at) => {
		const value = parseInt(hex.slice(at, at + 2), 16) / 255;
		return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
	};
	return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

function contrast(a, b) {
	const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
	return (light + 0.05) / (dark + 0.05);
}

const TONES = ["ok", "warn", "bad", "info", "idle"];
const SURFACES = ["bg", "chrome", "surface", "surface-2", "surface-3"];
const TEXT = [
	...SURFACES.flatMap((surface) => [["text", surface], ["text-2", surface]]),
	...["bg", "chrome", "surface", "surface-2", "accent-bg"].map((surface) => ["accent-text", surface]),
	...TONES.flatMap((tone) => [[tone, `${tone}-bg`], [tone, "surface"], [tone, "surface-2"], ["text", `${tone}-bg`], ["text-2", `${tone}-bg`]]),
	["text", "accent-bg"], ["text-2", "accent-bg"],
	["on-accent", "accent"], ["on-accent", "accent-hover"], ["on-danger", "danger"], ["on-danger", "danger-hover"],
];
const SHAPES = [
	...["bg", "chrome", "surface", "surface-2"].flatMap((surface) => [["line-strong", surface], ["focus", surface]]),
	["fill", "track"], ["fill", "surface"], ["fill", "chrome"], ["ok", "track"], ["warn", "track"], ["bad", "track"],
];

for (const [theme, selector] of [["dark", ':root[data-theme="dark"] {'], ["light", ':root[data-theme="light"] {']]) {
	test(`contrast in the ${theme} theme`, () => {
		const colors = tokens(selector);
		const low = [...TEXT.map((pair) => [...pair, 4.5]), ...SHAPES.map((pair) => [...pair, 3])]
			.map(([front, back, least]) => ({ front, back, least, is: contrast(colors[front], colors[back]) }))
			.filter(({ is, least }) => !(is >= least));
		assert.deepEqual(low, []);
	});
}
