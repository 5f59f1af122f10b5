/*
 * login: asks over the page, when Fuse wants to know who is there. What stands on the page stays as it is. Many calls may ask
 * at once; the person is asked once.
 */
import { setAskers } from "../core/api.js";
import { openDialog } from "../core/dialog.js";
import { h } from "../core/dom.js";
import { t } from "../core/strings.js";
import { insecureNote, loginForm } from "./forms.js";
import { isIn, readSession } from "./session.js";

let asked = null; /* the promise of the open dialog */

function ask(kind, session) {
	return new Promise((resolve) => {
		const form = loginForm();
		let isDone = false;
		openDialog({
			title: t(`session.${kind}.title`),
			role: `${kind}-dialog`,
			body: [h("p", { class: "muted" }, t(`session.${kind}.dialogText`)), insecureNote(session), form.node],
			actions: [
				{ label: t("action.cancel"), kind: "plain" },
				{ label: t(`session.${kind}.send`), kind: "primary", role: `${kind}-send`, run: async () => (isDone = await form.submit()) },
			],
			onClose: () => resolve(isDone),
		});
	});
}

function askOnce(kind, session) {
	asked ??= ask(kind, session).finally(() => (asked = null));
	return asked;
}

/** Asks for the login. -> Promise<bool>. A Fuse that has been reset wants its setup again: the page starts anew. */
export async function askLogin(error) {
	if (error?.type === "/problems/setup-needed") {
		location.reload();
		return false;
	}
	return askOnce("login", null);
}

/** Looks whether Fuse lets this page in, and asks when it does not. -> Promise<bool>; throws when Fuse cannot be reached. */
export async function ensureLogin() {
	const session = await readSession();
	if (session.setupNeeded)
		location.reload();
	return isIn(session) || askOnce("login", session);
}

/** From now on calls that are refused for it ask, and are made again. */
export function startAsking() {
	setAskers({ login: askLogin, password: () => askOnce("confirm", null) });
}
