/*
 * The field of AMS units: a list of what people usually have, and for any other combination how many of each kind.
 */
import { h, replace, setText } from "../../core/dom.js";
import { field } from "../../core/parts.js";
import { t } from "../../core/strings.js";
import { countOf, kindsOf, slotsOf, usualOf, withCount, wordsOf } from "./units.js";

const OTHER = "other";

/** draft.units is what was chosen. -> {node, input, offer(amsKinds): of another model, setError(text | null)} */
export function unitsField(draft) {
	const select = h("select", { class: "select", on: { change: () => choose(select.value) } });
	const whole = field({ label: t("virtual.units"), role: "virtual-units", input: select });
	const counts = h("div", { class: "form__pair", hidden: true, dataset: { role: "virtual-counts" } });
	const sum = h("p", { class: "small muted", "aria-live": "polite", dataset: { role: "virtual-sum" } });
	let amsKinds = [];

	function tell() {
		const count = slotsOf(draft.units);
		sum.hidden = counts.hidden || count === 0;
		setText(sum, count > 0 ? t("virtual.units.sum", { units: wordsOf(draft.units), count }) : "");
	}

	function countField({ kind, most }) {
		const name = t(`virtual.units.kind.${kind}`);
		const one = field({ label: t("virtual.units.count", { kind: name }), role: `virtual-count-${kind}`,
			input: h("select", { class: "select", on: { change: () => {
				draft.units = withCount(draft.units, kind, Number(one.input.value));
				whole.setError(null);
				tell();
			} } }, Array.from({ length: most + 1 }, (_, n) => h("option", { value: String(n) }, String(n)))) });
		one.input.value = String(countOf(draft.units, kind));
		return one.node;
	}

	function showCounts(isShown) {
		counts.hidden = !isShown;
		replace(counts, isShown && kindsOf(amsKinds).map(countField));
		tell();
	}

	function choose(value) {
		whole.setError(null);
		if (value !== OTHER)
			draft.units = value === "" ? [] : value.split(",");
		showCounts(value === OTHER);
	}
	return {
		node: h("div", { class: "stack" }, whole.node, counts, sum), input: select, setError: whole.setError,
		offer(kinds) {
			amsKinds = kinds;
			const usual = usualOf(kinds), present = draft.units.join();
			replace(select, usual.map((units) => h("option", { value: units.join() }, wordsOf(units))),
				kinds.length > 0 && h("option", { value: OTHER }, t("virtual.units.other")));
			select.value = usual.some((units) => units.join() === present) ? present : OTHER;
			showCounts(select.value === OTHER);
		},
	};
}
