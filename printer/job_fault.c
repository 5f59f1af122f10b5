/*
 * job_fault: the rows by number and by name, and the printers' errors that refuse a start.
 */
#include "printer/job_fault.h"

#include <string.h>

#include "common/str.h"
#include "printer/hms.h"

static const struct {
	const char *name, *sentence, *remedy;
} rows[JOB_FAULT_COUNT] = {
	[JOB_FAULT_NONE] = { "", "", "" },
#define FAULT(NAME, name, sentence, remedy) [JOB_FAULT_##NAME] = { name, sentence, remedy },
#include "printer/job_faults.def"
#undef FAULT
};

#define FAULT(NAME, name, sentence, remedy)                                                                          \
	_Static_assert(sizeof name <= 33 && sizeof sentence <= JOB_FAULT_SENTENCE_BYTES &&                           \
			       sizeof remedy <= JOB_FAULT_REMEDY_BYTES,                                              \
		       "too long for JOB: " name);
#include "printer/job_faults.def"
#undef FAULT

static enum job_fault
known(enum job_fault fault)
{
	return (unsigned)fault < JOB_FAULT_COUNT ? fault : JOB_FAULT_NONE;
}

const char *
job_fault_name(enum job_fault fault)
{
	return rows[known(fault)].name;
}

const char *
job_fault_sentence(enum job_fault fault)
{
	return rows[known(fault)].sentence;
}

enum job_fault
job_fault_by_name(const char *name)
{
	for (unsigned i = JOB_FAULT_NONE + 1; i < JOB_FAULT_COUNT; i++)
		if (strcmp(rows[i].name, name) == 0)
			return (enum job_fault)i;
	return JOB_FAULT_NONE;
}

/* -- errors after a start -------------------------------------------------------------------------------- */

#define MAPPING_LOW 0x8012u /* of an AMS, whichever it is */
#define MODULE_AMS 0x07u
#define MODULE_LITE 0x12u
#define MODULE_HT 0x18u

static const struct {
	uint32_t print_error;
	enum job_fault fault;
} refusals[] = {
	{ 0x05004002, JOB_FAULT_START_BAD_PATH },  { 0x0500400a, JOB_FAULT_START_BAD_PATH },
	{ 0x0500400b, JOB_FAULT_START_BAD_PATH },  { 0x05004003, JOB_FAULT_START_UNREADABLE },
	{ 0x05004004, JOB_FAULT_START_BUSY },	   { 0x05004005, JOB_FAULT_START_UPGRADING },
	{ 0x05004006, JOB_FAULT_START_NO_SPACE },  { 0x05004015, JOB_FAULT_START_NO_SPACE },
	{ 0x05004008, JOB_FAULT_START_REFUSED },   { 0x0500400c, JOB_FAULT_START_STORAGE },
	{ 0x05004016, JOB_FAULT_START_STORAGE },   { 0x0500c010, JOB_FAULT_START_STORAGE },
	{ 0x05024007, JOB_FAULT_DEVELOPER_MODE_OFF },
};

static bool
is_of_mapping(uint32_t print_error)
{
	uint32_t module = print_error >> 24;

	return (print_error & 0xffff) == MAPPING_LOW &&
	       (module == MODULE_AMS || module == MODULE_LITE || module == MODULE_HT);
}

enum job_fault
job_fault_of_print_error(uint32_t print_error)
{
	struct hms_text text;

	for (size_t i = 0; i < STR_ARRAY_LEN(refusals); i++)
		if (refusals[i].print_error == print_error)
			return refusals[i].fault;
	if (is_of_mapping(print_error))
		return JOB_FAULT_START_MAPPING;
	return print_error_describe(model_other(), print_error, &text) ? JOB_FAULT_PRINT_ERROR : JOB_FAULT_NONE;
}

/* -- words -------------------------------------------------------------------------------------------------- */

static void
put_menu(const char *template, const char *menu, char *to, size_t cap)
{
	static const char mark[] = "{developer menu}";
	const char *at = strstr(template, mark);

	if (at == NULL)
		str_copy(to, cap, template);
	else
		str_format(to, cap, "%.*s%s%s", (int)(at - template), template, menu, at + sizeof mark - 1);
}

void
job_fault_words(enum job_fault fault, const struct model *model, uint32_t print_error,
		struct job_fault_words *ret_words)
{
	struct hms_text text;

	memset(ret_words, 0, sizeof *ret_words);
	str_copy(ret_words->sentence, sizeof ret_words->sentence, rows[known(fault)].sentence);
	put_menu(rows[known(fault)].remedy, model->developer_mode_menu, ret_words->remedy, sizeof ret_words->remedy);
	/* Our own words for a refused start say what to do about the job; of any other error only the printer's tell. */
	if (fault != JOB_FAULT_PRINT_ERROR || !print_error_describe(model, print_error, &text))
		return;
	str_copy(ret_words->sentence, sizeof ret_words->sentence, text.message);
	if (text.remedy[0] != '\0')
		str_copy(ret_words->remedy, sizeof ret_words->remedy, text.remedy);
}
