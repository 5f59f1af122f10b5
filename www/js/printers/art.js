/*
 * Small drawings of the printers, by family: boxes with a door, bed slingers, the cantilever. Ours, on a grid of 48.
 * They show what the printer tells: lamp and door.
 */
import { setAttr, svg } from "../core/dom.js";

const FAMILIES = {
	"X1": "box", "X1C": "box", "X1E": "box", "P1S": "box", "P1P": "frame", "P2S": "tall", "X2D": "tall",
	"A1": "slinger", "A2L": "slinger", "A1-mini": "mini",
	"H2D": "wide", "H2D-Pro": "wide", "H2S": "wide", "H2C": "wide",
};
const NOZZLES = { "X2D": 2, "H2D": 2, "H2D-Pro": 2 };

function path(name, d) {
	return svg("path", { class: `art__${name}`, d });
}

function box(name, x, y, width, height, r = 2) {
	return svg("rect", { class: `art__${name}`, x, y, width, height, rx: r });
}

/* The toolhead at a rail, with one nozzle or two; the plate below it. */
function inside(x, rail, width, plate, nozzles) {
	const middle = x + width / 2;
	const tips = nozzles === 2 ? [middle - 2.5, middle + 2.5] : [middle];
	return [
		path("line", `M${x + 3} ${rail}h${width - 6}`),
		box("head", middle - 4, rail - 2, 8, 6, 1.5),
		...tips.map((tip) => path("head", `M${tip - 1.5} ${rail + 4}h3l-1.500 2.200z`)),
		path("part", `M${middle - 4} ${plate}v-4l4-3 4 3v4z`),
		path("plate", `M${x + 4} ${plate}h${width - 8}`),
	];
}

/* A housing with a glass door that hangs at its left side and stands open to the left. */
function housing({ x, y, width, height, head, nozzles = 1 }) {
	const top = y + head, door = [x + 3, top + 1, width - 6, height - head - 5];
	return [
		box("body", x, y, width, height, 3.5),
		box("room", ...door, 2),
		box("lamp", ...door, 2),
		...inside(x, top + 7, width, y + height - 8, nozzles),
		box("glass", ...door, 2),
		path("swing", `M${door[0]} ${door[1]}l-5 3v${door[3] - 2}l5-1z`),
		path("foot", `M${x + 4} ${y + height}v2M${x + width - 4} ${y + height}v2`),
	];
}

const DRAW = {
	box: () => [...housing({ x: 7, y: 4, width: 34, height: 39, head: 7 }), box("screen", 27, 6.5, 10, 3, 1)],
	tall: (nozzles) => [...housing({ x: 7, y: 4, width: 34, height: 39, head: 8, nozzles }),
		box("screen", 25, 6, 12, 4.5, 1)],
	wide: (nozzles) => [...housing({ x: 3, y: 3, width: 42, height: 41, head: 7, nozzles }),
		box("screen", 33, 5, 9, 4, 1),
		path("line", "M24 11v28")],
	frame: () => [
		path("outline", "M8 43V6h32v37M8 12h32M8 43h32"), box("lamp", 10, 13, 28, 28, 1),
		...inside(8, 18, 32, 38, 1), box("screen", 12, 7.5, 8, 3, 1),
	],
	slinger: () => [
		box("body", 5, 37, 38, 6, 2), path("outline", "M10 37V7h28v30"), box("lamp", 11, 8, 26, 28, 1),
		path("line", "M10 17h28"), box("head", 20, 14, 8, 7, 1.5), path("head", "M22.5 21h3L24 23.200z"),
		path("part", "M20 33v-4l4-3 4 3v4z"), path("plate", "M12 33.500h24"), box("screen", 33, 38.5, 7, 3, 1),
	],
	mini: () => [
		box("body", 6, 37, 36, 6, 2), path("outline", "M36 37V8"), box("lamp", 10, 12, 25, 24, 1),
		path("line", "M12 18h24"), box("head", 17, 15, 8, 7, 1.5), path("head", "M19.500 22h3L21 24.200z"),
		path("part", "M17 33v-4l4-3 4 3v4z"), path("plate", "M11 33.500h20"), box("screen", 33, 38.5, 6, 3, 1),
	],
	other: () => [box("body", 8, 6, 32, 37, 3.5), box("room", 11, 13, 26, 26, 2), box("lamp", 11, 13, 26, 26, 2),
		...inside(8, 20, 32, 35, 1)],
};

/* The drawing of a model: {node, update({lamp, door})}; lamp true, false or null, door "open", "closed" or null. */
export function modelArt(model) {
	const family = FAMILIES[model] ?? "other";
	const node = svg("svg", { class: `art art--${family}`, viewBox: "0 0 48 48", "aria-hidden": "true",
		focusable: "false" },
		DRAW[family](NOZZLES[model] ?? 1));
	return {
		node,
		update({ lamp, door }) {
			setAttr(node, "data-lamp", lamp === null ? null : lamp ? "on" : "off");
			setAttr(node, "data-door", door);
		},
	};
}
