/*
 * findings: what is wrong and what helps, below the chain.
 */
import { h, keyedList, replace } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { button } from "../core/parts.js";
import { go } from "../core/router.js";
import { t } from "../core/strings.js";
import { restart } from "./actions.js";

const ICONS = { bad: "error", warn: "warning", info: "info" };

function sentenceOf(finding) {
	return finding.sentence ?? t(finding.key, { ...finding.params, name: finding.params.role ? t(`role.${finding.params.role}`) : "" });
}

function remediesOf(finding) {
	const given = finding.remedyKey ? [t(finding.remedyKey)] : (finding.remedy ?? []);
	return given.filter(Boolean).map((one) => h("p", null, typeof one === "string" ? one : t(one.key)));
}

function buttonOf({ action }) {
	if (!action)
		return null;
	if (action.kind === "go")
		return button({ label: t(action.labelKey), small: true, role: "finding-go", run: () => go(action.path) });
	const name = t(`role.${action.process.role}`);
	return button({ label: t("action.retryNow"), small: true, role: "finding-retry",
			run: (event) => restart(action.process, name, event.currentTarget) });
}

function create(id, first) {
	const node = h("li", { dataset: { role: "finding", finding: id } });
	let shown = "";
	const update = (finding) => {
		const text = sentenceOf(finding), now = JSON.stringify([text, finding.remedy, finding.tone]);
		if (now === shown)
			return;
		shown = now;
		replace(node, h("div", { class: `callout callout--${finding.tone}` }, icon(ICONS[finding.tone]),
			h("div", { class: "callout__text" }, h("p", { class: "callout__title" }, text), remediesOf(finding)), buttonOf(finding)));
	};
	update(first);
	return { node, update };
}

/** The list. -> {node, set(findings)} */
export function findingList() {
	const node = h("ul", { class: "findings", "aria-label": t("finding.label") });
	const list = keyedList(node, { create });
	return {
		node,
		set(found) {
			node.hidden = found.length === 0;
			list.render(found, (finding) => finding.id);
		},
	};
}
