/*
 * screen: login and setup as all that is seen, before anything of Fuse is shown.
 */
import { h, replace } from "../core/dom.js";
import { mark } from "../core/icons.js";
import { problemCallout, whileBusy } from "../core/parts.js";
import { t } from "../core/strings.js";
import { insecureNote, loginForm, setupForm } from "./forms.js";

function build(session, done) {
	const kind = session.setupNeeded ? "setup" : "login";
	const form = session.setupNeeded ? setupForm() : loginForm();
	const errors = h("div", { role: "alert" });
	const send = h("button", { type: "submit", class: "btn btn--primary btn--wide", dataset: { role: `${kind}-send` } },
		       h("span", null, t(`session.${kind}.send`)));
	const submit = () => whileBusy(send, async () => {
		replace(errors);
		try {
			if (await form.submit())
				done();
		} catch (error) {
			replace(errors, problemCallout(error));
		}
	});
	return h("main", { class: "screen", id: "main", dataset: { role: `${kind}-screen` } },
		h("div", { class: "screen__card" },
			h("div", { class: "screen__brand" }, mark(), h("span", null, t("app.name"))),
			h("h1", { class: "screen__title" }, t(`session.${kind}.title`)),
			h("p", { class: "screen__text" }, t(`session.${kind}.text`)),
			h("form", { class: "stack stack--wide", novalidate: true, on: { submit: (event) => {
				event.preventDefault();
				submit();
			} } }, insecureNote(session), form.node, errors, send),
			kind === "login" && h("details", { class: "screen__help" }, h("summary", null, t("session.forgotten")),
				h("p", null, t("session.forgottenText")))));
}

/** Shows the login or the setup in place of everything. -> Promise, kept when the person is in. */
export function showScreen(session) {
	return new Promise((resolve) => {
		const screen = build(session, () => {
			screen.remove();
			document.body.classList.remove("has-screen");
			resolve();
		});
		document.body.classList.add("has-screen");
		document.title = `${t(session.setupNeeded ? "session.setup.title" : "session.login.title")} – ${t("app.name")}`;
		document.body.prepend(screen);
		screen.querySelector("[data-autofocus]").focus();
	});
}
