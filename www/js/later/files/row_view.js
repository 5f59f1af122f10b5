/*
 * A file's row on the Files page; on a phone it is a card (later.css).
 */
import { h, setAttr, setName, setText } from "../../core/dom.js";
import { bytes } from "../../core/format.js";
import { icon } from "../../core/icons.js";
import { badge, button, iconButton, setBadge } from "../../core/parts.js";
import { platePicture } from "../../core/picture.js";
import { t } from "../../core/strings.js";
import { ageNode, setAge } from "../../core/time.js";
import { toast } from "../../core/toast.js";
import { plain } from "../../printers/text.js";
import { CHECKS, checkOf, isNeeded } from "./rows.js";

async function copyHash(sha256) {
	try {
		await navigator.clipboard.writeText(sha256);
		toast({ kind: "done", text: t("files.hash.copied"), key: "hash" });
	} catch {
		toast({ kind: "info", text: t("files.hash.notCopied"), detail: sha256, key: "hash", timeoutMs: 0 });
	}
}

function cell(label, role, ...children) {
	return h("td", { role: "cell", "data-label": label, dataset: { role } }, children);
}

/** acts: {print(file), remove(file), jobs(file)}. -> {node, update(file)} */
export function fileRow(sha256, first, acts) {
	let file = first;
	const picture = platePicture();
	const called = h("bdi", { class: "clip frow__name", dir: "auto", dataset: { role: "file-name" } });
	const hash = h("button", { type: "button", class: "frow__hash mono", title: `${t("files.hash.copy")}\n${sha256}`,
		"aria-label": t("files.hash.copyOf", { hash: sha256.slice(0, 12) }), dataset: { role: "copy-hash" },
		on: { click: () => copyHash(sha256) } }, sha256.slice(0, 12), icon("copy"));
	const check = badge("idle", ""), sentence = h("span", { class: "small frow__sentence", dataset: { role: "file-sentence" } });
	const remedy = h("span", { class: "small muted" });
	const needed = h("a", { class: "small", href: "/jobs", dataset: { role: "file-jobs" } });
	const size = h("span", { class: "num" }), created = ageNode(null), used = ageNode(null);
	const print = button({ label: t("files.print"), kind: "primary", small: true, role: "file-print", run: () => acts.print(file) });
	const download = h("a", { class: "btn btn--quiet btn--icon btn--small", href: `/api/v1/files/${sha256}`, dataset: { role: "file-download" } },
		icon("download"));
	const remove = iconButton({ label: "", iconName: "trash", role: "file-remove", run: () => acts.remove(file) });
	remove.classList.add("btn--small");
	const node = h("tr", { class: "frow", role: "row", dataset: { role: "file", sha256 } },
		h("td", { class: "frow__who", role: "cell" }, h("div", { class: "frow__pair" }, picture.node, h("div", { class: "frow__text" }, called, hash))),
		h("td", { class: "frow__what", role: "cell" }, h("div", { class: "frow__text" }, h("div", { class: "row" }, check, needed), sentence, remedy)),
		cell(t("files.size"), "file-size", size), cell(t("files.created"), "file-created", created), cell(t("files.used"), "file-used", used),
		h("td", { class: "frow__acts", role: "cell" }, h("div", { class: "frow__buttons" }, print, download, remove)));

	function update(next) {
		file = next;
		const state = checkOf(file), label = plain(file.name, 80);
		picture.show(file, 1);
		setName(called, plain(file.name, 200));
		setBadge(check, CHECKS[state].tone, t(`files.check.${state}`), CHECKS[state].icon);
		setAttr(node, "data-check", state);
		setText(sentence, plain(file.sentence, 240));
		setText(remedy, plain(file.remedy, 240));
		needed.hidden = !isNeeded(file);
		setText(needed, t("files.jobs", { count: file.openJobs?.length ?? 0 }));
		setText(size, bytes(file.sizeBytes));
		setAge(created, file.createdAt);
		setAge(used, file.usedAt);
		print.hidden = state === "unprintable";
		setAttr(print, "aria-label", t("files.printOf", { name: label }));
		for (const [control, words] of [[download, t("files.download", { name: label })],
			[remove, t(isNeeded(file) ? "files.needed" : "files.remove", { name: label })]]) {
			setAttr(control, "aria-label", words);
			setAttr(control, "title", words);
		}
		setAttr(download, "download", plain(file.name, 200) || sha256);
		setAttr(remove, "aria-disabled", isNeeded(file) ? "true" : null);
	}
	update(first);
	return { node, update };
}
