/*
 * The plates of a file, to choose one: picture, time, weight, filaments.
 */
import { h, replace } from "../../core/dom.js";
import { platePicture } from "../../core/picture.js";
import { t } from "../../core/strings.js";
import { plain } from "../../printers/text.js";
import { printTime, weight } from "./amount.js";
import { plateFacts } from "./draft.js";
import { filamentWords, swatch } from "./swatch.js";

/** "1 h 24 min · 32 g · 212 layers", as far as the file tells. */
export function plateWords(plate) {
	const { seconds, grams, layers } = plateFacts(plate);
	return [seconds !== null && printTime(seconds), grams !== null && weight(grams),
		layers !== null && t("print.layers", { count: layers })].filter(Boolean).join(" · ");
}

/** The filaments of a plate, each as a swatch and words. */
export function plateFilaments(plates, plate) {
	return h("span", { class: "pfilaments" }, (plate.filaments ?? []).map(({ index }) => {
		const filament = plates.filaments?.find((one) => one.index === index) ?? {};
		return h("span", { class: "pfilament" }, swatch(filament.color), filamentWords(filament));
	}));
}

function card(file, plates, plate, isChosen, choose) {
	const picture = platePicture({ class: "plate__picture" });
	if (plate.picture !== false)
		picture.show(file, plate.plate);
	const input = h("input", { type: "radio", name: "plate", value: plate.plate, checked: isChosen, dataset: { role: "plate" },
		on: { change: () => choose(plate.plate) } });
	return h("label", { class: "plate" }, input, picture.node, h("span", { class: "plate__text" },
		h("span", { class: "strong" }, plain(plate.name, 60) ? t("print.plateNamed", { n: plate.plate, name: plain(plate.name, 60) })
			: t("print.plate", { n: plate.plate })),
		h("span", { class: "small muted" }, plateWords(plate)), plateFilaments(plates, plate)));
}

/** {node, show(file, plates, chosen)}. choose(number) */
export function platePicker(choose) {
	const node = h("fieldset", { class: "plates", dataset: { role: "plates" }, hidden: true });
	let shown;
	return {
		node,
		show(file, plates, chosen) {
			if (plates === shown)
				return; /* the focus is in it */
			shown = plates;
			node.hidden = plates === null || plates.plates.length < 2;
			replace(node, !node.hidden && [h("legend", { class: "field__label" }, t("print.whichPlate")),
				h("div", { class: "plates__grid" }, plates.plates.map((plate) => card(file, plates, plate, plate.plate === chosen, choose)))]);
		},
	};
}
