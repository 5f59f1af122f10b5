/*
 * print_amount: how long a print takes and what it weighs, in words: one rule for all that tell it of a file (the page's
 * is the same: www/js/later/print/amount.js). Pure.
 */
#ifndef FUSE_PRINTER_PRINT_AMOUNT_H
#define FUSE_PRINTER_PRINT_AMOUNT_H

#include <stdint.h>

#define PRINT_AMOUNT_BYTES 32

/* "45 min", "1 h 24 min", "2 h", "1 d 9 h": a minute that has begun counts. "" when it is below 0: not known. */
void print_amount_time(int64_t seconds, char ret_words[PRINT_AMOUNT_BYTES]);

/* "3.0 g", "32 g": with tenths below 10 g, a half goes up. "" when it is below 0 or not a number: not known. */
void print_amount_weight(double grams, char ret_words[PRINT_AMOUNT_BYTES]);

#endif
