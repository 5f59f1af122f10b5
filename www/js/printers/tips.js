/*
 * Tips: what is behind a swatch or a number, shown beside it while the pointer or the focus is there. One node for all.
 */
import { h, replace } from "../core/dom.js";

const providers = new WeakMap(); /* node -> () => children */
const DELAY_MS = 120;

/* `give()` makes what is shown for `node`, each time anew. */
export function setTip(node, give) {
	providers.set(node, give);
	node.dataset.tip = "";
}

function place(tip, anchor) {
	const at = anchor.getBoundingClientRect();
	const { offsetWidth: width, offsetHeight: height } = tip;
	const left = Math.min(Math.max(8, at.left + at.width / 2 - width / 2), innerWidth - width - 8);
	const above = at.top - height - 8;
	tip.style.setProperty("left", `${left}px`);
	tip.style.setProperty("top", `${above >= 8 ? above : at.bottom + 8}px`);
}

/* Shows tips of all nodes in `root`. -> off() */
export function attachTips(root) {
	const tip = h("div", { class: "tip", role: "tooltip", popover: "manual", dataset: { role: "tip" } });
	let shown = null;
	let timer = 0;

	function hide() {
		clearTimeout(timer);
		if (shown !== null && tip.isConnected)
			tip.hidePopover();
		tip.remove();
		shown = null;
	}

	function show(anchor) {
		if (anchor === shown || !anchor.isConnected)
			return;
		hide();
		replace(tip, providers.get(anchor)());
		/* In a dialog all else cannot be seen. */
		(anchor.closest("dialog") ?? document.body).append(tip);
		tip.showPopover();
		shown = anchor;
		place(tip, anchor);
	}

	const anchorOf = (event) => (event.target instanceof Element ? event.target.closest("[data-tip]") : null);
	const handlers = {
		pointerover(event) {
			const anchor = anchorOf(event);
			if (anchor === shown)
				return;
			clearTimeout(timer);
			if (anchor && providers.has(anchor))
				timer = setTimeout(show, shown ? 0 : DELAY_MS, anchor);
			else if (shown !== document.activeElement)
				hide();
		},
		pointerleave: hide,
		focusin(event) {
			const anchor = anchorOf(event);
			if (anchor && providers.has(anchor) && anchor.matches(":focus-visible"))
				show(anchor);
			else
				hide();
		},
		focusout: hide,
		click(event) {
			const anchor = anchorOf(event);
			if (anchor && providers.has(anchor))
				show(anchor);
		},
		keydown(event) {
			if (event.key === "Escape" && shown !== null) {
				hide();
				event.stopPropagation();
				event.preventDefault();
			}
		},
	};
	for (const [name, fn] of Object.entries(handlers))
		root.addEventListener(name, fn);
	addEventListener("scroll", hide, { passive: true, capture: true });
	return () => {
		for (const [name, fn] of Object.entries(handlers))
			root.removeEventListener(name, fn);
		removeEventListener("scroll", hide, { capture: true });
		hide();
	};
}
