/*
 * keys: the keyboard. A key is what KeyboardEvent.key says ("?", "/", "1", "j", "Escape").
 * Nothing is heard while a person types or a dialog is open, and nothing with Ctrl, Alt or Meta.
 */

const bound = []; /* {key, descriptionKey, fn}; the last bound wins */

function isTyping(target) {
	return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Hears a key. fn may return false: not mine, ask who was bound before. -> unbind() */
export function bind(key, descriptionKey, fn) {
	const entry = { key, descriptionKey, fn };
	bound.push(entry);
	return () => {
		const at = bound.indexOf(entry);
		if (at >= 0)
			bound.splice(at, 1);
	};
}

/** What is bound now, the first bound first: [{key, descriptionKey}]. */
export function bindings() {
	return [...new Map(bound.map((entry) => [entry.key, entry])).values()];
}

function onKeydown(event) {
	if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || isTyping(event.target) ||
	    document.querySelector("dialog[open]") !== null)
		return;
	for (let i = bound.length - 1; i >= 0; i--) {
		if (bound[i].key === event.key && bound[i].fn(event) !== false) {
			event.preventDefault();
			return;
		}
	}
}

/** Starts to listen. */
export function startKeys() {
	document.addEventListener("keydown", onKeydown);
}
