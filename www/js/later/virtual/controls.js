/*
 * The controls of a virtual printer: everything live from its document, and each thing that is turned says what became of it.
 */
import "./words.js";
import { post } from "../../core/api.js";
import { now } from "../../core/clock.js";
import { confirmDialog, openDialog } from "../../core/dialog.js";
import { h, replace, setAttr, setName, setText } from "../../core/dom.js";
import { bytes } from "../../core/format.js";
import { badge, button, callout, field, setBadge } from "../../core/parts.js";
import { store } from "../../core/store.js";
import { hasText, t } from "../../core/strings.js";
import { STATE_ICONS, stateWord } from "../../printers/card.js";
import { reconnect } from "../../printers/orders.js";
import { problemNode } from "../../printers/problem_view.js";
import { queueOf } from "../../printers/queue.js";
import { hmsCode, plain } from "../../printers/text.js";
import { viewOf } from "../../printers/view.js";
import { isStarting } from "../../printers/worker.js";
import { choiceRow, part, pressRow, sayer, switchRow } from "./parts.js";
import { testPart } from "./test_part.js";
import { controlsOf, countOn, cutsOf, ERRORS, FACTORS, FAULTS, noFaults } from "./turns.js";

const SEEN_MOST = 4;

/* One after the other, in the order in which they were turned. -> send(body) -> Promise of the answer */
function sender(serial) {
	let last = Promise.resolve();
	return (body) => {
		const mine = last.then(() => post(`/api/v1/printers/${encodeURIComponent(serial)}/virtual`, body));
		last = mine.catch(() => {});
		return mine;
	};
}

/* -- the parts: each {node, update(controls, view)} ------------------------------------------------------------- */

/* How Fuse itself sees it: there a fault that is played must show. One that is over is forgotten at the next try, which may be a minute off. */
function seenPart(serial) {
	const again = button({ label: t("printers.fix.reconnect"), small: true, iconName: "refresh", role: "seen-reconnect", run: () => reconnect(serial) });
	const state = badge("idle", ""), list = h("div", { class: "stack", dataset: { role: "seen" } });
	let shown = null;
	return {
		node: part({ title: t("virtual.seen"), role: "seen-part", wide: true, aside: h("div", { class: "row" }, again, state) }, list),
		update(_, view) {
			setBadge(state, view.state.tone, stateWord(view.state), STATE_ICONS[view.state.key]);
			again.hidden = view.online;
			if (shown === view.problems)
				return;
			shown = view.problems;
			replace(list, shown.length === 0 && h("p", { class: "small muted" }, t("virtual.seen.fine")),
				shown.slice(0, SEEN_MOST).map((problem) => problemNode(problem, null, true)));
		},
	};
}

const portName = (name) => (hasText(`printers.form.port.${name}`) ? t(`printers.form.port.${name}`) : name);

function factNodes({ address, exposed, ports, storage }) {
	const fact = (label, value) => value && h("div", { class: "facts__item" }, h("dt", null, t(`virtual.${label}`)), h("dd", null, value));
	return [fact("address", h("span", { class: "mono" }, address)), fact("exposure", t(`virtual.exposure.${exposed ? "all" : "here"}`)),
		fact("ports", ports.map(([name, port]) => t("virtual.port", { name: portName(name), port })).join(", ")),
		fact("storage", storage && t("virtual.storageUsed", { count: storage.files, used: bytes(storage.used), total: bytes(storage.total) }))];
}

/* How another program logs in: shown when a person asks, and gone with the dialog. */
function accessPart(serial) {
	const said = sayer(), shown = h("p", { class: "mono small", dataset: { role: "virtual-access" } });
	const show = button({ label: t("virtual.access"), small: true, iconName: "key", role: "virtual-access-show", run: () => said.run(async () => {
		const { user, accessCode } = await post(`/api/v1/printers/${encodeURIComponent(serial)}/virtual/access`);
		setText(shown, t("virtual.access.is", { user, code: accessCode }));
		return { sentence: t("virtual.access.hint") };
	}) });
	return h("div", { class: "stack" }, h("div", { class: "row" }, show, shown), said.node);
}

