/*
 * drop: files that are dragged onto a page. A browser would leave the page for a file that misses: here it never does. The page
 * that is seen says what takes files.
 */
import { setClass } from "./dom.js";

const takers = []; /* the last that came is asked first */
let marked = null;

function carriesFiles(event) {
	return event.dataTransfer?.types?.includes("Files") === true;
}

/* -> {taker, place}, or null */
function find(event) {
	for (const taker of [...takers].reverse()) {
		const place = taker.place(event.target);
		if (place)
			return { taker, place };
	}
	return null;
}

function mark(place) {
	if (marked === place)
		return;
	if (marked)
		setClass(marked, "drop", false);
	if (place)
		setClass(place, "drop", true);
	marked = place;
}

function onOver(event) {
	if (!carriesFiles(event))
		return;
	event.preventDefault();
	const found = find(event);
	event.dataTransfer.dropEffect = found ? "copy" : "none";
	mark(found?.place ?? null);
}

/* Folders come as files without content: they are left out. */
function filesOf(transfer) {
	const items = [...(transfer.items ?? [])].filter((item) => item.kind === "file");
	const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory === true;
	return items.length > 0 ? items.filter((item) => !isFolder(item)).map((item) => item.getAsFile()).filter(Boolean) : [...transfer.files];
}

function onDrop(event) {
	if (!carriesFiles(event))
		return;
	event.preventDefault();
	const found = find(event), files = filesOf(event.dataTransfer);
	mark(null);
	if (found && files.length > 0)
		found.taker.take(files, found.place);
}

/**
 * Takes files. place(node) -> the element that takes what is dropped there (it gets the class "drop" while files are over it), or
 * null; take(files, place). -> off()
 */
export function onFiles(taker) {
	takers.push(taker);
	return () => {
		takers.splice(takers.indexOf(taker), 1);
		mark(null);
	};
}

/** Starts to listen. */
export function startDrop() {
	addEventListener("dragover", onOver);
	addEventListener("dragleave", (event) => event.relatedTarget === null && mark(null));
	addEventListener("drop", onDrop);
}
