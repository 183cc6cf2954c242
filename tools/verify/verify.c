/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/verify.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verbs/prime.h"

uint64_t rx_verify_salt(void)
{
	uint64_t salt;

	return getrandom(&salt, sizeof(salt), 0) == sizeof(salt) ? salt
								 : (uint64_t)(rx_now() * 1e9);
}

static void skip_whole_tests(struct rx_verify *v)
{
	unsigned test;

	for (test = 0; test < rx_n_tests; test++) {
		const char *reason = NULL;

		if (!v->selected[test] || rx_tests[test].scope == RX_SCOPE_LAB)
			continue;
		if (v->view->n_endpoints < 2)
			reason = "the lab has one endpoint only";
		else if (rx_tests[test].cannot)
			reason = rx_tests[test].cannot(&v->fabric);
		if (reason)
			rx_results_add(&v->results,
				       &(struct rx_subject){test, RX_NOBODY, RX_NOBODY, NULL},
				       RX_SKIP, 0, "%s", reason);
	}
}

static bool any_breadth(const struct rx_verify *v)
{
	unsigned test;

	for (test = 0; test < rx_n_tests; test++)
		if (v->selected[test] && rx_tests[test].breadth)
			return true;
	return false;
}

void rx_verify_look(struct rx_verify *v)
{
	for (unsigned test = 0; test < rx_n_tests && !rx_verify_stopped(v); test++) {
		const struct rx_test *t = &rx_tests[test];

		if (v->selected[test] && t->port)
			rx_test_each_port(v, test, t->port);
		else if (v->selected[test] && t->lab)
			t->lab(v, test);
	}
}

int rx_verify_run(struct rx_verify *v, struct rx_err *err)
{
	int rc;

	v->salt = rx_verify_salt();
	/* neighbours are made where the netdevs are */
	rc = v->view->n_endpoints > RX_PRIMED ? rx_view_look(v->view, err) : 0;
	if (rc)
		return rc;
	rx_fabric_open(v->view, &v->fabric);
	rx_verify_look(v);
	skip_whole_tests(v);
	if (v->view->n_endpoints > RX_BREADTH_ENDPOINTS && !v->pairs.given && any_breadth(v))
		rx_note("verify %s: with more than %d endpoints the wider tests take the ring; "
			"--pairs all gives them all pairs",
			v->view->lab.name, RX_BREADTH_ENDPOINTS);
	rc = rx_prime(&v->fabric, &v->pairs, err);
	if (rc)
		rx_warn("neighbours could not be primed, so the first contact of each pair costs a "
			"second: %s",
			err->text);
	rx_schedule_run(v);
	rx_results_sort(&v->results);
	if (!atomic_load(&v->stop))
		return 0;
	return v->until.signal && *v->until.signal ? -EINTR : -ETIME;
}
