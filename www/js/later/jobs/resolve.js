/*
 * Fuse does not know whether a job was printed. A person who looks at the printer does.
 */
import "../words.js";
import { openDialog } from "../../core/dialog.js";
import { h } from "../../core/dom.js";
import { callout } from "../../core/parts.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { toast } from "../../core/toast.js";
import { plain } from "../../printers/text.js";
import { resolveJob } from "./acts.js";

const OUTCOMES = ["not-started", "started", "done", "failed"];

/** Opens the question. */
export function resolveDialog(id) {
	const job = store.jobs.get(id);
	if (!job)
		return;
	const choices = OUTCOMES.map((outcome) => {
		const input = h("input", { type: "radio", name: "outcome", value: outcome, dataset: { role: `outcome-${outcome}` },
			"aria-describedby": `outcome-${outcome}` });
		return { outcome, input, node: h("label", { class: "choice" }, input, h("span", null,
			h("span", { class: "strong" }, t(`jobs.resolve.${outcome}`)),
			h("span", { class: "small muted choice__text", id: `outcome-${outcome}` }, t(`jobs.resolve.${outcome}Text`)))) };
	});
	const dialog = openDialog({
		title: t("jobs.resolve.title", { name: plain(job.printerName, 40) }), role: "resolve-dialog",
		body: [
			h("p", null, h("strong", null, h("bdi", null, plain(job.fileName, 120)))),
			plain(job.sentence) && callout("warn", h("p", null, plain(job.sentence, 240)), plain(job.remedy) && h("p", null, plain(job.remedy, 400))),
			h("fieldset", { class: "choices" }, h("legend", { class: "field__label" }, t("jobs.resolve.question")), choices.map((one) => one.node)),
		],
		actions: [
			{ label: t("jobs.resolve.later"), kind: "plain", role: "cancel" },
			{ label: t("jobs.resolve.do"), kind: "primary", role: "resolve-send", run: async () => {
				const chosen = choices.find((one) => one.input.checked);
				if (!chosen) {
					dialog.setError(new Error(t("jobs.resolve.choose")));
					return false;
				}
				await resolveJob(id, chosen.outcome);
				toast({ kind: "done", text: t("jobs.resolve.noted"), key: `job ${id}` });
				return true;
			} },
		],
	});
}
