/*
 * A printer's card. Built once for each printer; update() changes only what has changed.
 */
import { now } from "../core/clock.js";
import { h, replace, setAttr, setClass, setName, setText } from "../core/dom.js";
import { age, ago, celsius, clockTime, dateTime, duration } from "../core/format.js";
import { icon } from "../core/icons.js";
import { badge, button, iconButton, progress, setBadge } from "../core/parts.js";
import { platePicture } from "../core/picture.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { modelArt } from "./art.js";
import { filamentView } from "./filament_view.js";
import { jobPath, nextPart, platePart } from "./job_part.js";
import { problemList } from "./problem_view.js";

export const STATE_ICONS = { idle: "check", preparing: "thermometer", printing: "play", paused: "pause",
	finished: "check", failed: "close", stopped: "stop",
	slicing: "layers", starting: "refresh", updating: "download", offline: "link-off", connecting: "refresh",
	blocked: "warning",
	waiting: "clock", other: "info" };
const LINK_ICONS = { live: "link", stale: "clock", connecting: "refresh", down: "link-off" };

const MINUTE_MS = 60000;

export function stateWord(state) {
	return state.key === "other" ? state.word.toLowerCase() : t(`printers.state.${state.key}`);
}

/* -- parts ---------------------------------------------------------------------------------------------- */

/* "Live · 2 s": how the link is, and how old the newest report. */
function linkPart() {
	const glyph = h("span", { class: "pcard__glyph" });
	const word = h("span", { dataset: { role: "link-word" } });
	const old = h("span", { class: "num", dataset: { role: "report-age" } });
	const node = h("span", { class: "pcard__link", dataset: { role: "link" } }, glyph, word, old);
	let shown = "";
	return {
		node,
		update(link) {
			if (shown !== link.key)
				replace(glyph, icon(LINK_ICONS[link.key]));
			shown = link.key;
			setAttr(node, "data-link", link.key);
			const words = link.key === "connecting" ? t(`printers.phase.${link.phase || "setup"}`)
				: t(`printers.link.${link.key}`);
			setText(word, words);
		},
		tick(link, nowMs) {
			const text = link.receivedMs === null ? "" : age(nowMs - link.receivedMs);
			setText(old, text);
		},
	};
}

function printPart() {
	const job = h("bdi", { class: "clip", dir: "auto", dataset: { role: "job" } });
	const jobLink = h("a", { class: "pcard__job" }, job);
	const picture = platePicture({ class: "pcard__picture" });
	const foreign = h("span", { dataset: { role: "foreign" }, title: t("job.foreignText") }, t("job.foreign"));
	const amount = h("span", { class: "num pcard__percent", dataset: { role: "percent" } });
	const bar = progress(t("printers.progress"));
	const stage = h("span", { class: "clip", dataset: { role: "stage" } });
	const layers = h("span", { class: "num", dataset: { role: "layers" } });
	const left = h("span", { class: "num", dataset: { role: "left" } });
	const eta = h("span", { class: "num pcard__eta", dataset: { role: "eta" } });
	const node = h("div", { class: "pcard__print", dataset: { role: "print" } }, picture.node,
		h("div", { class: "pcard__lines" },
			h("div", { class: "pcard__jobline" }, jobLink, amount), bar.node,
			h("div", { class: "pcard__meta" }, stage, layers, foreign, left, eta)));

	let minute = null;

	function times(now) {
		const fresh = `${now.kind} ${now.leftMinutes} ${now.etaMs === null ? "" : Math.round(now.etaMs / MINUTE_MS)}`;
		if (fresh === minute)
			return;
		minute = fresh; /* formatting of times costs more than all the rest of a card */
		setText(left, now.leftMinutes === null ? "" : now.leftMinutes === 0
			? t("printers.leftNone") : t("printers.left", { left: duration(now.leftMinutes) }));
		setText(eta, now.etaMs === null || now.kind === "preparing"
			? "" : t("printers.eta", { time: clockTime(now.etaMs) }));
		setAttr(eta, "title", now.etaMs === null ? null : dateTime(now.etaMs));
	}
	return {
		node,
		update(view) {
			const now = view.progress;
			node.hidden = now === null;
			if (now === null)
				return;
			const percent = now.kind === "preparing" ? null : now.percent;
			const layer = now.layers > 0 && now.layer !== null && now.kind !== "preparing"
				? t("printers.layer", { layer: now.layer, layers: now.layers }) : "";
			const { current } = view.queue;
			picture.node.hidden = current === null;
			if (current !== null)
				picture.show(store.files.get(current.file), current.plate);
			setName(job, current?.fileName || view.job);
			setAttr(jobLink, "href", current === null ? null : jobPath(current));
			foreign.hidden = !view.foreign;
			setText(amount, percent === null ? "" : t("printers.percent", { n: Math.floor(percent) }));
			bar.set(percent, [percent === null ? stateWord(view.state) : t("printers.percent",
				{ n: Math.floor(percent) }), layer]
				.filter(Boolean).join(", "));
			setClass(bar.node, "bar--warn", view.state.key === "paused");
			setText(stage, view.stage === "printing" ? "" : view.stage);
			setText(layers, layer);
			times(now);
		},
	};
}

