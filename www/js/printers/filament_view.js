/*
 * AMS units and external spools, drawn: a swatch for each place, humidity and drying beside it.
 */
import { h, setAttr, setText } from "../core/dom.js";
import { celsius, duration } from "../core/format.js";
import { icon } from "../core/icons.js";
import { t } from "../core/strings.js";
import { filamentOf } from "./filament.js";
import { setTip } from "./tips.js";

const WET_INDEX = 2; /* 1 wet to 5 dry */

function unitTitle(unit) {
	const base = unit.external ? t("printers.spool.external") : unit.title;
	return unit.side ? t("printers.spool.side", { unit: base, side: t(`printers.side.${unit.side}`) }) : base;
}

/* One sentence of all that the swatch shows, for those who do not see it. */
function slotWords(unit, slot) {
	const parts = [unit.external ? unitTitle(unit) : t("printers.slot.place",
		{ unit: unitTitle(unit), place: slot.place })];
	if (slot.kind === "filled")
		parts.push(slot.name.includes(slot.label) ? slot.name : `${slot.material} ${slot.name}`,
			slot.hexes.join(", "));
	else
		parts.push(t(`printers.slot.${slot.kind}`));
	if (slot.remain !== null && slot.kind === "filled")
		parts.push(t("printers.slot.remain", { n: Math.round(slot.remain) }));
	if (slot.active)
		parts.push(t("printers.slot.active"));
	return parts.filter((part) => part !== "").join(", ");
}

function paint(swatch, slot) {
	if (slot.kind !== "filled")
		return;
	const css = slot.hexes.length > 0 ? slot.hexes : ["#80808000"];
	const stripes = css.map((hex, i) => `${hex} ${(i * 100) / css.length}% ${((i + 1) * 100) / css.length}%`);
	swatch.style.setProperty("--paint", css.length > 1 ? `linear-gradient(100deg, ${stripes.join(", ")})`
							    : `linear-gradient(${css[0]}, ${css[0]})`);
	if (slot.remain !== null)
		swatch.style.setProperty("--remain", `${Math.min(Math.max(slot.remain, 0), 100)}%`);
}

function tipRow(label, value) {
	return value ? h("div", { class: "tip__row" }, h("span", { class: "tip__label" }, label),
		h("span", null, value)) : null;
}

/* What is known of a slot, below one another. */
function slotTip(unit, slot) {
	const chips = slot.colors.length > 0 && slot.kind === "filled" &&
		h("span", { class: "tip__chips" }, slot.hexes.map((hex) =>
		h("span", { class: "tip__chip", style: { "background-color": hex } })));
	const heading = slot.kind === "filled" ? slot.name || slot.material : t(`printers.slot.${slot.kind}`);
	return [
		h("p", { class: "tip__title" }, chips, h("span", null, heading || t("printers.slot.unknown"))),
		tipRow(t("printers.slot.where"), unit.external
			? unitTitle(unit) : t("printers.slot.place", { unit: unitTitle(unit), place: slot.place })),
		slot.remembered && tipRow(t("printers.slot.was"), slot.name),
		slot.kind === "filled" && tipRow(t("printers.slot.color"), slot.hexes.join(" ") || t("printers.unknown")),
		slot.kind === "filled" && tipRow(t("printers.slot.profile"), slot.profile),
		slot.nozzleMin !== null && slot.kind === "filled" &&
			tipRow(t("printers.slot.heat"), `${celsius(slot.nozzleMin)} – ${celsius(slot.nozzleMax)}`),
		slot.kind === "filled" && tipRow(t("printers.slot.left"), slot.remain === null
			? t("printers.slot.leftUnknown")
			: t("printers.percent", { n: Math.round(slot.remain) })),
		slot.active && h("p", { class: "tip__note" }, t("printers.slot.active")),
	];
}

function slotNode(unit, slot, isFirst) {
	const swatch = h("button", {
		type: "button", class: ["slot", `slot--${slot.kind}`, slot.clear && "slot--clear", slot.active &&
			"slot--active"].filter(Boolean).join(" "),
		tabindex: isFirst ? "0" : "-1", "aria-label": slotWords(unit, slot),
		dataset: { role: "slot", kind: slot.kind, unit: unit.key, place: slot.place },
	});
	const label = slot.kind === "filled" ? slot.label : slot.kind === "empty" ? "" : "?";
	const classes = ["slot__label", `slot__label--${slot.ink}`, slot.plate && "slot__label--plate",
		label.length > 4 && "slot__label--long"];
	swatch.append(h("span", { class: classes.filter(Boolean).join(" ") }, label));
	if (slot.remain !== null && slot.kind === "filled")
		swatch.append(h("span", { class: "slot__remain" }));
	paint(swatch, slot);
	setTip(swatch, () => slotTip(unit, slot));
	return swatch;
}

