/*
 * The controls of a virtual printer, as its document has them (printer/virtual_controls.def): what there is, and what of it is told.
 * A member that is missing or of another type is one that is not known. No DOM.
 */
import { isNewer } from "../../printers/jobs.js";
import { finite, plain } from "../../printers/text.js";

/* The faults of real printers, in the order in which a print meets them. */
export const FAULTS = { link: ["wrongCode", "changedCertificate", "changedAddress", "silent", "developerModeOff", "liveViewOff"],
	storage: ["noStorage", "storageFull"], upload: ["slowUpload", "emptyUpload"], start: ["slowParse", "lostStart"] };
export const ERRORS = ["nozzle-temperature", "bed-temperature", "heatbreak-fan", "filament-runout", "ams-connection-lost", "nozzle-clog",
	"first-layer-failed", "filament-tangle"];
export const FACTORS = [1, 10, 60, 600];
const CUTS = [0, 10, 50, 90, 99];
const SHOWN = 16;

const allFaults = Object.values(FAULTS).flat();

/** {online, timeFactor, faults: {id: bool}, cut: percent, errors: [{error, code, message}], …}; null: its process does not run. */
export function controlsOf(doc) {
	const told = doc?.virtualControls;
	if (told === null || typeof told !== "object")
		return null;
	const errors = Array.isArray(told.errors) ? told.errors.slice(0, SHOWN) : [];
	const { totalBytes, usedBytes, files } = told.storage ?? {};
	return {
		online: told.online === true, timeFactor: finite(told.timeFactor) ?? 1,
		faults: Object.fromEntries(allFaults.map((id) => [id, told.faults?.[id] === true])),
		cut: finite(told.faults?.cutUploadPercent) ?? 0,
		errors: errors.map((one) => ({ error: plain(one?.error, 40), code: plain(one?.code, 40), message: plain(one?.message, 120) })),
		storage: finite(totalBytes) === null ? null : { total: totalBytes, used: finite(usedBytes) ?? 0, files: finite(files) ?? 0 },
		exposed: plain(told.exposed, 64) !== "", address: plain(told.address, 64),
		ports: Object.entries(told.ports ?? {}).slice(0, SHOWN).filter(([, port]) => finite(port) !== null).map(([name, port]) => [plain(name, 20), port]),
	};
}

/** How many faults are on. */
export function countOn(controls) {
	return allFaults.filter((id) => controls.faults[id]).length + (controls.cut > 0 ? 1 : 0);
}

/** All of them off: what is sent. */
export const noFaults = () => ({ faults: { ...Object.fromEntries(allFaults.map((id) => [id, false])), cutUploadPercent: 0 } });

/** Where an upload can be cut, the present place among them. */
export function cutsOf(cut) {
	return [...new Set([...CUTS, cut])].sort((a, b) => a - b);
}

/** The job that came last for a printer; null when there is none. */
export function newestJob(jobs, serial) {
	let newest = null;
	for (const job of jobs)
		if (job.printer === serial && isNewer(job, newest))
			newest = job;
	return newest;
}
