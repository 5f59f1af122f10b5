/*
 * What is wrong with a printer, the worst first, and which button helps. No DOM.
 */
import { hmsCode, plain, safeLink } from "./text.js";

export const SEVERITIES = ["fatal", "serious", "common", "unknown", "info"];

/*
 * What a person can do about a fault of the link (ids: worker/link/faults.def), the best first. What is not here gets
 * REMEDY_ELSE.
 */
const REMEDIES = {
	"no-access-code": ["enter-code"],
	"code-refused": ["enter-code", "reconnect"],
	"not-trusted-yet": ["trust"],
	"fingerprint-changed": ["trust"],
	"clock-wrong": ["trust", "reconnect"],
	"no-route": ["reconnect", "edit-address"],
	"no-answer": ["reconnect", "edit-address"],
	"refused": ["reconnect", "edit-address"],
	"tls-failed": ["reconnect", "edit-address"],
	"tls-silent": ["reconnect"],
	"not-a-printer": ["edit-address", "reconnect"],
	"another-printer": ["edit-address", "reconnect"],
	"serial-case": ["remove"],
	"developer-mode-off": ["enter-code", "reconnect"],
	"storage-missing": [],
	"firmware-changed": [],
	"upgrading": [],
	"bad-reports": ["reconnect"],
	"flooding": [],
	"process": ["retry"],
};
const REMEDY_ELSE = ["reconnect"];

/* Faults of a printer that is off or away: nobody has to do anything before it is wanted. */
const AWAY = new Set(["no-route", "no-answer", "silent", "lost", "untold"]);

/* Linked, and these keep prints from starting or are news; all other faults break the link. */
const MILD = { "developer-mode-off": "serious", "storage-missing": "serious", "upgrading": "info",
	"firmware-changed": "common",
	"bad-reports": "common", "flooding": "common" };

/* What helps against a fault. */
export function actionsOf(fault) {
	return REMEDIES[fault] ?? REMEDY_ELSE;
}

export function isAway(fault) {
	return AWAY.has(fault);
}

/* Remedies also name the command for a terminal, in brackets; here is a button. */
function withoutCommands(remedy) {
	return plain(remedy, 500).replace(/ \(`[^`]*`\)/g, "");
}

/* Of a virtual printer nobody can look up another code or address: what is wrong with it was switched on. */
function actionsFor(doc, id) {
	const actions = actionsOf(id);
	if (doc.virtual !== true)
		return actions;
	return ["controls", ...actions.filter((action) => action !== "enter-code" && action !== "edit-address")];
}

function linkProblem(doc, id, sentence, remedy) {
	return {
		source: "link", id, code: "", severity: MILD[id] ?? (AWAY.has(id) ? "common" : "serious"),
		sentence: plain(sentence, 400), remedy: withoutCommands(remedy), link: null,
		actions: actionsFor(doc, id),
	};
}

/* The link's own; `link` has the worst of them even before the printer has told anything. */
function linkProblems(doc, isStarting) {
	const told = Array.isArray(doc.stat?.link?.problems) ? doc.stat.link.problems : [];
	const { fault, sentence, remedy } = doc.link ?? {};
	const problems = fault && !isStarting ? [linkProblem(doc, fault, sentence, remedy)] : [];
	/* A worker that is gone has left its last words, and one that only begins has none yet: they are no news. */
	if (fault === "process" || isStarting)
		return problems;
	for (const one of told.slice(0, 16))
		if (one !== null && typeof one === "object" && one.id !== "untold" &&
			problems.every((p) => p.id !== one.id))
			problems.push(linkProblem(doc, plain(one.id, 40), one.sentence, one.remedy));
	return problems;
}

/** Of a job of which nobody knows whether it printed: only a person can say. */
export function jobProblem(job) {
	return { source: "job", id: "job-unknown", code: "", severity: "serious", sentence: plain(job.sentence, 400),
		remedy: withoutCommands(job.remedy), link: null, actions: ["resolve"] };
}

/** Of a job that has ended without a print: who dropped its file on the card must not miss it. */
export function endProblem(job) {
	return { source: "job", id: "job-ended", code: "", severity: "serious", sentence: `${plain(job.fileName, 80)}: ${plain(job.sentence, 400)}`,
		remedy: withoutCommands(job.remedy), link: null, actions: ["print-again", "story", "noted"] };
}

function healthProblem(source, one) {
	return {
		source, id: plain(one.code, 40), code: hmsCode(one.code),
		severity: SEVERITIES.includes(one.severity) ? one.severity : "unknown",
		sentence: plain(one.message, 400) || plain(one.module, 60), remedy: plain(one.remedy, 500),
		link: safeLink(one.link), actions: [],
	};
}

/* What problems are made of. Reports come each second; this hardly ever changes. */
function ingredientsOf(doc, isStarting) {
	const { link, stat } = doc;
	return [isStarting, link?.fault, link?.sentence, link?.remedy, stat?.link?.problems, stat?.hms, stat?.printError?.code,
		stat?.printError?.message];
}

const kept = new WeakMap(); /* document -> {ingredients, problems} */

/**
 * {source, id, code, severity, sentence, remedy, link, actions}: of the link, of the print, of the machine. As long as they
 * are the same, so is the list (by identity). Documents are changed in place, but lists in them are replaced.
 * isStarting: its process is about to run, so that it does not yet is no problem.
 */
export function problemsOf(doc, isStarting = false) {
	const ingredients = ingredientsOf(doc, isStarting), last = kept.get(doc);
	if (last && last.ingredients.every((one, i) => one === ingredients[i]))
		return last.problems;
	const problems = gather(doc, isStarting);
	kept.set(doc, { ingredients, problems });
	return problems;
}

function gather(doc, isStarting) {
	const stat = doc.stat ?? {};
	const health = Array.isArray(stat.hms) ? stat.hms.filter((one) => one !== null && typeof one === "object") : [];
	const print = stat.printError !== null && typeof stat.printError === "object" ? [stat.printError] : [];
	const all = [...linkProblems(doc, isStarting), ...print.map((one) => healthProblem("print", one)),
		...health.slice(0, 32).map((one) => healthProblem("hms", one))];
	return all.map((problem, order) => ({ problem, order }))
		.sort((a, b) => rankOf(a.problem) - rankOf(b.problem) || a.order - b.order)
		.map(({ problem }) => problem);
}

/* A link that is down goes first: all else is as old as its last report. */
function rankOf(problem) {
	const breaks = problem.source === "link" && MILD[problem.id] === undefined;
	return (breaks ? 0 : 10) + SEVERITIES.indexOf(problem.severity);
}

/* A person has to do something about it. */
export function needsPerson(problem) {
	return problem.severity === "fatal" || problem.severity === "serious";
}
