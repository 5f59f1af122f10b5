/*
 * Virtual printers: what is fetched when it is first wanted.
 */
import { withLater } from "../core/later.js";

/** Opens the dialog that makes some. page: {goTo(serial)}. */
export function addVirtual(page) {
	return withLater(() => import("../later/virtual/add.js"), (module) => module.addVirtual(page));
}

/** Opens the controls of one. atFaults: they begin with the faults. */
export function openControls(serial, atFaults = false) {
	return withLater(() => import("../later/virtual/controls.js"), (module) => module.openControls(serial, atFaults));
}
