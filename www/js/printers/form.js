/*
 * The fields of a printer, for adding one and for changing one. What the address tells is filled in by itself, unless a
 * person has written there.
 */
import { h, replace } from "../core/dom.js";
import { button, callout, field, passwordField } from "../core/parts.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { addressFault, parsePort } from "./address.js";
import { approvalBox } from "./fingerprint.js";
import { loadModels } from "./models.js";
import { prober } from "./prober.js";
import { plain } from "./text.js";

const PORTS = ["mqtt", "ftps", "camera", "detect"];
const USUAL = { mqtt: "8883", ftps: "990", camera: "322 / 6000", detect: "3002 / 3000" };

/* -- what stands in the fields at first -------------------------------------------------------------------- */

/** Of nothing: what an "add" begins with. */
export function emptyDraft() {
	return { address: "", name: "", serial: "", model: "", code: "", ports: {}, trusted: null, touched: {} };
}

/** Of a printer that is there. */
export function draftOf(doc) {
	return { address: doc.address, name: doc.name, serial: doc.serial, model: doc.model, code: "",
		ports: { ...doc.ports }, startsUnasked: doc.startsUnasked,
		 trusted: null, touched: { name: true, model: true, serial: true } };
}

/** What of a draft may be kept in the browser: all but the access code, and what was trusted. */
export function keepable({ code, trusted, ...rest }) {
	return rest;
}

/* -- what was found ----------------------------------------------------------------------------------------------- */

function knownPrinter(serial, exceptSerial) {
	return serial && serial !== exceptSerial ? store.printers.get(serial) ?? null : null;
}

/* It may have got another address: then what is kept is what must change. */
function alreadyThere(known, address, { goTo, move }) {
	const moved = known.address !== address;
	return callout("info", h("p", { class: "callout__title" }, t("printers.add.already"), " ",
		h("bdi", null, plain(known.name, 60))),
		h("p", null, t(moved ? "printers.add.movedText" : "printers.add.alreadyText", { address: known.address })),
		h("div", { class: "row" }, moved && button({ label: t("printers.add.move"), kind: "primary",
			small: true, role: "move-known", run: () => move(known.serial, address) }),
			button({ label: t("printers.add.show"), small: true, role: "show-known",
				run: () => goTo(known.serial) })));
}

function foundNode(answer, modelName) {
	const isPrinter = answer.serial !== null;
	const facts = [modelName, answer.serial, answer.firmware &&
		t("printers.add.firmware", { firmware: plain(answer.firmware, 30) })].filter(Boolean);
	const asks = answer.verified === "unknown" && answer.certificateSha256 !== null; /* the box below says what to do */
	const tone = !isPrinter ? "bad" : answer.mqttOpen ? (answer.remedy && answer.verified !== "unknown"
		? "warn" : "ok") : "warn";
	return callout(tone, h("p", { class: "callout__title" }, isPrinter ? facts.join(" · ") : t("printers.add.nobody")),
		h("p", null, plain(answer.sentence, 400)), answer.remedy && !(isPrinter && asks) &&
			h("p", { class: "muted" }, plain(answer.remedy, 400)));
}

/**
 * The fields. draft: as above, changed while a person types; serial: of the printer that is changed, null to add one;
 * focus: the field to begin with ("address", "code"). ways, for a printer that is there already: goTo(serial) shows it,
 * move(serial, address) gives it another address. isVirtual: Fuse itself plays it, and only its name and what it may do can be changed.
 * -> {nodes, check() -> is all in order (else the first fault has the focus), ports(), end()}
 */