/* "219 / 220 °C", with a word in front where there are several. */
function heatText(heat) {
	if (heat === null || heat.actual === null)
		return "–";
	return heat.target === null ? celsius(heat.actual) : t("printers.heat",
		{ actual: Math.round(heat.actual), target: celsius(heat.target) });
}

function heatPart() {
	const node = h("ul", { class: "pcard__heat", dataset: { role: "temperatures" } });
	let shape = null;
	let cells = [];

	function cell(glyph, label, role) {
		const value = h("span", { class: "num" });
		const item = h("li", { class: "heat", title: label, dataset: { role } }, icon(glyph),
			h("span", { class: "visually-hidden" }, label), value);
		return { item, value };
	}
	return {
		node,
		update({ nozzles, bed, chamber }) {
			const wanted = [
				...nozzles.map((nozzle) => ["nozzle", nozzle.side
					? t(`printers.heat.nozzle.${nozzle.side}`) : t("printers.heat.nozzle"),
							    `heat-nozzle${nozzle.side ? "-" + nozzle.side : ""}`, nozzle]),
				...(bed ? [["bed", t("printers.heat.bed"), "heat-bed", { heat: bed }]] : []),
				...(chamber ? [["thermometer", t("printers.heat.chamber"), "heat-chamber",
					{ heat: chamber }]] : []),
			];
			const fresh = wanted.map((row) => row[2]).join();
			if (fresh !== shape) {
				shape = fresh;
				cells = wanted.map(([glyph, label, role]) => cell(glyph, label, role));
				node.replaceChildren(...cells.map((one) => one.item));
				node.hidden = cells.length === 0;
			}
			wanted.forEach(([, , , { heat, side, active }], i) => {
				setText(cells[i].value, (side
					? t(`printers.side.${side}Short`) + " " : "") + heatText(heat));
				setClass(cells[i].item, "heat--on", heat.target !== null);
				setClass(cells[i].item, "heat--active", side && active);
			});
		},
	};
}

/* Address, serial number, since when, how often anew. */
function footPart(view) {
	const address = h("span", { class: "mono clip", dataset: { role: "address" } });
	const since = h("span", { class: "num", dataset: { role: "connected-at" } });
	const received = h("span", { class: "num", dataset: { role: "last-received" } });
	const again = h("span", { class: "num", dataset: { role: "reconnects" } });
	const fact = (name, glyph, value, wide) => h("span",
		{ class: `fact${wide ? " pcard__wide" : ""}`, title: t(`printers.fact.${name}`) },
		icon(glyph), h("span", { class: "visually-hidden" }, t(`printers.fact.${name}`)), value);
	const sinceFact = fact("connectedAt", "clock", since), receivedFact = fact("received", "download", received, true);
	const againFact = fact("reconnects", "refresh", again);
	let shown = "";
	const node = h("div", { class: "pcard__facts" }, fact("address", "network", address),
		fact("serial", "tag", h("span", { class: "mono clip", dataset: { role: "serial" } }, view.serial)),
		sinceFact, receivedFact, againFact);
	return {
		node,
		update({ address: text, link }) {
			setText(address, text);
			const fresh = [link.connectedMs, link.reconnects, link.receivedMs === null
				? null : Math.floor(link.receivedMs / MINUTE_MS)].join();
			if (fresh === shown)
				return;
			shown = fresh;
			setText(since, link.connectedMs === null ? "" : clockTime(link.connectedMs));
			setAttr(sinceFact, "title", `${t("printers.fact.connectedAt")} ${dateTime(link.connectedMs)}`);
			sinceFact.hidden = link.connectedMs === null;
			setText(received, link.receivedMs === null ? "" : clockTime(link.receivedMs));
			setAttr(receivedFact, "title", `${t("printers.fact.received")} ${dateTime(link.receivedMs)}`);
			receivedFact.hidden = link.receivedMs === null;
			setText(again, String(link.reconnects));
			againFact.hidden = link.reconnects === 0;
		},
	};
}

