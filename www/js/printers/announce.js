/*
 * What changes, for those who hear the page: one polite message at most every few seconds, with all that has happened.
 */
import { h, setText } from "../core/dom.js";
import { t } from "../core/strings.js";

const GAP_MS = 6000;
const NAMED = 3;

/* {node, tell(name, words), end()} */
export function announcer() {
	const node = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite", dataset: { role: "announcer" } });
	let waiting = new Map();
	let timer = 0;

	function say() {
		timer = 0;
		if (waiting.size === 0)
			return;
		const all = [...waiting].slice(0, NAMED).map(([name, words]) => t("printers.announce", { name, state: words }));
		if (waiting.size > NAMED)
			all.push(t("printers.announceMore", { count: waiting.size - NAMED }));
		waiting = new Map();
		setText(node, all.join(" "));
		timer = setTimeout(say, GAP_MS);
	}
	return {
		node,
		tell(name, words) {
			waiting.set(name, words);
			timer ||= setTimeout(say, 500);
		},
		end: () => clearTimeout(timer),
	};
}
