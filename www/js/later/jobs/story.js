/*
 * The story of a job: each step with its time and what was seen, live while it is open.
 */
import { get } from "../../core/api.js";
import { openDialog } from "../../core/dialog.js";
import { h, replace, setText } from "../../core/dom.js";
import { bytes, dateTime, exactTime } from "../../core/format.js";
import { icon } from "../../core/icons.js";
import { badge, problemCallout, skeleton } from "../../core/parts.js";
import { platePicture } from "../../core/picture.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { remedyWords } from "../../printers/job_part.js";
import { JOB_ICONS, JOB_TONES, stateOf } from "../../printers/jobs.js";
import { plain } from "../../printers/text.js";
import { stateBadge } from "./row_view.js";

const MOST_STEPS = 200;

function stepNode(step) {
	const key = stateOf(step), tone = JOB_TONES[key] ?? "info";
	return h("li", { class: `story__step story__step--${tone}`, dataset: { role: "story-step", state: plain(step.state, 20) } },
		h("span", { class: "story__mark" }, icon(JOB_ICONS[key] ?? "info")),
		h("div", { class: "story__text" }, h("p", null, h("span", { class: "strong" }, t(`job.state.${key}`)), " ",
			h("time", { class: "num small muted", datetime: step.at, title: dateTime(step.at) }, exactTime(step.at))),
		plain(step.sentence) && h("p", { class: "small" }, plain(step.sentence, 240)),
		plain(step.evidence) && h("p", { class: "small muted mono" }, plain(step.evidence, 240))));
}

function facts(job) {
	const fact = (key, value) => value && h("div", { class: "facts__item" }, h("dt", null, t(`jobs.fact.${key}`)), h("dd", null, value));
	return h("dl", { class: "facts" }, fact("printer", h("bdi", null, plain(job.printerName, 60))), fact("plate", String(job.plate)),
		fact("size", bytes(job.sizeBytes)), fact("attempts", job.attempts > 1 && String(job.attempts)),
		fact("number", job.number > 0 && h("span", { class: "mono" }, String(job.number))),
		fact("path", plain(job.remotePath) && h("span", { class: "mono small" }, plain(job.remotePath, 130))),
		fact("origin", h("span", null, t(["httpd", "gatewayd", "fusectl"].includes(job.origin) ? `jobs.origin.${job.origin}` : "jobs.origin.other"))),
		fact("id", h("span", { class: "mono small" }, job.id)));
}

/** Opens it. closed(): it was closed */
export function storyDialog(id, closed) {
	const picture = platePicture({ class: "story__picture" }), state = badge("idle", ""), sentence = h("p", { class: "small" }), remedy = h("p", { class: "small muted" });
	const called = h("bdi", { class: "strong story__name", dir: "auto" }), about = h("div", null), steps = h("ol", { class: "story", dataset: { role: "story" } });
	const failed = h("div", null), head = h("div", { class: "story__head" }, picture.node, h("div", { class: "stack" }, called, h("div", null, state), sentence, remedy));
	let seen = null, turn = 0, shownAbout = "";
	replace(steps, h("li", null, skeleton(4)));
	const dialog = openDialog({ title: t("jobs.story.title"), role: "job-dialog", body: [head, failed, steps, about],
		actions: [{ label: t("action.close"), kind: "plain" }], onClose: () => {
			turn++;
			off();
			closed();
		} });

	async function read() {
		const mine = ++turn;
		try {
			const { story } = await get(`/api/v1/jobs/${encodeURIComponent(id)}`);
			if (mine !== turn)
				return;
			replace(failed);
			replace(steps, (Array.isArray(story) ? story : []).slice(-MOST_STEPS).map(stepNode));
		} catch (error) {
			if (mine === turn) {
				replace(failed, problemCallout(error.status === 404 ? { title: t("jobs.gone"), detail: "", remedy: "" } : error));
				replace(steps);
			}
		}
	}

	function draw() {
		const job = store.jobs.get(id);
		head.hidden = job === undefined;
		if (job) {
			picture.show(store.files.get(job.file), job.plate);
			setText(called, plain(job.fileName, 200));
			stateBadge(state, job);
			setText(sentence, plain(job.sentence, 240));
			setText(remedy, remedyWords(job));
			const fresh = JSON.stringify([job.number, job.remotePath, job.attempts]);
			if (fresh !== shownAbout)
				replace(about, facts(job));
			shownAbout = fresh;
		}
		/* Each step is a change; progress is none. */
		if (seen !== (job?.changedAt ?? "") + (job?.state ?? "")) {
			seen = (job?.changedAt ?? "") + (job?.state ?? "");
			read();
		}
	}
	const off = store.on("jobs", draw);
	draw();
	return dialog;
}
