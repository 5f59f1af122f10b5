/*
 * merge: what a delta of the events' WebSocket does to a document. Pure.
 */

export function isObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Merges a delta into a document, in place, and returns the document: objects deep; arrays and scalars replace; null is
 * a value; {"$gone": [name, …]} takes members away. A document that is no object gives way to the delta.
 */
export function mergeDelta(target, delta) {
	if (!isObject(delta))
		return delta;
	const merged = isObject(target) ? target : {};
	if (Array.isArray(delta.$gone))
		for (const name of delta.$gone)
			if (Object.hasOwn(merged, name))
				delete merged[name];
	for (const [name, value] of Object.entries(delta)) {
		if (name === "$gone" || name === "__proto__")
			continue;
		merged[name] = mergeDelta(Object.hasOwn(merged, name) ? merged[name] : undefined, value);
	}
	return merged;
}
