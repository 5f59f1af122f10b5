/*
 * Where printers are looked for: those that announce themselves, a network, or a list of addresses; how far it is, and how
 * it ended.
 */
import { get, patch } from "../../core/api.js";
import { h, replace, setAttr } from "../../core/dom.js";
import { button, callout, field, iconButton, progress, whileBusy } from "../../core/parts.js";
import { t } from "../../core/strings.js";
import { toastError } from "../../core/toast.js";
import { addressFault } from "../../printers/address.js";
import { parseAddresses } from "./codes.js";
import { percentOf } from "./rows.js";

export const KINDS = ["ssdp", "subnet", "list"];

/* "120 of 254 addresses", "4 of 10 seconds". */
function progressWords({ type, done, total }) {
	const listens = type === "ssdp";
	return t(listens ? "finder.progress.seconds" : "finder.progress.addresses",
		{ done: listens ? Math.floor(done / 1000) : done, count: listens ? Math.round(total / 1000) : total });
}

/* How far it is, and how it ended. show(kind): look elsewhere. -> {node, update(scan, again)} */
function outcomePart(run, show) {
	const bar = progress(t("finder.progress")), words = h("span", { class: "num small", dataset: { role: "find-progress" } });
	const stop = button({ label: t("finder.stop"), small: true, iconName: "stop", role: "find-stop", run: () => run.stop() });
	const going = h("div", { class: "finder__going" }, bar.node, h("div", { class: "spread" }, words, stop));
	const end = h("div", { "aria-live": "polite", dataset: { role: "find-end" } });
	let shown = "";

	function drawEnd(scan, again) {
		const instead = scan?.type === "ssdp" && scan.printers.length === 0;
		replace(end, scan && callout(scan.state === "failed" ? "bad" : scan.printers.length > 0 ? "ok" : "warn",
			h("div", { class: "spread" }, h("p", { class: "callout__title" }, scan.sentence), h("div", { class: "row" },
				instead && button({ label: t("finder.instead"), kind: "primary", small: true, role: "find-instead",
					run: () => show("subnet") }),
				button({ label: t("finder.again"), small: true, iconName: "refresh", role: "find-again", run: again }))),
			scan.remedy && h("p", null, scan.remedy)));
	}
	const node = h("div", null, going, end);
	return {
		node,
		/* scan: of GET, or what stands for one */
		update(scan, again) {
			const runs = scan?.state === "running";
			going.hidden = !runs;
			if (runs) {
				const text = progressWords(scan);
				bar.set(percentOf(scan), text);
				words.textContent = text;
			}
			const key = JSON.stringify(scan && [scan.id, scan.state, scan.sentence]), hadFocus = node.contains(document.activeElement);
			if (key === shown)
				return;
			shown = key;
			drawEnd(runs ? null : scan, again);
			if (hadFocus)
				(runs ? stop : end.querySelector("button"))?.focus();
		},
	};
}

/** The network's field with its suggestions. run.begin(body) throws what Fuse says against it. */
function subnetPart(session, run, known) {
	const chips = h("div", { class: "row", dataset: { role: "networks" } }), doubt = h("div", { "aria-live": "polite" });
	const search = button({ label: t("finder.search"), kind: "primary", iconName: "search", role: "find-begin", run: () => begin(false) });
	const cidr = field({ label: t("finder.subnet"), hint: t("finder.subnetHint"), role: "find-subnet", after: search,
		input: { class: "input input--mono", placeholder: "192.168.0.0/24", value: session.cidr, autocomplete: "off", spellcheck: "false",
			maxlength: "43", on: {
				input: () => (session.cidr = cidr.input.value.trim()),
				keydown: (event) => {
					if (event.key === "Enter") {
						event.preventDefault();
						begin(false);
					}
				} } } });

	async function begin(publicToo) {
		cidr.setError(null);
		replace(doubt);
		try {
			await whileBusy(search, () => run.begin({ type: "subnet", cidr: session.cidr, publicToo }));
			drawChips();
		} catch (error) {
			if (error.type === "/problems/forbidden" && !publicToo)
				replace(doubt, callout("warn", h("p", { class: "callout__title" }, error.detail || error.title),
					h("p", null, error.remedy),
					h("div", null, button({ label: t("finder.publicToo"), kind: "danger", small: true, role: "find-public",
						run: () => begin(true) }))));
			else
				cidr.setError([error.detail || error.title, error.remedy].filter(Boolean).join(" "));
			cidr.input.focus();
		}
	}

	async function save(list) {
		try {
			await patch("/api/v1/settings", { scanNetworks: list.join(", ") });
			known.saved = list;
			drawChips();
		} catch (error) {
			toastError(error);
		}
	}

	function chip(network) {
		return button({ label: network, small: true, role: "network", run: () => {
			session.cidr = cidr.input.value = network;
			begin(false);
		} });
	}

	function drawChips() {
		const { networks, saved } = known, asked = session.scan?.cidr;
		replace(chips,
			networks.length > 0 && [h("span", { class: "small muted" }, t("finder.networks.own")), networks.map(chip)],
			saved.length > 0 && [h("span", { class: "small muted" }, t("finder.networks.saved")),
				saved.map((network) => h("span", { class: "btn-group" }, chip(network), iconButton({ iconName: "close",
					label: t("finder.networks.forget", { network }), role: "network-forget",
					run: () => save(saved.filter((one) => one !== network)) })))],
			asked && !networks.includes(asked) && !saved.includes(asked) && button({ label: t("finder.networks.save", { network: asked }),
				kind: "quiet", small: true, iconName: "plus", role: "network-save", run: () => save([...saved, asked]) }));
	}
	return { node: h("div", { class: "stack" }, cidr.node, chips, doubt), input: cidr.input, learn: drawChips };
}

