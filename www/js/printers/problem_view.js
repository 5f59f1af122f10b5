/*
 * What is wrong with a printer, as boxes: a sentence, what to do, the button that does it; of health messages the code,
 * which can be copied, and the maker's page.
 */
import { h } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { button } from "../core/parts.js";
import { t } from "../core/strings.js";
import { toast } from "../core/toast.js";

const TONES = { fatal: "bad", serious: "bad", common: "warn", unknown: "warn", info: "info" };
const ICONS = { bad: "error", warn: "warning", info: "info" };
const IN_FULL = 1;
const SHOWN = 2;

async function copyCode(code) {
	try {
		await navigator.clipboard.writeText(code);
		toast({ kind: "done", text: t("printers.code.copied", { code }), key: "code" });
	} catch {
		toast({ kind: "info", text: t("printers.code.notCopied", { code }), key: "code" });
	}
}

function codeLine(problem) {
	if (problem.code === "")
		return null;
	return h("p", { class: "trouble__code" },
		h("button", { type: "button", class: "trouble__copy mono", title: t("printers.code.copy"),
			"aria-label": t("printers.code.copyOf", { code: problem.code }),
			      dataset: { role: "copy-code" }, on: { click: () => copyCode(problem.code) } },
				problem.code, icon("copy")),
		problem.link && h("a", { href: problem.link, target: "_blank", rel: "noopener noreferrer",
			dataset: { role: "wiki" } },
			t("printers.wiki"), icon("external")));
}

/** One problem. act(action) is called with what a button is for; brief: the sentence only. */
export function problemNode(problem, act, brief = false) {
	const tone = TONES[problem.severity];
	return h("div", { class: `trouble trouble--${tone}`,
		dataset: { role: "problem", id: problem.id, severity: problem.severity } },
		icon(ICONS[tone]),
		h("div", { class: "trouble__text" },
			h("p", { class: "trouble__sentence" },
				problem.source !== "link" && problem.id !== "job-ended" &&
					h("span", { class: "trouble__severity" },
					t(`printers.severity.${problem.severity}`) + " "),
				problem.sentence),
			!brief && problem.remedy && h("p", { class: "trouble__remedy", dataset: { role: "remedy" } },
				problem.remedy),
			codeLine(problem),
			!brief && problem.actions.length > 0 &&
				h("div", { class: "trouble__acts" }, problem.actions.map((action, i) =>
				button({ label: t(`printers.fix.${action}`), kind: i === 0 && tone === "bad"
					? "primary" : "plain", small: true,
					 role: `fix-${action}`, run: () => act(action) })))));
}

/** The worst in full, some more briefly, the rest as a number. -> {node, update(problems)} */
export function problemList(act, showAll) {
	const node = h("div", { class: "pcard__problems", dataset: { role: "problems" }, hidden: true });
	let shown = [];
	let signature = "[]";
	return {
		node,
		update(problems) {
			if (problems === shown)
				return;
			shown = problems;
			const fresh = JSON.stringify(problems);
			if (fresh === signature)
				return;
			signature = fresh;
			const rest = problems.length - SHOWN;
			node.hidden = problems.length === 0;
			node.replaceChildren(
				...problems.slice(0, SHOWN).map((problem, i) => problemNode(problem, act, i >= IN_FULL)),
				...(rest > 0 ? [h("button",
					{ type: "button", class: "trouble__more", on: { click: showAll } },
					t("printers.problems.more", { count: rest }))] : []));
		},
	};
}
