/*
 * Everything about one printer, below one another, live while it is open.
 */
import { openDialog } from "../core/dialog.js";
import { h, setText } from "../core/dom.js";
import { ago as agoWords, celsius, clockTime, dateTime, duration } from "../core/format.js";
import { now } from "../core/clock.js";
import { badge, button, setBadge } from "../core/parts.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { ageNode, setAge } from "../core/time.js";
import { STATE_ICONS, stateWord } from "./card.js";
import { filamentOf } from "./filament.js";
import { fingerprintNode } from "./fingerprint.js";
import { problemNode } from "./problem_view.js";
import { queueOf } from "./queue.js";
import { finite, plain } from "./text.js";
import { lightsOf, viewOf } from "./view.js";
import { isStarting } from "./worker.js";

const WIFI = [[-60, "strong"], [-70, "fair"], [-80, "weak"]];

/* A label and a value; nothing for what is not known. */
function fact(label, value) {
	if (value === null || value === undefined || value === "" || value === false)
		return null;
	return h("div", { class: "facts__item" }, h("dt", null, t(`printers.about.${label}`)), h("dd", null, value));
}

function section(title, ...children) {
	const kept = children.flat().filter(Boolean);
	return kept.length === 0 ? null : h("section", { class: "about__part" },
		h("h3", null, t(`printers.about.${title}`)), kept);
}

function facts(...rows) {
	const kept = rows.flat().filter(Boolean);
	return kept.length === 0 ? null : h("dl", { class: "facts" }, kept);
}

function heatText(heat) {
	if (!heat || heat.actual === null)
		return null;
	return heat.target === null ? celsius(heat.actual) : t("printers.heat",
		{ actual: Math.round(heat.actual), target: celsius(heat.target) });
}

function ago(iso) {
	return iso ? ageNode(iso) : null;
}

/* -- sections --------------------------------------------------------------------------------------------- */

function printSection(view, stat) {
	const progress = view.progress;
	const layers = progress?.layers > 0 && progress.layer !== null ? `${progress.layer} / ${progress.layers}` : null;
	const ids = [stat.job?.taskId, stat.job?.id].map((id) => plain(id, 60)).filter((id) => id !== "" && id !== "0");
	return section("print", facts(
		fact("job", view.job && h("bdi", null, view.job)),
		fact("file", plain(stat.file, 200) !== view.job && plain(stat.file, 200)),
		fact("stage", plain(stat.stage?.words, 100)),
		fact("progress", progress?.percent !== null && progress &&
			t("printers.percent", { n: Math.floor(progress.percent) })),
		fact("layers", layers),
		fact("left", progress?.leftMinutes != null && duration(progress.leftMinutes)),
		fact("eta", progress?.etaMs != null && clockTime(progress.etaMs)),
		fact("speed", [plain(stat.speed?.words, 20), finite(stat.speed?.percent) !== null &&
			t("printers.percent", { n: stat.speed.percent })].filter(Boolean).join(", ")),
		fact("plate", finite(stat.job?.plate)),
		fact("jobIds", ids.length > 0 && h("span", { class: "mono" }, ids.join(", "))),
	));
}

function heatSection(view, stat) {
	const fans = Object.entries(stat.fans ?? {}).filter(([, percent]) => finite(percent) !== null);
	return section("heat", facts(
		view.nozzles.map((nozzle) => fact(nozzle.side ? `nozzle.${nozzle.side}` : "nozzle", heatText(nozzle.heat))),
		fact("bed", heatText(view.bed)), fact("chamber", heatText(view.chamber)),
		fact("air", ["cooling", "heating", "laser"].includes(stat.airMode) && t(`printers.air.${stat.airMode}`)),
		fact("fans", fans.length > 0 && fans.map(([name, percent]) =>
			`${t(`printers.fan.${name}`)} ${t("printers.percent", { n: Math.round(percent) })}`).join(" · ")),
	));
}

function slotRow(unit, slot) {
	const where = unit.external ? t("printers.spool.external") : `${unit.title} / ${slot.place}`;
	return h("tr", null, h("td", null, unit.side ? `${where} (${t(`printers.side.${unit.side}`)})` : where),
		h("td", null, slot.kind === "filled" ? slot.name : t(`printers.slot.${slot.kind}`)),
		h("td", { class: "mono" }, slot.kind === "filled" && slot.hexes.length > 0 && [slot.hexes.map((hex) =>
			h("span", { class: "tip__chip", style: { "background-color": hex } })), " ", slot.hexes.join(" ")]),
		h("td", { class: "num" }, slot.kind === "filled" && slot.remain !== null
			? t("printers.percent", { n: Math.round(slot.remain) }) : "–"),
		h("td", null, slot.active && badge("ok", t("printers.slot.inUse"), "play")));
}

