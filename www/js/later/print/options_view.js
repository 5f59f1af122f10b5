/*
 * How a plate is printed: all that is usual stays folded.
 */
import { h } from "../../core/dom.js";
import { field } from "../../core/parts.js";
import { t } from "../../core/strings.js";
import { OPTIONS } from "./draft.js";

function choice({ name, values }, draft, changed) {
	const input = h("select", { class: "select select--small", on: { change: () => {
		draft.options[name] = values[input.selectedIndex];
		changed();
	} } }, values.map((value) => h("option", null, t(name === "bedType" ? `print.bedType.${value}` : `print.choice.${value}`))));
	return field({ label: t(`print.option.${name}`), input, role: `option-${name}` }).node;
}

function flag({ name }, draft, changed) {
	const input = h("input", { type: "checkbox", dataset: { role: `option-${name}` }, on: { change: () => {
		draft.options[name] = input.checked;
		changed();
	} } });
	return h("label", { class: "check" }, input, t(`print.option.${name}`));
}

/** {node, update(hasTwoNozzles)}. changed(): an option is another now; it is in the draft. */
export function optionsView(draft, changed) {
	const parts = OPTIONS.map((option) => ({ option, node: (option.values.length > 2 ? choice : flag)(option, draft, changed) }));
	const of = (isFlag) => parts.filter((part) => (part.option.values.length === 2) === isFlag).map((part) => part.node);
	return {
		node: h("details", { class: "form__more", dataset: { role: "options" } }, h("summary", null, t("print.options")),
			h("div", { class: "print__options" }, of(false)), h("div", { class: "row print__flags" }, of(true))),
		update(hasTwoNozzles) {
			for (const { option, node } of parts)
				node.hidden = option.twoNozzles === true && !hasTwoNozzles;
		},
	};
}
