/*
 * The Files page: what Fuse keeps to print, and how more of it comes here.
 */
import "../words.js";
import { del } from "../../core/api.js";
import { confirmDialog } from "../../core/dialog.js";
import { h, keyedList, replace, setAttr, setText } from "../../core/dom.js";
import { onFiles } from "../../core/drop.js";
import { bytes } from "../../core/format.js";
import { icon } from "../../core/icons.js";
import { button, emptyState, pageHead, skeleton } from "../../core/parts.js";
import { removals } from "../../core/removal.js";
import { go, setQuery } from "../../core/router.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { toast, toastError } from "../../core/toast.js";
import { openPrint } from "../../printers/print_later.js";
import { plain } from "../../printers/text.js";
import { fileChooser } from "./chooser.js";
import { fileRow } from "./row_view.js";
import { clearing, formatSort, isNeeded, nextSort, parseSort, select, SORTS } from "./rows.js";
import { uploadList } from "./upload_list.js";
import { upload } from "./uploads.js";
import { usageBar } from "./usage.js";

const removal = removals({ kind: "file", pathOf: (sha256) => `/api/v1/files/${sha256}`,
	words: (name) => ({ done: t("files.removed", { name }), detail: null, failed: t("files.removeFailed", { name }) }) });

function remove(file) {
	if (isNeeded(file))
		toast({ kind: "info", text: t("files.needed", { name: plain(file.name, 60) }), key: "needed",
			action: { label: t("files.showJobs"), run: () => go("/jobs") } });
	else
		removal.remove(file.sha256, plain(file.name, 60));
}

async function clearAll() {
	const sum = clearing(store.files.values());
	const sure = await confirmDialog({ title: t("files.clear.title"), danger: true, confirm: t("files.clear.do", { count: sum.gone }),
		typed: t("files.clear.word"), body: [h("p", null, t("files.clear.text", { count: sum.gone, size: bytes(sum.goneBytes) })),
			sum.kept > 0 && h("p", { class: "muted" }, t("files.clear.kept", { count: sum.kept }))] });
	if (!sure)
		return;
	try {
		await del("/api/v1/files");
		toast({ kind: "done", text: t("files.clear.done"), key: "clear" });
	} catch (error) {
		toastError(error, t("files.clear.failed"));
	}
}

/* The heads of the columns order the rows. */
function tableHead(choose) {
	const heads = SORTS.map((by) => {
		const arrow = h("span", { class: "fhead__arrow" });
		const control = h("button", { type: "button", class: "fhead", dataset: { role: `sort-${by}` }, on: { click: () => choose(by) } },
			h("span", null, t(`files.${by}`)), arrow);
		return { by, arrow, node: h("th", { scope: "col", role: "columnheader" }, control) };
	});
	return {
		node: h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map((head) => head.node),
			h("th", { scope: "col", role: "columnheader" }, h("span", { class: "visually-hidden" }, t("printers.actions"))))),
		update(sort) {
			for (const { by, arrow, node } of heads) {
				setAttr(node, "aria-sort", sort.by !== by ? null : sort.down ? "descending" : "ascending");
				replace(arrow, sort.by === by && icon(sort.down ? "chevron-down" : "chevron-up"));
			}
		},
	};
}

/* On a phone there are no heads. */
function sortSelect(choose) {
	const values = SORTS.flatMap((by) => (by === "name" || by === "content" ? [by, "-" + by] : ["-" + by, by]));
	const node = h("select", { class: "select select--small files__sort", "aria-label": t("printers.sort"), dataset: { role: "sort" },
		on: { change: () => choose(parseSort(node.value)) } }, values.map((value) => h("option", { value },
		t(value.startsWith("-") ? "files.sort.down" : "files.sort.up", { by: t(`files.${value.replace("-", "")}`) }))));
	return { node, update: (sort) => (node.value = (sort.down ? "-" : "") + sort.by) };
}

export function mount(root, query) {
	let text = (query.get("q") ?? "").slice(0, 100), sort = parseSort(query.get("sort"));
	const send = (files) => {
		for (const file of files)
			upload(file);
	};
	const chooser = fileChooser(send), sending = uploadList(), usage = usageBar(toastError);
	const count = h("span", { class: "muted num pcount", dataset: { role: "total" } });
	const search = h("input", { class: "input input--small", type: "search", "aria-label": t("files.search"), placeholder: t("files.searchHint"),
		value: text, maxlength: "100", autocomplete: "off", spellcheck: "false", dataset: { role: "search" },
		on: { input: () => change({ text: search.value.trim() }) } });
	const head = tableHead((by) => change({ sort: nextSort(sort, by) })), order = sortSelect((next) => change({ sort: next }));
	const body = h("tbody", { role: "rowgroup" });
	const rows = keyedList(body, (sha256, file) => fileRow(sha256, file, { print: (one) => openPrint({ file: one.sha256 }), remove }));
	const table = h("div", { class: "panel files__table" }, h("table", { class: "table ftable", role: "table", "aria-label": t("nav.files") }, head.node, body));
	const tools = h("div", { class: "files__tools" }, h("div", { class: "search ptools__search" }, icon("search"), search), order.node,
		button({ label: t("files.clear"), kind: "quiet", small: true, iconName: "trash", role: "clear-files", run: clearAll }));
	const place = h("div", { dataset: { role: "place" } });
	const veil = h("div", { class: "files__veil", "aria-hidden": "true" }, icon("upload"), h("p", { class: "strong" }, t("files.drop")));
	const add = () => button({ label: t("files.add"), kind: "primary", iconName: "upload", role: "add-files", run: chooser.open });

	function change(parts) {
		text = parts.text ?? text;
		sort = parts.sort ?? sort;
		setQuery({ q: text, sort: formatSort(sort) });
		draw();
	}

	function showPlace(kind) {
		tools.hidden = kind === "waiting" || kind === "none";
		table.hidden = kind !== "files";
		if (place.dataset.shows === kind)
			return;
		place.dataset.shows = kind;
		replace(place, kind === "waiting" && h("div", { class: "panel panel__body" }, skeleton(6)),
			kind === "none" && h("div", { class: "panel" }, emptyState({ iconName: "file", title: t("files.empty.title"),
				text: t("files.empty.text"), role: "no-files", actions: [add()] })),
			kind === "nothing" && emptyState({ iconName: "search", title: t("files.nothing"), text: t("files.nothingText"), role: "no-result",
				actions: [button({ label: t("files.all"), role: "show-all", run: () => {
					search.value = "";
					change({ text: "" });
				} })] }));
	}

	function draw() {
		const known = [...store.files.values()].filter((file) => !removal.isRemoved(file.sha256));
		const shown = select(known, { text, sort });
		rows.render(shown, (file) => file.sha256);
		head.update(sort);
		order.update(sort);
		usage.update();
		setText(count, known.length > 0 ? t("files.total", { count: known.length }) : "");
		showPlace(store.status === null ? "waiting" : known.length === 0 ? "none" : shown.length === 0 ? "nothing" : "files");
	}

	root.append(pageHead(t("nav.files"), count, add()), chooser.node, usage.node, sending.node, tools, place, table, veil);
	draw();
	const offs = [store.on("files", draw), store.on("cache", draw), store.on("status", draw), removal.onRemoval(draw), sending.end,
		onFiles({ place: (node) => (node.closest?.("dialog") ? null : root), take: send })];
	return () => offs.forEach((off) => off());
}
