/*
 * link: one printer's link as a state machine without I/O: what happened and what time it is go in, what is
 * to be done comes out through struct link_duties. Driven by the worker's loop and by tests alike.
 *
 * Phases, back-off, liveness and limits: docs/protocol.md, "The link". All `now_ms` are monotonic,
 * all `wall_ms` wall clock.
 */
#ifndef FUSE_WORKER_LINK_LINK_H
#define FUSE_WORKER_LINK_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "printer/command.h"
#include "printer/models.h"
#include "printer/report.h"
#include "printer/state.h"
#include "worker/link/faults.h"
#include "worker/link/mqtt.h"

#define LINK_RETRY_FIRST_MS 1000	 /* doubles, with jitter … */
#define LINK_RETRY_MAX_MS 60000		 /* … to this */
#define LINK_REFUSED_FIRST_MS 60000	 /* after a refused access code: doubles … */
#define LINK_REFUSED_MAX_MS 900000	 /* … to this */
#define LINK_IDENTITY_RETRY_MS 60000	 /* after a certificate that is not the right one */
#define LINK_STABLE_MS 30000		 /* a link that lived so long, or was live, starts its back-off anew */
#define LINK_AFTER_ASKING_MS 30000	 /* from the pushall to a silent printer to the reconnect */
#define LINK_RECONNECT_GAP_MS 30000	 /* never two reconnects for silence within this */
#define LINK_TAKEOVER_WINDOW_MS 60000	 /* four takeovers within this … */
#define LINK_TAKEOVERS_MANY 4		 /* … mean that another holds the printer */
#define LINK_SHORT_MS 10000		 /* a session without a report that ends within this was closed on purpose */
#define LINK_WARNING_MS 60000		 /* so long after an unreadable or lost report it is spoken of */
#define LINK_NEWS_GAP_MS 250		 /* what only reports change is announced no more often */
#define LINK_FIRMWARE_GAP_MS 10000	 /* nor is a firmware, which the store writes down */
#define LINK_DEVELOPER_GAP_MS 60000	 /* a printer whose Developer Mode was off is asked no more often */
#define LINK_FIRMWARE_NEWS_MS (24 * 3600 * 1000LL)
#define LINK_CONNECT_TIMEOUT_S 15	 /* P1 models answer a login 3 to 5 s after a cold start */
#define LINK_KEEPALIVE_S 30

/* What a person or the store has set. */
struct link_settings {
	char serial[33], name[97], address[65], client_id[48];
	uint16_t port;
	char pin_sha256[65];
	const struct model *model; /* as configured */
	struct secret access_code; /* empty = none */
	char firmware[24], previous_firmware[24];
	int64_t firmware_wall_ms;
};

struct link_duties {
	void (*connect)(void *arg, const struct mqtt_target *target);
	void (*drop)(void *arg);
	void (*subscribe)(void *arg);
	/* Once, whatever becomes of it. */
	void (*publish)(void *arg, const struct command_payload *payload);
	/* Phase, fault or what else PRINTER_LINK shows has changed. */
	void (*changed)(void *arg);
	/* The printer names a firmware that is not the one in the settings. */
	void (*firmware_seen)(void *arg, const char *firmware);
	/* It has proved itself at link_try_at()'s address, which is its own from now on. */
	void (*moved)(void *arg, const char *from, const char *address);
	void *arg;
};

/* What changes by reports or by time, without a change of phase. */
struct link_news {
	uint32_t problems; /* bits 1 << enum link_fault */
	uint32_t passed_over;
	const struct model *model;
	enum tri developer_mode;
	char firmware[24];
};

struct link {
	struct link_settings settings;
	struct link_duties duties;
	const struct model *model; /* as the printer says, else as configured */
	enum link_phase phase;	   /* the farthest that is being tried, or has been reached */
	enum link_fault fault;	   /* what broke the last attempt; NONE when it stands */
	bool attempting;	   /* a session is open or being opened */
	char elsewhere[65];	   /* where this attempt goes instead of to settings.address; "" = there */
	struct fault_facts facts;
	int64_t phase_ms[LINK_PHASE_COUNT]; /* when this attempt reached each; 0 = not */
	enum link_phase since_phase; /* as shown; since_wall_ms is of it and of since_fault */
	enum link_fault since_fault;
	int64_t since_wall_ms;
	int64_t connected_ms, connected_wall_ms;
	int64_t next_try_ms, next_try_wall_ms; /* 0 = none planned */
	int64_t backoff_ms, refused_ms;	       /* the next waits */
	uint32_t attempts, reconnects, takeovers;
	int64_t takeover_ms[LINK_TAKEOVERS_MANY];
	uint64_t attempt_number;   /* counts attempts for diagnoses */

