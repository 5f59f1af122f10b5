/*
 * What a person says of virtual printers that are to be made, and what is sent for each. No DOM.
 */
import { addressFault } from "../../printers/address.js";
import { isTooMany } from "./units.js";

export const MOST = 20; /* of one Fuse */
export const NOZZLES = ["0.2", "0.4", "0.6", "0.8"];
const NUMBERED = / #([0-9]{1,4})$/;

/** model: a key of models; units: of units.js. namedByHand: the name no longer follows the model. */
export function emptyDraft() {
	return { name: "", namedByHand: false, quantity: "1", model: "X1C", nozzle: "0.4", units: ["ams"], exposed: "" };
}

/** How many more there may be. docs: of all printers. */
export function roomLeft(docs) {
	return Math.max(0, MOST - docs.filter((doc) => doc.virtual === true).length);
}

function firstFree(base, taken, from = 1) {
	for (let number = from; ; number++)
		if (!taken.has(`${base} #${number}`))
			return number;
}

/** "Virtual X1C #1", with the first number that no printer has. taken: Set of their names. */
export function usualName(model, taken) {
	const base = `Virtual ${model.replaceAll("-", " ")}`;
	return `${base} #${firstFree(base, taken)}`;
}

/**
 * What each of so many is called: "Vera" alone is Vera; three are "Vera #1" to "#3", "Vera #4" and two more "#4" to "#6"; a number that
 * a printer has is passed over. Without a name each gets Fuse's own (model and serial number).
 */
export function namesOf(name, quantity, taken) {
	if (quantity === 1 || name === "")
		return Array.from({ length: quantity }, () => name);
	const base = name.replace(NUMBERED, ""), names = [];
	for (let next = Number(name.match(NUMBERED)?.[1] ?? 1); names.length < quantity; next++) {
		next = firstFree(base, taken, next);
		names.push(`${base} #${next}`);
	}
	return names;
}

/** As POST /api/v1/virtual-printers takes it. */
export function bodyOf(draft, name) {
	return { ...(name === "" ? {} : { name }), model: draft.model, nozzle: draft.nozzle, ams: draft.units,
		...(draft.exposed === "" ? {} : { exposed: draft.exposed }) };
}

/** -> {field: what is wrong (a key of strings: virtual.wrong.KEY)} of "quantity", "units", "exposed"; left: of roomLeft(). */
export function faultsOf(draft, left) {
	const faults = {};
	if (!/^[0-9]{1,3}$/.test(draft.quantity) || Number(draft.quantity) < 1 || Number(draft.quantity) > left)
		faults.quantity = "quantity";
	if (isTooMany(draft.units))
		faults.units = "units";
	if (draft.exposed !== "" && addressFault(draft.exposed) !== null)
		faults.exposed = "exposed";
	return faults;
}

/** The address of the machine of this page, if it is one that others reach: "" when it is not. host: location.hostname. */
export function ownAddress(host) {
	const address = host.replace(/^\[|\]$/g, "");
	return addressFault(address) !== null || address.startsWith("127.") || address === "::1" ? "" : address;
}
