/*
 * The files that are on their way, a row each: how far, how fast, what went wrong; stop it, or try again.
 */
import { h, keyedList, setName, setText } from "../../core/dom.js";
import { age, bytes } from "../../core/format.js";
import { button, iconButton, progress } from "../../core/parts.js";
import { t } from "../../core/strings.js";
import { dropUpload, onUploads, retryUpload, uploads } from "./uploads.js";

const DONE_MS = 4000; /* then its row below tells the rest */

/** "45 % of 12 MB · 1.5 MB/s · 8 s left" */
export function uploadWords(one) {
	if (one.state !== "sending")
		return t(`files.upload.${one.state === "done" && one.wasThere ? "there" : one.state}`);
	return [t("files.upload.amount", { percent: Math.floor(percentOf(one)), size: bytes(one.size) }),
		one.rate !== null && t("job.rate", { rate: bytes(one.rate) }),
		one.leftS !== null && t("printers.left", { left: age(one.leftS * 1000) })].filter(Boolean).join(" · ");
}

/** 0 … 100 */
export function percentOf(one) {
	return one.size > 0 ? (one.sent * 100) / one.size : 100;
}

function row(id, first) {
	let one = first, isTimed = false;
	const called = h("bdi", { class: "clip strong", dir: "auto" }), bar = progress(t("files.upload.progress"));
	const words = h("span", { class: "num small muted", dataset: { role: "upload-words" } });
	const fault = h("p", { class: "small upload__fault", role: "alert" });
	const again = button({ label: t("files.upload.again"), small: true, iconName: "refresh", role: "upload-again", run: () => retryUpload(one) });
	const stop = iconButton({ label: t("files.upload.stop"), iconName: "close", role: "upload-stop", run: () => dropUpload(one) });
	const node = h("li", { class: "upload", dataset: { role: "upload" } }, h("div", { class: "upload__text" },
		h("div", { class: "spread" }, called, words), bar.node, fault), again, stop);

	function update(next) {
		one = next;
		node.dataset.state = one.state;
		setName(called, one.name);
		setText(words, uploadWords(one));
		bar.node.hidden = one.state === "failed";
		bar.node.classList.toggle("bar--ok", one.state === "done");
		bar.set(one.state === "keeping" ? null : percentOf(one), words.textContent);
		setText(fault, one.error ? [one.error.detail || one.error.title, one.error.remedy].filter(Boolean).join(" ") : "");
		fault.hidden = again.hidden = one.state !== "failed";
		if (one.state === "done" && !isTimed) {
			isTimed = true;
			setTimeout(() => dropUpload(one), DONE_MS);
		}
	}
	update(first);
	return { node, update };
}

/** {node, end()}; hidden while nothing is on its way. */
export function uploadList() {
	const list = h("ul", { class: "uploads" });
	const node = h("section", { class: "panel uploads-panel", "aria-label": t("files.upload.list"), dataset: { role: "uploads" } }, list);
	const keyed = keyedList(list, row);
	const show = () => {
		const now = uploads();
		node.hidden = now.length === 0;
		keyed.render(now, (one) => one.id);
	};
	show();
	return { node, end: onUploads(show) };
}
