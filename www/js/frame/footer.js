/*
 * footer: which Fuse this is, and since when it runs.
 */
import { h, setText } from "../core/dom.js";
import { uptime } from "../core/format.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { ageNode, setAge } from "../core/time.js";

/** The footer. */
export function footer() {
	const version = h("span", { dataset: { role: "version" } });
	const up = ageNode(null, () => "");
	store.on("status", (status) => {
		setText(version, status ? t("footer.version", { version: status.version }) : "");
		setAge(up, status?.startedAt ?? null, (ms) => (Number.isFinite(ms) ? t("footer.uptime", { age: uptime(ms) }) : ""));
	});
	return h("footer", { class: "footer" }, h("div", { class: "footer__inner" }, version, up));
}
