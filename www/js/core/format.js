/*
 * format: numbers, times and names as people read them. Pure.
 */
import { lang, t } from "./strings.js";

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const numbers = new Intl.NumberFormat(lang());
const decimals = new Intl.NumberFormat(lang(), { maximumFractionDigits: 1 });
const clocks = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exactClocks = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const weekdays = new Intl.DateTimeFormat(lang(), { weekday: "short" });
const days = new Intl.DateTimeFormat(lang(), { day: "numeric", month: "short" });
const whole = new Intl.DateTimeFormat(lang(), { dateStyle: "medium", timeStyle: "medium" });
const UNKNOWN = "–";

/** How long: "5 s", "3 min", "2 h", "4 d". ms below 0 count as 0; not a number: "–". */
export function age(ms) {
	if (!Number.isFinite(ms))
		return UNKNOWN;
	if (ms < MINUTE)
		return t("unit.seconds", { n: Math.max(0, Math.floor(ms / SECOND)) });
	if (ms < HOUR)
		return t("unit.minutes", { n: Math.floor(ms / MINUTE) });
	if (ms < 2 * DAY)
		return t("unit.hours", { n: Math.floor(ms / HOUR) });
	return t("unit.days", { n: Math.floor(ms / DAY) });
}

/** How long ago: "just now", "12 s ago", "3 min ago". */
export function ago(ms) {
	if (!Number.isFinite(ms))
		return t("time.never");
	return ms < 3 * SECOND ? t("time.now") : t("time.ago", { age: age(ms) });
}

/** A long time with two units: "3 d 4 h", "2 h 5 min", "12 min", "8 s". */
export function uptime(ms) {
	if (!Number.isFinite(ms))
		return UNKNOWN;
	const d = Math.floor(ms / DAY), hours = Math.floor(ms / HOUR) % 24;
	if (d > 0)
		return hours ? `${t("unit.days", { n: d })} ${t("unit.hours", { n: hours })}` : t("unit.days", { n: d });
	return ms < MINUTE ? age(ms) : duration(Math.floor(ms / MINUTE));
}

/** Minutes of work: "2 h 5 min", "45 min", "1 d 3 h". Not a number: "–". */
export function duration(minutes) {
	if (!Number.isFinite(minutes))
		return UNKNOWN;
	const all = Math.max(0, Math.round(minutes));
	const d = Math.floor(all / 1440), hours = Math.floor(all / 60) % 24, rest = all % 60;
	if (d > 0)
		return hours ? `${t("unit.days", { n: d })} ${t("unit.hours", { n: hours })}` : t("unit.days", { n: d });
	if (hours > 0)
		return rest ? `${t("unit.hours", { n: hours })} ${t("unit.minutes", { n: rest })}` : t("unit.hours", { n: hours });
	return t("unit.minutes", { n: rest });
}

function dayNumber(date) {
	return Math.floor((date.getTime() - date.getTimezoneOffset() * MINUTE) / DAY);
}

/** A time of day in the viewer's zone, with the day when that is not today: "14:05", "tomorrow 06:10", "Tue 06:10", "3 Dec 06:10". */
export function clockTime(date, today = new Date(), clock = clocks) {
	const when = new Date(date);
	if (!Number.isFinite(when.getTime()))
		return UNKNOWN;
	const ahead = dayNumber(when) - dayNumber(today), time = clock.format(when);
	if (ahead === 0)
		return time;
	if (ahead === 1)
		return t("time.tomorrow", { time });
	if (ahead === -1)
		return t("time.yesterday", { time });
	return `${(ahead > 1 && ahead < 7 ? weekdays : days).format(when)} ${time}`;
}

/** The same with seconds, for what is over in a moment. */
export const exactTime = (date) => clockTime(date, new Date(), exactClocks);

/** A whole date and time in the viewer's zone, for tooltips; "" for null. */
export function dateTime(date) {
	const when = date === null || date === undefined ? NaN : new Date(date);
	return Number.isFinite(when.getTime?.()) ? whole.format(when) : "";
}

let fahrenheit = false;

/** Temperatures in °F from now on, or in °C. */
export function setFahrenheit(isOn) {
	fahrenheit = isOn;
}

/** A temperature given in °C: "215 °C", "419 °F". Not a number: "–". */
export function celsius(n) {
	if (typeof n !== "number" || !Number.isFinite(n))
		return UNKNOWN;
	return fahrenheit ? t("unit.fahrenheit", { n: Math.round(n * 1.8 + 32) }) : t("unit.celsius", { n: Math.round(n) });
}

/** 12,345; not a number: "–". */
export function number(n) {
	return typeof n === "number" && Number.isFinite(n) ? numbers.format(n) : UNKNOWN;
}

/** 0 … 100 as "87 %"; not a number: "–". */
export function percent(n) {
	return typeof n === "number" && Number.isFinite(n) ? t("unit.percent", { n: Math.floor(n) }) : UNKNOWN;
}

/** "812 B", "3.7 MB": decimal, as disks are sold. */
export function bytes(n) {
	if (typeof n !== "number" || !Number.isFinite(n))
		return UNKNOWN;
	const units = ["B", "kB", "MB", "GB", "TB"];
	let at = 0;
	for (; n >= 1000 && at < units.length - 1; at++)
		n /= 1000;
	return `${(at === 0 || n >= 100 ? numbers : decimals).format(at === 0 ? n : n >= 100 ? Math.round(n) : n)} ${units[at]}`;
}

/** A time below a second: "0.4 ms", "12 ms". */
export function milliseconds(ms) {
	if (!Number.isFinite(ms))
		return UNKNOWN;
	return t("unit.milliseconds", { n: ms < 10 ? decimals.format(ms) : numbers.format(Math.round(ms)) });
}

/** A serial number short enough for a line, with the end that tells printers apart: "01P…2213". */
export function shortSerial(serial) {
	const text = String(serial ?? "");
	return text.length <= 9 ? text : `${text.slice(0, 3)}…${text.slice(-4)}`;
}
