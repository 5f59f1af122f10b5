/*
 * filament_color: what people call a colour of filament. Programs go by its digits (printer/filament_fit.h). Pure.
 */
#ifndef FUSE_PRINTER_FILAMENT_COLOR_H
#define FUSE_PRINTER_FILAMENT_COLOR_H

/* Of RRGGBB[AA]: "black", "dark green"; "clear" for one that is transparent throughout. "" when it is not a colour, or
 * is 00000000: not set. At most 15 characters. Rows: printer/filament_colors.def. */
const char *filament_color_name(const char *color);

#endif
