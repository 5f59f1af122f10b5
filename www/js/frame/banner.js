/*
 * banner: says that Fuse cannot be reached, since when, and what happens next. What stands on the page stays, and pales with
 * its age. It goes by itself. It is no live region, as it counts the seconds: announce() says it once.
 */
import { announce } from "../core/announce.js";
import { onTick } from "../core/clock.js";
import { h, setAttr, setText } from "../core/dom.js";
import { age, clockTime } from "../core/format.js";
import { icon } from "../core/icons.js";
import { button } from "../core/parts.js";
import { reconnectNow } from "../core/socket.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";

const PATIENCE_MS = 1500; /* a restart of fuse-httpd alone is no news */
const OLD_MS = 30000;

function sentence({ state, sinceMs, reason }) {
	if (reason === "login")
		return t("banner.login");
	if (store.status === null)
		return t("banner.never");
	return state === "live" ? "" : t("banner.lost", { time: clockTime(sinceMs), age: age(Date.now() - sinceMs) });
}

function next({ nextTryMs, reason }) {
	if (reason === "login")
		return "";
	return nextTryMs > Date.now() ? t("banner.next", { age: age(nextTryMs - Date.now() + 999) }) : t("banner.now");
}

/** The banner. main: what pales while the connection is lost. */
export function banner(main) {
	const what = h("span", { class: "strong" }), when = h("span", { class: "banner__next num" });
	const node = h("div", { class: "banner", role: "region", "aria-label": t("banner.label"), hidden: true, dataset: { role: "connection-lost" } },
		icon("link-off"), h("p", { class: "banner__text" }, what, " ", when),
		button({ label: t("banner.try"), small: true, run: reconnectNow, role: "reconnect" }));
	let wasShown = false;

	function show() {
		const { connection } = store, forMs = Date.now() - connection.sinceMs;
		const isLost = connection.state === "lost" && (forMs >= PATIENCE_MS || connection.reason === "login");
		node.hidden = !isLost;
		setAttr(main, "data-age", !isLost ? null : forMs > OLD_MS ? "old" : "recent");
		if (isLost && !wasShown)
			announce(sentence(connection));
		if (isLost) {
			setText(what, sentence(connection));
			setText(when, next(connection));
		} else if (wasShown && connection.state === "live") {
			announce(t("banner.back"));
		}
		wasShown = isLost || (wasShown && connection.state !== "live");
	}
	store.on("connection", show);
	onTick(show);
	return node;
}
