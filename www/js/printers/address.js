/*
 * Numeric addresses, as far as a form must know them: Fuse itself judges in the end. No DOM.
 */

function isIpv4(text) {
	const parts = text.split(".");
	return parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255);
}

/* By what the browser takes between [ and ] in a URL: exactly IPv6, without a zone. */
function isIpv6(text) {
	if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !text.includes(":"))
		return false;
	try {
		return new URL(`http://[${text}]/`).hostname !== "";
	} catch {
		return false;
	}
}

/* null when it can be an address; else why not: 'empty', 'unfinished' (so far so good) or 'wrong'. */
export function addressFault(text) {
	if (text === "")
		return "empty";
	if (isIpv4(text) || isIpv6(text))
		return null;
	return /^[0-9]{1,3}(\.[0-9]{0,3}){0,3}$/.test(text) || /^[0-9a-f:]*$/i.test(text) ? "unfinished" : "wrong";
}

/* "" is the standard port: null; undefined when it is none. */
export function parsePort(text) {
	if (text.trim() === "")
		return null;
	const port = Number(text);
	return /^[0-9]{1,5}$/.test(text.trim()) && port >= 1 && port <= 65535 ? port : undefined;
}
