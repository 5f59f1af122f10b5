/*
 * api: REST. Every failure is an ApiError with words for a person. Who is not logged in is asked to (session/login.js), over
 * the page, and the call is made again.
 */
import { t } from "./strings.js";

const DEADLINE_MS = 40000;

/** status: of HTTP, 0 without an answer; type: "/problems/…"; title, detail, remedy: words, may be ""; retryAfterS or null. */
export class ApiError extends Error {
	constructor({ status, type, title, detail = "", remedy = "", retryAfterS = null }) {
		super(detail || title);
		this.name = "ApiError";
		Object.assign(this, { status, type, title, detail: detail ?? "", remedy: remedy ?? "", retryAfterS });
	}
}

let askers = { login: async () => false, password: async () => false };

/** Who asks for the login and for the password: functions that give a promise of whether the call is to be made again. */
export function setAskers(functions) {
	askers = functions;
}

/**
 * What an answer that is no success says. status and statusText of HTTP; text: its body; after: its Retry-After, or null.
 */
export function problemOf({ status, statusText, text, after }) {
	let problem = null;
	try {
		problem = JSON.parse(text);
	} catch {
		/* Not ours: a proxy between us and Fuse has answered. */
	}
	return new ApiError({ status, type: problem?.type ?? "about:blank", title: problem?.title ?? t("error.notUnderstood"),
			      detail: problem?.detail ?? `${status} ${statusText}`, remedy: problem?.remedy ?? "",
			      retryAfterS: Number(after) > 0 ? Number(after) : null });
}

/** There was no answer at all, or (timedOut) none in time. */
export function silence(timedOut = false) {
	return new ApiError(timedOut ?
		{ status: 0, type: "/problems/timed-out", title: t("error.tooSlow"), remedy: t("error.tooSlowRemedy") } :
		{ status: 0, type: "/problems/no-connection", title: t("error.noConnection"), remedy: t("error.noConnectionRemedy") });
}

async function once(method, path, body, more) {
	const ended = AbortSignal.timeout(DEADLINE_MS);
	const headers = { Accept: "application/json", ...more };
	const isFile = body instanceof Blob;
	if (body !== undefined)
		headers["Content-Type"] = isFile ? "application/octet-stream" : "application/json";
	let response;
	try {
		response = await fetch(path, { method, headers, body: body === undefined || isFile ? body : JSON.stringify(body),
					       signal: ended, credentials: "same-origin", cache: "no-store" });
	} catch {
		throw silence(ended.aborted);
	}
	if (!response.ok)
		throw problemOf({ status: response.status, statusText: response.statusText, text: await response.text().catch(() => ""),
				  after: response.headers.get("Retry-After") });
	const text = await response.text();
	if (text === "")
		return null;
	try {
		return JSON.parse(text);
	} catch {
		throw new ApiError({ status: response.status, type: "/problems/not-understood", title: t("error.notUnderstood"),
				     remedy: t("error.notUnderstoodRemedy") });
	}
}

/**
 * Does something that may fail for want of a login or a password: then a person is asked for it, and it is done again.
 * once() -> Promise; it rejects with an ApiError
 */
export async function asking(once) {
	for (;;) {
		try {
			return await once();
		} catch (error) {
			const asker = error.status === 401 ? askers.login : error.type === "/problems/password-needed" ? askers.password : null;
			if (!asker)
				throw error;
			if (!(await asker(error)))
				throw new ApiError({ status: error.status, type: error.type, title: t("error.loginCancelled") });
		}
	}
}

/**
 * One call. body: what becomes JSON, or a Blob that is sent as it is. ask: false for what the login itself asks; headers: more of
 * them.
 */
export function call(method, path, body, { ask = true, headers = {} } = {}) {
	const one = () => once(method, path, body, headers);
	return ask ? asking(one) : one();
}

export const get = (path) => call("GET", path);
export const post = (path, body, options) => call("POST", path, body, options);
export const patch = (path, body) => call("PATCH", path, body);
export const del = (path) => call("DELETE", path);
