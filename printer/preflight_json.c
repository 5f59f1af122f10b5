/*
 * preflight_json: what was found, the mapping, and all trays to choose from.
 */
#include "common/miniobj.h"
#include "printer/hotends.h"
#include "printer/jsonout.h"
#include "printer/preflight_parts.h"

/* A text of a printer or a file takes at most twice its field when escaped. */
#define FIELD_TEXT(out, field) jsonout_known_text(out, field, 2 * sizeof(field))

/* What one writing goes by. */
struct view {
	const struct preflight_input *input;
	const struct preflight *preflight;
	const struct plate *plate; /* NULL: there is none of that number */
	unsigned nozzles;
	struct spool spools[SPOOLS_MAX];
	uint32_t spool_count;
	struct hotend hotends[HOTENDS_MAX];
	uint32_t hotend_count;
};

static const char *
kind_name(enum preflight_kind kind)
{
	static const char *const names[] = { "note", "warning", "impossible" };

	return names[kind];
}

static void
write_findings(struct jsonout *out, const struct preflight *preflight)
{
	jsonout_key(out, "findings");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < preflight->count; i++) {
		const struct preflight_entry *entry = &preflight->entries[i];
		jsonout_open(out, '{');
		jsonout_key(out, "finding");
		jsonout_word(out, preflight_finding_name(entry->finding));
		jsonout_key(out, "kind");
		jsonout_word(out, kind_name(entry->kind));
		jsonout_key(out, "accepted");
		jsonout_bool(out, entry->accepted);
		jsonout_key(out, "sentence");
		jsonout_text(out, entry->sentence, 2 * sizeof entry->sentence);
		jsonout_key(out, "remedy");
		jsonout_text(out, entry->remedy, 2 * sizeof entry->remedy);
		jsonout_close(out, '}');
	}
	jsonout_close(out, ']');
}

static void
write_nozzle(struct jsonout *out, int32_t nozzle)
{
	jsonout_key(out, "nozzle");
	jsonout_known_int(out, nozzle < 0 ? STATE_UNKNOWN : nozzle);
}

static void
write_place(struct jsonout *out, struct spool_place place)
{
	bool is_unused = spool_place_is_unused(place);

	jsonout_key(out, "amsId");
	jsonout_known_int(out, is_unused ? STATE_UNKNOWN : place.ams_id);
	jsonout_key(out, "slotId");
	jsonout_known_int(out, is_unused ? STATE_UNKNOWN : place.slot_id);
}

static void
write_tray_words(struct jsonout *out, const struct tray *tray, const char *material_key, const char *color_key)
{
	jsonout_key(out, material_key);
	jsonout_known_text(out, tray != NULL ? tray->material : NULL, 2 * sizeof tray->material);
	jsonout_key(out, color_key);
	jsonout_known_text(out, tray != NULL ? tray->color : NULL, 2 * sizeof tray->color);
}

/* Which one the start names, and which of the rack would fit. */
static void
write_filament_hotends(struct jsonout *out, const struct view *view, const struct plate_filament *use, int32_t named)
{
	jsonout_key(out, "hotend");
	jsonout_known_int(out, named < 0 ? STATE_UNKNOWN : named);
	jsonout_key(out, "hotends");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < view->hotend_count && use != NULL && use->nozzle != HOTEND_LEFT; i++)
		if (hotend_fits(&view->hotends[i], view->plate, use))
			jsonout_int(out, view->hotends[i].place);
	jsonout_close(out, ']');
}

