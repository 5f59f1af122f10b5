/*
 * A filament's colour as a small square; the words beside it say the same.
 */
import { h } from "../../core/dom.js";
import { t } from "../../core/strings.js";
import { hexOf, parseColor } from "../../printers/color.js";
import { plain } from "../../printers/text.js";

/** color: "RRGGBBAA", or "" where it is not known. */
export function swatch(color) {
	const parsed = parseColor(color);
	return h("span", { class: parsed ? "swatch" : "swatch swatch--none", "aria-hidden": "true",
		style: parsed ? { "--paint": hexOf(parsed) } : {} });
}

/** "PLA #FF8000"; "" for nothing. */
export function filamentWords({ material, color }) {
	const parsed = parseColor(color);
	return [plain(material, 24), parsed && hexOf({ ...parsed, a: 255 })].filter(Boolean).join(" ") || t("print.tray.unknown");
}