function actionPart(serial, acts) {
	const of = (name, iconName, run) => iconButton({ label: t(`printers.act.${name}`), iconName,
		role: `act-${name}`, run: () => run(serial) });
	const light = of("light", "light", acts.light), pause = of("pause", "pause", acts.pause),
		resume = of("resume", "play", acts.resume);
	const stop = of("stop", "stop", acts.stop);
	const print = of("print", "print", acts.print), controls = of("controls", "settings", acts.controls);
	print.append(h("span", { class: "pcard__word" }, t("printers.act.printWord")));
	const node = h("div", { class: "pcard__acts", role: "group", "aria-label": t("printers.actions") },
		button({ label: t("printers.act.details"), kind: "quiet", small: true, role: "act-details",
			run: () => acts.details(serial) }), print, h("span", { class: "grow" }), pause, resume, stop, light,
		controls, of("diagnosis", "network", acts.diagnose), of("edit", "edit", acts.edit),
		of("remove", "trash", acts.remove));
	return {
		node,
		update(view) {
			pause.hidden = !view.printing || view.state.key === "paused";
			resume.hidden = !view.printing || view.state.key !== "paused";
			stop.hidden = !view.printing;
			light.hidden = !view.online || view.machine.lamp === null;
			print.hidden = !view.takesJobs;
			controls.hidden = !view.isVirtual;
			setAttr(light, "aria-pressed", view.machine.lamp === true);
		},
	};
}

/* -- the card --------------------------------------------------------------------------------------------- */

/**
 * A card. acts: {details, edit, diagnose, controls, remove, light, pause, resume, stop, print, clear, fix}: each gets the serial number; fix also
 * what to do (problems.js). -> {node, update(doc, view), tick(nowMs), focus()}
 */
export function printerCard(view, acts) {
	const { serial } = view;
	const name = h("bdi", { class: "clip", dir: "auto", dataset: { role: "name" } });
	const opener = h("button", { type: "button", class: "pcard__name", dataset: { role: "details" },
		on: { click: () => acts.details(serial) } }, name);
	const model = h("span", { class: "clip pcard__model", dataset: { role: "model" } });
	const stateBadge = badge("idle", "", null), virtual = badge("idle", t("printers.virtual"), "monitor");
	const was = h("span", { class: "pcard__was", dataset: { role: "was" } });
	const stale = h("p", { class: "pcard__stale", dataset: { role: "stale" }, hidden: true });
	const moved = h("p", { class: "pcard__moved", dataset: { role: "moved" }, hidden: true });
	const artHost = h("span", { class: "pcard__art" });
	const link = linkPart(), print = printPart(), heat = heatPart(), filament = filamentView(), foot = footPart(view);
	const next = nextPart(), plate = platePart(() => acts.clear(serial));
	const actions = actionPart(serial, acts), problems = problemList((action) => acts.fix(serial, action),
		() => acts.details(serial));
	setAttr(virtual, "title", t("printers.virtualText"));
	setAttr(virtual, "data-role", "virtual");
	const node = h("article", { class: "pcard", "aria-label": view.name, dataset: { role: "printer-card", serial } },
		h("header", { class: "pcard__head" }, artHost,
			h("h2", null, opener), h("span", { class: "pcard__state", dataset: { role: "state" } }, stateBadge),
			h("div", { class: "pcard__sub" }, model, virtual, link.node, was)),
		problems.node, print.node, next.node, plate.node, heat.node, filament.node, moved, stale,
		h("footer", { class: "pcard__foot" }, foot.node, actions.node));
	let current = view;
	let art = null;
	let artModel = null;

	function drawArt(now) {
		if (artModel !== now.model) {
			artModel = now.model;
			art = modelArt(now.model);
			replace(artHost, art.node);
		}
		art.update(now.machine);
	}

	function update(doc, fresh) {
		current = fresh;
		setName(name, fresh.name);
		setAttr(node, "aria-label", fresh.name);
		setText(model, fresh.modelName);
		virtual.hidden = !fresh.isVirtual;
		setClass(node, "pcard--virtual", fresh.isVirtual);
		setAttr(node, "data-state", fresh.state.key);
		setAttr(node, "data-attention", fresh.attention ? "yes" : null);
		setClass(node, "pcard--stale", fresh.link.stale || !fresh.online);
		setBadge(stateBadge, fresh.state.tone, stateWord(fresh.state), STATE_ICONS[fresh.state.key]);
		setText(was, fresh.state.was === null ? "" : t("printers.was",
			{ state: t(`printers.state.${fresh.state.was}`) }));
		drawArt(fresh);
		link.update(fresh.link);
		print.update(fresh);
		next.update(fresh);
		plate.update(fresh);
		heat.update(fresh);
		filament.update(doc.stat ?? {});
		problems.update(fresh.problems);
		foot.update(fresh);
		actions.update(fresh);
		tick(now());
	}

	function tick(nowMs) {
		link.tick(current.link, nowMs);
		const { link: { receivedMs, nextTryMs, stale: isStale }, online } = current;
		const words = [(isStale || !online) && receivedMs !== null &&
			t("printers.stale", { ago: ago(nowMs - receivedMs) }),
			!online && nextTryMs !== null && nextTryMs > nowMs &&
				t("printers.nextTry", { age: age(nextTryMs - nowMs) })].filter(Boolean).join(" · ");
		moved.hidden = current.moved === null;
		if (current.moved)
			setText(moved, t("printers.moved", { address: current.moved.from, ago: ago(nowMs - current.moved.atMs) }));
		stale.hidden = words === "";
		setText(stale, words);
	}
	return { node, update, tick, focus: () => opener.focus() };
}
