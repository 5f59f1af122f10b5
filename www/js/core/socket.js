/*
 * socket: the one WebSocket, by which this page hears of every change (docs/web.md has its messages). It fills the store,
 * looks whether Fuse is still there, and connects again by itself, at once when the page is looked at again.
 */
import { LONGEST_MS, waitMs } from "./backoff.js";
import { setServerTime } from "./clock.js";
import { applyDelta, applySnapshot, setConnection, store } from "./store.js";

const PING_MS = 10000;     /* between looks */
const SILENT_MS = 8000;    /* without an answer: gone */
const WOKEN_MS = 2500;     /* the same, when the page has just been woken: it has waited long enough */
const CONNECT_MS = 10000;
const CODE_LOGIN = 4401;
const CODE_TOO_MANY = 1013;

let socket = null;
let failures = 0;
let retryTimer = 0, pingTimer = 0, deathTimer = 0;
let version = null;
let isSynced = false; /* this connection has brought its snapshot */
let hooks = { login: async () => true, mayConnect: async () => true, newVersion: () => {} };
let waitingForLogin = false;

function clearTimers() {
	clearTimeout(retryTimer);
	clearTimeout(pingTimer);
	clearTimeout(deathTimer);
}

function address() {
	return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/events`;
}

function drop() {
	const old = socket;
	socket = null;
	clearTimers();
	if (old) {
		old.onopen = old.onmessage = old.onclose = null;
		old.close();
	}
}

function retry(ms) {
	const wait = ms ?? waitMs(failures, Math.random());
	setConnection("lost", Date.now() + wait);
	clearTimeout(retryTimer);
	retryTimer = setTimeout(connect, wait);
}

async function lost(code) {
	drop();
	failures++;
	setConnection(store.connection.state === "connecting" && failures < 2 ? "connecting" : "lost", 0);
	if (code === CODE_TOO_MANY)
		return retry(LONGEST_MS);
	/* A handshake that is refused looks to a page like one that failed: ask why. */
	waitingForLogin = true;
	try {
		if (code === CODE_LOGIN ? await hooks.login() : await hooks.mayConnect()) {
			if (code === CODE_LOGIN)
				failures = 0;
			return retry(code === CODE_LOGIN ? 0 : undefined);
		}
		/* The person does not want to now. The banner has a button. */
		return setConnection("lost", 0, "login");
	} catch {
		return retry();
	} finally {
		waitingForLogin = false;
	}
}

function ping(answerWithinMs) {
	if (socket?.readyState !== WebSocket.OPEN)
		return;
	clearTimeout(pingTimer);
	clearTimeout(deathTimer);
	socket.send(JSON.stringify({ type: "ping", t: Math.round(performance.now()) }));
	deathTimer = setTimeout(() => lost(0), answerWithinMs);
}

/* Something has come: it lives. */
function heard() {
	clearTimeout(deathTimer);
	clearTimeout(pingTimer);
	pingTimer = setTimeout(() => ping(SILENT_MS), PING_MS);
}

function onHello(message) {
	setServerTime(message.serverTime);
	if (version !== null && message.version !== version)
		hooks.newVersion(message.version);
	version = message.version;
}

const HANDLERS = {
	hello: onHello,
	snapshot(message) {
		isSynced = true;
		applySnapshot(message);
		failures = 0;
		setConnection("live");
		ping(SILENT_MS);
	},
	delta(message) {
		if (isSynced)
			applyDelta(message);
	},
	pong(message) {
		setServerTime(message.serverTime);
		if (typeof message.t === "number") {
			store.connection.latencyMs = Math.max(0, performance.now() - message.t);
			setConnection("live");
		}
	},
};

function onMessage(event) {
	let message = null;
	try {
		message = JSON.parse(event.data);
	} catch {
		/* As one of an unknown type. */
	}
	heard();
	/* What another version may say is passed over. */
	if (message !== null && Object.hasOwn(HANDLERS, message.type))
		HANDLERS[message.type](message);
}

function connect() {
	drop();
	isSynced = false;
	setConnection(store.connection.state === "live" ? "lost" : store.connection.state);
	socket = new WebSocket(address());
	socket.onmessage = onMessage;
	socket.onclose = (event) => lost(event.code);
	deathTimer = setTimeout(() => lost(0), CONNECT_MS);
}

/** Tries now instead of later. */
export function reconnectNow() {
	if (!waitingForLogin && store.connection.state !== "live" && socket?.readyState !== WebSocket.OPEN) {
		failures = Math.min(failures, 1);
		connect();
	}
}

function onWoken() {
	if (document.hidden)
		return;
	if (store.connection.state === "live")
		ping(WOKEN_MS);
	else if (store.connection.reason !== "login")
		reconnectNow();
}

/**
 * Connects, and stays so. functions: {login() -> Promise<bool>: ask a person, as Fuse wants a login; mayConnect() -> Promise<bool>:
 * the connection has failed, find out whether a login is wanted, and ask; newVersion(version): Fuse has been updated}
 */
export function startSocket(functions) {
	hooks = functions;
	document.addEventListener("visibilitychange", onWoken);
	addEventListener("online", onWoken);
	addEventListener("pageshow", (event) => event.persisted && onWoken());
	connect();
}

