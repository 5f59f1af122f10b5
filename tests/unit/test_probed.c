/*
 * What was found at an address goes from one message into the other and back, and nothing of it is lost: each field that
 * PROBED has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/probed.h"

static void
nothing_is_lost_on_the_way(void **state)
{
	struct msg_probed probed, back;
	struct msg_scan_found found;

	(void)state;
	/* Every byte of every text is there; a truth is 1. */
	memset(&probed, 0, sizeof probed);
	memset(probed.serial, 's', sizeof probed.serial - 1);
	memset(probed.model, 'm', sizeof probed.model - 1);
	memset(probed.model_code, 'c', sizeof probed.model_code - 1);
	memset(probed.name, 'n', sizeof probed.name - 1);
	memset(probed.firmware, 'f', sizeof probed.firmware - 1);
	memset(probed.bind, 'b', sizeof probed.bind - 1);
	memset(probed.connect, 'l', sizeof probed.connect - 1);
	memset(probed.certificate_sha256, 'a', sizeof probed.certificate_sha256 - 1);
	memset(probed.issuer, 'i', sizeof probed.issuer - 1);
	memset(probed.sentence, 'w', sizeof probed.sentence - 1);
	memset(probed.remedy, 'r', sizeof probed.remedy - 1);
	probed.vouch = 2;
	probed.mqtt_open = probed.detect_answered = true;
	memset(&found, 0, sizeof found);
	strcpy(found.address, "192.0.2.7");
	found.announced = true;
	probed_to_found(&probed, &found);
	assert_string_equal(found.address, "192.0.2.7");
	assert_true(found.announced);
	probed_of_found(&found, &back);
	assert_memory_equal(&back, &probed, sizeof probed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_is_lost_on_the_way) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
