/*
 * What the dialogs for many printers share: how each goes, what is wrong with it, and the box for a pasted list of codes.
 */
import { h, replace, setAttr, setName, setText } from "../../core/dom.js";
import { button, callout, field, setBadge } from "../../core/parts.js";
import { t } from "../../core/strings.js";
import { plain } from "../../printers/text.js";

const LINES_SHOWN = 6;
const TONES = { sending: "info", linking: "info", live: "ok", warned: "warn", fault: "bad", refused: "bad", added: "idle",
	moved: "warn", closed: "warn", valid: "info", changes: "info", unchanged: "idle", duplicate: "warn", error: "bad" };

/** How it goes, in a badge: "connecting" in as much detail as is known. node: of badge(). */
export function showState(node, state, doc) {
	const phase = state === "linking" && doc?.link?.phase !== "live" && doc?.link?.phase;
	node.hidden = !TONES[state];
	if (TONES[state])
		setBadge(node, TONES[state], phase ? t(`printers.phase.${phase}`) : t(`finder.state.${state}`));
}

/** What is wrong and what to do, as paragraphs. problem: of problems.js, of an ApiError or of a result; may be null. */
export function problemNodes(problem) {
	const sentence = problem && (problem.sentence || problem.detail || problem.title);
	return [sentence && h("p", { dataset: { role: "find-problem" } }, sentence), problem?.remedy && h("p", { class: "muted" }, problem.remedy)];
}

/**
 * A printer in a row that is only looked at: its name, how it goes, what is wrong.
 * -> {node, update({serial, name, address, doc, how: {state, problem}})}: each may be null; serial alone names one that is kept.
 */
export function printerRow(role) {
	const name = h("bdi", { class: "clip strong", dir: "auto" }), facts = h("span", { class: "mono small muted" });
	const badge = h("span", { class: "badge", dataset: { role: `${role}-state` } }), note = h("div", { class: "find__note" });
	const node = h("li", { class: "recode", dataset: { role } }, name, facts, badge, note);
	return { node, update({ serial, name: told, address, doc, how }) {
		setName(name, plain(told ?? doc?.name, 96) || plain(serial, 40) || "–");
		setText(facts, [plain(serial, 40), plain(address, 60)].filter(Boolean).join(" · "));
		setAttr(node, "data-serial", serial ?? null);
		setAttr(node, "data-state", how.state);
		showState(badge, how.state, doc);
		if (note.dataset.says !== JSON.stringify(how.problem)) {
			note.dataset.says = JSON.stringify(how.problem);
			replace(note, problemNodes(how.problem));
		}
	} };
}

/* "Line 4 (Anna): no printer is called so." of the first, and how many there are besides. */
function astrayNodes(astray) {
	return [
		...astray.slice(0, LINES_SHOWN).map(({ number, word, why }) => h("li", { dataset: { why } }, t("finder.line", { number }),
			word && [" (", h("bdi", null, plain(word, 40)), ")"], ": ", t(`finder.astray.${why}`))),
		...(astray.length > LINES_SHOWN ? [h("li", null, t("finder.astray.more", { count: astray.length - LINES_SHOWN }))] : []),
	];
}

/**
 * What became of its lines is told; the codes themselves are not said again.
 * -> {node, input, tell({filled, astray})}. typed(text) is called while somebody writes.
 */
export function pasteBox({ text, hint, typed }) {
	const told = h("div", { class: "paste__told", "aria-live": "polite", dataset: { role: "paste-told" } });
	const box = field({ label: t("finder.paste.label"), hint, role: "paste-codes",
		input: h("textarea", { class: "textarea input--mono", rows: "3", autocomplete: "off", spellcheck: "false", maxlength: "60000",
			placeholder: t("finder.paste.example"), value: text, on: { input: () => typed(box.input.value) } }) });
	return {
		node: h("div", { class: "stack" }, box.node, told),
		input: box.input,
		tell({ filled, astray }) {
			replace(told, filled + astray.length > 0 && h("p", { class: "strong" }, t("finder.filled", { count: filled })),
				astray.length > 0 && h("ul", { class: "small" }, astrayNodes(astray)));
		},
	};
}

/** Asks whether those are trusted whom nobody vouches for; trust() when they are. -> {node, show(count)}; none: it is empty. */
export function trustBox(role, trust) {
	const node = h("div", { "aria-live": "polite" });
	return { node, show(count) {
		if (node.dataset.count === String(count))
			return;
		node.dataset.count = count;
		replace(node, count > 0 && callout("warn", h("p", null, t("finder.trustWhy", { count })),
			h("div", null, button({ label: t("finder.trustAll", { count }), small: true, iconName: "shield", role, run: trust }))));
	} };
}

/** Says in `summary` how those that were sent go ({live, busy, bad, total} of tally()), and in data-outcome of the dialog. */
export function tellTally(summary, dialog, { total, live, busy, bad }) {
	const outcome = total === 0 ? null : busy > 0 ? "busy" : bad > 0 ? "some" : "live";
	setAttr(dialog, "data-outcome", outcome);
	setText(summary, outcome && t(`finder.outcome.${outcome}`, { live, total, count: outcome === "some" ? bad : total }));
}
