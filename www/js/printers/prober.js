/*
 * Who answers at an address? Asked while a person types it: a moment after the last key, and only for whole addresses.
 */
import { get } from "../core/api.js";
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

	async function ask(path) {
		const mine = ++turn;
		told({ kind: "asking" });
		try {
			const answer = await get(path);
			if (mine === turn)
				told({ kind: "found", answer });
		} catch (error) {
			if (mine === turn)
				told({ kind: "failed", error });
		}
	}

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
			turn++;
			clearTimeout(timer);
		},
	};
}
