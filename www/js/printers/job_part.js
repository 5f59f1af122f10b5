/*
 * On a card: the job that comes next, how its file goes up and what it waits for, and the plate that is to be cleared.
 */
import { h, setAttr, setName, setText } from "../core/dom.js";
import { age, bytes, clockTime, dateTime } from "../core/format.js";
import { icon } from "../core/icons.js";
import { platePicture } from "../core/picture.js";
import { badge, button, progress, setBadge } from "../core/parts.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { isResent, JOB_ICONS, sendingOf, stateOf, toneOf } from "./jobs.js";
import { plain } from "./text.js";

/** "45 % · 1.5 MB/s · 12 s left", as far as it is known. */
export function sendingWords({ percent, rate, leftS }) {
	return [percent !== null && t("printers.percent", { n: Math.floor(percent) }),
		rate !== null && t("job.rate", { rate: bytes(rate) }),
		leftS !== null && t("printers.left", { left: age(leftS * 1000) })].filter(Boolean).join(" · ");
}

/** What a person can do about a job; of one that Fuse sends again by itself that it does so. */
export function remedyWords(job) {
	return [plain(job.remedy, 400), isResent(job) && t("job.resent", { count: job.attempts })].filter(Boolean).join(" ");
}

/** The page of a job. */
export const jobPath = (job) => `/jobs?job=${encodeURIComponent(job.id)}`;

/** {node, update(view)}: the job of a card's printer that comes next or is just being started; hidden where there is none. */
export function nextPart() {
	const picture = platePicture(), link = h("a", { class: "clip", dir: "auto", dataset: { role: "next-job" } });
	const state = badge("idle", ""), bar = progress(t("job.sending"));
	const amount = h("span", { class: "num small muted", dataset: { role: "sending" } });
	const sentence = h("p", { class: "pnext__why", dataset: { role: "next-why" } });
	const remedy = h("p", { class: "pnext__why muted", dataset: { role: "next-remedy" } });
	const more = h("a", { class: "small", dataset: { role: "next-more" } });
	const node = h("div", { class: "pnext", dataset: { role: "next-part" }, hidden: true }, picture.node,
		h("div", { class: "pnext__text" }, h("div", { class: "pnext__line" }, link, state), bar.node, amount,
			sentence, remedy, more));
	return {
		node,
		update({ serial, progress: print, queue: { current, next: first, more: behind } }) {
			/* A start that the printer has not answered yet shows nowhere else. */
			const next = print === null && current !== null ? current : first;
			node.hidden = next === null;
			if (next === null)
				return;
			const sending = next.state === "uploading" ? sendingOf(next) : null, key = stateOf(next);
			picture.show(store.files.get(next.file), next.plate);
			setName(link, plain(next.fileName, 120));
			setAttr(link, "href", jobPath(next));
			setAttr(node, "data-state", key);
			setBadge(state, toneOf(next), t(`job.state.${key}`), JOB_ICONS[key] ?? "info");
			bar.node.hidden = amount.hidden = sending === null;
			if (sending !== null) {
				const words = sendingWords(sending);
				bar.set(sending.percent, words);
				setText(amount, words || t("job.connecting"));
			}
			sentence.hidden = sending !== null;
			setText(sentence, plain(next.sentence, 240));
			setText(remedy, sending !== null ? "" : remedyWords(next));
			remedy.hidden = remedy.textContent === "";
			more.hidden = behind === 0;
			setText(more, t("job.more", { count: behind }));
			setAttr(more, "href", `/jobs?printer=${encodeURIComponent(serial)}`);
		},
	};
}

/** {node, update(view)}: the button that says the plate is clear; loud when a job waits for that. clear(): it was pressed. */
export function platePart(clear) {
	const does = button({ label: t("plate.clear"), small: true, role: "plate-clear", run: clear });
	const words = h("span", { class: "small muted grow" });
	const node = h("div", { class: "pplate", dataset: { role: "plate" }, hidden: true }, icon("bed"), words, does);
	return {
		node,
		update({ plate }) {
			node.hidden = plate === null;
			if (plate === null)
				return;
			setAttr(node, "data-loud", plate.inTheWay);
			setText(words, t(plate.inTheWay ? "plate.inTheWay" : plate.file ? "plate.usedBy" : "plate.used",
				{ file: plate.file, time: clockTime(plate.sinceMs) }));
			setAttr(words, "title", t("plate.since", { time: dateTime(plate.sinceMs) }));
			does.className = `btn btn--small btn--${plate.inTheWay ? "primary" : "plain"}`;
		},
	};
}
