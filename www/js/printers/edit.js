/*
 * Changing what is kept of a printer, and approving its certificate.
 */
import { patch, post } from "../core/api.js";
import { openDialog } from "../core/dialog.js";
import { keep, onTyping, recall } from "../core/drafts.js";
import { h } from "../core/dom.js";
import { callout } from "../core/parts.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { toast } from "../core/toast.js";
import { approvalBox, fingerprintNode } from "./fingerprint.js";
import { draftOf, keepable, printerForm } from "./form.js";
import { plain } from "./text.js";

/* Only what is another now. A code that was not typed stays. */
function changesOf(doc, draft, ports) {
	const body = {};
	for (const member of ["name", "address", "model"])
		if (draft[member] !== doc[member] && draft[member] !== "")
			body[member] = draft[member];
	const others = Object.keys(ports).filter((port) => ports[port] !== (doc.ports[port] ?? null));
	if (others.length > 0)
		body.ports = Object.fromEntries(others.map((port) => [port, ports[port]]));
	if (draft.startsUnasked !== undefined && draft.startsUnasked !== doc.startsUnasked)
		body.startsUnasked = draft.startsUnasked;
	if (draft.code !== "")
		body.accessCode = draft.code;
	if (draft.trusted !== null && draft.trusted !== doc.certificateSha256)
		body.certificateSha256 = draft.trusted;
	return body;
}

/* Another person, or another tab, may have removed it: the API's own words for that are for programs. */
async function send(serial, body) {
	try {
		await patch(`/api/v1/printers/${serial}`, body);
	} catch (error) {
		throw error.status === 404 ? new Error(t("printers.edit.gone")) : error;
	}
}

/** Opens the dialog. focus: "name", "address" or "code"; address: another one to begin with. */
export function editPrinter(serial, page, focus = "name", address = null) {
	const doc = store.printers.get(serial);
	if (!doc)
		return;
	const key = `edit ${serial}`, before = keepable(draftOf(doc));
	const draft = { ...draftOf(doc), ...recall(key, before), ...(address === null ? {} : { address }) };
	const form = printerForm({ draft, serial, focus, ways: page, isVirtual: doc.virtual === true });
	const dialog = openDialog({
		title: t("printers.edit.title", { name: plain(doc.name, 40) }), body: form.nodes, role: "edit-dialog",
		actions: [
			{ label: t("action.cancel"), kind: "plain", role: "cancel" },
			{ label: t("action.save"), kind: "primary", role: "edit-submit", run: async () => {
				if (!form.check())
					return false;
				const body = changesOf(store.printers.get(serial) ?? doc, draft, form.ports());
				if (Object.keys(body).length > 0) {
					await send(serial, body);
					toast({ kind: "done",
						text: t("printers.edit.done", { name: plain(draft.name, 40) }),
						key: `edit ${serial}` });
				}
				return true;
			} },
		],
		onClose() {
			form.end();
			keep(key, null);
		},
	});
	/* Only what is another now: the rest may change meanwhile. */
	onTyping(dialog.node, () => keep(key, Object.fromEntries(Object.entries(keepable(draft))
		.filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])))));
	if (focus === "name")
		dialog.node.querySelector('[data-role="field-name"]')?.focus();
}

/** Shows the certificate that was seen at the printer's address, and approves it. */
export function trustPrinter(serial) {
	const doc = store.printers.get(serial);
	const certificate = doc?.link?.certificate;
	if (!certificate) {
		toast({ kind: "error", text: t("printers.trust.none"), key: `trust ${serial}` });
		return;
	}
	const before = doc.certificateSha256 && doc.certificateSha256 !== certificate.sha256 ? doc.certificateSha256 : null;
	const box = approvalBox(certificate.sha256, t("printers.trust.whyThis", { address: doc.address }));
	openDialog({
		title: t("printers.trust.dialog", { name: plain(doc.name, 40) }), role: "trust-dialog",
		body: [
			before && callout("warn", h("p", { class: "callout__title" }, t("printers.trust.changed")),
				h("p", null, t("printers.trust.changedText")), fingerprintNode(before)),
			h("p", { class: "small muted" }, t("printers.trust.names",
				{ serial: certificate.serial ?? "–", issuer: certificate.issuer === certificate.serial
					? t("printers.trust.itself") : plain(certificate.issuer, 60) || "–" })),
			box.node,
		],
		actions: [
			{ label: t("action.cancel"), kind: "plain", role: "cancel" },
			{ label: t("printers.fix.trust"), kind: "primary", role: "trust-submit", run: async () => {
				box.setError(!box.input.checked);
				if (!box.input.checked)
					return false;
				await post(`/api/v1/printers/${serial}/trust`, { certificateSha256: certificate.sha256 });
				toast({ kind: "done", text: t("printers.trust.done", { name: plain(doc.name, 40) }),
					key: `trust ${serial}` });
				return true;
			} },
		],
	});
}
