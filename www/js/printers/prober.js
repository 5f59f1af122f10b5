/*
 * Who answers at an address? Asked while a person types it: a moment after the last key, and only for whole addresses.
 * Where Fuse itself could not be asked, it is asked again as soon as it is back.
 */
import { get } from "../core/api.js";
import { store } from "../core/store.js";
import { addressFault } from "./address.js";

const QUIET_MS = 500;

/**
 * told(state): {kind: "none"} (no whole address), "wrong" (it can never be one), "asking", "found" (answer), "failed" (error).
 * -> {set(address, ports), again(), end()}; ports: {mqtt, detect}, null the standard.
 */
export function prober(told) {
	let wanted = "";
	let timer = 0;
	let turn = 0;
	let unasked = null; /* what Fuse could not be asked */

	async function ask(path) {
		const mine = ++turn;
		unasked = null;
		told({ kind: "asking" });
		try {
			const answer = await get(path);
			if (mine === turn)
				told({ kind: "found", answer });
		} catch (error) {
			if (mine !== turn)
				return;
			unasked = error.type === "/problems/no-connection" ? path : null;
			told({ kind: "failed", error });
		}
	}

	const off = store.on("connection", ({ state }) => {
		if (state === "live" && unasked !== null)
			ask(unasked);
	});

	function pathOf(address, ports) {
		const query = new URLSearchParams({ address });
		if (ports.mqtt)
			query.set("mqttPort", ports.mqtt);
		if (ports.detect)
			query.set("detectPort", ports.detect);
		return `/api/v1/probe?${query}`;
	}

	return {
		set(address, ports) {
			const fault = addressFault(address);
			const path = fault === null ? pathOf(address, ports) : fault;
			if (path === wanted)
				return;
			wanted = path;
			unasked = null;
			turn++;
			clearTimeout(timer);
			if (fault !== null) {
				told({ kind: fault === "wrong" ? "wrong" : "none" });
				return;
			}
			told({ kind: "asking" });
			timer = setTimeout(ask, QUIET_MS, path);
		},
		again() {
			if (wanted.startsWith("/")) {
				clearTimeout(timer);
				ask(wanted);
			}
		},
		end() {
			off();
			unasked = null;
			turn++;
			clearTimeout(timer);
		},
	};
}
