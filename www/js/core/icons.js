/*
 * icons: drawn by us on a grid of 24, as strokes in the colour of the text. A row is a path; rows of several paths are arrays.
 */
import { svg } from "./dom.js";

const SHAPES = {
	"arrow-right": "M4 12h15M13 6l6 6-6 6",
	"arrow-down": "M12 4v15M6 13l6 6 6-6",
	bed: ["M3 17h18", "M5 17v3M19 17v3", "M8 12c0-2 2-2 2-4s-2-2-2-4M13 12c0-2 2-2 2-4s-2-2-2-4"],
	bell: ["M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15z", "M10 21h4"],
	bolt: "M13.5 2.5 5 13.5h6l-1 8 8.5-11h-6z",
	camera: ["M3 7.5h11v9H3z", "M14 11l7-3.5v9L14 13"],
	check: "M4.5 12.5l5 5 10-11",
	"chevron-down": "M6 9.5l6 6 6-6",
	"chevron-left": "M14.5 6l-6 6 6 6",
	"chevron-right": "M9.5 6l6 6-6 6",
	"chevron-up": "M6 14.5l6-6 6 6",
	clock: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M12 7v5.5l3.5 2"],
	close: "M6 6l12 12M18 6L6 18",
	cloud: "M7 19h10.5a4 4 0 0 0 .6-7.95A6 6 0 0 0 6.5 9.6 4.75 4.75 0 0 0 7 19z",
	"cloud-off": ["M9.5 6.2A6 6 0 0 1 18.1 11a4 4 0 0 1 2.2 6.2M16.5 19H7A4.75 4.75 0 0 1 6.5 9.6", "M3.5 3.5l17 17"],
	comms: ["M4 8h14M14 4l4 4-4 4", "M20 16H6M10 12l-4 4 4 4"],
	copy: ["M9 9h11v11H9z", "M15 9V4H4v11h5"],
	cpu: ["M7 7h10v10H7z", "M10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4"],
	dots: "M5 12h.01M12 12h.01M19 12h.01",
	door: ["M6 3h12v18H6z", "M14.5 12h.01"],
	download: ["M12 4v11M7 10.5l5 5 5-5", "M4 20h16"],
	drop: "M12 3c3.5 4.5 6 7.4 6 10.7a6 6 0 0 1-12 0C6 10.4 8.5 7.5 12 3z",
	edit: ["M4 20l1-4L16.5 4.5l3 3L8 19z", "M14 7l3 3"],
	error: ["M8.2 3h7.6L21 8.2v7.6L15.8 21H8.2L3 15.8V8.2z", "M12 7.5v5.5M12 16.5h.01"],
	external: ["M10 5H5v14h14v-5", "M14 4h6v6M20 4l-9 9"],
	eye: ["M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z", "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z"],
	"eye-off": ["M9.5 6A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3.2 3.9M6 8a16 16 0 0 0-3.5 4s3.5 6.5 9.5 6.5a9 9 0 0 0 4-.9", "M4 4l16 16"],
	fan: ["M12 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z", "M11.5 10.5C9 8 9 3.5 12 3.5s3 3.5 1.2 7M13.5 12c3.3-1.3 7.3.7 6.3 3.5s-4.5 1.7-6.7-2M11 13.2c-.5 3.5-4 6-6 3.8s.3-4.8 5.3-5.2"],
	file: ["M6 3h8l4 4v14H6z", "M14 3v4h4"],
	filter: "M4 5h16l-6 7.5V19l-4-2v-4.5z",
	grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
	help: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M9.5 9.5a2.5 2.5 0 1 1 3.7 2.2c-.8.5-1.2 1-1.2 2M12 17h.01"],
	home: ["M4 11l8-7 8 7", "M6 9.5V20h12V9.5"],
	info: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M12 11v5.5M12 7.5h.01"],
	key: ["M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M11 12.2L20 3.5M16.5 7l3 3M14 9.5l2 2"],
	keyboard: ["M3 6h18v12H3z", "M7 10h.01M11 10h.01M15 10h.01M18 10h.01M8 14h8"],
	layers: ["M12 3l9 5-9 5-9-5z", "M3.5 12.5L12 17l8.5-4.5M3.5 16.5L12 21l8.5-4.5"],
	light: ["M9 17a6 6 0 1 1 6 0v1.5H9z", "M10 21.5h4"],
	link: ["M10 14a4 4 0 0 0 5.7 0l3.6-3.6a4 4 0 1 0-5.7-5.7L12.5 6", "M14 10a4 4 0 0 0-5.7 0l-3.6 3.6a4 4 0 1 0 5.7 5.7l1.1-1.2"],
	"link-off": ["M15 8l-.5-.5M13 5.5l.7-.8a4 4 0 1 1 5.6 5.7L17 12.7M11 18.5l-.7.8a4 4 0 1 1-5.6-5.7L7 11.3", "M4 4l16 16"],
	list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
	lock: ["M5 11h14v9H5z", "M8 11V8a4 4 0 0 1 8 0v3"],
	logout: ["M14 4H5v16h9", "M10 12h10M16.5 8l4 4-4 4"],
	menu: "M4 7h16M4 12h16M4 17h16",
	minus: "M5 12h14",
	monitor: ["M3 5h18v11H3z", "M9 20h6M12 16v4"],
	moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
	network: ["M9 3h6v5H9zM3 16h6v5H3zM15 16h6v5h-6z", "M12 8v4M6 16v-4h12v4"],
	nozzle: ["M8 3h8v7l-3 5h-2l-3-5z", "M8 7h8M12 18v3"],
	pause: "M8 5v14M16 5v14",
	play: "M7 4.5v15l12-7.5z",
	plus: "M12 5v14M5 12h14",
	print: ["M6 3h8l4 4v14H6z", "M14 3v4h4", "M10 11.5v5.5l4-2.75z"],
	printer: ["M4 4h16v16H4z", "M4 8.5h16M9.5 8.5v2l1.5 2h2l1.5-2v-2M8 16.5h8"],
	refresh: ["M20 11a8 8 0 0 0-14-4.5L4 9M4 4v5h5", "M4 13a8 8 0 0 0 14 4.5L20 15M20 20v-5h-5"],
	search: ["M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14z", "M16 16l4.5 4.5"],
	settings: ["M4 7h9M19 7h1M4 17h3M13 17h7", "M16 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM10 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"],
	shield: ["M12 3l8 3v6c0 4.5-3.5 7.5-8 9-4.5-1.5-8-4.5-8-9V6z", "M8.5 12l2.5 2.5 4.5-5"],
	sort: ["M7 4v16M3.5 16.5L7 20l3.5-3.5", "M13 6h8M13 11h6M13 16h4"],
	speed: ["M4.5 18a9 9 0 1 1 15 0", "M12 14l4-5"],
	spool: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z", "M12 6a6 6 0 0 1 6 6"],
	stop: "M6 6h12v12H6z",
	store: ["M12 3c4.4 0 8 1.3 8 3s-3.6 3-8 3-8-1.3-8-3 3.6-3 8-3z", "M4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"],
	sun: ["M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4"],
	tag: ["M4 4h8l8.5 8.5-8 8L4 12z", "M8 8h.01"],
	thermometer: ["M10 4.5a2 2 0 0 1 4 0V14a4 4 0 1 1-4 0z", "M12 9v8.5"],
	trash: ["M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13", "M10.5 11v5.5M13.5 11v5.5"],
	upload: ["M12 15V4M7 8.5l5-5 5 5", "M4 20h16"],
	user: ["M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M4.5 20.5c.5-4 3.5-6 7.5-6s7 2 7.5 6"],
	warning: ["M12 3.5L22 20.5H2z", "M12 10v5M12 17.7h.01"],
	wifi: ["M3 9.5a13 13 0 0 1 18 0M6.2 13a8.5 8.5 0 0 1 11.6 0M9.3 16.3a4 4 0 0 1 5.4 0", "M12 19.5h.01"],
};

/** Which icons there are. */
export const iconNames = Object.keys(SHAPES);

/**
 * An icon. It says nothing to screen readers: the text beside it, or the button's aria-label, does.
 * attrs go to the <svg> (class is added to "icon").
 */
export function icon(name, attrs) {
	const shape = SHAPES[name] ?? SHAPES.help;
	const paths = Array.isArray(shape) ? shape : [shape];
	return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false", ...attrs,
			    class: "icon " + (attrs?.class ?? "") },
		   paths.map((d) => svg("path", { d })));
}

/** Our mark: a fuse's spark in a ring. */
export function mark(attrs) {
	return svg("svg", { viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false", ...attrs,
			    class: "mark " + (attrs?.class ?? "") },
		   svg("path", { class: "mark__ring", d: "M22.8 5.8A12.3 12.3 0 1 1 9.2 5.8" }),
		   svg("path", { class: "mark__bolt", d: "M17.8 2.5 9.5 17h5.2l-1.5 12.5 9.3-16h-5.6z" }));
}
