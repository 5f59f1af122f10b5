/*
 * filament_type: the cloud's short list of materials (`type` of FilamentInfo), and which of them a printer's word for
 * a material means. Pure.
 */
#ifndef FUSE_PRINTER_FILAMENT_TYPE_H
#define FUSE_PRINTER_FILAMENT_TYPE_H

/* The word of the list for what a printer calls `material` ("PA-GF" -> "PA6-GF", "PLA-S" -> "PLA", "TPU 95A" ->
 * "TPU"), without regard to case; "" when there is none. Static. */
const char *filament_type_of(const char *material);

#endif
