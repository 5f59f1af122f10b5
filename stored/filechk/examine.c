/*
 * examine: who is to look into the file.
 */
#include "stored/filechk/examine.h"

#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "common/tls_digest.h"
#include "printer/jsonin.h"
#include "stored/filechk/looks.h"
#include "stored/filechk/plain.h"
#include "stored/filechk/source.h"
#include "stored/filechk/threemf.h"

struct examine {
	int fd;
	uint64_t bytes;
	char name[201];
	bool has_begun;
	struct threemf *threemf;
	struct verdict verdict;
	struct contents contents;
};

void
examine_init(void)
{
	tls_digest_init();
	jsonin_init();
}

struct examine *
examine_new(int fd, uint64_t bytes, const char *name)
{
	static struct examine examine;

	memset(&examine, 0, offsetof(struct examine, contents));
	examine.fd = fd;
	examine.bytes = bytes;
	str_copy(examine.name, sizeof examine.name, name);
	contents_init(&examine.contents);
	return &examine;
}

static bool
look(int fd, uint64_t bytes, const char *name, enum looks *ret_looks)
{
	static uint8_t head[LOOKS_HEAD_BYTES];
	size_t head_len = bytes < sizeof head ? (size_t)bytes : sizeof head;

	if (!source_read(fd, 0, head, head_len))
		return false;
	*ret_looks = looks_parse(head, head_len, bytes, name);
	return true;
}

/* What no printer runs. */
static void
refuse(struct verdict *ret_verdict, enum looks looks)
{
	static const enum unprintable why[] = {
		[LOOKS_EMPTY] = UNPRINTABLE_EMPTY,	   [LOOKS_BINARY_GCODE] = UNPRINTABLE_BINARY_GCODE,
		[LOOKS_STL] = UNPRINTABLE_STL,		   [LOOKS_STEP] = UNPRINTABLE_STEP,
		[LOOKS_OBJ] = UNPRINTABLE_OBJ,		   [LOOKS_OTHER_MODEL] = UNPRINTABLE_MODEL,
		[LOOKS_OTHER] = UNPRINTABLE_NOTHING,
	};

	verdict_refuse(ret_verdict, why[looks]);
}

static enum file_kind
kind_by_name(const char *name)
{
	static const char ending[] = ".3mf";
	size_t len = strlen(name);

	return len >= sizeof ending - 1 && strcasecmp(name + len - (sizeof ending - 1), ending) == 0
		       ? FILE_KIND_THREE_MF
		       : FILE_KIND_OTHER;
}

/* True when that was all. */
static bool
begin(struct examine *examine)
{
	enum looks looks;

	examine->contents.plates.kind = kind_by_name(examine->name);
	if (!look(examine->fd, examine->bytes, examine->name, &looks))
		examine->verdict.is_unreadable = true;
	else if (looks == LOOKS_ZIP)
		examine->threemf = threemf_open(examine->fd, examine->bytes, &examine->contents, &examine->verdict);
	else if (looks == LOOKS_TEXT)
		plain_examine(examine->fd, examine->bytes, &examine->contents, &examine->verdict);
	else
		refuse(&examine->verdict, looks);
	return examine->threemf == NULL;
}

bool
examine_step(struct examine *examine)
{
	bool is_over = !examine->has_begun ? begin(examine) : threemf_step(examine->threemf, &examine->verdict);

	examine->has_begun = true;
	if (is_over && !examine->verdict.printable)
		examine->contents.plates.plate_count = 0;
	return is_over;
}

const struct verdict *
examine_verdict_peek(const struct examine *examine)
{
	return &examine->verdict;
}

struct contents *
examine_contents_peek(struct examine *examine)
{
	return &examine->contents;
}

void
examine_free(struct examine *examine)
{
	if (examine == NULL)
		return;
	threemf_free(examine->threemf);
	examine->threemf = NULL;
}

uint8_t *
examine_picture(int fd, uint64_t bytes, uint32_t plate, size_t *ret_len)
{
	enum looks looks;

	if (!look(fd, bytes, "", &looks))
		return NULL;
	if (looks == LOOKS_ZIP)
		return threemf_picture(fd, bytes, plate, ret_len);
	return looks == LOOKS_TEXT && plate == 1 ? plain_picture(fd, bytes, ret_len) : NULL;
}
