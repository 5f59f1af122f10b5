/*
 * facts: the store and Fuse itself, in figures.
 */
import { h, setAttr, setText } from "../core/dom.js";
import { bytes, milliseconds, number, uptime } from "../core/format.js";
import { badge, panel, setBadge } from "../core/parts.js";
import { t } from "../core/strings.js";
import { ageNode, setAge } from "../core/time.js";

const HEALTH_TONES = { good: "ok", restored: "warn", "read-only": "bad", full: "bad" };

function factList(facts, kind = "facts") {
	return h("dl", { class: kind }, Object.entries(facts).map(([key, node]) =>
		h("div", { class: "facts__item" }, h("dt", null, t(key)), h("dd", null, node))));
}

/** What Fuse keeps. -> {node, set(store or null)} */
export function storePanel() {
	const health = badge("idle", "–"), sentence = h("p", { class: "muted small" });
	const records = h("span"), size = h("span"), commit = h("span"), snapshot = ageNode(null);
	return {
		node: panel({ title: t("store.title"), aside: [health], role: "store" }, h("div", { class: "stack" }, sentence,
			factList({ "store.records": records, "store.size": size, "store.commit": commit, "store.snapshot": snapshot }))),
		set(store) {
			setBadge(health, store ? HEALTH_TONES[store.health] ?? "idle" : "warn", t(store ? `store.${store.health}` : "store.silent"));
			setAttr(health, "data-health", store?.health ?? "none");
			setText(sentence, store ? store.sentence : t("finding.storeSilentRemedy"));
			setText(records, number(store?.records));
			setText(size, bytes(store?.sizeBytes));
			setText(commit, store && store.commitMicroseconds > 0 ? milliseconds(store.commitMicroseconds / 1000) : "–");
			setAge(snapshot, store?.snapshotAt ?? null);
		},
	};
}

/** Fuse itself. -> {node, set(status)} */
export function fusePanel() {
	const sentence = h("p", { class: "muted small" }), version = h("span"), up = ageNode(null, uptime), started = ageNode(null),
		address = h("span");
	return {
		node: panel({ title: t("fuse.title"), role: "fuse" }, h("div", { class: "stack" }, sentence,
			factList({ "fuse.version": version, "fuse.uptime": up, "fuse.started": started, "fuse.address": address }, "facts facts--long"))),
		set(status) {
			setText(sentence, status.sentence);
			setText(version, status.version);
			setAge(up, status.startedAt, uptime);
			setAge(started, status.startedAt);
			setText(address, status.http);
		},
	};
}
