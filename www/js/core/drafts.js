/*
 * drafts: what somebody has typed into a dialog outlives a reload of the page, in its tab only. Never give it a secret.
 */
const PREFIX = "fuse.draft.";

/** What is kept under a key: those members of it that `like` has, too, of the same type. {}: nothing. */
export function recall(key, like) {
	try {
		const kept = JSON.parse(sessionStorage.getItem(PREFIX + key)) ?? {};
		return Object.fromEntries(Object.keys(like).filter((name) => Object.hasOwn(kept, name) && kept[name] !== null &&
			typeof kept[name] === typeof like[name]).map((name) => [name, kept[name]]));
	} catch {
		return {}; /* there is no storage, or another program wrote there */
	}
}

/** Calls fn whenever something in a dialog was typed or chosen. node: of openDialog(). */
export function onTyping(node, fn) {
	for (const event of ["input", "change"])
		node.addEventListener(event, fn);
}

/** Keeps it, in the place of what was kept. null: nothing any more. */
export function keep(key, draft) {
	try {
		if (draft === null)
			sessionStorage.removeItem(PREFIX + key);
		else
			sessionStorage.setItem(PREFIX + key, JSON.stringify(draft));
	} catch {
		/* Then it does not outlive a reload. */
	}
}
