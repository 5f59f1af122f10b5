/*
 * How much room the files take, and the limit, which can be changed here.
 */
import { get, patch } from "../../core/api.js";
import { openDialog } from "../../core/dialog.js";
import { h, setText } from "../../core/dom.js";
import { bytes, number, percent } from "../../core/format.js";
import { button, field, progress } from "../../core/parts.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { toast } from "../../core/toast.js";

const SETTING = "cacheMaxMib";
const MIB = 1048576;
const NEARLY_FULL = 90;

function askLimit(setting) {
	const inGb = (mib) => Math.round((mib * MIB) / 1e7) / 100, first = inGb(setting.value);
	const limit = field({ label: t("files.limit.label"), role: "limit", hint: t("files.limit.hint", { usual: number(inGb(setting.default)) }),
		input: { type: "number", class: "input", inputmode: "decimal", step: "any", value: first, min: 0 } });
	openDialog({ title: t("files.limit.title"), role: "limit-dialog", body: [h("p", { class: "muted" }, t("files.limit.text")), limit.node], actions: [
		{ label: t("action.cancel"), kind: "plain", role: "cancel" },
		{ label: t("action.save"), kind: "primary", role: "limit-save", run: async () => {
			/* What was not touched stays as it is to the last MiB. */
			const typed = Number(limit.input.value), mib = typed === first ? setting.value : Math.round((typed * 1e9) / MIB);
			const isFit = limit.input.value !== "" && mib >= setting.min && mib <= setting.max;
			limit.setError(isFit ? null : t("files.limit.wrong", { min: number(inGb(setting.min)), max: number(inGb(setting.max)) }));
			if (!isFit)
				return false;
			await patch("/api/v1/settings", { [SETTING]: mib });
			toast({ kind: "done", text: t("files.limit.done", { size: bytes(mib * MIB) }), key: "limit" });
			return true;
		} },
	] });
}

async function changeLimit() {
	const { settings } = await get("/api/v1/settings");
	const setting = settings.find((one) => one.name === SETTING);
	if (setting)
		askLimit(setting);
}

/** {node, update()}: of store.cache. failed(error): the setting could not be read. */
export function usageBar(failed) {
	const bar = progress(t("files.usage.label")), words = h("span", { class: "num", dataset: { role: "usage" } });
	const low = h("p", { class: "small files__low", dataset: { role: "disk-low" } });
	const change = button({ label: t("files.limit.change"), kind: "quiet", small: true, iconName: "settings", role: "limit-change",
		run: () => changeLimit().catch(failed) });
	const node = h("section", { class: "panel files__usage", "aria-label": t("files.usage.label") },
		h("div", { class: "spread small" }, words, change), bar.node, low);
	return {
		node,
		update() {
			const { usedBytes, limitBytes, diskFreeBytes } = store.cache ?? {};
			node.hidden = store.cache === null;
			if (store.cache === null)
				return;
			const part = limitBytes > 0 ? (usedBytes * 100) / limitBytes : 0;
			const text = t("files.usage", { used: bytes(usedBytes), limit: bytes(limitBytes), percent: part < 10 ? t("unit.percent", { n: part > 0 && part < 0.05 ? t("files.usage.less") : number(Math.round(part * 10) / 10) }) : percent(part) });
			setText(words, text);
			bar.set(part, text);
			bar.node.classList.toggle("bar--warn", part >= NEARLY_FULL);
			/* The disk may be full before the limit is reached. */
			low.hidden = !(diskFreeBytes < limitBytes - usedBytes);
			setText(low, t("files.usage.disk", { free: bytes(diskFreeBytes) }));
		},
	};
}
