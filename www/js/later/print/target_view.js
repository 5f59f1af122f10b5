/*
 * What a printer that was chosen says to the plate: which tray feeds what, what stands in the way, and how its job came to be.
 */
import { h, replace, setAttr } from "../../core/dom.js";
import { icon } from "../../core/icons.js";
import { menuButton } from "../../core/menu.js";
import { badge, callout, setBadge } from "../../core/parts.js";
import { t } from "../../core/strings.js";
import { jobPath } from "../../printers/job_part.js";
import { finite, plain } from "../../printers/text.js";
import { weight } from "./amount.js";
import { findingsOf, fitOf, hotendChoices, mappingRows, standingOf } from "./draft.js";
import { filamentWords, swatch } from "./swatch.js";

const STANDINGS = { asking: ["info", "refresh"], unchecked: ["warn", "clock"], impossible: ["bad", "error"], undecided: ["warn", "warning"],
	ready: ["ok", "check"], sending: ["info", "refresh"], accepted: ["ok", "check"], refused: ["bad", "error"] };
const FIT_ICONS = { same: "check", "color-differs": "info", "material-differs": "warning", empty: "warning", none: "error" };

function trayWords(tray) {
	return [plain(tray.label, 12), filamentWords(tray)].filter(Boolean).join(" · ");
}

/* -- which tray feeds what ---------------------------------------------------------------------------- */

function trayItem(filament, tray, isChosen, choose) {
	const remain = finite(tray.remainPercent);
	return { label: trayWords(tray), swatch: swatch(tray.color), checked: isChosen, role: "tray",
		hint: [t(`print.fit.${fitOf(filament, tray)}`), remain !== null && remain >= 0 && t("printers.slot.remain", { n: Math.round(remain) })]
			.filter(Boolean).join(" · "),
		run: () => choose({ amsId: tray.amsId, slotId: tray.slotId }) };
}

/* "Hotend 2: 0.4 mm, high flow" */
function hotendWords({ number, diameterMm, highFlow, mounted, fits }) {
	return [t("print.hotend", { n: number }), finite(diameterMm) !== null && t("printers.mm", { n: diameterMm }),
		highFlow === true && t("print.hotend.highFlow"), mounted && t("print.hotend.mounted"), !fits && t("print.hotend.differs")].filter(Boolean).join(" · ");
}

/* Which of the rack. choose(place | null): null for what the printer takes */
function hotendPart(filament, hotends, chosen, choose) {
	const places = [null, ...hotends.map((one) => one.place)];
	const input = h("select", { class: "select select--small", dataset: { role: "hotend" },
		"aria-label": t("print.hotendOf", { filament: filamentWords(filament) }), on: { change: () => choose(places[input.selectedIndex]) } },
	h("option", { selected: chosen === null }, t("print.hotend.auto")),
	hotends.map((one) => h("option", { selected: one.place === chosen }, hotendWords(one))));
	return h("div", { class: "maprow__hotend" }, input);
}

/* choose(place | null): null for what Fuse proposes */
function mappingRow({ filament, tray, fit, isChosen }, trays, choose, hotend) {
	const words = tray === null ? t("print.tray.none") : trayWords(tray);
	const opener = h("button", { type: "button", class: "btn btn--plain btn--small maprow__tray", dataset: { role: "map" },
		"aria-label": t("print.mapOf", { filament: filamentWords(filament), tray: words }) },
	tray !== null && swatch(tray.color), h("span", { class: "clip" }, words), icon("chevron-down"));
	menuButton(opener, () => [
		{ label: t("print.tray.auto"), hint: t("print.tray.autoHint"), iconName: "refresh", checked: !isChosen, role: "tray-auto", run: () => choose(null) },
		null, ...trays.map((one) => trayItem(filament, one, isChosen && one === tray, choose))]);
	const grams = finite(filament.grams);
	return h("li", { class: "maprow", dataset: { role: "mapping", index: filament.index, fit } },
		h("span", { class: "maprow__need" }, swatch(filament.color), h("span", null, filamentWords(filament),
			grams !== null && h("span", { class: "muted" }, " · ", weight(grams)))),
		icon("arrow-right", { class: "maprow__arrow" }), opener,
		h("span", { class: `maprow__fit maprow__fit--${fit}`, dataset: { role: "fit" } }, icon(FIT_ICONS[fit]), t(`print.fit.${fit}`)), hotend);
}

