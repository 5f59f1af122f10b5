/*
 * fuse-stored: owns everything durable. Started by fused as `fuse-stored --dir <state>/store`.
 *
 * Before it locks itself in it only takes the folder's lock and lets a throw-away process check the
 * database (check.c); it reads no byte of it itself. Then: lock in, restore if need be, open, serve.
 *
 * Ends with STORE_TOO_NEW or STORE_NO_KEY without having changed a byte when the database is not for
 * this Fuse or its key is not there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/log.h"
#include "common/str.h"
#include "common/tls_digest.h"
#include "common/tls_own.h"
#include "ipc/child.h"
#include "stored/certificate.h"
#include "stored/check.h"
#include "stored/desk.h"
#include "stored/files.h"
#include "stored/restore.h"

#define LOCK_WAIT_MS 3000
#define LOCK_STEP_US 20000

static struct desk desk;

static int
exit_of(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_TOO_NEW:
		return EXIT_STORE_TOO_NEW;
	case OUTCOME_NO_KEY:
		return EXIT_STORE_NO_KEY;
	case OUTCOME_STARVED:
		return EXIT_UNAVAILABLE;
	case OUTCOME_DONE:
	case OUTCOME_ABSENT:
	case OUTCOME_NO_SPACE:
	case OUTCOME_READ_ONLY:
	case OUTCOME_TOO_BIG:
	case OUTCOME_DAMAGED:
	case OUTCOME_FAILED:
		break;
	}
	return EXIT_IO;
}

/* One line that says why there is no store, and the exit code that goes with it. */
static int
give_up(const struct fault *fault)
{
	log_error(fault->sentence, log_str("fix", outcome_remedy(fault->outcome)));
	return exit_of(fault->outcome);
}

/* The one before us may need a moment to be gone. */
static int
take_lock(const char *dir)
{
	int64_t end_ms = clock_monotonic_ms() + LOCK_WAIT_MS;
	int fd;

	while ((fd = files_lock(dir)) < 0 && errno == EWOULDBLOCK && clock_monotonic_ms() < end_ms)
		usleep(LOCK_STEP_US);
	if (fd >= 0)
		return 0;
	if (errno == EWOULDBLOCK) {
		log_error("another fuse-stored works in this folder", log_str("folder", dir));
		return EXIT_TEMP_FAIL;
	}
	log_error("cannot open the store's folder", log_str("folder", dir),
		  log_str("error", strerror(errno)));
	return EXIT_IO;
}

/* Locked in: bring the database to where it can be opened, and open it. */
static enum outcome
open_all(const char *dir, const struct plan *plan, struct child *child, struct fault *ret_fault)
{
	char file[FILES_PATH_BYTES];

	child_doing("opening the database");
	if (restore_carry_out(dir, plan, clock_wall_ms(), ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	files_path(file, dir, RESTORE_DATABASE_FILE);
	desk.child = child;
	desk.store = store_open(file, STORE_MODE_SERVE, ret_fault);
	if (desk.store == NULL)
		return ret_fault->outcome;
	desk.vault = vault_open(dir, desk.store, ret_fault);
	if (desk.vault == NULL)
		return ret_fault->outcome;
	desk_begin(&desk, dir, ret_fault);
	child_doing(NULL);
	return ret_fault->outcome;
}

int
main(int argc, char **argv)
{
	static const struct child_duties duties = { .on_synced = desk_on_synced,
						    .on_message = desk_on_message,
						    .on_stop = desk_on_stop,
						    .arg = &desk };
	char tls_dir[FILES_PATH_BYTES];
	struct plan plan;
	struct fault fault;

	if (argc != 3 || strcmp(argv[1], "--dir") != 0 || strlen(argv[2]) > FILES_PATH_BYTES / 2) {
		fprintf(stderr, "fuse-stored is a part of Fuse: fused starts it. Start `fused` instead.\n");
		return EXIT_USAGE;
	}
	const char *dir = argv[2];
	umask(077);
	tls_own_init();
	tls_digest_init();
	certificate_learn_addresses();
	tzset(); /* or the C library looks for /etc/localtime later, out of reach */
	if (sodium_init() < 0) {
		log_error("the cryptographic library could not be set up");
		return EXIT_OS;
	}
	int code = take_lock(dir);
	if (code != 0)
		return code;
	if (restore_plan(dir, CHECK_TIMEOUT_MS, &plan, &fault) != OUTCOME_DONE)
		return give_up(&fault);
	certificate_folder(dir, tls_dir);
	const struct sandbox_path paths[] = { { dir, true }, { tls_dir, false } };
	struct child *child = child_new(ROLE_STORED, SANDBOX_STORED, paths, STR_ARRAY_LEN(paths), &duties);
	code = open_all(dir, &plan, child, &fault) == OUTCOME_DONE ? child_run(child) : give_up(&fault);
	desk_end(&desk);
	return code;
}