function listPart(session, run) {
	const look = () => {
		const entries = parseAddresses(list.input.value, (text) => addressFault(text) === null);
		list.setError(entries.length === 0 ? t("finder.list.none") : null);
		if (entries.length > 0)
			run.ask(entries);
	};
	const list = field({ label: t("finder.list"), hint: t("finder.listHint"), role: "find-list",
		input: h("textarea", { class: "textarea input--mono", rows: "4", autocomplete: "off", spellcheck: "false", maxlength: "60000",
			placeholder: t("finder.list.example"), value: session.list, on: { input: () => (session.list = list.input.value) } }) });
	return { input: list.input, node: h("div", { class: "stack" }, list.node,
		h("div", null, button({ label: t("finder.list.look"), kind: "primary", iconName: "search", role: "find-begin", run: look }))) };
}

/**
 * session: {kind, cidr, list, scan}; run: {begin(body), ask(entries of parseAddresses()), stop(), again()};
 * chosen(kind): another kind was chosen. -> {node, update(), show()}
 */
export function sourcePart(session, run, chosen) {
	const known = { networks: [], saved: [], hears: true };
	const subnet = subnetPart(session, run, known), list = listPart(session, run), outcome = outcomePart(run, (kind) => chosen(kind));
	const hint = h("div", { dataset: { role: "find-hint" } });
	const parts = { ssdp: { node: hint }, subnet, list };
	const tabs = KINDS.map((kind) => button({ label: t(`finder.kind.${kind}`), small: true, role: `kind-${kind}`, run: () => chosen(kind) }));

	/* Where announcements do not come, waiting for them is in vain. */
	async function learn() {
		try {
			Object.assign(known, await get("/api/v1/networks"));
		} catch {
			return; /* the search itself says what is wrong */
		}
		subnet.learn();
		const deaf = known.announced === 0 && (!known.hears || known.container || known.networks.length === 0);
		replace(hint, deaf && callout("warn", h("p", { class: "callout__title" }, known.sentence), known.remedy && h("p", null, known.remedy),
			h("div", null, button({ label: t("finder.instead"), small: true, role: "find-instead", run: () => chosen("subnet") }))));
	}

	function update() {
		KINDS.forEach((kind, i) => {
			setAttr(tabs[i], "aria-pressed", kind === session.kind);
			parts[kind].node.hidden = kind !== session.kind;
		});
		/* What is heard all the same speaks for itself. */
		hint.hidden ||= session.scan?.type === "ssdp" && session.scan.printers.length > 0;
		outcome.update(session.scan?.state === "running" || session.scan?.type === session.kind ? session.scan : null, run.again);
	}
	learn();
	return {
		node: h("div", { class: "stack" }, h("div", { class: "btn-group", role: "group", "aria-label": t("finder.kinds") }, tabs),
			KINDS.map((kind) => parts[kind].node), outcome.node),
		update,
		show() {
			update();
			parts[session.kind].input?.focus();
		},
	};
}
