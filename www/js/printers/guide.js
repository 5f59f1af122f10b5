/*
 * What a person must know to link printers: the two switches, the ports, the ways to add one.
 */
import { h, svg } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { button } from "../core/parts.js";
import { t } from "../core/strings.js";
import { loadModels } from "./models.js";

const PORTS = [["8883", "TCP", "control"], ["990", "TCP", "files"], ["322", "TCP", "cameraRtsps"],
	["6000", "TCP", "cameraJpeg"],
	["3000, 3002", "TCP", "detect"], ["2021", "UDP", "find"]];

/* Two switches, both on. */
function switches() {
	const one = (y, width) => [svg("rect", { class: "pictogram__line", x: 14, y: y + 5, width, height: 6, rx: 3 }),
		svg("rect", { class: "pictogram__on", x: 92, y, width: 30, height: 16, rx: 8 }),
		svg("circle", { class: "pictogram__knob", cx: 114, cy: y + 8, r: 6 })];
	return svg("svg", { class: "pictogram", viewBox: "0 0 136 76", "aria-hidden": "true", focusable: "false" },
		svg("rect", { class: "pictogram__screen", x: 1, y: 1, width: 134, height: 74, rx: 9 }), one(16, 52),
		one(44, 64));
}

function modeSteps() {
	return h("ol", { class: "guide__steps" }, ["lan", "developer", "code"].map((step) =>
		h("li", null, h("strong", null, t(`printers.guide.${step}`)), " ", t(`printers.guide.${step}Text`))));
}

/* Models that say it in the same words share a row. */
async function fillMenus(host) {
	const models = await loadModels().catch(() => []);
	const rows = new Map();
	for (const { name, key, developerModeMenu, accessCodeMenu } of models) {
		const words = [developerModeMenu, accessCodeMenu].join("\n");
		if (key !== "Other")
			rows.set(words, [...(rows.get(words) ?? []), name]);
	}
	host.replaceChildren(...[...rows].map(([words, names]) => {
		const [developer, code] = words.split("\n");
		const cell = (column, text) => h("td", { dataset: { label: t(`printers.guide.${column}`) } }, text);
		return h("tr", null, h("th", { scope: "row" }, names.join(", ")), cell("developerMenu", developer),
			cell("codeMenu", code));
	}));
}

/**
 * The panel below the cards: LAN Only Mode and Developer Mode, where each model has them, and the ports. isFirst: it stands
 * below firstSteps(), which has said the first already.
 */
export function connectionGuide(isFirst) {
	const menus = h("tbody");
	const node = h("details", { class: "guide", open: isFirst, dataset: { role: "guide" } },
		h("summary", null, icon("info"), h("span", null, h("strong", null, t("printers.guide.title")), " ",
			h("span", { class: "muted" }, t("printers.guide.short")))),
		h("div", { class: "guide__body" },
			!isFirst && h("div", { class: "guide__modes" }, switches(), modeSteps()),
			h("div", { class: "table-scroll" }, h("table", { class: "table" },
				h("caption", { class: "visually-hidden" }, t("printers.guide.menus")),
				h("thead", null, h("tr", null,
					["model", "developerMenu",
					"codeMenu"].map((column) =>
					h("th", { scope: "col" }, t(`printers.guide.${column}`))))), menus)),
			h("div", null, h("h3", null, t("printers.guide.ports")),
				h("p", { class: "small muted" }, t("printers.guide.portsText")),
				h("dl", { class: "guide__ports" },
					PORTS.map(([port, kind, use]) =>
					h("div", null, h("dt", { class: "mono" }, port, h("small", null, ` ${kind}`)),
					h("dd", null, t(`printers.guide.port.${use}`))))))));
	fillMenus(menus);
	return node;
}

/** Instead of cards, where there are none: how to come to the first. ways: what each does, of ways.js. */
export function firstSteps(ways) {
	const way = (name, iconName, ...children) => h("li", { class: "way" },
		h("span", { class: "way__icon" }, icon(iconName)),
		h("h3", null, t(`printers.empty.${name}`)),
		h("p", { class: "muted" }, t(`printers.empty.${name}Text`)), children);
	return h("section", { class: "first", dataset: { role: "empty" } },
		h("div", { class: "first__head" }, switches(),
			h("div", null, h("h2", null, t("printers.empty.title")),
			h("p", { class: "muted" }, t("printers.empty.text")), modeSteps())),
		h("ul", { class: "ways" },
			way("find", "search", h("div", { class: "row" }, button({ label: t("finder.way.ssdp"), kind: "primary",
				iconName: "search", run: ways.ssdp, role: "empty-scan" }), button({ label: t("finder.way.subnet"),
				kind: "quiet", run: ways.subnet, role: "empty-subnet" }))),
			way("address", "plus", button({ label: t("printers.add.open"),
				iconName: "plus", run: ways.address, role: "empty-add" })),
			way("list", "list", button({ label: t("finder.way.list"), iconName: "list", run: ways.list,
				role: "empty-list" })),
			way("virtual", "monitor", button({ label: t("finder.way.virtual"), iconName: "monitor",
				run: ways.virtual, role: "empty-virtual" })),
			way("program", "cpu", h("code", { class: "way__code" }, "POST /api/v1/printers"))));
}
