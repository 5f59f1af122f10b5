/*
 * header: the name, the navigation, and at the end how the connection is, the theme, and the session.
 */
import { del } from "../core/api.js";
import { h, replace, setAttr, setClass } from "../core/dom.js";
import { icon, mark } from "../core/icons.js";
import { menuButton } from "../core/menu.js";
import { badge, iconButton, setBadge } from "../core/parts.js";
import { currentPage, navPages, onPage } from "../core/router.js";
import { store } from "../core/store.js";
import { t } from "../core/strings.js";
import { onTheme, setTheme, theme, THEMES } from "../core/theme.js";
import { toastError } from "../core/toast.js";
import { showKeys } from "./keyhelp.js";

const THEME_ICONS = { dark: "moon", light: "sun", auto: "monitor" };
const LIGHTS = { live: ["ok", "check"], connecting: ["info", "refresh"], lost: ["bad", "link-off"] };

function nav() {
	const links = new Map(navPages().map((page) => [page, h("a", { class: "nav__link", href: page.path, dataset: { role: "nav", nav: page.path } },
		icon(page.iconName), h("span", null, t(page.navKey)))]));
	const mark = () => {
		for (const [page, link] of links)
			setAttr(link, "aria-current", page === currentPage() ? "page" : null);
		links.get(currentPage())?.scrollIntoView({ block: "nearest", inline: "nearest" });
	};
	onPage(mark);
	return h("nav", { class: "nav", "aria-label": t("nav.label") },
		 h("ul", { class: "nav__list" }, [...links.values()].map((link) => h("li", null, link))));
}

function connectionBadge() {
	const node = badge("info", t("connection.connecting"));
	const show = () => {
		const { state, latencyMs, reason } = store.connection;
		setBadge(node, LIGHTS[state][0], t(`connection.${reason ?? state}`), LIGHTS[state][1]);
		setAttr(node, "title", state === "live" && latencyMs !== null ? t("connection.latency", { ms: Math.max(1, Math.round(latencyMs)) }) : null);
	};
	node.classList.add("header__light");
	setAttr(node, "data-role", "connection");
	store.on("connection", show);
	show();
	return node;
}

function themeButton() {
	const button = iconButton({ label: t("theme.label"), iconName: THEME_ICONS[theme()], role: "theme" });
	onTheme((chosen) => replace(button, icon(THEME_ICONS[chosen])));
	return menuButton(button, () => THEMES.map((one) => ({ label: t(`theme.${one}`), iconName: THEME_ICONS[one], checked: theme() === one,
							       role: `theme-${one}`, run: () => setTheme(one) })));
}

async function logOut() {
	try {
		await del("/api/v1/session");
		location.assign("/");
	} catch (error) {
		toastError(error, t("session.logoutFailed"));
	}
}

/** The header. session: as readSession() gives it. */
export function header(session) {
	const inner = h("div", { class: "header__inner" },
		h("a", { class: "brand", href: "/", "aria-label": t("nav.brand") }, mark(), h("span", { class: "brand__name" }, t("app.name"))),
		nav(),
		h("div", { class: "header__end" },
			connectionBadge(),
			iconButton({ label: t("keys.title"), iconName: "keyboard", run: showKeys, role: "keys", "data-only": "pointer" }),
			themeButton(),
			session.loginNeeded && iconButton({ label: t("session.logout"), iconName: "logout", run: logOut, role: "logout" })));
	/* Not by :has(): that makes every text that changes below it cost milliseconds. */
	onPage((page) => setClass(inner, "header__inner--wide", page?.wide === true));
	return h("header", { class: "header" }, inner);
}
