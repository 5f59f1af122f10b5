/*
 * Choosing files of this computer.
 */
import { h } from "../../core/dom.js";
import { t } from "../../core/strings.js";

/** A hidden field by which the browser chooses files. -> {node, open()} */
export function fileChooser(take, several = true) {
	const node = h("input", { type: "file", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true", multiple: several,
		"aria-label": t("files.choose"), dataset: { role: "choose" }, on: { change: () => {
			take([...node.files]);
			node.value = "";
		} } });
	return { node, open: () => node.click() };
}
