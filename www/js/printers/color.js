/*
 * Colours of filament, and the ink that can be read on them (WCAG 2.2: 4.5 to 1). No DOM.
 */

/* Under filament that lets light through lies a checkerboard of these two. */
export const CHECKERS = [{ r: 255, g: 255, b: 255 }, { r: 176, g: 184, b: 196 }];

const BLACK = { r: 0, g: 0, b: 0 };
const WHITE = { r: 255, g: 255, b: 255 };

/* "RRGGBBAA" or "RRGGBB" to {r, g, b, a}, each 0 to 255; null when it is none. */
export function parseColor(text) {
	if (typeof text !== "string" || !/^([0-9a-f]{6}|[0-9a-f]{8})$/i.test(text))
		return null;
	const part = (at) => parseInt(text.slice(at, at + 2), 16);
	return { r: part(0), g: part(2), b: part(4), a: text.length === 8 ? part(6) : 255 };
}

function hex(n) {
	return n.toString(16).padStart(2, "0").toUpperCase();
}

/* For people: "#00AE42", with the alpha only where it matters. */
export function hexOf(color) {
	return `#${hex(color.r)}${hex(color.g)}${hex(color.b)}${color.a === 255 ? "" : hex(color.a)}`;
}

function over(color, ground) {
	const alpha = color.a / 255;
	const mix = (top, below) => Math.round(top * alpha + below * (1 - alpha));
	return { r: mix(color.r, ground.r), g: mix(color.g, ground.g), b: mix(color.b, ground.b) };
}

/* Relative luminance, 0 to 1. */
export function luminance({ r, g, b }) {
	const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
	return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/* Contrast of two colours, 1 to 21. */
export function contrast(one, other) {
	const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
	return (light + 0.05) / (dark + 0.05);
}

/*
 * The ink for a label that lies on all of `colors`: {ink: 'black'|'white', plate}. `plate`: neither can be read on all of
 * them (only of several colours, or of clear filament), so the label needs a ground of its own.
 */
export function inkOn(colors) {
	const grounds = colors.flatMap((c) => (c.a === 255 ? [c] : CHECKERS.map((square) => over(c, square))));
	const worst = (ink) => Math.min(...grounds.map((ground) => contrast(ink, ground)));
	const [black, white] = [worst(BLACK), worst(WHITE)];
	return { ink: black >= white ? "black" : "white", plate: Math.max(black, white) < 4.5 };
}
