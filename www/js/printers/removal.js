/*
 * Removing a printer. An access code cannot be read back, so there is time to think again.
 */
import { removals } from "../core/removal.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";

export const { isRemoved, onRemoval, remove: removePrinter, keep: keepPrinter } = removals({
	kind: "printer", pathOf: (serial) => `/api/v1/printers/${encodeURIComponent(serial)}`,
	words: (name, serial) => ({ done: t("printers.remove.done", { name }),
		detail: t(`printers.remove.${store.printers.get(serial)?.virtual ? "detailVirtual" : "detail"}`),
		failed: t("printers.remove.failed", { name }) }),
});
