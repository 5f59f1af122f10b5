/*
 * session: is a login needed, and what Fuse says about it. The cookie is Fuse's and cannot be read here; this page keeps no
 * secret longer than the form that it was typed into.
 */
import { ApiError, call } from "../core/api.js";

/** {loginNeeded, loggedIn, setupNeeded, secure}. A Fuse without sessions needs none. */
export async function readSession() {
	try {
		return await call("GET", "/api/v1/session", undefined, { ask: false });
	} catch (error) {
		if (error instanceof ApiError && error.status === 404)
			return { loginNeeded: false, loggedIn: false, setupNeeded: false, secure: true };
		throw error;
	}
}

/** May this page use Fuse as it is? */
export function isIn(session) {
	return !session.setupNeeded && (!session.loginNeeded || session.loggedIn);
}

export const logIn = (password) => call("POST", "/api/v1/session", { password }, { ask: false });
export const logOut = () => call("DELETE", "/api/v1/session", undefined, { ask: false });
export const setUp = (code, password) => call("POST", "/api/v1/setup", { code, password }, { ask: false });