function climateText(unit) {
	if (unit.humidityPercent !== null)
		return t("printers.percent", { n: Math.round(unit.humidityPercent) });
	return unit.humidityIndex !== null ? t("printers.ams.index", { n: unit.humidityIndex }) : "";
}

function climateTip(unit) {
	return [
		h("p", { class: "tip__title" }, unitTitle(unit)),
		tipRow(t("printers.ams.kind"), unit.kindName),
		unit.humidityPercent !== null && tipRow(t("printers.ams.humidity"),
			t("printers.percent", { n: Math.round(unit.humidityPercent) })),
		unit.humidityIndex !== null && tipRow(t("printers.ams.dryness"),
			t("printers.ams.indexLong", { n: unit.humidityIndex })),
		unit.celsius !== null && tipRow(t("printers.ams.temperature"), celsius(unit.celsius)),
		unit.dryingMinutes !== null && tipRow(t("printers.ams.drying"),
			t("printers.ams.dryingLeft", { left: duration(unit.dryingMinutes) })),
	];
}

function unitNode(unit, isFirst) {
	const climate = h("span", { class: "unit__climate", dataset: { role: "humidity" } });
	const state = { unit };
	const title = h("span", { class: "unit__title" }, unit.external
		? t("printers.spool.short") : unit.title.replace(/^AMS /, "AMS\u00a0"),
		unit.side && h("span", { class: "unit__side" }, t(`printers.side.${unit.side}Short`)));
	const head = h("span", { class: "unit__head" }, title, climate);
	setTip(head, () => climateTip(state.unit));
	const node = h("div", { class: `unit unit--${unit.kind}`, role: "group", "aria-label": unitTitle(unit),
		dataset: { role: "unit", kind: unit.kind } },
		head, h("span", { class: "unit__slots" }, unit.slots.map((slot, i) =>
			slotNode(unit, slot, isFirst && i === 0))));
	const words = h("span", null);
	climate.append(icon("drop"), words);
	return {
		node,
		updateClimate(now) {
			state.unit = now;
			const text = climateText(now);
			climate.hidden = text === "" && now.dryingMinutes === null;
			setText(words, now.dryingMinutes !== null
				? t("printers.ams.dryingShort", { left: duration(now.dryingMinutes) }) : text);
			setAttr(climate, "data-tone", now.dryingMinutes !== null
				? "dry" : now.humidityIndex !== null && now.humidityIndex <= WET_INDEX ? "wet" : null);
		},
	};
}

/* What decides whether the swatches must be made anew; the climate changes more often and by itself. */
function signatureOf(units) {
	return JSON.stringify(units.map(({ key, title, side, kind, slots }) => [key, title, side, kind, slots]));
}

/* Arrows move between the swatches of a printer: they are one stop for Tab. */
function moveFocus(event, node) {
	const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
	const slots = [...node.querySelectorAll(".slot")];
	const at = slots.indexOf(document.activeElement);
	if (step === undefined || at < 0)
		return;
	event.preventDefault();
	const to = slots[(at + step + slots.length) % slots.length];
	slots[at].tabIndex = -1;
	to.tabIndex = 0;
	to.focus();
}

/* {node, update(stat)}; nothing is shown for a printer that tells of nothing. */
export function filamentView() {
	const node = h("div", { class: "filament", role: "group", "aria-label": t("printers.filament"),
		dataset: { role: "filament" },
				on: { keydown: (event) => moveFocus(event, node) } });
	let seen = {};
	let signature = null;
	let parts = [];
	return {
		node,
		update(stat) {
			const { ams, externalSpools, extruders } = stat;
			if (signature !== null && seen.ams === ams && seen.externalSpools === externalSpools &&
				seen.extruders === extruders)
				return;
			seen = { ams, externalSpools, extruders };
			const units = filamentOf(stat);
			const fresh = signatureOf(units);
			if (fresh !== signature) {
				signature = fresh;
				parts = units.map((unit, i) => unitNode(unit, i === 0));
				node.replaceChildren(...parts.map((part) => part.node));
				node.hidden = units.length === 0;
			}
			parts.forEach((part, i) => part.updateClimate(units[i]));
		},
	};
}
