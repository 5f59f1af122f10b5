/*
 * The test print among the controls, and the job that came last: how its file goes up, how far it is printed.
 */
import { h, setAttr, setName, setText } from "../../core/dom.js";
import { badge, button, progress, setBadge } from "../../core/parts.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { jobPath, sendingWords } from "../../printers/job_part.js";
import { isAtWork, JOB_ICONS, sendingOf, stateOf, toneOf } from "../../printers/jobs.js";
import { plain } from "../../printers/text.js";
import { part, sayer } from "./parts.js";
import { newestJob } from "./turns.js";

/* {percent or null, words}; null when there is no bar to show. */
function progressOf(job, view) {
	if (job.state === "uploading") {
		const sending = sendingOf(job);
		return { percent: sending?.percent ?? null, words: sending === null ? "" : sendingWords(sending) };
	}
	if (!isAtWork(job))
		return null;
	const percent = view.progress?.kind === "percent" ? view.progress.percent : null;
	return { percent, words: percent === null ? "" : t("printers.percent", { n: Math.floor(percent) }) };
}

/** {node, update(view)}. leave(): the dialog makes way for the page of the job. */
export function testPart(serial, send, leave) {
	const said = sayer(), state = badge("idle", ""), bar = progress(t("virtual.test.progress"));
	const link = h("a", { class: "clip", dir: "auto", dataset: { role: "test-job" }, on: { click: leave } });
	const words = h("span", { class: "num small muted", dataset: { role: "test-progress" } });
	const sentence = h("p", { class: "small muted", dataset: { role: "test-sentence" } });
	const row = h("div", { class: "vjob", hidden: true }, h("div", { class: "spread" }, h("span", { class: "small muted" }, t("virtual.test.job")), state),
		link, bar.node, words, sentence);
	const start = button({ label: t("virtual.test.do"), kind: "primary", iconName: "play", role: "test-print",
		run: () => said.run(() => send({ do: "test-print" })) });

	function update(view) {
		const job = newestJob(store.jobs.values(), serial);
		row.hidden = job === null;
		if (job === null)
			return;
		const key = stateOf(job), going = progressOf(job, view);
		setName(link, plain(job.fileName, 120));
		setAttr(link, "href", jobPath(job));
		setAttr(row, "data-state", key);
		setBadge(state, toneOf(job), t(`job.state.${key}`), JOB_ICONS[key] ?? "info");
		bar.node.hidden = words.hidden = going === null;
		if (going !== null)
			bar.set(going.percent, going.words || null);
		setText(words, going?.words ?? "");
		setText(sentence, plain(job.sentence, 240));
	}
	return { node: part({ title: t("virtual.test"), text: t("virtual.testText"), role: "test-part" }, h("div", null, start), said.node, row), update };
}
