/*
 * Making virtual printers: one, or as many as Fuse plays. They are made one after the other, each with a line that says how it goes.
 */
import "./words.js";
import "../finder/words.js";
import { post } from "../../core/api.js";
import { now, onTick } from "../../core/clock.js";
import { openDialog } from "../../core/dialog.js";
import { h, keyedList, replace, setText } from "../../core/dom.js";
import { button, callout, field } from "../../core/parts.js";
import { store } from "../../core/store.js";
import { t } from "../../core/strings.js";
import { toast } from "../../core/toast.js";
import { loadModels } from "../../printers/models.js";
import { plain } from "../../printers/text.js";
import { isStarting } from "../../printers/worker.js";
import { printerRow } from "../finder/parts.js";
import { markOf, outcomeOf } from "../finder/rows.js";
import { bodyOf, emptyDraft, faultsOf, MOST, namesOf, NOZZLES, ownAddress, roomLeft, usualName } from "./draft.js";
import { unitsField } from "./units_field.js";
import { firstOf, fitting } from "./units.js";

const PATH = "/api/v1/virtual-printers";

const docs = () => [...store.printers.values()];
const namesTaken = () => new Set(docs().map((doc) => doc.name));

/* -- the fields -------------------------------------------------------------------------------------------------- */

function exposedPart(draft) {
	const own = ownAddress(location.hostname);
	const address = field({ label: t("virtual.exposedAddress"), role: "virtual-exposed",
		input: { class: "input input--mono", placeholder: own || "192.168.1.5", maxlength: "45", autocomplete: "off", spellcheck: "false",
			value: draft.exposed, on: { input: () => (draft.exposed = address.input.value.trim()) } },
		after: own && button({ label: t("virtual.exposedUse", { address: own }), role: "virtual-exposed-own",
			run: () => (draft.exposed = address.input.value = own) }) });
	return { address, node: h("details", { class: "form__more", open: draft.exposed !== "", dataset: { role: "virtual-more" } },
		h("summary", null, t("virtual.exposed")), h("p", { class: "small muted" }, t("virtual.exposedText")), address.node) };
}

/* changed(): the number of printers is another now. -> {node, check() -> is all in order, update()} */
function fieldsOf(draft, changed) {
	const name = field({ label: t("virtual.name"), role: "virtual-name",
		input: { value: draft.name, placeholder: t("virtual.nameHint"), maxlength: "96", autocomplete: "off", dir: "auto", on: { input: () => {
			draft.name = name.input.value.trim();
			draft.namedByHand = true;
		} } } });
	const quantity = field({ label: t("virtual.quantity"), role: "virtual-quantity",
		input: { type: "number", value: draft.quantity, min: "1", inputmode: "numeric", on: { input: () => {
			draft.quantity = quantity.input.value.trim();
			changed();
		} } } });
	const model = field({ label: t("virtual.model"), role: "virtual-model", input: h("select", { class: "select", on: { change: () => {
		draft.model = model.input.value;
		follow();
	} } }) });
	const nozzle = field({ label: t("virtual.nozzle"), role: "virtual-nozzle", input: h("select", { class: "select", on: { change: () =>
		(draft.nozzle = nozzle.input.value) } }, NOZZLES.map((mm) => h("option", { value: mm }, t("virtual.nozzleMm", { mm })))) });
	const units = unitsField(draft), exposed = exposedPart(draft);
	let models = [{ key: draft.model, name: draft.model, amsKinds: draft.units }];
	nozzle.input.value = draft.nozzle;

	/* What follows from the model, as far as no hand has changed it. */
	function follow() {
		if (!draft.namedByHand)
			draft.name = usualName(draft.model, namesTaken());
		const amsKinds = models.find((one) => one.key === draft.model)?.amsKinds ?? [];
		const kept = fitting(draft.units, amsKinds);
		if (kept.length < draft.units.length)
			draft.units = kept.length > 0 ? kept : firstOf(amsKinds);
		units.offer(amsKinds);
		update();
	}

	function update() {
		name.input.value = draft.name;
		const left = roomLeft(docs());
		quantity.input.max = String(left);
		quantity.input.value = draft.quantity;
		quantity.setHint(left < MOST ? t("virtual.add.left", { count: left }) : null);
	}

	function check() {
		const left = roomLeft(docs()), faults = faultsOf(draft, left);
		const fields = { quantity, units, exposed: exposed.address };
		for (const [which, one] of Object.entries(fields))
			one.setError(faults[which] ? t(`virtual.wrong.${faults[which]}`, { count: left }) : null);
		const first = Object.keys(faults)[0];
		fields[first]?.input.closest("details")?.setAttribute("open", "");
		fields[first]?.input.focus();
		return first === undefined;
	}

	function fill() {
		replace(model.input, models.map((one) => h("option", { value: one.key }, one.name)));
		model.input.value = draft.model;
		follow();
	}
	fill();
	loadModels().then((list) => {
		models = list;
		fill();
	}, (error) => model.setError(error.detail || error.title));
	return { check, update, node: h("div", { class: "stack vadd" }, h("p", { class: "small muted" }, t("virtual.add.intro")),
		h("div", { class: "vadd__name" }, name.node, quantity.node), h("div", { class: "form__pair" }, model.node, nozzle.node),
		units.node, exposed.node) };
}

