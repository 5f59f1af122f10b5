/*
 * uploads: print files on their way from this browser to Fuse. They go on while pages change.
 */
import "../words.js";
import { asking, problemOf, silence } from "../../core/api.js";
import { t } from "../../core/strings.js";
import { toast } from "../../core/toast.js";
import { plain } from "../../printers/text.js";
import { meter } from "./meter.js";
import { fittingName } from "./rows.js";

const AT_ONCE = 2;
const watchers = new Set();
const all = new Map(); /* id -> upload */
let count = 0;

/**
 * Uploads, oldest first: {id, name, size, state, sent, rate, leftS, error, file}
 *   state  "queued", "sending", "keeping" (all is sent, Fuse has not answered yet), "done", "failed" (error: an ApiError)
 *   file   what Fuse answered: as store.files has it; wasThere: Fuse had the same content already
 */
export function uploads() {
	return [...all.values()];
}

/** Calls fn() when something about them has changed. -> off() */
export function onUploads(fn) {
	watchers.add(fn);
	return () => watchers.delete(fn);
}

function tell() {
	for (const fn of [...watchers])
		fn();
}

function answerOf(request) {
	try {
		return JSON.parse(request.responseText);
	} catch {
		return null;
	}
}

/* One try. XMLHttpRequest, as fetch() does not tell how much has gone. */
function send(upload) {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest(), speed = meter();
		upload.request = request;
		request.upload.addEventListener("progress", (event) => {
			speed.add(performance.now(), event.loaded);
			Object.assign(upload, { state: event.loaded < upload.size ? "sending" : "keeping", sent: Math.min(event.loaded, upload.size),
				rate: speed.rate(), leftS: speed.leftS(upload.size) });
			tell();
		});
		request.addEventListener("load", () => {
			const answer = answerOf(request);
			if (request.status >= 200 && request.status < 300 && typeof answer?.sha256 === "string")
				resolve({ file: answer, wasThere: request.status === 200 });
			else
				reject(problemOf({ status: request.status, statusText: request.statusText, text: request.responseText,
					after: request.getResponseHeader("Retry-After") }));
		});
		request.addEventListener("error", () => reject(silence()));
		request.open("POST", "/api/v1/files");
		request.setRequestHeader("Accept", "application/json");
		request.setRequestHeader("Content-Type", "application/octet-stream");
		request.setRequestHeader("X-File-Name", encodeURIComponent(fittingName(upload.name)));
		request.send(upload.content);
	});
}

async function run(upload) {
	try {
		const answer = await asking(() => {
			Object.assign(upload, { state: "sending", sent: 0, rate: null, leftS: null });
			tell();
			return send(upload);
		});
		Object.assign(upload, answer, { state: "done", content: null, request: null });
	} catch (error) {
		Object.assign(upload, { state: "failed", error, request: null });
	}
	upload.ended();
	if (watchers.size === 0 && all.has(upload.id))
		toast(upload.state === "done" ? { kind: "done", text: t("files.upload.doneToast", { name: plain(upload.name, 60) }) } :
			{ kind: "error", text: t("files.upload.failedToast", { name: plain(upload.name, 60) }), detail: upload.error.message });
	next();
	tell();
}

function next() {
	const open = uploads().filter((one) => one.state === "sending" || one.state === "keeping").length;
	for (const upload of uploads().filter((one) => one.state === "queued").slice(0, Math.max(0, AT_ONCE - open)))
		run(upload);
}

function queue(upload) {
	upload.finished = new Promise((resolve) => (upload.ended = resolve));
	Object.assign(upload, { state: "queued", sent: 0, rate: null, leftS: null, error: null });
	next();
	tell();
}

/** Begins to send a File of the browser. -> the upload; its `finished` is a promise of its end, however that was */
export function upload(content) {
	const one = { id: ++count, name: content.name, size: content.size, content, file: null, wasThere: false };
	all.set(one.id, one);
	queue(one);
	return one;
}

/** Sends one that has failed again. */
export function retryUpload(one) {
	if (one.state === "failed" && one.content)
		queue(one);
}

/** Stops it, and forgets it. */
export function dropUpload(one) {
	all.delete(one.id);
	one.request?.abort();
	one.content = null;
	one.ended();
	next();
	tell();
}

addEventListener("beforeunload", (event) => {
	if (uploads().some((one) => ["queued", "sending", "keeping"].includes(one.state)))
		event.preventDefault();
});