function filamentSection(stat) {
	const units = filamentOf(stat);
	if (units.length === 0)
		return null;
	const climates = units.filter((unit) => unit.humidityIndex !== null || unit.humidityPercent !== null ||
		unit.celsius !== null);
	return section("filament",
		h("div", { class: "table-scroll" }, h("table", { class: "table" },
			h("thead", null, h("tr", null, ["slot", "material", "color", "left",
				"use"].map((column) => h("th", { scope: "col" }, t(`printers.about.slots.${column}`))))),
			h("tbody", null, units.flatMap((unit) => unit.slots.map((slot) => slotRow(unit, slot)))))),
		climates.length > 0 && h("ul", { class: "small muted" }, climates.map((unit) => h("li", null, [
			`${unit.title}${unit.kindName ? ` (${unit.kindName})` : ""}`,
			unit.humidityPercent !== null && t("printers.ams.humidityWords",
				{ n: Math.round(unit.humidityPercent) }),
			unit.humidityIndex !== null && t("printers.ams.drynessWords", { n: unit.humidityIndex }),
			unit.celsius !== null && celsius(unit.celsius),
			unit.dryingMinutes !== null && t("printers.ams.dryingLeft", { left: duration(unit.dryingMinutes) }),
		].filter(Boolean).join(" · ")))));
}

function nozzleWords(stat) {
	const list = (Array.isArray(stat.nozzles) ? stat.nozzles : []).filter((nozzle) =>
		nozzle?.present !== false).slice(0, 12)
		.map((nozzle) => [finite(nozzle.diameterMm) !== null && t("printers.mm", { n: nozzle.diameterMm }),
			plain(nozzle.type, 30)].filter(Boolean).join(" "));
	if (list.length === 0 && plain(stat.nozzleDiameter, 10))
		list.push([t("printers.mm", { n: plain(stat.nozzleDiameter, 10) }),
			plain(stat.nozzleType, 30).replaceAll("_", " ")].filter(Boolean).join(" "));
	return list.filter(Boolean).join(", ");
}

function wifiWords(dbm) {
	if (finite(dbm) === null)
		return null;
	const word = WIFI.find(([least]) => dbm >= least)?.[1] ?? "veryWeak";
	return t("printers.wifi", { n: dbm, words: t(`printers.wifi.${word}`) });
}

function machineSection(doc, stat) {
	const told = (name, value, known) => fact(name, known.includes(value) && t(`printers.${name}.${value}`));
	const modules = (Array.isArray(stat.modules) ? stat.modules : []).slice(0, 32);
	const upgrade = stat.upgrade && !["IDLE", ""].includes(plain(stat.upgrade.status, 30)) &&
		[plain(stat.upgrade.status, 30), finite(stat.upgrade.percent) !== null &&
			t("printers.percent", { n: stat.upgrade.percent })].filter(Boolean).join(" ");
	return section("machine", facts(
		fact("product", plain(stat.product, 60)),
		fact("firmware", plain(stat.firmware, 30) || plain(doc.link?.firmware, 30)),
		fact("previousFirmware", plain(stat.previousFirmware, 30)), fact("upgrade", upgrade),
		fact("wifi", wifiWords(stat.wifiDbm)), fact("nozzles", nozzleWords(stat)),
		told("storage", stat.storage, ["none", "normal", "abnormal", "read-only"]),
		told("developerMode", stat.developerMode, ["on", "off"]),
		told("door", stat.door, ["open", "closed"]), told("lid", stat.lid, ["open", "closed"]),
		fact("lights", lightsOf(stat).map((light) =>
			`${t(light.node.startsWith("work") ? "printers.light.work" : "printers.light.chamber")}: ${light.mode}`).join(" · ")),
	), modules.length > 0 && h("details", { class: "about__more" },
	h("summary", null, t("printers.about.modules", { count: modules.length })),
		h("div", { class: "table-scroll" }, h("table", { class: "table" },
			h("tbody", null, modules.map((module) => h("tr", null,
			[module.name, module.product, module.firmware, module.hardware,
				module.serial].map((cell) => h("td", { class: "small" }, plain(cell, 40))))))))));
}

