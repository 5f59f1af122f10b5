/*
 * testfile: parts one by one; the G-code layer by layer, while its digest is taken.
 */
#include "worker/virtual/testfile.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "common/tls_digest.h"
#include "worker/virtual/testfile_inner.h"
#include "worker/virtual/zip_store.h"

#define TESTFILE_MAGIC 0x74657374
#define LAYER_BYTES (TESTFILE_WALLS * TESTFILE_POINTS * 40 + TESTFILE_TEXT_BYTES)
#define CENTER_MM 90.0 /* is on the bed of every model */
#define RADIUS_MM 20.0
#define MD5_FILE_BYTES 32

struct testfile {
	unsigned magic;
	struct testfile_figures figures;
	struct zip_store zip;
	struct tls_md5 *md5; /* of the G-code, while that is written */
	unsigned layer;	     /* the next one; 0: nothing is written yet */
	bool is_done, is_good;
	int32_t x_um[TESTFILE_WALLS][TESTFILE_POINTS], y_um[TESTFILE_WALLS][TESTFILE_POINTS];
	char text[LAYER_BYTES];
};

void
testfile_init(void)
{
	tls_digest_init();
}

void
testfile_name(const struct model *model, const char *nozzle, char ret_name[TESTFILE_NAME_BYTES])
{
	str_format(ret_name, TESTFILE_NAME_BYTES, "Test print %s %s.gcode.3mf", model->key, nozzle);
}

/* -- moves ------------------------------------------------------------------------------------------------------- */

static void
place_points(struct testfile *testfile)
{
	for (unsigned wall = 0; wall < TESTFILE_WALLS; wall++)
		for (unsigned i = 0; i < TESTFILE_POINTS; i++) {
			double radius = RADIUS_MM - wall * strtod(testfile->figures.nozzle, NULL);
			double angle = 2 * M_PI * i / TESTFILE_POINTS;
			testfile->x_um[wall][i] = (int32_t)lround(1000 * (CENTER_MM + radius * cos(angle)));
			testfile->y_um[wall][i] = (int32_t)lround(1000 * (CENTER_MM + radius * sin(angle)));
		}
}

/* "90.125"; quicker than printf, which would take most of the time. */
static char *
put_mm(char *to, int32_t um)
{
	char digits[12];
	size_t count = 0;

	for (int32_t left = um; left > 0 || count < 4; left /= 10)
		digits[count++] = (char)('0' + left % 10);
	while (count > 0) {
		if (count == 3)
			*to++ = '.';
		*to++ = digits[--count];
	}
	return to;
}

static char *
put_text(char *to, const char *text)
{
	size_t len = strlen(text);

	memcpy(to, text, len);
	return to + len;
}

static size_t
write_layer(struct testfile *testfile)
{
	char extrusion[24], *to = testfile->text;

	str_format(extrusion, sizeof extrusion, " E%.5f\n", testfile->figures.segment_e_mm);
	to += testfile_write_layer(&testfile->figures, testfile->layer, to);
	for (unsigned wall = 0; wall < TESTFILE_WALLS; wall++)
		for (unsigned i = 0; i < TESTFILE_POINTS; i++) {
			to = put_mm(put_text(to, "G1 X"), testfile->x_um[wall][i]);
			to = put_mm(put_text(to, " Y"), testfile->y_um[wall][i]);
			to = put_text(to, extrusion);
		}
	ENSURE((size_t)(to - testfile->text) < sizeof testfile->text);
	return (size_t)(to - testfile->text);
}

/* -- parts ------------------------------------------------------------------------------------------------------- */

static void
add_gcode(struct testfile *testfile, size_t len)
{
	tls_md5_add(testfile->md5, testfile->text, len);
	zip_store_add(&testfile->zip, testfile->text, len);
}

static void
begin(struct testfile *testfile)
{
	char *text = testfile->text;

	zip_store_put(&testfile->zip, "[Content_Types].xml", text, testfile_write_types(text));
	zip_store_put(&testfile->zip, "3D/3dmodel.model", text, testfile_write_model(text));
	zip_store_begin(&testfile->zip, TESTFILE_PLATE ".gcode");
	testfile->md5 = tls_md5_new();
	add_gcode(testfile, testfile_write_head(&testfile->figures, text));
	testfile->layer = 1;
}

static void
put_picture(struct testfile *testfile, const char *name, unsigned width)
{
	_Static_assert(sizeof testfile->text >= TESTFILE_PICTURE_BYTES, "a picture fits");
	uint8_t *to = (uint8_t *)testfile->text;

	zip_store_put(&testfile->zip, name, to, testfile_draw(width, to));
}

static void
end(struct testfile *testfile)
{
	const struct testfile_figures *figures = &testfile->figures;
	struct zip_store *zip = &testfile->zip;
	char digest[TLS_MD5_HEX_BYTES], *text = testfile->text;

	add_gcode(testfile, testfile_write_tail(text));
	zip_store_end(zip);
	tls_md5_end(testfile->md5, digest);
	testfile->md5 = NULL;
	for (char *at = digest; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at); /* as printers compare it */
	zip_store_put(zip, TESTFILE_PLATE ".gcode.md5", digest, strlen(digest));
	zip_store_put(zip, TESTFILE_PLATE ".json", text, testfile_write_plate(figures, text));
	zip_store_put(zip, "Metadata/project_settings.config", text, testfile_write_project(figures, text));
	zip_store_put(zip, "Metadata/slice_info.config", text, testfile_write_slice_info(figures, text));
	zip_store_put(zip, "Metadata/model_settings.config", text, testfile_write_model_settings(text));
	put_picture(testfile, TESTFILE_PLATE ".png", 256);
	put_picture(testfile, TESTFILE_PLATE "_small.png", 128);
	put_picture(testfile, "Metadata/plate_no_light_1.png", 256);
	put_picture(testfile, "Metadata/top_1.png", 256);
	testfile->is_good = zip_store_finish(zip);
	testfile->is_done = true;
}

bool
testfile_step(struct testfile *testfile)
{
	size_t made = 0;

	ENSURE_OBJ(testfile, TESTFILE_MAGIC);
	ENSURE(!testfile->is_done);
	if (testfile->layer == 0)
		begin(testfile);
	for (; testfile->layer <= TESTFILE_LAYERS; testfile->layer++) {
		if (made + LAYER_BYTES > TESTFILE_STEP_BYTES)
			return false;
		size_t len = write_layer(testfile);
		add_gcode(testfile, len);
		made += len;
	}
	end(testfile);
	return true;
}

uint64_t
testfile_bytes(const struct testfile *testfile)
{
	ENSURE_OBJ(testfile, TESTFILE_MAGIC);
	ENSURE(testfile->is_done);
	errno = testfile->zip.error;
	return testfile->is_good ? testfile->zip.at : 0;
}

struct testfile *
testfile_new(const struct model *model, const char *nozzle, int fd)
{
	struct testfile *testfile = calloc(1, sizeof *testfile);

	ENSURE(testfile != NULL);
	testfile->magic = TESTFILE_MAGIC;
	testfile_figure(model, nozzle, &testfile->figures);
	zip_store_init(&testfile->zip, fd);
	place_points(testfile);
	return testfile;
}

void
testfile_free(struct testfile *testfile)
{
	char digest[TLS_MD5_HEX_BYTES];

	if (testfile == NULL)
		return;
	ENSURE_OBJ(testfile, TESTFILE_MAGIC);
	if (testfile->md5 != NULL)
		tls_md5_end(testfile->md5, digest);
	testfile->magic = 0;
	free(testfile);
}
