/*
 * store_edit: changes a record of a database that no Fuse has open, as a Fuse would (checksums and
 * all). Tests make the database of a future version with it.
 *
 *	store_edit FILE TABLE KEY [VALUE]	without a value the record is removed
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "stored/store.h"

static const char *const tables[] = {
#define X(NAME, name) name,
	STORE_TABLES(X)
#undef X
};

int
main(int argc, char **argv)
{
	struct fault fault;
	int table = TABLE_COUNT;

	for (int i = 0; (argc == 4 || argc == 5) && i < TABLE_COUNT; i++)
		if (strcmp(tables[i], argv[2]) == 0)
			table = i;
	if (table == TABLE_COUNT || sodium_init() < 0) {
		fprintf(stderr, "store_edit FILE TABLE KEY [VALUE]\n");
		return 64;
	}
	struct store *store = store_open(argv[1], STORE_MODE_SERVE, &fault);
	struct store_op op = { (enum store_table)table, argv[3], strlen(argv[3]), argv[4],
			       argc == 5 ? strlen(argv[4]) : 0 };
	if (store == NULL || store_commit(store, &op, 1, &fault) != OUTCOME_DONE) {
		fprintf(stderr, "%s\n", fault.sentence);
		return 1;
	}
	store_close(store);
	return 0;
}
