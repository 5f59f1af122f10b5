/*
 * What printers are told to do, and how it went: sent, done, or why not.
 */
import { post } from "../core/api.js";
import { confirmDialog } from "../core/dialog.js";
import { h } from "../core/dom.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { toast } from "../core/toast.js";
import { lightsOf } from "./view.js";
import { plain } from "./text.js";

function nameOf(serial) {
	return plain(store.printers.get(serial)?.name, 40) || serial;
}

const pathOf = (serial, what) => `/api/v1/printers/${encodeURIComponent(serial)}/${what}`;

/* One toast for each printer: the next step takes the place of the last. */
async function told(serial, doing, call) {
	const name = nameOf(serial), key = `order ${serial}`;
	toast({ kind: "info", text: t(doing, { name }), key, timeoutMs: 60000 });
	try {
		const answer = await call();
		const sure = answer?.confirmed !== false;
		toast({ kind: sure ? "done" : "info", text: `${name}: ${answer?.sentence || t("printers.order.done")}`,
			detail: sure ? null : t("printers.order.unsure"), key });
		return true;
	} catch (error) {
		toast({ kind: "error", text: `${name}: ${error.detail || error.title}`, detail: error.remedy || null,
			key });
		return false;
	}
}

function command(serial, doing, body) {
	return told(serial, doing, () => post(pathOf(serial, "commands"), { command: body }));
}

export const pausePrint = (serial) => command(serial, "printers.order.pause", { command: "pause" });
export const resumePrint = (serial) => command(serial, "printers.order.resume", { command: "resume" });
export const clearPlate = (serial) => told(serial, "plate.clearing", () => post(pathOf(serial, "plate-clear")));
export const reconnect = (serial) => told(serial, "printers.order.reconnect", () => post(pathOf(serial, "reconnect")));
export const retryProcess = (serial) => told(serial, "printers.order.retry", () => post(pathOf(serial, "retry")));

/** Stops the print for good, after asking. job: what it is called */
export async function stopPrint(serial, job) {
	const sure = await confirmDialog({ title: t("printers.stop.title", { name: nameOf(serial) }), danger: true,
		confirm: t("printers.stop.do"),
					   body: [job && h("p", null, h("strong", null, h("bdi", null, job))),
						h("p", null, t("printers.stop.text"))] });
	if (sure)
		await command(serial, "printers.order.stop", { command: "stop" });
}

/** Switches the chamber's light to what it is not. */
export function toggleLight(serial) {
	const lamp = lightsOf(store.printers.get(serial)?.stat ?? {}).find((light) =>
		light.node.startsWith("chamber_light"));
	const state = lamp?.on ? "off" : "on";
	return command(serial, `printers.order.light.${state}`, { command: "led-control", light: "chamber_light", state });
}
