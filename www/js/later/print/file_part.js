/*
 * The file that is printed: chosen of those that Fuse has, or on its way from this browser; and what Fuse has found in it.
 */
import { get } from "../../core/api.js";
import { h, keyedList, replace, setName, setText } from "../../core/dom.js";
import { icon } from "../../core/icons.js";
import { button, callout, progress } from "../../core/parts.js";
import { platePicture } from "../../core/picture.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { plain } from "../../printers/text.js";
import { fileChooser } from "../files/chooser.js";
import { matches, select } from "../files/rows.js";
import { percentOf, uploadWords } from "../files/upload_list.js";
import { dropUpload, onUploads, retryUpload, upload } from "../files/uploads.js";

const MOST_SHOWN = 30;

function fileItem(sha256, first, choose) {
	const picture = platePicture(), called = h("bdi", { class: "clip", dir: "auto" }), sentence = h("span", { class: "small muted clip" });
	const node = h("li", null, h("button", { type: "button", class: "pick", dataset: { role: "pick-file", sha256 }, on: { click: () => choose(sha256) } },
		picture.node, h("span", { class: "pick__text" }, called, sentence)));
	const update = (file) => {
		picture.show(file, 1);
		setName(called, plain(file.name, 200));
		setText(sentence, plain(file.sentence, 240));
	};
	update(first);
	return { node, update };
}

/* A list to choose from, newest first; fitting(file): those for the printer come first. */
function picker(choose, send, fitting) {
	let text = "";
	const search = h("input", { class: "input input--small", type: "search", "aria-label": t("files.search"), placeholder: t("files.searchHint"),
		maxlength: "100", autocomplete: "off", dataset: { role: "pick-search" }, on: { input: () => {
			text = search.value.trim();
			draw();
		} } });
	const chooser = fileChooser((files) => files[0] && send(files[0]), false), list = h("ul", { class: "picks" });
	const keyed = keyedList(list, (sha256, file) => fileItem(sha256, file, choose)), none = h("p", { class: "muted small" });
	const node = h("div", { class: "stack", dataset: { role: "file-picker" } }, h("div", { class: "row" },
		h("div", { class: "search grow" }, icon("search"), search),
		button({ label: t("print.upload"), iconName: "upload", small: true, role: "pick-upload", run: chooser.open })), chooser.node, none, list);

	function draw() {
		const files = [...store.files.values()].filter((file) => file.check !== "unprintable" && matches(file, text));
		const shown = select(files, { text: "", sort: { by: "used", down: true } })
			.sort((a, b) => Number(fitting(b)) - Number(fitting(a))).slice(0, MOST_SHOWN);
		none.hidden = shown.length > 0;
		setText(none, t(store.files.size === 0 ? "print.noFiles" : "files.nothing"));
		keyed.render(shown, (file) => file.sha256);
	}
	return { node, draw };
}

/**
 * {node, end(), chosen(sha256), send(File)}. begin: {file, upload} as openPrint() takes them; fitting(file): it is for the printer.
 * changed({file: of store.files or null, plates: printer/plates.h or null}): what is known of the chosen file is another now
 */
export function filePart(begin, fitting, changed) {
	let sha256 = null, sending = null, plates = null, fault = null, asked = "", said = "", turn = 0;
	const picks = picker(choose, send, fitting);
	const picture = platePicture(), called = h("bdi", { class: "clip strong", dir: "auto", dataset: { role: "print-file" } });
	const sentence = h("p", { class: "small muted" }), bar = progress(t("files.upload.progress"));
	const words = h("p", { class: "small num", dataset: { role: "print-upload" } }), trouble = h("div", null);
	const other = button({ label: t("print.otherFile"), kind: "quiet", small: true, role: "other-file", run: back });
	const summary = h("div", { class: "printfile" }, picture.node, h("div", { class: "printfile__text" }, called, sentence, bar.node, words), other);
	const node = h("section", { class: "stack", "aria-label": t("print.file"), dataset: { role: "print-file-part" } }, summary, trouble, picks.node);

	function choose(chosen) {
		sha256 = chosen;
		forget();
		draw();
	}

	function send(content) {
		sending = upload(content);
		draw();
		const mine = sending;
		mine.finished.then(() => {
			if (mine === sending && mine.state === "done") {
				sending = null;
				dropUpload(mine);
				choose(mine.file.sha256);
			}
		});
	}

	function back() {
		if (sending)
			dropUpload(sending);
		sending = sha256 = null;
		forget();
		draw();
		picks.node.querySelector("input")?.focus();
	}

	function forget() {
		turn++;
		plates = fault = null;
		asked = "";
	}

	async function look(file) {
		asked = `${file.sha256} ${file.check}`;
		const mine = ++turn;
		try {
			const answer = await get(`/api/v1/files/${file.sha256}/plates`);
			if (mine === turn)
				[plates, fault] = [answer, null];
		} catch (error) {
			if (mine === turn)
				fault = error;
		}
		if (mine === turn)
			draw();
	}

	function troubleNode(file) {
		if (sending?.state === "failed")
			return callout("bad", h("p", { class: "callout__title" }, sending.error.detail || sending.error.title), h("p", null, sending.error.remedy),
				h("div", null, button({ label: t("files.upload.again"), small: true, role: "upload-again", run: () => retryUpload(sending) })));
		if (file?.check === "unprintable" || file?.check === "failed")
			return callout(file.check === "failed" ? "warn" : "bad", h("p", { class: "callout__title" }, plain(file.sentence, 240)),
				plain(file.remedy) && h("p", null, plain(file.remedy, 240)));
		if (fault)
			return callout("bad", h("p", { class: "callout__title" }, fault.detail || fault.title), fault.remedy && h("p", null, fault.remedy),
				h("div", null, button({ label: t("files.upload.again"), small: true, run: () => look(file) })));
		return sha256 !== null && !file ? callout("bad", h("p", { class: "callout__title" }, t("print.fileGone"))) : null;
	}

	function draw() {
		const file = sha256 === null ? undefined : store.files.get(sha256), isChosen = sha256 !== null || sending !== null;
		const isLooking = file?.check === "waiting" || (file?.check === "printable" && plates === null && fault === null);
		summary.hidden = !isChosen;
		picks.node.hidden = isChosen;
		if (!isChosen)
			picks.draw();
		picture.show(file, 1);
		setName(called, plain(sending?.name ?? file?.name, 200));
		setText(sentence, sending ? "" : file?.check === "printable" ? plain(file.sentence, 240) : "");
		bar.node.hidden = !(sending && sending.state !== "failed") && !isLooking;
		if (!bar.node.hidden)
			bar.set(sending && sending.state === "sending" ? percentOf(sending) : null, sending ? uploadWords(sending) : t("print.looking"));
		setText(words, sending ? uploadWords(sending) : isLooking ? t("print.looking") : "");
		const told = JSON.stringify([sending?.state, sha256, file?.check, fault?.message]);
		if (told !== said)
			replace(trouble, troubleNode(file));
		said = told;
		if (file && file.check !== "waiting" && file.check !== "unprintable" && asked !== `${file.sha256} ${file.check}`)
			look(file);
		changed({ file: file ?? null, plates });
	}

	const offs = [onUploads(draw), store.on("files", draw)];
	return {
		node, send,
		begin() {
			if (begin.upload)
				send(begin.upload);
			else
				choose(begin.file ?? null);
		},
		/* Where it was not printed, what is still on its way is wanted no more. */
		end() {
			turn++;
			offs.forEach((off) => off());
			if (sending)
				dropUpload(sending);
		},
	};
}
