/*
 * Status: is all well, and if not, where does it stop and what helps.
 */
import { onTick } from "../core/clock.js";
import { h } from "../core/dom.js";
import { button, emptyState, pageHead, skeleton } from "../core/parts.js";
import { go } from "../core/router.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { chain } from "../status/chain.js";
import { findings } from "../status/health.js";
import { fusePanel, storePanel } from "../status/facts.js";
import { findingList } from "../status/findings.js";
import { fleet } from "../status/fleet.js";
import { problemPanel } from "../status/problems.js";
import { processPanel } from "../status/processes.js";

function teaching() {
	const steps = h("ol", { class: "steps" }, [1, 2, 3].map((n) => h("li", null,
		h("span", { class: "steps__title" }, t(`empty.step${n}`)), h("span", { class: "muted small" }, t(`empty.step${n}Text`)))));
	const node = emptyState({ iconName: "printer", title: t("empty.title"), text: t("empty.text"), role: "no-printers",
				  actions: [button({ label: t("empty.add"), kind: "primary", iconName: "plus", role: "add-first", run: () => go("/printers") })] });
	node.querySelector(".empty__actions").before(steps);
	return h("section", { class: "panel" }, node);
}

/* As large as what will come. */
function placeholder() {
	const tile = () => h("div", { class: "tile", dataset: { tone: "idle" } }, skeleton(3));
	return h("div", { class: "status", "aria-busy": "true", "aria-label": t("status.loading"), dataset: { role: "loading" } },
		h("div", { class: "panel chain-panel" }, h("div", { class: "chain" }, tile(), h("div", { class: "arrow" }), tile(), h("div", { class: "arrow" }), tile())),
		h("div", { class: "panel panel__body" }, skeleton(6)));
}

function mount(root) {
	const links = chain(), found = findingList(), problems = problemPanel(), processes = processPanel(), kept = storePanel(), fuse = fusePanel();
	const empty = teaching();
	const loading = placeholder();
	const page = h("div", { class: "status" }, h("div", { class: "panel chain-panel" }, links.node, found.node), empty, problems.node, processes.node,
		       h("div", { class: "status__pair" }, kept.node, fuse.node));
	root.append(pageHead(t("status.title")), loading, page);

	function showChain() {
		if (store.status === null)
			return;
		const all = fleet(), wrong = findings(store.status, all);
		links.set(store.status, all, wrong);
		found.set(wrong);
	}

	function showPrinters() {
		const all = fleet();
		showChain();
		problems.set(all, (serial) => store.printers.get(serial)?.link?.since ?? null);
		empty.hidden = all.all > 0;
		problems.node.hidden = all.all === 0;
	}

	function showStatus() {
		loading.hidden = store.status !== null;
		page.hidden = store.status === null;
		if (store.status === null)
			return;
		processes.set(store.status);
		kept.set(store.status.store);
		fuse.set(store.status);
		showPrinters();
	}
	const ends = [store.on("status", showStatus), store.on("printers", showPrinters), store.on("jobs", showPrinters), onTick(() => {
		showChain();
		/* Names of printers may have changed. */
		if (store.status !== null)
			processes.set(store.status);
	})];
	showStatus();
	return () => ends.forEach((end) => end());
}

export const statusPage = { path: "/", aliases: ["/status"], titleKey: "status.title", navKey: "nav.status", iconName: "home", mount };
