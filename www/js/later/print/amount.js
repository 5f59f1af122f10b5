/*
 * How long a print takes and what it weighs, in words: the rule of printer/print_amount.h. Pure.
 */
import { duration, number } from "../../core/format.js";
import { lang, t } from "../../core/strings.js";

const tenths = new Intl.NumberFormat(lang(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Seconds as "45 min", "1 h 24 min": a minute that has begun counts. */
export function printTime(seconds) {
	return duration(Math.ceil(seconds / 60));
}

/** "3.0 g", "32 g": with tenths below 10 g. */
export function weight(grams) {
	return t("print.grams", { n: grams < 9.95 ? tenths.format(Math.round(grams * 10) / 10) : number(Math.round(grams)) });
}
