/*
 * What is fetched when it is first wanted: the dialog that prints, and the question how an unknown job went.
 */
import { withLater } from "../core/later.js";

/**
 * Opens the print dialog. {file: SHA-256, plate: its number} to begin with, or {upload: a File of the browser}, which goes up at once; serials: the
 * printers that are chosen already.
 */
export function openPrint(what) {
	return withLater(() => import("../later/print/dialog.js"), ({ printDialog }) => printDialog(what));
}

/** Asks what a person knows of a job that is unknown. */
export function askResolution(id) {
	return withLater(() => import("../later/jobs/resolve.js"), ({ resolveDialog }) => resolveDialog(id));
}
