/*
 * Adding a printer by its address, and following its link until it is live. All that was typed stays until it works.
 */
import { patch, post } from "../core/api.js";
import { openDialog } from "../core/dialog.js";
import { keep, onTyping, recall } from "../core/drafts.js";
import { t } from "../core/strings.js";
import { editPrinter } from "./edit.js";
import { followDialog } from "./follow.js";
import { emptyDraft, keepable, printerForm } from "./form.js";

const KEY = "add printer";

function bodyOf(draft, ports) {
	const body = { address: draft.address };
	if (draft.name !== "")
		body.name = draft.name;
	if (draft.model !== "")
		body.model = draft.model;
	if (Object.values(ports).some((port) => port !== null))
		body.ports = ports;
	if (draft.trusted !== null)
		body.certificateSha256 = draft.trusted;
	if (draft.code !== "")
		body.accessCode = draft.code;
	return body;
}

/* `kept`: the serial number under which the draft is kept already, since an earlier try; null before. */
function addDialog(draft, kept, page) {
	const form = printerForm({ draft, serial: kept, focus: kept === null ? "address" : "code", ways: {
		goTo(serial) {
			dialog.close();
			page.goTo(serial);
		},
		move(serial, address) {
			dialog.close();
			setTimeout(editPrinter, 0, serial, page, "address", address);
		},
	} });
	const dialog = openDialog({
		title: kept === null ? t("printers.add.title") : t("printers.add.titleAgain"),
		body: form.nodes, role: "add-dialog",
		actions: [
			{ label: t("action.cancel"), kind: "plain", role: "cancel" },
			{ label: kept === null ? t("printers.add.do") : t("printers.add.tryAgain"), kind: "primary",
				role: "add-submit", run: async () => {
				if (!form.check())
					return false;
				const body = bodyOf(draft, form.ports());
				const doc = kept === null ? await post("/api/v1/printers",
					{ serial: draft.serial.toUpperCase(), ...body })
							  : await patch(`/api/v1/printers/${kept}`, body);
				setTimeout(follow, 0, doc);
				return true;
			} },
		],
		onClose() {
			form.end();
			keep(KEY, null);
		},
	});
	onTyping(dialog.node, () => kept === null && keep(KEY, keepable(draft)));

	function follow(doc) {
		followDialog(doc, { change: () => addDialog(draft, doc.serial, page), another: () => addPrinter(page),
			show: () => page.goTo(doc.serial),
				    fix: page.fix });
	}
}

/** Opens the dialog. page: {goTo(serial), fix(serial, action)}. */
export function addPrinter(page) {
	const draft = emptyDraft();
	addDialog({ ...draft, ...recall(KEY, keepable(draft)) }, null, page);
}
