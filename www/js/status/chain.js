/*
 * chain: printers -> Fuse -> cloud, as three tiles and two arrows. Each says how it is in word and icon.
 */
import { now } from "../core/clock.js";
import { h, replace, setAttr, setText } from "../core/dom.js";
import { ago, number, uptime } from "../core/format.js";
import { icon } from "../core/icons.js";
import { badge, setBadge } from "../core/parts.js";
import { t } from "../core/strings.js";

function tile(role, iconName, titleKey, href) {
	const value = h("span", { class: "tile__value num" }), state = badge("idle", "–"), note = h("span", { class: "tile__note num" });
	const node = h(href ? "a" : "div", { class: "tile", href, dataset: { role, tone: "idle" } },
		h("span", { class: "tile__icon" }, icon(iconName)),
		h("span", { class: "tile__title" }, t(titleKey)),
		value, state, note);
	return {
		node,
		set({ tone, text, word, iconName: stateIcon, more }) {
			setAttr(node, "data-tone", tone);
			setText(value, text);
			value.hidden = text === "";
			setBadge(state, tone, word, stateIcon);
			setText(note, more);
		},
	};
}

function arrow(role) {
	const line = h("span", { class: "arrow__line" }), word = h("span", { class: "arrow__word" }), note = h("span", { class: "arrow__note num" });
	const node = h("div", { class: "arrow", dataset: { role, tone: "idle" } }, line, word, note);
	let shown = "";
	return {
		node,
		set({ tone, word: text, more, broken }) {
			setAttr(node, "data-tone", tone);
			setText(word, text);
			setText(note, more);
			const wanted = broken ? "close" : "arrow-right";
			if (shown !== wanted)
				replace(line, icon(shown = wanted));
		},
	};
}

function printersTile(fleet) {
	const { all, attention, online } = fleet;
	if (all === 0)
		return { tone: "idle", text: "0", word: t("chain.noPrinters"), more: t("chain.noPrintersMore") };
	const more = [t("chain.printing", { count: fleet.printing, n: number(fleet.printing) }), t("chain.available", { count: fleet.available, n: number(fleet.available) })].join(" · ");
	if (attention > 0)
		return { tone: "bad", text: number(all), word: t("chain.attention", { count: attention, n: number(attention) }), more };
	if (online < all)
		return { tone: "warn", text: number(all), word: t("chain.away", { count: all - online, n: number(all - online) }), more };
	return { tone: "ok", text: number(all), word: t("chain.allLinked", { count: all }), more };
}

function printersArrow(fleet) {
	const { all, online, newestMs } = fleet;
	if (all === 0)
		return { tone: "idle", word: t("chain.nothing"), more: "" };
	const more = newestMs === null ? t("chain.noReport") : t("chain.newest", { age: ago(now() - newestMs) });
	const word = t("chain.linked", { online: number(online), all: number(all) });
	return { tone: online === 0 ? "bad" : online < all ? "warn" : "ok", word, more, broken: online === 0 };
}

function fuseTile(status, found) {
	const worst = found.find((one) => one.at === "fuse");
	const startedMs = status.startedAt ? Date.parse(status.startedAt) : NaN;
	const text = Number.isFinite(startedMs) ? uptime(now() - startedMs) : "", more = t("chain.version", { version: status.version });
	if (status.stopping)
		return { tone: "info", text, word: t("chain.stopping"), iconName: "refresh", more };
	return worst ? { tone: worst.tone, text, word: t("chain.fuseTrouble"), more } :
		{ tone: "ok", text, word: t("chain.running"), more };
}

/** The chain. -> {node, set(status, fleet, findings)} */
export function chain() {
	const tiles = { printers: tile("tile-printers", "printer", "chain.printers", "/printers"), fuse: tile("tile-fuse", "bolt", "chain.fuse", null),
			cloud: tile("tile-cloud", "cloud-off", "chain.cloud", null) };
	const arrows = { printers: arrow("arrow-printers"), cloud: arrow("arrow-cloud") };
	return {
		node: h("section", { class: "chain", "aria-label": t("chain.label"), dataset: { role: "chain" } },
			tiles.printers.node, arrows.printers.node, tiles.fuse.node, arrows.cloud.node, tiles.cloud.node),
		set(status, fleet, found) {
			tiles.printers.set(printersTile(fleet));
			arrows.printers.set(printersArrow(fleet));
			tiles.fuse.set(fuseTile(status, found));
			/* Nothing of the cloud is in this version: it says so, and pretends nothing. */
			arrows.cloud.set({ tone: "idle", word: t("chain.cloudOff"), more: "" });
			tiles.cloud.set({ tone: "idle", text: "", word: t("chain.cloudState"), more: t("chain.cloudMore") });
		},
	};
}
