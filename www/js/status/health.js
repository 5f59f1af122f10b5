/*
 * health: what is wrong with Fuse itself and with the ways to the printers, and what helps. Pure.
 */
export const LIFE_TONES = { down: "idle", starting: "info", up: "ok", stopping: "info", waiting: "warn", held: "bad" };

/** A process that has died and is not back. */
export function isDown(process) {
	return process.state === "waiting" || process.state === "held";
}

/** The serial number of a printer's process; null for others. */
export function serialOf(process) {
	return process.role === "worker" ? process.process.slice("worker/".length) : null;
}

function storeFindings(status) {
	const { store } = status;
	if (!store)
		return [{ id: "store-silent", at: "fuse", tone: "warn", key: "finding.storeSilent", params: {}, remedyKey: "finding.storeSilentRemedy" }];
	if (store.health === "good" && !store.holdsPrints)
		return [];
	return [{ id: `store-${store.health}`, at: "fuse", tone: store.health === "restored" ? "warn" : "bad", sentence: store.sentence,
		  remedy: store.holdsPrints ? [store.remedy, { key: "finding.holdsPrints" }] : [store.remedy] }];
}

function processFindings(status) {
	return status.processes.filter((process) => process.role !== "worker" && isDown(process))
		.map((process) => ({ id: `process-${process.process}`, at: "fuse", tone: "bad", key: "finding.process",
				     params: { role: process.role, obituary: process.obituary ?? "" }, action: { kind: "restart", process } }));
}

function printerFindings(fleet) {
	const found = [];
	if (fleet.attention > 0)
		found.push({ id: "attention", at: "printers", tone: "bad", key: "finding.attention", params: { count: fleet.attention },
			     remedyKey: "finding.attentionRemedy", action: { kind: "go", path: "/printers?show=attention", labelKey: "finding.showThem" } });
	if (fleet.offline > 0)
		found.push({ id: "offline", at: "printers", tone: "warn", key: fleet.attention > 0 ? "finding.offlineMore" : "finding.offline", params: { count: fleet.offline },
			     remedyKey: "finding.offlineRemedy", action: { kind: "go", path: "/printers?show=offline", labelKey: "finding.showThem" } });
	return found;
}

/**
 * What is wrong, the worst first: [{id, at: "printers" | "fuse", tone: "bad" | "warn" | "info", key + params or sentence,
 * remedyKey or remedy: [text or {key}], action?: {kind: "go", path, labelKey} or {kind: "restart", process}}].
 */
export function findings(status, fleet) {
	const found = [...storeFindings(status), ...processFindings(status), ...printerFindings(fleet)];
	if (status.stopping)
		found.push({ id: "stopping", at: "fuse", tone: "info", key: "finding.stopping", params: {} });
	const order = ["bad", "warn", "info"];
	return found.sort((a, b) => order.indexOf(a.tone) - order.indexOf(b.tone));
}

/** Processes in the order in which people look: what is down, then Fuse's own, then the printers'. */
export function byInterest(processes) {
	const rank = (process) => (isDown(process) ? 0 : process.role === "worker" ? 2 : 1);
	return [...processes].sort((a, b) => rank(a) - rank(b) || a.process.localeCompare(b.process, undefined, { numeric: true }));
}
