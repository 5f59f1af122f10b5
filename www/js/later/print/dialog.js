/*
 * The print dialog: a file, one of its plates, printers; what they say to it; and the jobs that come of it.
 */
import "../words.js";
import { post } from "../../core/api.js";
import { openDialog } from "../../core/dialog.js";
import { onFiles } from "../../core/drop.js";
import { h, setAttr, setText } from "../../core/dom.js";
import { button } from "../../core/parts.js";
import { go } from "../../core/router.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { toast } from "../../core/toast.js";
import { jobPath } from "../../printers/job_part.js";
import { loadModels } from "../../printers/models.js";
import { plain } from "../../printers/text.js";
import { forgetChecks, isSendable, keyOf, newDraft, newNonce, newTarget, orderOf, standingOf, tallyOf } from "./draft.js";
import { filePart } from "./file_part.js";
import { optionsView } from "./options_view.js";
import { plateFilaments, platePicker } from "./plates_view.js";
import { targetsPart } from "./targets_part.js";

const nameOf = (serial) => plain(store.printers.get(serial)?.name, 60) || serial;

/* The order of one target: whatever becomes of it, its row tells. */
async function submit(draft, target, drawn) {
	target.result = { state: "sending", job: null, error: null };
	drawn();
	try {
		const job = await post(`/api/v1/printers/${encodeURIComponent(target.serial)}/jobs`, orderOf(draft, target),
			{ headers: { "Idempotency-Key": keyOf(draft, target.serial) } });
		target.result = { state: "accepted", job, error: null };
	} catch (error) {
		target.result = { state: "refused", job: null, error };
	}
	drawn();
}

/* One plate has no choice: what feeds it is told; the rest says the sentence of its file. */
function onlyPlate() {
	const node = h("p", { class: "small print__plate", dataset: { role: "only-plate" } });
	let shown;
	return {
		node,
		show(plates) {
			if (plates === shown)
				return;
			shown = plates;
			node.hidden = plates === null || plates.plates.length !== 1;
			if (!node.hidden)
				node.replaceChildren(plateFilaments(plates, plates.plates[0]));
		},
	};
}

