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

/** Makes a printer's link anew. */
export async function reconnect(serial, name, button) {
	await tell(button, () => post(`/api/v1/printers/${encodeURIComponent(serial)}/reconnect`), t("problem.reconnected", { name }));
}

/** Starts a printer's process that has died too often. */
export async function retry(serial, name, button) {
	await tell(button, () => post(`/api/v1/printers/${encodeURIComponent(serial)}/retry`), t("process.retried", { name }));
}

/** Starts a process anew (one that is down: without asking). name: as people call it. */
export async function restart(process, name, button) {
	const serial = serialOf(process);
	if (isDown(process)) {
		if (serial)
			await retry(serial, name, button);
		else
			await tell(button, () => post("/api/v1/restart", { process: process.process }), t("process.retried", { name }));
		return;
	}
	const isSure = await confirmDialog({ title: t("process.restartTitle", { name }), confirm: t("action.restart"),
					     body: h("p", null, t(`process.restartText.${process.role === "worker" || process.role === "httpd" ? process.role : "other"}`)) });
	if (isSure)
		await tell(button, () => post("/api/v1/restart", { process: process.process }), t("process.restarted", { name }));
}