export function printerForm({ draft, serial = null, focus = "address", ways, isVirtual = false }) {
	const isNew = serial === null;
	const found = h("div", { class: "form__found", "aria-live": "polite", dataset: { role: "probe" } });
	const approval = h("div", { class: "form__approval" });
	let models = [];
	let box = null;
	let asking = false;
	let answer = null;

	const input = (name, attrs) => ({ ...attrs, value: draft[name],
		on: { input: (event) => typed(name, event.target.value.trim()) } });
	const address = field({ label: t("printers.form.address"), hint: isNew ? t("printers.form.addressHint") : null,
		role: "field-address",
				input: input("address", { class: "input input--mono", placeholder: "192.168.1.30",
					autocomplete: "off", spellcheck: "false",
							  inputmode: "text", maxlength: "45",
							autofocus: focus === "address" }) });
	const name = field({ label: t("printers.form.name"), role: "field-name",
			     input: input("name", { placeholder: t("printers.form.nameHint"), maxlength: "96",
				autocomplete: "off", dir: "auto" }) });
	const serialField = field({ label: t("printers.form.serial"), role: "field-serial", hint: isNew
		? t("printers.form.serialHint") : t("printers.form.serialFixed"),
				    input: input("serial", { class: "input input--mono", maxlength: "32",
					autocomplete: "off", spellcheck: "false",
							     readonly: !isNew, autocapitalize: "characters" }) });
	const model = field({ label: t("printers.form.model"), role: "field-model",
		input: h("select", { class: "select", on: { change: () => {
		typed("model", model.input.value);
		hintCode();
	} } }) });
	const code = passwordField({ label: t("printers.form.code"), role: "field-code", value: draft.code,
		maxlength: "64", autocomplete: "off",
				     class: "input input--mono", placeholder: isNew ? "12345678"
					: t("printers.form.codeKept"), autofocus: focus === "code",
				     on: { input: (event) => (draft.code = event.target.value.trim()) } });
	const ports = Object.fromEntries(PORTS.map((port) =>
		[port, field({ label: t(`printers.form.port.${port}`), role: `field-port-${port}`,
		input: { class: "input input--mono input--small", inputmode: "numeric", maxlength: "5",
			placeholder: USUAL[port],
			 value: draft.ports[port] ?? "", on: { input: (event) => {
			draft.ports[port] = event.target.value.trim();
			look();
		} } } })]));

	const unasked = draft.startsUnasked === undefined ? null : h("input", { type: "checkbox", checked: draft.startsUnasked,
		"aria-describedby": "unasked-text", dataset: { role: "field-unasked" },
		on: { change: (event) => (draft.startsUnasked = event.target.checked) } });
	const unaskedNode = unasked && h("div", { class: "field" },
		h("label", { class: "check" }, unasked, t("printers.form.unasked")),
		h("p", { class: "field__hint", id: "unasked-text" }, t("printers.form.unaskedText")));

	const asker = prober(onProbe);

	function typed(member, value) {
		draft[member] = value;
		draft.touched[member] = value !== "";
		if (member === "address")
			look();
	}

	function look() {
		asker.set(draft.address, { mqtt: parsePort(String(draft.ports.mqtt ?? "")),
			detect: parsePort(String(draft.ports.detect ?? "")) });
	}

	/* What nobody has typed is as the address tells it, also nothing: it must not be of the one that was asked before. */
	function fill(found) {
		if (!isNew)
			return;
		const values = { serial: found?.serial ?? "", model: found?.model ?? "",
				 name: found ? plain(found.name, 96) ||
					`${modelName(found.model) ?? ""} ${found.serial.slice(-4)}`.trim() : "" };
		for (const [member, control] of [["serial", serialField.input], ["model", model.input],
			["name", name.input]])
			if (!draft.touched[member]) {
				draft[member] = values[member];
				control.value = values[member];
			}
		hintCode();
	}

	function modelName(key) {
		return models.find((one) => one.key === key)?.name ?? null;
	}

	function hintCode() {
		const menu = models.find((one) => one.key === draft.model)?.accessCodeMenu ?? models.at(-1)?.accessCodeMenu;
		code.setHint(menu ? t("printers.form.codeHint", { menu }) : null);
	}

	function askApproval() {
		const needed = answer?.serial && !knownPrinter(answer.serial, serial) &&
			(isNew || answer.serial === serial) && answer.verified === "unknown" && answer.certificateSha256;
		if (!needed) {
			box = null;
		} else if (box?.sha256 !== answer.certificateSha256) {
			box = { sha256: answer.certificateSha256, ...approvalBox(answer.certificateSha256) };
			box.input.checked = draft.trusted === box.sha256;
			box.input.addEventListener("change", () => (draft.trusted = box.input.checked ? box.sha256 : null));
		}
		replace(approval, box?.node);
	}

	function onProbe(state) {
		asking = state.kind === "asking";
		answer = state.kind === "found" ? state.answer : null;
		const known = answer && knownPrinter(answer.serial, serial);
		fill(answer?.serial && !known ? answer : null);
		address.setError(state.kind === "wrong" ? t("printers.form.addressWrong") : null);
		if (asking)
			replace(found, h("div", { class: "form__asking" },
				h("div", { class: "bar bar--busy", role: "progressbar",
				"aria-label": t("printers.add.asking") },
				h("div", { class: "bar__fill" })),
					h("p", { class: "small muted" },
					t("printers.add.askingAt", { address: draft.address }))));
		else if (state.kind === "failed")
			replace(found, callout("bad", h("p", { class: "callout__title" }, state.error.detail ||
				state.error.title), state.error.remedy && h("p", null, state.error.remedy),
				h("div", null, button({ label: t("printers.add.again"), small: true,
					iconName: "refresh", run: () => asker.again() }))));
		else
			replace(found, answer && tellFound(known));
		askApproval();
	}

	function tellFound(known) {
		if (isNew && known)
			return alreadyThere(known, draft.address, ways);
		if (!isNew && answer.serial && answer.serial !== serial) {
			return callout("bad", h("p", { class: "callout__title" },
				t("printers.edit.another", { serial: answer.serial })),
				h("p", null, t("printers.edit.anotherText")));
		}
		return [foundNode(answer, modelName(answer.model)), answer.serial === null &&
			button({ label: t("printers.add.again"), small: true, iconName: "refresh", role: "probe-again",
				run: () => asker.again() })];
	}

	async function fillModels() {
		const list = await loadModels().catch(() => []);
		models = list;
		model.input.replaceChildren(h("option", { value: "" }, t("printers.form.modelAuto")),
			...list.map((one) => h("option", { value: one.key }, one.name)));
		model.input.value = draft.model;
		hintCode();
	}

	/* Checks everything, so that all that is wrong is told at once; the first of it gets the focus. */
	function check() {
		const faults = [
			[address, addressFault(draft.address) !== null &&
				t(draft.address === "" ? "printers.form.addressEmpty" : "printers.form.addressWrong")],
			[name, !isNew && draft.name === "" && t("printers.form.nameEmpty")],
			[serialField, isNew && !/^[A-Za-z0-9_-]{1,32}$/.test(draft.serial) &&
				t(asking ? "printers.form.serialWait" : "printers.form.serialEmpty")],
			[code, isNew && draft.code === "" && t("printers.form.codeEmpty")],
			...PORTS.map((port) => [ports[port],
				parsePort(String(draft.ports[port] ?? "")) === undefined && t("printers.form.portWrong")]),
		];
		for (const [one, fault] of faults)
			one.setError(fault || null);
		const first = faults.find(([, fault]) => fault);
		const unapproved = box !== null && !box.input.checked && (isNew || draft.trusted !== null);
		box?.setError(!first && unapproved);
		if (first) {
			first[0].input.closest("details")?.setAttribute("open", "");
			first[0].input.focus();
		}
		return !first && !unapproved;
	}

	fillModels();
	const isDefault = PORTS.every((port) => !draft.ports[port]);
	const more = h("details", { class: "form__more", open: !isDefault, dataset: { role: "advanced" } },
		h("summary", null, t("printers.form.advanced")),
		h("p", { class: "small muted" }, t("printers.form.advancedText")),
		h("div", { class: "form__ports" }, PORTS.map((port) => ports[port].node)));
	if (isNew && draft.address !== "")
		look();
	const own = h("p", { class: "small muted", dataset: { role: "virtual-note" } }, t("printers.edit.virtual"));
	return {
		nodes: isVirtual ? [name.node, serialField.node, unaskedNode, own] : [isNew && h("p", { class: "muted" }, t("printers.add.intro")), address.node, found,
			h("div", { class: "form__pair" }, name.node, model.node), serialField.node, approval,
			code.node, unaskedNode, more],
		check,
		ports: () => Object.fromEntries(PORTS.map((port) => [port, parsePort(String(draft.ports[port] ?? ""))])),
		end: () => asker.end(),
	};
}
