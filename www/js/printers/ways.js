/*
 * The ways to add printers, as buttons with a menu each.
 */
import { h } from "../core/dom.js";
import { withLater } from "../core/later.js";
import { menuButton } from "../core/menu.js";
import { button, iconButton } from "../core/parts.js";
import { t } from "../core/strings.js";
import { addVirtual } from "./virtual_later.js";

function splitButton({ kind, more, role, ...main }, items) {
	const others = iconButton({ label: more, iconName: "chevron-down", role: `${role}-more` });
	others.classList.replace("btn--quiet", `btn--${kind}`);
	menuButton(others, items);
	return h("div", { class: "btn-group" }, button({ kind, role, ...main }), others);
}

const item = (name, iconName, run) => ({ label: t(`finder.way.${name}`), hint: t(`finder.way.${name}Hint`), iconName, run, role: `way-${name}` });

/** What each way does. page: {goTo(serial)}; add(): by its address. */
export function waysToAdd(page, add) {
	const find = (kind) => () => withLater(() => import("../later/finder/finder.js"), ({ findPrinters }) => findPrinters(kind, page));
	return { ssdp: find("ssdp"), subnet: find("subnet"), list: find("list"), address: add,
		file: () => withLater(() => import("../later/finder/import.js"), ({ importPrinters }) => importPrinters()),
		codes: () => withLater(() => import("../later/finder/recode.js"), ({ changeCodes }) => changeCodes()),
		virtual: () => addVirtual(page) };
}

/** "Auto-Scan" and "Add", each with what else there is. ways: of waysToAdd(). */
export function addButtons(ways) {
	return [
		splitButton({ label: t("finder.way.ssdp"), kind: "plain", iconName: "search", role: "auto-scan", more: t("finder.way.moreScan"),
			run: ways.ssdp }, () => [item("ssdp", "search", ways.ssdp), item("subnet", "network", ways.subnet)]),
		splitButton({ label: t("printers.add.open"), kind: "primary", iconName: "plus", role: "add-printer", more: t("finder.way.moreAdd"),
			run: ways.address }, () => [item("address", "plus", ways.address), item("list", "list", ways.list),
			item("file", "upload", ways.file), item("virtual", "monitor", ways.virtual), null,
			item("codes", "key", ways.codes)]),
	];
}
