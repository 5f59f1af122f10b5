/*
 * A box for a pasted list of access codes, and what became of its lines. The codes themselves are not said again.
 */
import { h, replace } from "../core/dom.js";
import { field } from "../core/parts.js";
import { t } from "../core/strings.js";
import { plain } from "../printers/text.js";

const SHOWN = 6;

/** "Line 4 (Anna): no printer is called so." of the first, and how many there are besides. */
export function astrayNodes(astray) {
	return [
		...astray.slice(0, SHOWN).map(({ number, word, why }) => h("li", { dataset: { why } }, t("finder.line", { number }),
			word && [" (", h("bdi", null, plain(word, 40)), ")"], ": ", t(`finder.astray.${why}`))),
		...(astray.length > SHOWN ? [h("li", null, t("finder.astray.more", { count: astray.length - SHOWN }))] : []),
	];
}

/** -> {node, input, tell({filled, astray})}. typed(text) is called while somebody writes. */
export function pasteBox({ text, hint, typed }) {
	const told = h("div", { class: "paste__told", "aria-live": "polite", dataset: { role: "paste-told" } });
	const box = field({ label: t("finder.paste.label"), hint, role: "paste-codes",
		input: h("textarea", { class: "textarea input--mono", rows: "4", autocomplete: "off", spellcheck: "false", maxlength: "60000",
			placeholder: t("finder.paste.example"), value: text, on: { input: () => typed(box.input.value) } }) });
	return {
		node: h("div", { class: "stack" }, box.node, told),
		input: box.input,
		tell({ filled, astray }) {
			replace(told, filled + astray.length > 0 && h("p", { class: "strong" }, t("finder.filled", { count: filled })),
				astray.length > 0 && h("ul", { class: "small" }, astrayNodes(astray)));
		},
	};
}
