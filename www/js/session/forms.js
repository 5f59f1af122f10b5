/*
 * forms: the fields of login and setup, and what happens when they are sent. Used as a whole screen and in a dialog.
 */
import { onTick } from "../core/clock.js";
import { h, setAttr, setText } from "../core/dom.js";
import { age } from "../core/format.js";
import { callout, field, passwordField } from "../core/parts.js";
import { t } from "../core/strings.js";
import { logIn, setUp } from "./session.js";
import { SHORTEST, strength } from "./strength.js";

const STRENGTHS = ["short", "weak", "fair", "strong"];

/** A warning when what is typed could be read on its way; else null. */
export function insecureNote(session) {
	const here = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
	return session?.secure || location.protocol === "https:" || here ? null : callout("warn", h("p", null, t("session.insecure")));
}

/* Too many tries: counts down, and says so at the field, in steps that a screen reader can follow. */
function countDown(error, field) {
	const untilMs = Date.now() + (error.retryAfterS ?? 30) * 1000;
	const show = () => {
		const left = untilMs - Date.now();
		field.setError(left > 0 ? t("session.tooMany", { age: age(Math.ceil(left / 5000) * 5000) }) : null);
		if (left <= 0)
			off();
	};
	const off = onTick(show);
	show();
}

/* Shows a refusal at the field that it is about; what is about none is thrown on. */
function refuse(error, password, code = null) {
	const field = error.type === "/problems/wrong-code" ? code : password;
	if (error.status === 429)
		countDown(error, field);
	else if (field && ["/problems/wrong-code", "/problems/wrong-password", "/problems/invalid"].includes(error.type))
		field.setError([error.detail || error.title, error.remedy].filter(Boolean).join(" "));
	else
		throw error;
	field.input.focus();
	field.input.select();
	return false;
}

/** The login: {node, submit() -> Promise<bool>: true when logged in; throws what is about no field}. */
export function loginForm() {
	const password = passwordField({ label: t("session.password"), role: "login-password", autocomplete: "current-password", required: true,
					 "data-autofocus": true, maxlength: "256" });
	return {
		/* The name is for password managers. */
		node: h("div", { class: "stack" },
			h("input", { class: "visually-hidden", type: "text", name: "username", autocomplete: "username", value: "fuse", tabindex: "-1",
				     "aria-hidden": "true", readonly: true }),
			password.node),
		async submit() {
			password.setError(password.input.value === "" ? t("session.passwordMissing") : null);
			if (password.input.value === "") {
				password.input.focus();
				return false;
			}
			try {
				await logIn(password.input.value);
			} catch (error) {
				return refuse(error, password);
			}
			password.input.value = "";
			return true;
		},
	};
}

function meter() {
	const word = h("span", { class: "small" });
	const bars = h("div", { class: "strength", dataset: { strength: "0" } }, [1, 2, 3].map(() => h("span")));
	return {
		node: h("div", { class: "row strength-row", role: "status", dataset: { role: "strength" } }, bars, word),
		show(text) {
			const how = strength(text);
			setAttr(bars, "data-strength", text === "" ? "0" : how);
			setText(word, text === "" ? "" : t(`session.strength.${STRENGTHS[how]}`, { n: SHORTEST }));
		},
	};
}

function checkSetup(code, password, repeat) {
	code.setError(code.input.value.trim() === "" ? t("session.codeMissing") : null);
	password.setError([...password.input.value].length < SHORTEST ? t("session.strength.short", { n: SHORTEST }) : null);
	repeat.setError(repeat.input.value === password.input.value ? null : t("session.repeatDiffers"));
	const first = [code, password, repeat].find((one) => one.input.getAttribute("aria-invalid") === "true");
	first?.input.focus();
	return !first;
}

/** The first setup: as loginForm(). */
export function setupForm() {
	const code = field({ label: t("session.code"), hint: t("session.codeHint"), role: "setup-code",
			     input: { class: "input input--mono", autocomplete: "one-time-code", autocapitalize: "characters", spellcheck: "false",
				      "data-autofocus": true, required: true, maxlength: "64" } });
	const password = passwordField({ label: t("session.newPassword"), role: "setup-password", autocomplete: "new-password", required: true,
					 maxlength: "256" });
	const repeat = passwordField({ label: t("session.repeat"), role: "setup-repeat", autocomplete: "new-password", required: true,
				       maxlength: "256" });
	const how = meter();
	password.input.addEventListener("input", () => how.show(password.input.value));
	repeat.input.addEventListener("change", () =>
		repeat.setError(repeat.input.value === password.input.value ? null : t("session.repeatDiffers")));
	password.node.append(how.node);
	return {
		node: h("div", { class: "stack stack--wide" }, code.node, password.node, repeat.node),
		async submit() {
			if (!checkSetup(code, password, repeat))
				return false;
			try {
				await setUp(code.input.value.trim(), password.input.value);
			} catch (error) {
				return refuse(error, password, code);
			}
			password.input.value = repeat.input.value = "";
			return true;
		},
	};
}