	/* -- reports -- */
	int64_t heard_ms, heard_wall_ms; /* newest merged report; 0 = none */
	int32_t report_gap_ms;
	bool heard_this_time;	   /* in this session */
	bool silent;		   /* longer than the limit */
	int64_t silent_from_ms;	   /* since when nothing is heard, over all sessions; 0 = it is not silent */
	int64_t asked_ms, first_asked_ms; /* last pushall; 0 = none in this session */
	bool pushall_wanted;
	int64_t silence_reconnect_ms;
	int64_t hold_until_ms;	   /* no reconnect for silence before this */
	uint64_t tray_bits;
	bool asked_developer;	   /* in this session */
	int64_t asked_developer_ms; /* 0 = never */
	enum tri developer_mode;
	uint32_t probe_sequence;
	int64_t bad_ms, flood_ms; /* the newest unreadable report, the newest loss; 0 = none */
	char bad_reason[80];
	uint32_t passed_over;
	struct link_news told;	   /* as last announced */
	int64_t told_ms, firmware_told_ms; /* 0 = not yet */
	bool news_wait, firmware_waits;

	/* -- the peer -- */
	struct tls_certificate seen;
	bool has_seen;
	uint32_t sequence_id;
	uint64_t random; /* for jitter and the first sequence number */
};

void link_init(struct link *link, const struct link_duties *duties, uint64_t random);

/* New settings: connects, or connects anew when what matters for it has changed. */
void link_configure(struct link *link, const struct link_settings *settings, int64_t now_ms, int64_t wall_ms);

void link_on_mqtt(struct link *link, const struct mqtt_event *event, const struct printer_state *state, int64_t now_ms,
		  int64_t wall_ms);

/* A report was read; `state` is what it left. */
void link_on_report(struct link *link, const struct report_summary *summary, const struct printer_state *state,
		    int64_t now_ms, int64_t wall_ms);

/* Time has passed; `state` as it is. */
void link_on_time(struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms);

/* When link_on_time() is due; INT64_MAX = never. */
int64_t link_deadline_ms(const struct link *link);

/* A person wants the link anew, or tried at once. */
void link_reconnect(struct link *link, int64_t now_ms, int64_t wall_ms);

/* The printer was seen at `address`: try it there at once. When it proves itself on that very connection, before the
 * access code is sent, this becomes its address; else all is as before. */
void link_try_at(struct link *link, const char *address, int64_t now_ms, int64_t wall_ms);

/* A print was just started: a printer that parses it says nothing for minutes. Its silence is no
 * reason to leave it until then. */
void link_hold_reconnect_until(struct link *link, int64_t until_ms);

/* Ask for a full report as soon as the model's limit permits. Returns in how many ms: 0 = asked now. */
int64_t link_ask_full(struct link *link, int64_t now_ms);

bool link_is_listening(const struct link *link); /* the session stands and the printer's reports are due */
bool link_is_online(const struct link *link);

/* All that a person should know, the worst first; at most `cap`. */
unsigned link_problems(const struct link *link, const struct printer_state *state, int64_t now_ms, int64_t wall_ms,
		       enum link_fault *ret_faults, unsigned cap);

/* The phase to show: where it breaks, or how far it is. */
enum link_phase link_shown_phase(const struct link *link);

/* The printer is changing its firmware: nothing is to be sent to it. */
bool link_is_upgrading(const struct printer_state *state);

/* The facts for the words of one fault, at this moment. */
void link_facts(const struct link *link, enum link_fault fault, const struct printer_state *state, int64_t now_ms,
		int64_t wall_ms, struct fault_facts *ret_facts);

#endif
