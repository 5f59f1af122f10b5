/*
 * After a printer was added: its link, step by step as it comes, until it is live or something stops it.
 */
import { openDialog } from "../core/dialog.js";
import { h, replace, setAttr, setClass } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { callout } from "../core/parts.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { problemNode } from "./problem_view.js";
import { problemsOf } from "./problems.js";
import { plain } from "./text.js";
import { isStarting } from "./worker.js";

/* Phases of a link that are one step for a person. */
const STEPS = [["setup"], ["route", "tcp"], ["tls"], ["identity"], ["login"], ["subscribe", "reports"]];

function stepNode(phases, at, outcome) {
	const done = at === "after", now = at === "now";
	const state = done ? "passed" : now ? outcome : "open";
	const glyph = { passed: "check", failed: "error", busy: "refresh", open: "minus" }[state];
	return h("li", { class: `leg leg--${state}`, dataset: { role: "follow-step", phase: phases[0], state } },
		icon(glyph),
		h("span", null, t(`printers.follow.${phases[0]}`)),
		h("span", { class: "visually-hidden" }, t(`printers.step.${state}`)));
}

/** doc: as the answer to the adding told it. acts: {change(), another(), show(), fix(serial, action)}. */
export function followDialog(doc, acts) {
	const { serial } = doc;
	const list = h("ol", { class: "walk" });
	const outcome = h("div", { "aria-live": "polite", dataset: { role: "follow-outcome" } });
	let shown = "";
	const dialog = openDialog({
		title: t("printers.follow.title"), role: "follow-dialog",
		body: [h("p", { class: "muted" }, h("bdi", null, plain(doc.name, 60)), ` · ${doc.address}`), list, outcome],
		actions: [
			{ label: t("printers.follow.another"), kind: "plain", role: "follow-another",
				run: () => void setTimeout(acts.another, 0) },
			{ label: t("printers.follow.change"), kind: "plain", role: "follow-change",
				run: () => void setTimeout(acts.change, 0) },
			{ label: t("printers.follow.done"), kind: "primary", role: "follow-done",
				run: () => void setTimeout(acts.show, 0) },
		],
		onClose: () => offs.forEach((off) => off()),
	});
	const change = dialog.node.querySelector('[data-role="follow-change"]');
	const done = dialog.node.querySelector('[data-role="follow-done"]');
	const another = dialog.node.querySelector('[data-role="follow-another"]');

	function fix(action) {
		dialog.close();
		setTimeout(() => (action === "enter-code" || action === "edit-address"
			? acts.change() : acts.fix(serial, action)), 0);
	}

	function update() {
		const now = store.printers.get(serial) ?? doc;
		const { phase, online, fault } = now.link;
		const starts = isStarting(now);
		const broken = !online && fault !== null && !starts;
		const place = online ? STEPS.length : starts ? 0 : Math.max(0, STEPS.findIndex((step) => step.includes(phase)));
		const problems = problemsOf(now, starts).filter((problem) => problem.source === "link");
		const fresh = JSON.stringify([online, place, problems]);
		if (fresh === shown)
			return;
		shown = fresh;
		list.replaceChildren(...STEPS.map((step, i) =>
			stepNode(step, i < place ? "after" : i === place ? "now" : "before", broken ? "failed" : "busy")));
		change.hidden = online;
		setClass(change, "btn--primary", broken);
		setClass(done, "btn--primary", !broken);
		setClass(done, "btn--plain", broken);
		another.hidden = !online;
		replace(outcome, online && callout("ok", h("p", { class: "callout__title" }, t("printers.follow.live"))),
			problems.map((problem) => problemNode(problem, fix)), !online && !broken &&
				h("p", { class: "muted" }, t("printers.follow.wait")));
		setAttr(dialog.node, "data-outcome", online ? "live" : broken ? "fault" : "busy");
	}

	const offs = [store.on("printers", (changed) => changed.has(serial) && update()), store.on("status", update)];
	update();
}