/* -- what stands in the way ----------------------------------------------------------------------------- */

function findingNode(finding, tone, after) {
	const node = callout(tone, h("p", { class: "callout__title" }, plain(finding.sentence, 240)),
		plain(finding.remedy) && h("p", null, plain(finding.remedy, 400)), after);
	setAttr(node, "data-role", "finding");
	setAttr(node, "data-finding", plain(finding.finding, 40));
	return node;
}

function warningNode(finding, target, changed) {
	const input = h("input", { type: "checkbox", checked: target.accepts.has(finding.finding), dataset: { role: "accept" }, on: { change: () => {
		target.accepts[input.checked ? "add" : "delete"](finding.finding);
		changed();
	} } });
	return findingNode(finding, "warn", h("label", { class: "check" }, input, t("print.anyway")));
}

function resultNode(result) {
	if (result?.state === "accepted")
		return h("p", { class: "small", dataset: { role: "result" } }, plain(result.job.sentence, 240), " ",
			h("a", { href: jobPath(result.job), dataset: { role: "result-job" } }, t("print.showJob")));
	if (result?.state === "refused")
		return callout("bad", h("p", { class: "callout__title", dataset: { role: "result" } }, result.error.detail || result.error.title),
			result.error.remedy && h("p", null, result.error.remedy));
	return null;
}

/**
 * One target. changed(isOrder): something was chosen; isOrder: so that its printer is to be asked again.
 * -> {badge, node, update()}: the badge stands beside the printer's name
 */
export function targetView(target, changed) {
	const state = badge("info", ""), node = h("div", { class: "target", dataset: { role: "target", serial: target.serial } });
	state.classList.add("target__badge");
	setAttr(state, "data-role", "standing");
	let drawn = null;

	function choose(index, place) {
		if (place === null)
			target.places.delete(index);
		else
			target.places.set(index, place);
		/* What was accepted of one tray is not of the next. */
		target.accepts.clear();
		changed(true);
	}

	function chooseHotend(index, place) {
		target.hotends.set(index, place);
		target.accepts.clear();
		changed(true);
	}

	function hotendOf(filament) {
		const hotends = hotendChoices(target, filament);
		return hotends.length > 0 && hotendPart(filament, hotends, target.hotends.get(filament.index) ?? null, (place) => chooseHotend(filament.index, place));
	}

	function content() {
		const { check, result } = target;
		if (result?.state === "accepted")
			return resultNode(result);
		const { impossible, warnings, notes } = findingsOf(target);
		const rows = mappingRows(target);
		return [resultNode(result), check.state === "failed" && callout("warn",
			h("p", { class: "callout__title" }, check.error.detail || check.error.title), h("p", null, t("print.unchecked"))),
		rows.length > 0 && h("ul", { class: "maprows", "aria-label": t("print.mapping") }, rows.map((row) =>
			mappingRow(row, check.answer.trays ?? [], (place) => choose(row.filament.index, place), hotendOf(row.filament)))),
		impossible.map((one) => findingNode(one, "bad")), warnings.map((one) => warningNode(one, target, () => changed(false))),
		notes.map((one) => h("p", { class: "small muted target__note", dataset: { role: "finding", finding: plain(one.finding, 40) } }, icon("info"),
			plain(one.sentence, 240)))];
	}

	function update() {
		const standing = standingOf(target), [tone, glyph] = STANDINGS[standing];
		setBadge(state, tone, t(`print.standing.${standing}`), glyph);
		state.hidden = target.check.state === "none" && target.result === null;
		setAttr(node, "data-standing", standing);
		const fresh = JSON.stringify([target.check.answer, target.check.state, [...target.places], [...target.hotends], target.result?.state, target.result?.error?.message]);
		if (fresh === drawn || (target.check.state === "asking" && target.check.answer !== null))
			return; /* while it is asked anew, what is seen stays: the focus is in it */
		drawn = fresh;
		const held = node.contains(document.activeElement) ? document.activeElement : null, focused = held?.closest("[data-index]")?.dataset.index;
		replace(node, content());
		if (focused !== undefined)
			node.querySelector(`[data-index="${focused}"] ${held.matches("select") ? "select" : "button"}`)?.focus();
	}
	return { badge: state, node, update };
}