function connectionPart(send, serial) {
	const online = switchRow({ label: t("virtual.online"), text: t("virtual.connectionText"), role: "virtual-online",
		turn: (isOn) => send({ online: isOn }) });
	const facts = h("dl", { class: "facts" });
	let shown = "";
	return {
		node: part({ title: t("virtual.connection"), role: "connection-part" }, online.node, facts, accessPart(serial)),
		update(controls) {
			online.learn(controls.online);
			const fresh = JSON.stringify([controls.address, controls.exposed, controls.ports, controls.storage]);
			if (fresh !== shown)
				replace(facts, factNodes(controls));
			shown = fresh;
		},
	};
}

/* -- errors -- */

const errorName = (id) => (ERRORS.includes(id) ? t(`virtual.error.${id}`) : id);

function errorRow({ error, code, message }) {
	return h("li", { class: "vpresent", dataset: { role: "present-error", error } }, badge("bad", errorName(error)),
		h("p", { class: "small" }, h("bdi", null, message)), h("p", { class: "mono small muted" }, hmsCode(code)));
}

function errorPart(send) {
	const said = sayer(), present = h("ul", { class: "stack", "aria-label": t("virtual.present"), dataset: { role: "present-errors" } });
	const kind = field({ label: t("virtual.error"), role: "virtual-error", input: h("select", { class: "select", on: { change: () => kind.setError(null) } },
		h("option", { value: "" }, t("virtual.error.choose")), ERRORS.map((id) => h("option", { value: id }, errorName(id)))) });
	const words = field({ label: t("virtual.message"), role: "virtual-message",
		input: { placeholder: t("virtual.messageHint"), maxlength: "120", autocomplete: "off", dir: "auto" } });
	let shown = null;

	function trigger() {
		const error = kind.input.value, message = words.input.value.trim();
		kind.setError(error === "" ? t("virtual.error.needed") : null);
		if (error === "")
			return kind.input.focus();
		return said.run(() => send({ do: "trigger-error", error, ...(message !== "" && { message }) }));
	}
	const clear = button({ label: t("virtual.clear"), iconName: "close", role: "virtual-clear", run: () => said.run(() => send({ do: "clear-errors" })) });
	return {
		node: part({ title: t("virtual.errors"), text: t("virtual.errorsText"), role: "error-part" }, kind.node, words.node,
			h("div", { class: "row" }, button({ label: t("virtual.trigger"), kind: "danger", iconName: "warning", role: "virtual-trigger", run: trigger }),
				clear), said.node, present),
		update({ errors }) {
			const fresh = JSON.stringify(errors);
			if (fresh === shown)
				return;
			shown = fresh;
			clear.disabled = errors.length === 0;
			replace(present, errors.length > 0 ? errors.map(errorRow) : h("li", { class: "small muted" }, t("virtual.present.none")));
		},
	};
}

/* -- time, power -- */

function speedPart(send) {
	const times = (n) => t("virtual.times", { n });
	const factors = pressRow({ label: t("virtual.speed"), role: "factor", values: FACTORS.map((factor) => [factor, times(factor)]),
		turn: (timeFactor) => send({ timeFactor }) });
	const present = h("span", { class: "num small muted", dataset: { role: "factor-now" } });
	return {
		node: part({ title: t("virtual.speed"), text: t("virtual.speedText"), role: "speed-part", aside: present }, factors.node),
		update({ timeFactor }) {
			factors.learn(timeFactor);
			setText(present, times(timeFactor));
		},
	};
}

function powerPart(send, nameNow) {
	const said = sayer();
	async function reset() {
		if (await confirmDialog({ title: t("virtual.reset.title", { name: nameNow() }), danger: true, confirm: t("virtual.reset.do"),
			body: h("p", null, t("virtual.reset.text")) }))
			said.run(() => send({ do: "reset" }));
	}
	return {
		node: part({ title: t("virtual.power"), text: t("virtual.powerText"), role: "power-part" }, h("div", { class: "row" },
			button({ label: t("virtual.reboot"), iconName: "refresh", role: "virtual-reboot", run: () => said.run(() => send({ do: "reboot" })) }),
			button({ label: t("virtual.reset"), iconName: "trash", role: "virtual-reset", run: reset })), said.node),
		update() {},
	};
}

