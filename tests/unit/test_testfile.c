/*
 * The file of the test print, for every model and nozzle: fuse-filechk's own reader finds one plate that can be printed, for
 * that very model, and every figure where it belongs.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/str.h"
#include "stored/filechk/contents.h"
#include "stored/filechk/threemf.h"
#include "worker/virtual/testfile.h"
#include "worker/virtual/testfile_inner.h"
#include "worker/virtual/zip_store.h"

static struct contents contents;

static int
make(const struct model *model, const char *nozzle, uint64_t *ret_bytes)
{
	int fd = memfd_create("testfile", MFD_CLOEXEC);
	unsigned steps = 1;
	struct stat stat;

	assert_true(fd >= 0);
	struct testfile *file = testfile_new(model, nozzle, fd);
	for (; !testfile_step(file); steps++)
		;
	assert_true(steps > 10);
	*ret_bytes = testfile_bytes(file);
	testfile_free(file);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_int_equal(stat.st_size, *ret_bytes);
	assert_in_range(*ret_bytes, 9500000, 10500000);
	return fd;
}

static void
examine(int fd, uint64_t bytes)
{
	struct verdict verdict = { 0 };

	contents_init(&contents);
	struct threemf *threemf = threemf_open(fd, bytes, &contents, &verdict);
	if (threemf == NULL)
		fail_msg("%s", verdict.sentence);
	while (!threemf_step(threemf, &verdict))
		;
	threemf_free(threemf);
	if (!verdict.printable)
		fail_msg("%s", verdict.sentence);
}

static void
test_every_model_can_print_it(void **state)
{
	size_t count;
	const struct model *models = models_all(&count);
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		int fd = make(&models[i], "0.4", &bytes);
		examine(fd, bytes);
		close(fd);
		const struct plates *plates = &contents.plates;
		const char *key = &models[i] == model_other() ? "" : models[i].key;
		assert_string_equal(plates->model, key);
		assert_int_equal(plates->plate_count, 1);
		assert_int_equal(plates->plates[0].nozzle_count, models[i].extruders);
		assert_true(plates->plates[0].nozzles_mm[0] == 0.4);
		assert_int_equal(plates->plates[0].filaments[0].nozzle, models[i].extruders == 2 ? 0 : plates->plates[0].filaments[0].nozzle);
	}
}

static void
test_its_figures(void **state)
{
	static const char *const nozzles[] = { "0.2", "0.4", "0.6", "0.8" };
	double grams = 0;
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(nozzles); i++) {
		int fd = make(model_by_key("P1S"), nozzles[i], &bytes);
		examine(fd, bytes);
		close(fd);
		const struct plates *plates = &contents.plates;
		const struct plate *plate = &plates->plates[0];
		assert_true(plate->nozzles_mm[0] == strtod(nozzles[i], NULL));
		assert_int_equal(plate->layers, TESTFILE_LAYERS);
		assert_in_range(plate->seconds, 20 * 60, 30 * 60);
		assert_true(plate->grams > grams); /* a wider nozzle lays more */
		grams = plate->grams;
		assert_true(plate->has_picture);
		assert_string_equal(plates->filaments[0].material, "PLA");
		assert_string_equal(plates->filaments[0].color, "FF8000FF");
		assert_string_equal(plates->filaments[0].profile, "GFL99");
		assert_int_equal(plate->filament_count, 1);
		assert_true(fabs(plate->filaments[0].grams - plate->grams) < 0.02);
		assert_memory_equal(plates->slicer, "Fuse-", 5);
		assert_int_equal(contents.note_count, 0);
	}
}

static void
test_the_same_bytes_each_time(void **state)
{
	uint64_t bytes, again_bytes;
	int fd = make(model_by_key("X1C"), "0.4", &bytes), again = make(model_by_key("X1C"), "0.4", &again_bytes);
	char name[TESTFILE_NAME_BYTES];

	(void)state;
	assert_int_equal(bytes, again_bytes);
	void *a = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0), *b = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, again, 0);
	assert_memory_equal(a, b, bytes);
	munmap(a, bytes);
	munmap(b, bytes);
	close(fd);
	close(again);
	testfile_name(model_by_key("X1C"), "0.4", name);
	assert_string_equal(name, "Test print X1C 0.4.gcode.3mf");
}

static void
test_a_full_disk_is_told(void **state)
{
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	struct testfile *file = testfile_new(model_by_key("X1C"), "0.4", fd);
	while (!testfile_step(file))
		;
	assert_int_equal(testfile_bytes(file), 0);
	assert_int_equal(errno, ENOSPC);
	testfile_free(file);
	close(fd);
}

/* The check value of CRC-32's catalogue. */
static void
test_sums(void **state)
{
	(void)state;
	assert_int_equal(zip_store_sum(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(zip_store_sum(zip_store_sum(0, "12345", 5), "6789", 4), 0xcbf43926);
	assert_int_equal(zip_store_sum(0, "", 0), 0);
}

static int
prepare(void **state)
{
	(void)state;
	testfile_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_model_can_print_it),
		cmocka_unit_test(test_its_figures),
		cmocka_unit_test(test_the_same_bytes_each_time),
		cmocka_unit_test(test_a_full_disk_is_told),
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
