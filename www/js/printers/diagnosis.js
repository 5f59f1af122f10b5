/*
 * The way to a printer, walked step by step while one watches.
 */
import { get } from "../core/api.js";
import { openDialog } from "../core/dialog.js";
import { h, replace } from "../core/dom.js";
import { milliseconds } from "../core/format.js";
import { icon } from "../core/icons.js";
import { button, callout, problemCallout } from "../core/parts.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { problemNode } from "./problem_view.js";
import { actionsOf } from "./problems.js";
import { plain } from "./text.js";

const PHASES = ["setup", "route", "tcp", "tls", "identity", "login", "subscribe", "reports", "settings",
	"developer-mode", "storage", "firmware"];
const ICONS = { passed: "check", warned: "warning", failed: "error", skipped: "minus", open: "minus", busy: "refresh" };
const LINE_MAX = 16384;

/* Lines of JSON as they come; a line that is none ends it. */
async function* linesOf(response) {
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	for (;;) {
		const { value, done } = await reader.read();
		if (done)
			return;
		rest += value;
		if (rest.length > LINE_MAX * 64)
			throw new Error(t("error.notUnderstood"));
		const lines = rest.split("\n");
		rest = lines.pop();
		for (const line of lines)
			if (line !== "")
				yield JSON.parse(line);
	}
}

/* Steps as they come; where they cannot come one by one (who is not logged in is asked first), all at once. */
async function* stepsOf(serial, signal) {
	const path = `/api/v1/printers/${encodeURIComponent(serial)}/diagnosis`;
	const response = await fetch(path, { headers: { Accept: "application/x-ndjson" }, credentials: "same-origin",
		cache: "no-store", signal }).catch((error) => {
		if (signal.aborted)
			throw error;
		return null;
	});
	if (response?.ok && response.headers.get("Content-Type")?.includes("ndjson")) {
		yield* linesOf(response);
		return;
	}
	yield* (await get(path)).steps;
}

function phaseName(phase) {
	return PHASES.includes(phase) ? t(`printers.diagnosis.${phase}`) : plain(phase, 40);
}

function stepRow(phase, outcome, step, act) {
	const text = h("div", { class: "leg__text" }, h("p", { class: "leg__name" }, phaseName(phase),
		h("span", { class: "leg__outcome" }, t(`printers.step.${outcome}`)),
		step?.tookMs && h("span", { class: "muted num" }, milliseconds(step.tookMs))));
	if (step && (outcome === "passed" || outcome === "skipped"))
		text.append(h("p", { class: "muted small" }, plain(step.sentence, 400)));
	else if (step)
		text.append(problemNode({ source: "link", id: step.fault ?? phase, code: "",
			severity: outcome === "failed" ? "serious" : "common",
					  sentence: plain(step.sentence, 400), remedy: plain(step.remedy, 500), link: null,
					  actions: outcome === "failed" ? actionsOf(step.fault) : [] }, act));
	return h("li", { class: `leg leg--${outcome}`, dataset: { role: "step", phase, outcome } },
		icon(ICONS[outcome]), text);
}

/** Opens the dialog and begins. page: {fix(serial, action)}. */
export function diagnose(serial, page) {
	const list = h("ol", { class: "walk", "aria-live": "polite", "aria-label": t("printers.diagnosis.steps") });
	const end = h("div", { dataset: { role: "diagnosis-end" }, "aria-live": "polite" });
	let run = null;
	const dialog = openDialog({
		title: t("printers.diagnosis.title", { name: plain(store.printers.get(serial)?.name, 40) || serial }),
		role: "diagnosis-dialog",
		body: [h("p", { class: "muted" }, t("printers.diagnosis.intro")), list, end],
		actions: [
			{ label: t("printers.diagnosis.again"), kind: "plain", role: "diagnosis-again", run: () => {
				begin();
				return false;
			} },
			{ label: t("action.close"), kind: "primary" },
		],
		onClose: () => run?.abort(),
	});

	function fix(action) {
		dialog.close();
		setTimeout(page.fix, 0, serial, action);
	}

	function draw(steps, isOver) {
		const told = new Set(steps.map((step) => step.phase));
		const stopped = steps.some((step) => step.outcome === "failed");
		const open = PHASES.filter((phase) => !told.has(phase));
		list.replaceChildren(...steps.map((step) =>
			stepRow(step.phase, ICONS[step.outcome] ? step.outcome : "skipped", step, fix)),
			...(isOver ? [] : open.map((phase, i) =>
				stepRow(phase, i === 0 && !stopped ? "busy" : "open", null, fix))));
	}

	function tellEnd(steps) {
		const failed = steps.filter((step) => step.outcome === "failed").length,
			warned = steps.filter((step) => step.outcome === "warned").length;
		replace(end, failed === 0 && callout(warned > 0 ? "warn" : "ok",
			t(warned > 0 ? "printers.diagnosis.warned" : "printers.diagnosis.fine")));
	}

	async function begin() {
		run?.abort();
		const mine = (run = new AbortController());
		const steps = [];
		replace(end);
		draw(steps, false);
		try {
			for await (const line of stepsOf(serial, mine.signal)) {
				if (mine !== run)
					return;
				if (line.problem) {
					draw(steps, true);
					replace(end, problemCallout(line.problem));
					return;
				}
				steps.push(line);
				draw(steps, false);
			}
			draw(steps, true);
			tellEnd(steps);
			list.querySelector('[data-outcome="failed"]')?.scrollIntoView({ block: "nearest" });
		} catch (error) {
			if (mine !== run || mine.signal.aborted)
				return;
			draw(steps, true);
			replace(end, problemCallout(error.title === undefined ? { detail: String(error.message) } : error),
				h("div", { class: "row" }, button({ label: t("printers.fix.reconnect"), small: true,
					run: () => fix("reconnect") })));
		}
	}

	begin();
}
