/*
 * ssdp: what printers announce of themselves every few seconds (NOTIFY), and what some answer to a search. Pure; what
 * the network says is hostile, and a hint only: who a printer is its certificate proves (examine.h). docs/protocol.md,
 * "Announcements".
 */
#ifndef FUSE_DISCOVERY_SSDP_H
#define FUSE_DISCOVERY_SSDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define SSDP_PORT 2021	   /* where printers send to */
#define SSDP_PORT_OLD 1990 /* and where older notes listen */
#define SSDP_GROUP "239.255.255.250"
#define SSDP_MAX_BYTES 2048 /* of a datagram that is looked at; a printer's has some 500 */
#define SSDP_SEARCH_BYTES 160

/* Harmless text (log_copy_harmless), cut to these sizes; "" = not told. */
struct ssdp_announcement {
	char serial[33]; /* USN, in upper case: letters, digits, '-' and '_' */
	struct in_addr address;
	char model_code[33], name[97], firmware[25];
	char connect[17]; /* "lan", "cloud", "farm": the mode chosen at its screen */
	char bind[17];	  /* "free", "occupied" */
	int signal_dbm;	  /* 0 = not told */
	bool leaves;	  /* ssdp:byebye */
};

/*
 * Read a datagram that came from `from`. False: it is no announcement of a printer. The address is the one that it
 * names (bare, or in a URL), when that is private or the sender's own; else the sender's.
 */
bool ssdp_parse(const void *bytes, size_t len, struct in_addr from, struct ssdp_announcement *ret_announcement);

/* Write a search to be sent to `port`; returns its length. */
size_t ssdp_write_search(unsigned port, char to[SSDP_SEARCH_BYTES]);

#endif
