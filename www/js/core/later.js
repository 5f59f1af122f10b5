/*
 * later: parts of the pages that are fetched when they are first wanted. Their modules stand in js/later/, which is not
 * preloaded (etc/embed-www); their stylesheets come with the first of them.
 */
import { h, replace } from "./dom.js";
import { button, callout, pageHead, skeleton } from "./parts.js";
import { t } from "./strings.js";
import { toast } from "./toast.js";

const SHEETS = ["/css/later.css", "/css/finder.css", "/css/virtual.css"];
let styled = null;

function sheet(path) {
	return new Promise((resolve, reject) => {
		const node = h("link", { rel: "stylesheet", href: path, on: { load: resolve, error: () => {
			node.remove();
			reject(new Error(path));
		} } });
		document.head.append(node);
	});
}

function style() {
	styled ??= Promise.all(SHEETS.map(sheet)).catch((error) => {
		styled = null;
		throw error;
	});
	return styled;
}

/** Fetches a module with the stylesheets. load: () => import("../later/…"). -> Promise of the module */
export async function later(load) {
	const [module] = await Promise.all([load(), style()]);
	return module;
}

const reload = () => button({ label: t("action.reload"), run: () => location.reload() });

/** Does something with a module of later(); what it cannot fetch it tells. -> Promise of what `use` gives */
export async function withLater(load, use) {
	let module;
	try {
		module = await later(load);
	} catch (error) {
		console.warn(error);
		toast({ kind: "error", key: "later", text: t("later.failed"), detail: t("error.noConnectionRemedy") });
		return undefined;
	}
	return use(module);
}

/**
 * A page (core/router.js) whose module is fetched when somebody goes there. load: () => import() of a module with
 * mount(root, query, id); the rest as register() wants it.
 */
export function laterPage({ load, ...page }) {
	let module = null;

	function mount(root, query, id) {
		if (module)
			return module.mount(root, query, id);
		let unmount = null, left = false;
		root.append(pageHead(t(page.titleKey)), h("div", { class: "panel panel__body" }, skeleton(6)));
		later(load).then((fetched) => {
			module = fetched;
			if (left)
				return;
			const hadFocus = root.contains(document.activeElement);
			root.replaceChildren();
			unmount = module.mount(root, query, id);
			if (hadFocus)
				root.querySelector("h1")?.focus({ preventScroll: true });
		}).catch((error) => {
			console.warn(error);
			if (!left)
				replace(root, pageHead(t(page.titleKey)), callout("bad",
					h("p", { class: "callout__title" }, t("later.failed")),
					h("p", null, t("error.noConnectionRemedy")), h("div", null, reload())));
		});
		return () => {
			left = true;
			unmount?.();
		};
	}
	return { ...page, mount };
}