/** Opens it. begin: {file, upload, serials} as openPrint() takes them (printers/print_later.js). */
export function printDialog(begin) {
	const draft = newDraft(newNonce((into) => crypto.getRandomValues(into)));
	for (const serial of begin.serials ?? [])
		draft.targets.set(serial, newTarget(serial));
	let known = { file: null, plates: null }, models = [], isOver = false;

	const choosePlate = (number) => {
		draft.plate = number;
		forgetChecks(draft);
		targets.askAll();
		draw();
	};
	const file = filePart(begin, (one) => draft.targets.size === 0 || [...draft.targets.keys()].some((serial) =>
		store.printers.get(serial)?.model === one.model), onFile);
	const plates = platePicker(choosePlate), plate = onlyPlate();
	const targets = targetsPart(draft, () => draw());
	const options = optionsView(draft, () => targets.askAll());
	const stage = h("input", { type: "checkbox", dataset: { role: "stage-only" }, on: { change: () => {
		draft.stageOnly = stage.checked;
		targets.askAll();
		draw();
	} } });
	const stageLabel = h("label", { class: "check" }, stage, t("print.stage"));
	const summary = h("p", { class: "finder__summary", role: "status", dataset: { role: "print-summary" } });
	const dialog = openDialog({ title: t("print.title"), wide: true, role: "print-dialog",
		body: [file.node, plates.node, plate.node, targets.node, h("div", { class: "stack print__how" }, options.node, stageLabel)],
		actions: [{ label: t("action.cancel"), kind: "plain", role: "print-cancel" },
			{ label: t("print.do", { count: 1 }), kind: "primary", role: "print-submit", run: press }],
		onClose: () => {
			isOver = true;
			offs.forEach((off) => off());
			file.end();
			targets.end();
		} });
	const part = (role) => dialog.node.querySelector(`[data-role="${role}"]`);
	const send = part("print-submit"), cancel = part("print-cancel");
	const leaveOut = button({ label: t("print.leaveOut"), kind: "quiet", role: "leave-out", run: () => {
		for (const target of [...draft.targets.values()].filter((one) => standingOf(one) === "impossible"))
			targets.choose(target.serial, false);
		dialog.setError(null);
		send.focus();
	} });
	dialog.node.querySelector(".dialog__actions").prepend(summary, leaveOut);
	dialog.node.addEventListener("click", (event) => event.target.closest("a[href]") && dialog.close());
	/* Enter in a search does not print. */
	dialog.node.addEventListener("keydown", (event) => event.key === "Enter" && event.target.type === "search" && event.preventDefault());
	const offs = [onFiles({ place: (node) => (dialog.node.contains(node) && known.file === null ? dialog.node : null), take: (files) => file.send(files[0]) })];

	function onFile(now) {
		const isOther = now.file?.sha256 !== draft.file || (now.plates !== null && known.plates === null);
		known = now;
		if (isOther) {
			draft.file = now.file?.sha256 ?? null;
			draft.plate = (now.plates?.plates.find((one) => one.plate === begin.plate) ?? now.plates?.plates[0])?.plate ?? 1;
			forgetChecks(draft);
		}
		plates.show(now.file, now.plates, draft.plate);
		plate.show(now.plates);
		targets.update(now.file, now.plates !== null);
	}

	function draw() {
		if (isOver || !send)
			return;
		const sum = tallyOf(draft), wanted = draft.targets.size - (sum.accepted ?? 0), isDone = draft.targets.size > 0 && wanted === 0;
		const hasPlates = known.plates !== null;
		for (const node of [targets.node, stageLabel, options.node])
			node.hidden = !hasPlates && draft.file === null && !begin.upload;
		options.update([...draft.targets.keys()].some((serial) => models.find((one) => one.key === store.printers.get(serial)?.model)?.extruders > 1));
		stage.disabled = isDone || sum.accepted > 0;
		setText(send, isDone ? t("print.done") : t(draft.stageOnly ? "print.doStage" : "print.do", { count: Math.max(1, wanted) }));
		cancel.hidden = isDone;
		setText(cancel, sum.accepted > 0 ? t("action.close") : t("action.cancel"));
		setAttr(send, "aria-disabled", isDone || (hasPlates && wanted > 0) ? null : "true");
		setText(summary, summaryWords(sum, wanted));
		leaveOut.hidden = !(sum.impossible > 0 && wanted > sum.impossible);
	}

	function summaryWords(sum, wanted) {
		if (known.plates === null)
			return "";
		return [sum.accepted > 0 && t("print.sum.accepted", { count: sum.accepted }), sum.refused > 0 && t("print.sum.refused", { count: sum.refused }),
			sum.undecided > 0 && t("print.sum.undecided", { count: sum.undecided }), sum.impossible > 0 && t("print.sum.impossible", { count: sum.impossible }),
			sum.asking > 0 && t("print.sum.asking", { count: sum.asking }), draft.targets.size > 1 && wanted > 0 && sum.ready > 0 &&
				t("print.sum.ready", { count: sum.ready })].filter(Boolean).join(" · ");
	}

	/* What keeps the order from going out, said at the place where it can be changed. */
	function whyNot(open) {
		if (known.plates === null)
			return t(draft.file === null && !begin.upload ? "print.why.noFile" : "print.why.fileNotReady");
		if (open.length === 0)
			return t("print.why.noPrinter");
		const stuck = open.filter((target) => !isSendable(standingOf(target)));
		if (stuck.length === 0)
			return null;
		const first = dialog.node.querySelector(`[data-role="target"][data-serial="${stuck[0].serial}"]`);
		first?.scrollIntoView({ block: "nearest" });
		const way = first?.querySelector('[data-role="accept"]:not(:checked)') ?? first?.querySelector('[data-role="map"]');
		way?.focus({ preventScroll: true });
		return t(`print.why.${standingOf(stuck[0])}`, { name: nameOf(stuck[0].serial) });
	}

	async function press() {
		const open = [...draft.targets.values()].filter((target) => standingOf(target) !== "accepted");
		if (draft.targets.size > 0 && open.length === 0)
			return true;
		const why = whyNot(open);
		if (why !== null) {
			dialog.setError(new Error(why));
			return false;
		}
		await Promise.all(open.map((target) => submit(draft, target, targets.draw)));
		const all = [...draft.targets.values()];
		if (all.length !== 1 || all[0].result.state !== "accepted") {
			requestAnimationFrame(() => send.focus()); /* until then it is busy */
			return false;
		}
		const { job } = all[0].result;
		toast({ kind: "done", text: t(draft.stageOnly ? "print.toastStage" : "print.toast", { file: plain(job.fileName, 60), name: nameOf(job.printer) }),
			key: `job ${job.id}`, timeoutMs: 8000, action: { label: t("print.showJob"), run: () => go(jobPath(job)) } });
		return true;
	}

	loadModels().then((list) => {
		models = list;
		draw();
	}, () => {});
	file.begin();
	draw();
	[...dialog.node.querySelectorAll(".dialog__body :is(input, button)")].find((node) => node.checkVisibility() && node.tabIndex >= 0)?.focus();
}
