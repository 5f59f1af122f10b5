/*
 * config: fused's command line and configuration file. The keys are in config.def, which also gives
 * --help and etc/fused.conf's comments their words.
 *
 * Precedence: command line, then environment (FUSE_STATE, …), then file, then default. The file is
 * `key = value` lines; `#` at the start of a line or of a value, or after a space, begins a comment.
 */
#ifndef FUSE_SUPERVISOR_CONFIG_H
#define FUSE_SUPERVISOR_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log.h"

#define CONFIG_PATH_BYTES 256
#define CONFIG_ADDRESS_BYTES 64 /* ADDR:PORT or [ADDR6]:PORT; port 0 = the system chooses */
#define CONFIG_FILE_MAX_BYTES (256 * 1024)
#define CONFIG_LINE_MAX_BYTES 1024
#define CONFIG_ADDRESS_OFF "off"

/* Where no password is asked. */
enum local_access {
	LOCAL_OPEN,	/* at 127.0.0.1 and ::1, and of those who come from there */
	LOCAL_LOOPBACK, /* in all of 127.0.0.0/8 as well */
	LOCAL_PASSWORD, /* nowhere */
};

struct config {
	char state_dir[CONFIG_PATH_BYTES];
	char http[CONFIG_ADDRESS_BYTES]; /* CONFIG_ADDRESS_OFF = no listener */
	char stats[CONFIG_ADDRESS_BYTES];
	enum local_access local_access;
	char trusted_proxy[CONFIG_ADDRESS_BYTES]; /* numeric; "" = none */
	enum log_level log_level;
	bool log_level_given; /* by command line, environment or file: then the setting logLevel does not count */
};

/* What is wrong, in one sentence that names file and line: "fused.conf:3: unknown key 'htpt'; did you
 * mean 'http'?" */
struct config_fault {
	char sentence[400];
};

/* What the command line asks for. */
struct config_args {
	const char *state_dir, *http, *stats, *config_file, *log_level; /* NULL = not given; borrowed from argv */
	bool help, version;
};

/* Parse argv. False with the fault for an unknown option, a missing value, a stray word. */
bool config_parse_args(int argc, char **argv, struct config_args *ret_args, struct config_fault *ret_fault);

/* The defaults, but for the state folder, which is the environment's business. */
void config_set_defaults(struct config *ret_config);

/* Parse the text of a file over `config` (which holds the defaults). `file_name` is for faults only. Pure;
 * any bytes. On a fault `config` is unspecified. */
bool config_parse_text(const char *text, size_t len, const char *file_name, struct config *config,
		       struct config_fault *ret_fault);

/* Everything together: defaults, file (args->config_file, else $FUSE_CONFIG, else /etc/fuse/fused.conf when it
 * exists), environment, command line. A file that was named and cannot be read is a fault. */
bool config_load(const struct config_args *args, struct config *ret_config, struct config_fault *ret_fault);

/* The default state folder: $STATE_DIRECTORY (systemd), else /var/lib/fuse as root, else
 * $XDG_STATE_HOME/fuse, else ~/.local/state/fuse. */
void config_default_state_dir(char *ret_path, size_t cap);

/* The text of --help. Static storage. */
const char *config_help_text(void);

#endif