/* -- making ------------------------------------------------------------------------------------------------------- */

/* One more. What Fuse says against it is thrown. -> its serial number */
async function make(draft, name) {
	const [made] = (await post(PATH, bodyOf(draft, name))).printers;
	if (made?.problem || !made?.serial)
		throw made?.problem ?? new Error(t("error.notUnderstood"));
	return made.serial;
}

/* A line for each that was ordered: {node, draw(), add(name) -> line}; a line is {name, serial, problem, sent}. */
function linesPart() {
	const lines = [], list = h("ul", { class: "finds", "aria-label": t("virtual.add.results"), "aria-live": "polite", dataset: { role: "virtual-results" } });
	const keyed = keyedList(list, (key, line) => {
		const row = printerRow("virtual-result");
		row.update(line);
		return row;
	});

	function howOf({ serial, problem, sent }) {
		if (problem || serial === null)
			return { state: problem ? "refused" : "sending", problem };
		const doc = store.printers.get(serial);
		return outcomeOf(sent, doc, doc !== undefined && isStarting(doc), now());
	}

	function draw() {
		keyed.render(lines.map((line, at) => ({ ...line, at, doc: store.printers.get(line.serial), how: howOf(line) })), ({ at }) => at);
	}
	return { node: list, draw, add(name) {
		lines.push({ name, serial: null, address: null, problem: null, sent: null });
		draw();
		return lines.at(-1);
	} };
}

function fullNote() {
	return callout("info", h("p", { class: "callout__title" }, t("virtual.add.full", { most: MOST })), h("p", null, t("virtual.add.fullRemedy")));
}

/** Opens the dialog. page: {goTo(serial)}. */
export function addVirtual(page) {
	const draft = emptyDraft(), isFull = roomLeft(docs()) === 0;
	const fields = fieldsOf(draft, () => label()), lines = linesPart(), note = h("div", { dataset: { role: "virtual-note" } }, isFull && fullNote());
	const dialog = openDialog({ title: t("virtual.add.title"), role: "virtual-dialog", body: [note, !isFull && fields.node, lines.node], actions: [
		{ label: t(isFull ? "action.close" : "action.cancel"), kind: "plain", role: "cancel" },
		...(isFull ? [] : [{ label: t("virtual.add.do", { count: 1 }), kind: "primary", role: "virtual-submit", run: submit }]),
	], onClose: () => offs.forEach((off) => off()) });
	const send = dialog.node.querySelector('[data-role="virtual-submit"]'), cancel = dialog.node.querySelector('[data-role="cancel"]');

	function label() {
		if (send)
			setText(send, t("virtual.add.do", { count: Math.max(1, Number(draft.quantity) || 1) }));
	}

	/* Of several each says how it goes on; one alone is seen on the page. */
	function finish(made) {
		const [{ serial, name }] = made;
		if (made.length === 1) {
			toast({ kind: "done", text: t("virtual.add.done", { name: plain(name, 40) || serial }), key: "virtual",
				action: { label: t("printers.add.show"), run: () => page.goTo(serial) } });
			return true;
		}
		fields.node.hidden = send.hidden = true;
		setText(cancel, t("action.close"));
		replace(note, callout("ok", h("p", null, t("virtual.add.allDone", { count: made.length }))));
		setTimeout(() => cancel.focus(), 0);
		return false;
	}

	async function submit() {
		if (!fields.check())
			return false;
		const made = [];
		for (const name of namesOf(draft.name, Number(draft.quantity), namesTaken())) {
			const line = lines.add(name);
			try {
				line.serial = await make(draft, name);
				line.sent = { atMs: now(), mark: markOf(undefined) };
				made.push(line);
			} catch (error) {
				/* Those that are still to be made stand in the fields, for another try. */
				line.problem = error;
				draft.name = name;
				draft.quantity = String(Number(draft.quantity) - made.length);
				fields.update();
				label();
				lines.draw();
				return false;
			}
			lines.draw();
		}
		return finish(made);
	}

	const offs = [store.on("printers", () => lines.draw()), onTick(lines.draw)];
}