static void
write_filament(struct jsonout *out, const struct view *view, uint32_t index)
{
	const struct project_filament *filament = &view->input->plates->filaments[index];
	const struct plate_filament *use = view->plate != NULL ? preflight_use_of(view->plate, index) : NULL;
	struct spool_place place = view->preflight->mapping[index];
	const struct spool *spool = spools_find(view->spools, view->spool_count, place);

	jsonout_open(out, '{');
	jsonout_key(out, "index");
	jsonout_int(out, index);
	jsonout_key(out, "material");
	FIELD_TEXT(out, filament->material);
	jsonout_key(out, "color");
	FIELD_TEXT(out, filament->color);
	jsonout_key(out, "grams");
	if (use != NULL)
		jsonout_number(out, use->grams);
	else
		jsonout_null(out);
	jsonout_key(out, "used");
	jsonout_bool(out, use != NULL);
	write_nozzle(out, use != NULL ? use->nozzle : -1);
	write_place(out, place);
	jsonout_key(out, "proposed");
	jsonout_bool(out, view->preflight->proposed[index]);
	write_tray_words(out, spool != NULL ? spool->tray : NULL, "trayMaterial", "trayColor");
	if (view->input->model->has_hotend_rack)
		write_filament_hotends(out, view, use, view->preflight->nozzles[index]);
	jsonout_key(out, "fit");
	jsonout_word(out, filament_fit_name(spool != NULL ? filament_fit(filament, spool->tray) : FIT_NONE));
	jsonout_close(out, '}');
}

static void
write_spool(struct jsonout *out, const struct view *view, const struct spool *spool)
{
	char label[SPOOL_LABEL_BYTES];

	spool_label(spool->place, view->nozzles, label);
	jsonout_open(out, '{');
	write_place(out, spool->place);
	write_tray_words(out, spool->tray, "material", "color");
	jsonout_key(out, "remainPercent");
	jsonout_known_int(out, spool->tray != NULL && view->input->model->measures_remain ? spool->tray->remain_percent
											  : STATE_UNKNOWN);
	jsonout_key(out, "label");
	jsonout_word(out, label);
	write_nozzle(out, spool->nozzle);
	jsonout_close(out, '}');
}

static void
write_hotend(struct jsonout *out, const struct hotend *hotend)
{
	int32_t flow = nozzle_flow(hotend->nozzle);

	jsonout_open(out, '{');
	jsonout_key(out, "place");
	jsonout_int(out, hotend->place);
	jsonout_key(out, "number");
	jsonout_int(out, hotend->place - HOTEND_FIRST + 1);
	jsonout_key(out, "diameterMm");
	jsonout_number(out, hotend->nozzle->diameter_mm);
	jsonout_key(out, "highFlow");
	if (flow < 0)
		jsonout_null(out);
	else
		jsonout_bool(out, flow == 1);
	jsonout_key(out, "mounted");
	jsonout_bool(out, hotend->mounted);
	jsonout_close(out, '}');
}

/* Of models with a rack alone. */
static void
write_rack(struct jsonout *out, const struct view *view)
{
	jsonout_key(out, "rackNozzles");
	jsonout_int(out, view->plate != NULL ? view->plate->rack_nozzles : 0);
	jsonout_key(out, "hotends");
	jsonout_open(out, '[');
	for (uint32_t i = 0; i < view->hotend_count; i++)
		write_hotend(out, &view->hotends[i]);
	jsonout_close(out, ']');
}

size_t
preflight_json(const struct preflight_input *input, const struct preflight *preflight, char *ret_json, size_t cap)
{
	struct view view = { .input = input, .preflight = preflight };
	struct jsonout out;

	view.plate = plates_find(input->plates, input->plate);
	view.nozzles = spools_nozzles(input->model, input->state);
	view.spool_count = spools_list(input->model, input->state, view.spools);
	view.hotend_count = hotends_list(input->model, input->state, view.hotends);
	jsonout_init(&out, ret_json, cap);
	jsonout_open(&out, '{');
	jsonout_key(&out, "plate");
	jsonout_int(&out, input->plate);
	jsonout_key(&out, "ready");
	jsonout_bool(&out, preflight->ready);
	write_findings(&out, preflight);
	jsonout_key(&out, "mapping");
	jsonout_open(&out, '[');
	for (uint32_t i = 0; i < preflight->mapping_count; i++)
		write_filament(&out, &view, i);
	jsonout_close(&out, ']');
	jsonout_key(&out, "trays");
	jsonout_open(&out, '[');
	for (uint32_t i = 0; i < view.spool_count; i++)
		write_spool(&out, &view, &view.spools[i]);
	jsonout_close(&out, ']');
	if (input->model->has_hotend_rack)
		write_rack(&out, &view);
	jsonout_close(&out, '}');
	size_t len = jsonout_finish(&out);
	ENSURE(len > 0);
	return len;
}
