/*
 * picture: how a plate of a print file will look, as its slicer has drawn it; without one, an icon in its place.
 */
import { h, replace } from "./dom.js";
import { icon } from "./icons.js";

const SHA256 = /^[0-9a-f]{64}$/;

/** Where a plate's picture is. */
export function picturePath(sha256, plate) {
	return `/api/v1/files/${sha256}/plates/${plate}.png`;
}

/**
 * A place for a picture. -> {node, show(file | undefined, plate)}: file as store.files has it; only one that can have pictures is
 * asked for them, and only when it is about to be seen.
 */
export function platePicture(attrs = {}) {
	const node = h("span", { "aria-hidden": "true", ...attrs, class: `platepic ${attrs.class ?? ""}` });
	let shown = null;

	function show(file, plate) {
		const path = file?.kind === "3mf" && file.check === "printable" && SHA256.test(file.sha256) ? picturePath(file.sha256, plate) : "";
		if (path === shown)
			return;
		shown = path;
		const none = () => shown === path && replace(node, icon("layers"));
		if (path === "")
			none();
		else
			replace(node, h("img", { src: path, alt: "", loading: "lazy", decoding: "async", draggable: "false", on: { error: none } }));
	}
	return { node, show };
}