function linkSection(doc, view) {
	const { link } = doc;
	const ports = Object.entries(doc.ports ?? {}).filter(([, port]) => port !== null).map(([name, port]) =>
		`${t(`printers.form.port.${name}`)} ${port}`);
	const fingerprint = link?.certificate?.sha256;
	return section("link", h("p", null, plain(link?.sentence, 400)), facts(
		fact("address", h("span", { class: "mono" }, view.address)),
		fact("moved", doc.movedFrom && doc.movedAt && t("printers.about.movedFrom",
			{ address: plain(doc.movedFrom, 64), time: dateTime(doc.movedAt) })),
		fact("serial", h("span", { class: "mono" }, view.serial)),
		fact("ports", ports.join(", ")),
		fact("connectedAt", link?.connectedAt && [dateTime(link.connectedAt), " (", ago(link.connectedAt), ")"]),
		fact("nextTry", !view.online && link?.nextTryAt && dateTime(link.nextTryAt)),
		fact("reconnects", String(view.link.reconnects)),
		fact("attempts", view.link.attempts > 0 && String(view.link.attempts)),
		fact("addedAt", dateTime(doc.addedAt)), fact("code",
			t(doc.hasAccessCode ? "printers.about.codeKept" : "printers.about.codeNone")),
		fact("vouch", link?.certificate &&
			t(`printers.vouch.${link.certificate.sha256 === doc.certificateSha256 ? "you" : link.certificate.verified}`)),
	), fingerprint && h("details", { class: "about__more" }, h("summary", null, t("printers.trust.fingerprint")),
	fingerprintNode(fingerprint)));
}

/*
 * Puts fresh sections in the place of those that say something else now. The others stay: what a person has marked, unfolded or
 * has the focus on is not taken away each second.
 */
function renew(body, sections) {
	const fresh = sections.filter(Boolean);
	while (body.children.length > fresh.length)
		body.lastChild.remove();
	fresh.forEach((section, i) => {
		const old = body.children[i];
		const unfolded = old ? [...old.querySelectorAll("details")].map((node) => node.open) : [];
		section.querySelectorAll("details").forEach((node, at) => (node.open = unfolded[at] ?? false));
		if (!old)
			body.append(section);
		else if (!old.isEqualNode(section) && !old.contains(document.activeElement))
			old.replaceWith(section);
	});
}

/** Opens the dialog. page: {fix(serial, action), acts: of the cards}. */
export function printerDetails(serial, page) {
	const first = store.printers.get(serial);
	if (!first)
		return;
	const stateBadge = badge("idle", "", null), model = h("span", { class: "muted" }),
		received = h("time", { class: "muted num small" });
	const again = button({ label: t("printers.fix.reconnect"), small: true, run: () => page.fix(serial, "reconnect") });
	const head = h("div", { class: "row" }, stateBadge, model, received, h("span", { class: "grow" }),
		h("a", { class: "btn btn--plain btn--small",
			href: `/api/v1/printers/${encodeURIComponent(serial)}/report`, download: `${serial}.json`,
			 dataset: { role: "report" } }, t("printers.about.report")), again);
	const body = h("div", { class: "about" });
	const dialog = openDialog({ title: plain(first.name, 80), body: [head, body], wide: true,
		role: "details-dialog", onClose: () => off(), actions: [
		{ label: t("printers.act.edit"), kind: "plain", run: () => void setTimeout(page.acts.edit, 0, serial) },
		{ label: t("printers.act.diagnosis"), kind: "plain",
			run: () => void setTimeout(page.acts.diagnose, 0, serial) },
		{ label: t("action.close"), kind: "primary" },
	] });
	const fix = (action) => {
		dialog.close();
		setTimeout(page.fix, 0, serial, action);
	};

	function update() {
		const doc = store.printers.get(serial);
		if (!doc)
			return dialog.close();
		const view = viewOf(doc, now(), isStarting(doc), queueOf(serial)), stat = doc.stat ?? {};
		setBadge(stateBadge, view.state.tone, stateWord(view.state), STATE_ICONS[view.state.key]);
		setText(model, view.modelName);
		setAge(received, doc.stat?.receivedAt ?? doc.link?.receivedAt ?? null,
			(ms) => t("printers.about.received", { ago: agoWords(ms) }));
		again.hidden = !view.online;
		renew(body, [view.problems.length > 0 && h("section", { class: "about__part stack" },
			view.problems.map((problem) => problemNode(problem, fix))),
			printSection(view, stat), heatSection(view, stat), filamentSection(stat),
			machineSection(doc, stat), linkSection(doc, view)]);
		return undefined;
	}

	const off = store.on("printers", (changed, removed) => (changed.has(serial) || removed.has(serial)) && update());
	update();
}
