/*
 * main: starts everything. First who is there; then the frame and the page, which fill as the WebSocket tells.
 */
import { h } from "./core/dom.js";
import { startDrop } from "./core/drop.js";
import { startKeys } from "./core/keys.js";
import { register, startRouter } from "./core/router.js";
import { startSocket } from "./core/socket.js";
import { lang, t } from "./core/strings.js";
import { startTheme } from "./core/theme.js";
import { toast } from "./core/toast.js";
import { buildFrame } from "./frame/frame.js";
import { pages } from "./pages/all.js";
import { askLogin, ensureLogin, startAsking } from "./session/login.js";
import { showScreen } from "./session/screen.js";
import { isIn, readSession } from "./session/session.js";

/* A Fuse that cannot be reached now gets its frame, too: the banner tells, and it fills as soon as Fuse is back. */
async function enter() {
	try {
		let session = await readSession();
		while (!isIn(session)) {
			await showScreen(session);
			session = await readSession();
		}
		return session;
	} catch (error) {
		console.warn(error);
		return { loginNeeded: true, loggedIn: false, setupNeeded: false, secure: true };
	}
}

function newVersion(version) {
	toast({ kind: "info", key: "new-version", timeoutMs: 0, text: t("app.newVersion", { version }),
		action: { label: t("action.reload"), run: () => location.reload() } });
}

/* An app can be installed over HTTPS only; elsewhere the manifest would be asked for in vain. */
function offerApp() {
	if (location.protocol === "https:")
		document.head.append(h("link", { rel: "manifest", href: "/manifest.webmanifest" }));
}

async function start() {
	document.documentElement.lang = lang();
	startTheme();
	startKeys();
	startDrop();
	offerApp();
	const session = await enter();
	document.getElementById("boot")?.remove();
	startAsking();
	for (const page of pages)
		register(page);
	const main = buildFrame(session);
	startRouter(main);
	startSocket({ login: askLogin, mayConnect: ensureLogin, newVersion });
}

start().catch((error) => {
	console.error(error);
	document.body.prepend(h("p", { class: "boot-failed", role: "alert" }, t("page.broken"), " ", String(error)));
});
