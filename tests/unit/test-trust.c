/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which machines load only signed modules, and what is advised there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "kmod-helpers/rxe/status.h"

static const struct {
	struct rx_module_trust trust;
	bool wants;
} machines[] = {
	{{.lockdown = "none"}, false},
	{{.lockdown = ""}, false},
	{{.secure_boot = true, .lockdown = "none"}, false},
	{{.lockdown = "integrity"}, true},
	{{.lockdown = "confidentiality"}, true},
	{{.lockdown = "none", .sig_enforce = true}, true},
};

static void each_reason_alone_is_enough(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		assert_int_equal(rx_module_wants_signature(&machines[i].trust), machines[i].wants);
}

static void a_signature_is_advised_where_it_is_wanted(void **state)
{
	struct rx_module_status status = {.owner = RX_RXE_DISTRIBUTION};

	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		status.trust = machines[i].trust;
		assert_int_equal(strstr(rx_module_advice(&status), "mokutil --import") != NULL,
				 machines[i].wants);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_alone_is_enough),
		cmocka_unit_test(a_signature_is_advised_where_it_is_wanted),
	};

	return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
