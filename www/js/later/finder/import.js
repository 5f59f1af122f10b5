/*
 * Printers from a file: a slicer's settings, or a list. Fuse reads it and says what each row is; nothing is kept before a person
 * says so; then each row follows its printer.
 */
import "./words.js";
import { post } from "../../core/api.js";
import { now, onTick } from "../../core/clock.js";
import { openDialog } from "../../core/dialog.js";
import { h, keyedList, setText } from "../../core/dom.js";
import { onFiles } from "../../core/drop.js";
import { field } from "../../core/parts.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { isStarting } from "../../printers/worker.js";
import { importFrom } from "./asks.js";
import { printerRow, tellTally, trustBox } from "./parts.js";
import { markOf, outcomeOf, tally } from "./rows.js";

const MOST_BYTES = 1024 * 1024;
const PLACES = [["Windows", "%AppData%\\BambuStudio"], ["macOS", "~/Library/Application Support/BambuStudio"],
	["Linux", "~/.config/BambuStudio"]];

/** Opens the dialog. */
export function importPrinters() {
	let bytes = null, rows = [], turn = 0; /* rows: as Fuse tells them, with {key, sending, refused, sent} */
	const docOf = (row) => store.printers.get(row.serial);

	function look(row) {
		const doc = docOf(row);
		if (row.sending || row.refused)
			return { state: row.sending ? "sending" : "refused", problem: row.refused };
		return row.sent ? outcomeOf(row.sent, doc, doc !== undefined && isStarting(doc), now())
			: { state: row.verdict, problem: { sentence: row.reason } };
	}

	const file = field({ label: t("finder.import.file"), hint: t("finder.import.hint"), role: "import-file",
		input: { type: "file", on: { change: () => take(file.input.files[0]) } } });
	const where = h("details", { class: "form__more" }, h("summary", null, t("finder.import.where")), h("ul", { class: "small" },
		PLACES.map(([system, path]) => h("li", null, `${system}: `, h("span", { class: "mono" }, path)))),
	h("p", { class: "small muted" }, t("finder.import.orca")));
	const update = h("input", { type: "checkbox", dataset: { role: "import-update" }, on: { change: () => draw() } });
	const updateLabel = h("label", { class: "check" }, update, t("finder.import.update"));
	const list = h("ul", { class: "finds", "aria-label": t("finder.import.rows"), dataset: { role: "imports" } });
	const keyed = keyedList(list, (key, row) => {
		const entry = printerRow("import");
		entry.update(row);
		return entry;
	});
	const others = h("p", { class: "small muted" });
	const trust = trustBox("import-trust", () => doubted().forEach(trustOne));
	const summary = h("p", { class: "finder__summary", role: "status", dataset: { role: "import-summary" } });
	const dialog = openDialog({ title: t("finder.import.title"), wide: true, role: "import-dialog",
		body: [file.node, where, updateLabel, trust.node, list, others], actions: [
			{ label: t("action.close"), kind: "plain" },
			{ label: t("finder.import.do", { count: 0 }), kind: "primary", role: "import-submit", run: send },
		], onClose: () => {
			turn++;
			bytes = null;
			offs.forEach((off) => off());
		} });
	const submit = dialog.node.querySelector('[data-role="import-submit"]');
	dialog.node.querySelector(".dialog__actions").prepend(summary);

	/* What is looked at now is sent later, whatever becomes of the file. */
	async function take(chosen) {
		const mine = ++turn;
		bytes = null;
		rows = [];
		file.setError(null);
		setText(others, "");
		draw();
		if (!chosen)
			return;
		try {
			if (chosen.size > MOST_BYTES)
				throw new Error(t("finder.import.large"));
			const read = new Blob([await chosen.arrayBuffer()]), told = await importFrom(read, "dry_run=1");
			if (mine !== turn)
				return;
			bytes = read;
			rows = told.rows.map((row) => ({ ...row, key: row.line, sending: false, refused: null, sent: null }));
			setText(others, told.otherMakes > 0 ? t("finder.import.others", { count: told.otherMakes }) : "");
		} catch (error) {
			if (mine === turn)
				file.setError([error.detail || error.title || error.message, error.remedy].filter(Boolean).join(" "));
		}
		draw();
	}

	/* What was refused can be tried once more. */
	const wanted = () => bytes === null ? [] : rows.filter(({ verdict, sent }) => !sent && (verdict === "valid" || (verdict === "changes" && update.checked)));

	async function send() {
		const sent = wanted(), marks = new Map(sent.map((row) => [row, markOf(docOf(row))])), all = rows, mine = turn;
		if (sent.length === 0) {
			file.input.focus();
			return false;
		}
		sent.forEach((row) => (row.sending = true));
		draw();
		try {
			const { results } = await importFrom(bytes, update.checked ? "update=1" : "");
			for (const row of sent) {
				const { status, problem } = results[all.indexOf(row)];
				row.refused = problem ?? null;
				row.sent = status < 300 ? { atMs: now(), mark: marks.get(row) } : null;
			}
			if (mine === turn && wanted().length === 0)
				bytes = null; /* it has access codes */
		} finally {
			sent.forEach((row) => (row.sending = false));
			draw();
		}
		return false;
	}

	/* -- whom nobody vouches for -- */

	const doubted = () => rows.filter((row) => row.sent && look(row).problem?.actions?.includes("trust") && docOf(row)?.link?.certificate);

	async function trustOne(row) {
		const mark = markOf(docOf(row)), certificateSha256 = docOf(row).link.certificate.sha256;
		try {
			await post(`/api/v1/printers/${row.serial}/trust`, { certificateSha256 });
			row.sent = { atMs: now(), mark };
		} catch (error) {
			row.refused = error;
		}
		draw();
	}

	function draw() {
		keyed.render(rows.map((row) => ({ key: row.key, serial: row.serial, name: row.name, address: row.address, doc: docOf(row),
			how: look(row) })), (row) => row.key);
		updateLabel.hidden = bytes === null || !rows.some((row) => row.verdict === "changes");
		submit.hidden = rows.length > 0 && (bytes === null || (wanted().length === 0 && rows.some((row) => row.sent)));
		setText(submit, t("finder.import.do", { count: wanted().length }));
		trust.show(doubted().length);
		tellTally(summary, dialog.node, tally(rows.map((row) => look(row).state)));
	}

	/* Beside the field, too. */
	const offs = [onFiles({ place: (node) => (dialog.node.contains(node) ? dialog.node : null), take: ([first]) => take(first) }), store.on("printers", (changed) => rows.some((row) => changed.has(row.serial)) && draw()), store.on("status", draw),
		onTick(() => rows.some((row) => row.sent) && draw())];
	draw();
}