/* -- faults -- */

function faultPart(send) {
	const rows = Object.values(FAULTS).flat().map((id) => [id, switchRow({ label: t(`virtual.fault.${id}`), text: t(`virtual.fault.${id}Text`),
		role: `fault-${id}`, turn: (isOn) => send({ faults: { [id]: isOn } }) })]);
	const byId = new Map(rows), said = sayer();
	const cut = choiceRow({ label: t("virtual.cut"), text: t("virtual.cutText"), role: "fault-cut",
		options: (percent) => cutsOf(percent).map((n) => [n, n === 0 ? t("virtual.cut.none") : t("virtual.cut.at", { n })]),
		turn: (cutUploadPercent) => send({ faults: { cutUploadPercent } }) });
	const on = h("span", { class: "small muted", dataset: { role: "faults-on" } });
	const off = button({ label: t("virtual.faults.off"), small: true, role: "faults-off", run: () => said.run(() => send(noFaults())) });
	const group = (name) => h("div", { class: "vgroup", role: "group", "aria-label": t(`virtual.group.${name}`) }, h("h4", { class: "small muted" },
		t(`virtual.group.${name}`)), FAULTS[name].map((id) => byId.get(id).node), name === "upload" && cut.node);
	return {
		node: part({ title: t("virtual.faults"), text: t("virtual.faultsText"), role: "fault-part", wide: true, aside: h("div", { class: "row" }, on, off) },
			said.node, h("div", { class: "vgroups" }, Object.keys(FAULTS).map(group))),
		update(controls) {
			for (const [id, row] of rows)
				row.learn(controls.faults[id]);
			cut.learn(controls.cut);
			const count = countOn(controls);
			setText(on, count > 0 ? t("virtual.faults.on", { count }) : "");
			off.disabled = count === 0;
		},
	};
}

/* -- the dialog -------------------------------------------------------------------------------------------------- */

/** Opens the dialog. atFaults: it begins with the faults, which are why a card needs a person. */
export function openControls(serial, atFaults = false) {
	if (!store.printers.has(serial))
		return;
	const send = sender(serial), nameNow = () => plain(store.printers.get(serial)?.name, 60) || serial;
	const name = h("bdi", { class: "clip muted small vname", dir: "auto", dataset: { role: "virtual-name" } }), down = h("div", { "aria-live": "polite" });
	const seen = seenPart(serial), test = testPart(serial, send, () => dialog.close());
	const faults = faultPart(send), turned = [connectionPart(send, serial), errorPart(send), speedPart(send), powerPart(send, nameNow), faults];
	const [connection, errors, speed, power] = turned;
	const host = h("fieldset", { class: "vparts" }, h("legend", { class: "visually-hidden" }, t("virtual.title")),
		h("div", { class: "vcolumn" }, connection.node, speed.node, power.node), h("div", { class: "vcolumn" }, test.node, errors.node), faults.node);
	const dialog = openDialog({ title: t("virtual.title"), wide: true, role: "controls-dialog", body: [name, down, seen.node, host],
		actions: [{ label: t("action.close"), kind: "plain", role: "controls-close" }], onClose: () => offs.forEach((off) => off()) });

	function update() {
		const doc = store.printers.get(serial);
		if (!doc)
			return dialog.close();
		const controls = controlsOf(doc), view = viewOf(doc, now(), isStarting(doc), queueOf(serial));
		setName(name, nameNow());
		setAttr(dialog.node, "data-down", controls === null ? "yes" : null);
		if (host.disabled !== (controls === null) || !down.dataset.drawn) {
			down.dataset.drawn = "yes";
			host.disabled = controls === null;
			replace(down, controls === null && callout("warn", h("p", { class: "callout__title" }, t("virtual.down")), h("p", null, t("virtual.downRemedy"))));
		}
		seen.update(controls, view);
		test.update(view);
		if (controls !== null)
			for (const one of turned)
				one.update(controls, view);
		return undefined;
	}
	const offs = [store.on("printers", (changed, removed) => (changed.has(serial) || removed.has(serial)) && update()), store.on("jobs", update)];
	update();
	if (atFaults)
		faults.node.scrollIntoView({ block: "start" });
}
