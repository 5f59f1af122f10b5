/*
 * dom: building and changing the page. Text is always text: nothing here parses HTML, and what comes from outside
 * (printer names, file names) loses its control characters on the way in.
 */

const SVG = "http://www.w3.org/2000/svg";
/* C0, C1, and the bidirectional overrides, which would turn the text around them. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff]+/g;
const LONGEST_TEXT = 4096;

/** Text that is safe to show: runs of control characters become a space, and it ends after 4096 characters. */
export function cleanText(text) {
	let clean = String(text);
	if (clean.length > LONGEST_TEXT)
		clean = clean.slice(0, LONGEST_TEXT) + "…";
	return clean.replace(CONTROLS, " ");
}

function append(node, children) {
	for (const child of children) {
		if (child === null || child === undefined || child === false)
			continue;
		if (Array.isArray(child))
			append(node, child);
		else
			node.append(child instanceof Node ? child : cleanText(child));
	}
}

/* Members that are properties, not attributes: the attribute would only be the initial value. */
const PROPERTIES = new Set(["value", "checked", "indeterminate", "selected"]);

function applyAttrs(node, attrs) {
	for (const [name, value] of Object.entries(attrs ?? {})) {
		if (name === "on")
			for (const [event, fn] of Object.entries(value))
				node.addEventListener(event, fn);
		else if (name === "dataset")
			for (const [key, text] of Object.entries(value))
				setAttr(node, "data-" + key.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase()), text);
		else if (name === "style")
			for (const [property, text] of Object.entries(value))
				node.style.setProperty(property, text);
		else if (PROPERTIES.has(name))
			node[name] = value;
		else
			setAttr(node, name, value);
	}
}

/**
 * An element. attrs: class, dataset: {}, style: {"--x": "1"} (set from JS, as the CSP allows no style attribute),
 * on: {event: fn}, and any attribute; false and null leave it out, true gives it empty ("aria-" ones get "true"/"false").
 * Children: nodes, text, arrays of them; null and false are nothing.
 */
export function h(tag, attrs, ...children) {
	const node = document.createElement(tag);
	applyAttrs(node, attrs);
	append(node, children);
	return node;
}

/** The same for SVG. */
export function svg(tag, attrs, ...children) {
	const node = document.createElementNS(SVG, tag);
	applyAttrs(node, attrs);
	append(node, children);
	return node;
}

/** Sets the text of a node that has nothing but text; does nothing when it is that already. */
export function setText(node, text) {
	const clean = text === null || text === undefined ? "" : cleanText(text);
	if (node.textContent === clean)
		return;
	/* A text that is there already is cheaper to change than to exchange. */
	if (node.firstChild !== null && node.firstChild === node.lastChild && node.firstChild.nodeType === Node.TEXT_NODE)
		node.firstChild.data = clean;
	else
		node.textContent = clean;
}

/** Sets an attribute, or takes it away (null, undefined, false). Does nothing when it is that already. */
export function setAttr(node, name, value) {
	const isAria = name.startsWith("aria-") || name.startsWith("data-");
	if (value === null || value === undefined || (value === false && !isAria)) {
		if (node.hasAttribute(name))
			node.removeAttribute(name);
		return;
	}
	const text = value === true && !isAria ? "" : String(value);
	if (node.getAttribute(name) !== text)
		node.setAttribute(name, text);
}

/** Adds or takes away one class. */
export function setClass(node, name, isOn) {
	if (node.classList.contains(name) !== Boolean(isOn))
		node.classList.toggle(name, Boolean(isOn));
}

/** Puts children in the place of all that a node has. */
export function replace(node, ...children) {
	node.replaceChildren();
	append(node, children);
	return node;
}

/** A name from outside: isolated from the direction of the text around it, clipped with "…", whole in the tooltip. */
export function name(text, attrs) {
	const node = h("bdi", { dir: "auto", ...attrs, class: "clip " + (attrs?.class ?? "") });
	setName(node, text);
	return node;
}

/** Changes what name() shows. */
export function setName(node, text) {
	const clean = text === null || text === undefined ? "" : cleanText(text);
	setText(node, clean);
	setAttr(node, "title", clean.length > 200 ? clean.slice(0, 200) + "…" : clean);
}

/**
 * Keeps the children of a container equal to a list, by key: nodes are made once, moved and reused.
 * create(key, item) -> {node, update(item), remove?()}; update is called at each render but the one that creates it.
 * -> {render(items, keyOf), get(key)}. The focus stays where it was, though its node has moved.
 */
export function keyedList(container, create) {
	const build = typeof create === "function" ? create : create.create;
	let entries = new Map();

	function render(items, keyOf) {
		const focused = container.contains(document.activeElement) ? document.activeElement : null;
		const kept = new Map();
		for (const item of items) {
			const key = keyOf(item);
			if (kept.has(key))
				continue;
			let entry = entries.get(key);
			if (entry)
				entry.update(item);
			else
				entry = build(key, item);
			kept.set(key, entry);
		}
		for (const [key, entry] of entries) {
			if (kept.has(key))
				continue;
			entry.remove?.();
			entry.node.remove();
		}
		entries = kept;
		let next = container.firstChild;
		for (const { node } of kept.values()) {
			if (node === next)
				next = next.nextSibling;
			else
				container.insertBefore(node, next);
		}
		if (focused && focused !== document.activeElement && container.contains(focused))
			focused.focus({ preventScroll: true });
	}
	return { render, get: (key) => entries.get(key) };
}
