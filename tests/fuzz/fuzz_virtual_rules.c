/*
 * What a person writes of a virtual printer that is to be made, the words of `fusectl virtual set`, and what the store reads
 * back of one from its disk.
 * Covers: virtual_rules_model, virtual_rules_nozzle, virtual_rules_ams, virtual_record_decode, virtualwords_set
 *
 * At most 9000 bytes an input.
 *
 * Input: a text for all of them, and a record's bytes. What a rule gives is within its bounds, and is given again for
 * itself; what can be read of a record is written as one that reads the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/virtualwords.h"
#include "stored/virtual_record.h"

#define INPUT_MOST 9000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct complaint complaint;

static void
check_complaint(void)
{
	ENSURE(complaint.sentence[0] != '\0' && complaint.remedy[0] != '\0');
	ENSURE(strlen(complaint.sentence) < sizeof complaint.sentence);
	for (const char *at = complaint.sentence; *at != '\0'; at++)
		ENSURE(*at >= ' ' && *at <= '~');
}

static void
check_model_and_nozzle(const char *text)
{
	const struct model *model = NULL, *again = NULL;
	char nozzle[VIRTUAL_NOZZLE_BYTES], same[VIRTUAL_NOZZLE_BYTES];

	if (virtual_rules_model(text, &model, &complaint))
		ENSURE(virtual_rules_model(model->key, &again, &complaint) && again == model);
	else
		check_complaint();
	if (virtual_rules_nozzle(text, nozzle, &complaint))
		ENSURE(virtual_rules_nozzle(nozzle, same, &complaint) && strcmp(nozzle, same) == 0);
	else
		check_complaint();
}

static void
check_ams(const char *text, const struct model *model)
{
	char kept[VIRTUAL_AMS_BYTES], again[VIRTUAL_AMS_BYTES];
	struct virtual_ams ams, same;

	if (!virtual_rules_ams(text, model, &ams, &complaint)) {
		check_complaint();
		return;
	}
	ENSURE(ams.count <= STATE_AMS_MAX);
	for (uint32_t i = 0; i < ams.count; i++)
		ENSURE(model->ams_kinds & 1u << ams.kinds[i]);
	virtual_rules_write_ams(&ams, kept);
	ENSURE(virtual_rules_ams(kept, model, &same, &complaint));
	virtual_rules_write_ams(&same, again);
	ENSURE(same.count == ams.count && strcmp(kept, again) == 0);
}

static void
check_record(const uint8_t *data, size_t size)
{
	static struct virtual_record record, back;
	static uint8_t bytes[VIRTUAL_RECORD_MAX_BYTES], again[VIRTUAL_RECORD_MAX_BYTES];
	const char *fault;

	if (!virtual_record_decode(data, size, &record, &fault)) {
		ENSURE(fault != NULL);
		return;
	}
	size_t len = virtual_record_encode(&record, bytes);
	ENSURE(virtual_record_decode(bytes, len, &back, &fault));
	ENSURE(virtual_record_encode(&back, again) == len && memcmp(bytes, again, len) == 0);
}

static void
check_words(const char *text)
{
	static struct failure failure;
	const char *words[] = { text };
	json_t *change = virtualwords_set(words, 1, &failure);

	ENSURE(change == NULL ? failure.sentence[0] != '\0' : json_object_size(change) == 1);
	json_decref(change);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[VIRTUAL_AMS_BYTES];
	size_t len = size < sizeof text - 1 ? size : sizeof text - 1, count;
	const struct model *models = models_all(&count);

	if (size > INPUT_MOST)
		return 0;
	/* A message's text has no more. */
	memcpy(text, data, len);
	text[len] = '\0';
	check_model_and_nozzle(text);
	for (size_t i = 0; i < count; i++)
		check_ams(text, &models[i]);
	check_record(data, size);
	check_words(text);
	return 0;
}
