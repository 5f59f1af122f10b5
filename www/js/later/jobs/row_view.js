/*
 * A job's row on the Jobs page.
 */
import { h, setAttr, setName, setText } from "../../core/dom.js";
import { clockTime, duration } from "../../core/format.js";
import { badge, button, progress, setBadge, whileBusy } from "../../core/parts.js";
import { platePicture } from "../../core/picture.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { ageNode, setAge } from "../../core/time.js";
import { remedyWords, sendingWords } from "../../printers/job_part.js";
import { JOB_ICONS, sendingOf, toneOf } from "../../printers/jobs.js";
import { finite, plain } from "../../printers/text.js";
import { askResolution } from "../../printers/print_later.js";
import { cancelJob, orderAgain } from "./acts.js";
import { actionsOf, isPrinting, wordOf } from "./view.js";

/* How far: the file while it goes up, then the print as its printer tells it. {percent (null: not known), words}; null: neither. */
function amountOf(job) {
	if (job.state === "uploading") {
		const sending = sendingOf(job);
		return sending && { percent: sending.percent, words: sendingWords(sending) || t("job.connecting") };
	}
	if (!isPrinting(job) || job.state === "armed")
		return null;
	const stat = store.printers.get(job.printer)?.stat ?? {}, percent = finite(stat.progressPercent), left = finite(stat.times?.remainingMinutes);
	return { percent, words: [percent !== null && t("printers.percent", { n: Math.floor(percent) }),
		left > 0 && t("printers.left", { left: duration(left) })].filter(Boolean).join(" · ") };
}

/** Its badge: tone, word, icon. */
export function stateBadge(node, job) {
	setBadge(node, toneOf(job), t(`job.state.${wordOf(job)}`), JOB_ICONS[job.state] ?? "info");
}

/** open(id): show its story. -> {node, update(job)} */
export function jobRow(id, first, open) {
	let job = first;
	const picture = platePicture(), called = h("bdi", { class: "clip", dir: "auto" });
	const opener = h("button", { type: "button", class: "jrow__name", dataset: { role: "job-open" }, on: { click: () => open(id) } }, called);
	const printer = h("a", { class: "clip", dir: "auto", dataset: { role: "job-printer" } }), plate = h("span", null), when = ageNode(null);
	const state = badge("idle", ""), sentence = h("p", { class: "small", dataset: { role: "job-sentence" } });
	const remedy = h("p", { class: "small muted", dataset: { role: "job-remedy" } });
	const bar = progress(t("printers.progress")), words = h("span", { class: "small num muted", dataset: { role: "job-amount" } });
	const cancel = button({ label: t("action.cancel"), small: true, iconName: "close", role: "job-cancel",
		run: () => whileBusy(cancel, () => cancelJob(job)) });
	const again = button({ label: t("jobs.again"), small: true, iconName: "refresh", role: "job-again",
		run: () => whileBusy(again, () => orderAgain(job, again)) });
	const resolve = button({ label: t("printers.fix.resolve"), kind: "primary", small: true, role: "job-resolve", run: () => askResolution(id) });
	const node = h("li", { class: "jrow", dataset: { role: "job", job: id } }, picture.node,
		h("div", { class: "jrow__who" }, opener, h("p", { class: "small muted jrow__facts" }, printer, plate, when)),
		h("div", { class: "jrow__how" }, state, words, bar.node, sentence, remedy),
		h("div", { class: "jrow__acts" }, resolve, cancel, again));

	function update(next) {
		job = next;
		const amount = amountOf(job), can = actionsOf(job), file = plain(job.fileName, 200);
		setAttr(node, "data-state", job.state);
		picture.show(store.files.get(job.file), job.plate);
		setName(called, file);
		setName(printer, store.printers.get(job.printer)?.name ?? job.printerName);
		setAttr(printer, "href", store.printers.has(job.printer) ? `/printers?q=${encodeURIComponent(job.printer)}` : null);
		setText(plate, job.stageOnly ? t("jobs.stageOnly") : t("print.plate", { n: job.plate }));
		setAge(when, job.endedAt ?? job.createdAt);
		stateBadge(state, job);
		bar.node.hidden = amount === null;
		if (amount)
			bar.set(amount.percent, amount.words);
		setText(words, amount?.words ?? (job.startedAt && job.endedAt ? t("jobs.from", { from: clockTime(job.startedAt), to: clockTime(job.endedAt) }) : ""));
		setText(sentence, plain(job.sentence, 240));
		setText(remedy, remedyWords(job));
		for (const [control, is, key] of [[cancel, can.cancel, isPrinting(job) ? "jobs.stopOf" : "jobs.cancelOf"], [again, can.again, "jobs.againOf"], [resolve, can.resolve, "jobs.resolveOf"]]) {
			control.hidden = !is;
			setAttr(control, "aria-label", t(key, { file: plain(file, 60) }));
		}
		setText(cancel.lastChild, t(isPrinting(job) ? "jobs.stop" : "action.cancel"));
	}
	update(first);
	return { node, update };
}
