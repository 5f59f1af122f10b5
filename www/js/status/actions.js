/*
 * actions: what the status page can do. Each asks where it must, and says what came of it.
 */
import { post } from "../core/api.js";
import { confirmDialog } from "../core/dialog.js";
import { h } from "../core/dom.js";
import { whileBusy } from "../core/parts.js";
import { t } from "../core/strings.js";
import { toast, toastError } from "../core/toast.js";
import { isDown, serialOf } from "./health.js";

async function tell(button, work, text) {
	try {
		const answer = await whileBusy(button, work);
		if (answer !== undefined)
			toast({ kind: "done", text: answer?.sentence || text });
	} catch (error) {
		toastError(error);
	}
}

/** Starts a process anew (one that is down: without asking). name: as people call it. */
export async function restart(process, name, button) {
	const serial = serialOf(process);
	if (isDown(process)) {
		const work = serial ? () => post(`/api/v1/printers/${encodeURIComponent(serial)}/retry`) :
			() => post("/api/v1/restart", { process: process.process });
		await tell(button, work, t("process.retried", { name }));
		return;
	}
	const isSure = await confirmDialog({ title: t("process.restartTitle", { name }), confirm: t("action.restart"),
					     body: h("p", null, t(`process.restartText.${process.role === "worker" || process.role === "httpd" ? process.role : "other"}`)) });
	if (isSure)
		await tell(button, () => post("/api/v1/restart", { process: process.process }), t("process.restarted", { name }));
}
