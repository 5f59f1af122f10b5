/*
 * announce: tells screen readers what has changed, politely, and no more often than people can listen.
 */
import { h, setText } from "./dom.js";

const GAP_MS = 3000;
const MOST_WAITING = 3;
let region = null;
let waiting = [];
let timer = 0;

function sayNext() {
	timer = 0;
	if (waiting.length === 0)
		return;
	setText(region, waiting.join(" "));
	waiting = [];
	timer = setTimeout(sayNext, GAP_MS);
}

/** Says a sentence. Of many that come together the newest three are said. */
export function announce(text) {
	if (!region) {
		region = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite", dataset: { role: "announcer" } });
		document.body.append(region);
	}
	waiting = [...waiting.filter((one) => one !== text), text].slice(-MOST_WAITING);
	/* A region must be there before it speaks. */
	timer ||= setTimeout(sayNext, 100);
}
