/*
 * What is done with jobs, and how that went.
 */
import { del, post } from "../../core/api.js";
import { confirmDialog } from "../../core/dialog.js";
import { h } from "../../core/dom.js";
import { go } from "../../core/router.js";
import { t } from "../../core/strings.js";
import { toast, toastError } from "../../core/toast.js";
import { jobPath } from "../../printers/job_part.js";
import { plain } from "../../printers/text.js";
import { newNonce } from "../print/draft.js";
import { isPrinting } from "./view.js";

const pathOf = (id, what = "") => `/api/v1/jobs/${encodeURIComponent(id)}${what}`;
const fileOf = (job) => plain(job.fileName, 60);

/** Cancels a job; one that prints only after asking. */
export async function cancelJob(job) {
	const stops = isPrinting(job);
	if (stops && !(await confirmDialog({ title: t("jobs.cancel.title", { name: plain(job.printerName, 40) }), danger: true, confirm: t("jobs.cancel.stop"),
		body: [h("p", null, h("strong", null, h("bdi", null, fileOf(job)))), h("p", null, t("printers.stop.text"))] })))
		return;
	try {
		await del(pathOf(job.id));
		toast({ kind: "done", text: t(stops ? "jobs.cancel.stopping" : "jobs.cancel.done", { file: fileOf(job) }), key: `job ${job.id}` });
	} catch (error) {
		toastError(error, t("jobs.cancel.failed", { file: fileOf(job) }));
	}
}

/** Orders the same once more. A click too many is the same order: `button` has the key until it was answered. */
export async function orderAgain(job, button) {
	button.orderKey ??= `web-${newNonce((into) => crypto.getRandomValues(into))}`;
	try {
		const made = await post(pathOf(job.id, "/again"), undefined, { headers: { "Idempotency-Key": button.orderKey } });
		delete button.orderKey;
		toast({ kind: "done", text: t("jobs.again.done", { file: fileOf(job), name: plain(job.printerName, 40) }), key: `job ${made.id}`,
			action: { label: t("print.showJob"), run: () => go(jobPath(made)) } });
	} catch (error) {
		toastError(error, t("jobs.again.failed", { file: fileOf(job) }));
	}
}

/** Says what a person knows of an unknown job. outcome: "not-started", "started", "done" or "failed". -> Promise */
export function resolveJob(id, outcome) {
	return post(pathOf(id, "/resolve"), { outcome });
}
