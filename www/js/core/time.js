/*
 * time: <time> elements that age by themselves, with the absolute time as tooltip.
 */
import { h, setAttr, setText } from "./dom.js";
import { msSince, onTick } from "./clock.js";
import { ago, dateTime } from "./format.js";

const alive = new Map(); /* node -> {iso, format} */
let off = null;

function refresh(node, { iso, format }) {
	setText(node, format(msSince(iso)));
}

function refreshAll() {
	for (const [node, entry] of alive) {
		if (node.isConnected) {
			entry.wasSeen = true;
			refresh(node, entry);
		} else if (entry.wasSeen) {
			alive.delete(node);
		}
	}
	if (alive.size === 0 && off) {
		off();
		off = null;
	}
}

/**
 * Makes a <time> show how old an ISO time is, now and each second. format(ms) -> text (ago() unless told).
 * null: what format says of NaN.
 */
export function setAge(node, iso, format = ago) {
	const entry = { iso, format, wasSeen: false };
	setAttr(node, "datetime", iso);
	setAttr(node, "title", dateTime(iso) || null);
	alive.set(node, entry);
	refresh(node, entry);
	off ??= onTick(refreshAll);
}

/** A <time> that ages. */
export function ageNode(iso, format = ago, attrs = {}) {
	const node = h("time", { ...attrs, class: "num " + (attrs.class ?? "") });
	setAge(node, iso, format);
	return node;
}
