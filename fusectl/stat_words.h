/*
 * stat_words: a printer's state, as printer/state_json.h writes it, in words for people. Pure and total: a stat of
 * another shape gives "-" and nothing worse.
 */
#ifndef FUSE_FUSECTL_STAT_WORDS_H
#define FUSE_FUSECTL_STAT_WORDS_H

#include <stddef.h>

#include "fusectl/farm.h"

#define STAT_WORDS_BYTES 160

/* "printing", "paused", "preparing"; "(idle)" when it is not linked now; "-" unknown. */
void stat_words_state(const json_t *stat, char ret_text[STAT_WORDS_BYTES]);

/* "42 %, layer 12 of 200"; with `brief` "42 % 12/200"; "-" when nothing is printed. */
void stat_words_progress(const json_t *stat, bool brief, char ret_text[STAT_WORDS_BYTES]);

/* "219/60/34": nozzle, bed, chamber in whole °C, "-" for each that is not told; "-" for none. */
void stat_words_temperatures(const json_t *stat, char ret_text[STAT_WORDS_BYTES]);

/* "218.9 of 220 °C"; "-" when not told. `degree` is " °C" or, without UTF-8, " C". */
void stat_words_heat(const json_t *temperature, const char *degree, char ret_text[STAT_WORDS_BYTES]);

/* How the link is in a word: its phase, "live", "stale", or how its process is. */
void stat_words_link(const struct farm_printer *printer, char ret_text[STAT_WORDS_BYTES]);

/* What is wrong, the worst first, a sentence with its remedy; 0 when nothing is. `index` from 0. */
#define STAT_PROBLEM_BYTES 700
bool stat_words_problem(const struct farm_printer *printer, size_t index, char *ret_sentence, char *ret_remedy);

#endif
