/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole lab of two endpoints on a private bridge, verified and taken down: by its ledger, so that
 * a kill in the middle leaves what `rxelab down` clears. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "tools/doctor/doctor.h"
#include "tools/lab/holders.h"
#include "tools/lab/steps.h"
#include "tools/verify/verify.h"

struct trial {
	const char *test, *check;
	unsigned row;
	bool provoked; /* an error that must come */
	const char *tried, *cause, *cure;
};

static const struct trial trials[] = {
	{"gid-distinct", "lab-gids", 1, false, "GIDs of a lab of two endpoints", NULL, NULL},
	{"rc-send", "lab-traffic", 7, false,
	 "RC SEND both ways between two endpoints, every byte compared", NULL, NULL},
	{"oversized-send", "status-11", 5, true,
	 "a SEND longer than the receive that was posted for it",
	 "both sides must be told the same message size: status 11 is the other side's mistake",
	 "give -s to server and client alike; rxelab bench has one place for both"},
	{"dead-peer", "dead-peer", 6, true, "a SEND to a peer that is gone",
	 "only the sender hears of it, and with the usual retry_cnt of 7 RXE never gives up: the "
	 "other side waits for ever",
	 "rxelab exec --timeout S -- ...; rxelab bench ends both sides"},
	{"cm", "rdma-cm", 0, false, "rdma_cm between the two endpoints", NULL, NULL},
};

static const struct rx_result *worst_result(const struct rx_verify *v, const char *test)
{
	const struct rx_result *worst = NULL;

	for (size_t i = 0; i < v->results.n; i++) {
		const struct rx_result *result = &v->results.result[i];

		if (strcmp(rx_tests[result->of.test].name, test))
			continue;
		if (!worst || result->outcome == RX_FAIL ||
		    (worst->outcome == RX_PASS && result->outcome == RX_SKIP))
			worst = result;
	}
	return worst;
}

static void report(struct rx_doctor *doctor, const struct rx_verify *v, const struct trial *trial)
{
	static const enum rx_verdict verdicts[] = {
		[RX_PASS] = RX_FINE, [RX_FAIL] = RX_PROBLEM, [RX_SKIP] = RX_UNTRIED};
	const struct rx_result *result = worst_result(v, trial->test);
	bool passed = result && result->outcome == RX_PASS;
	const char *reply = passed ? "passed" : "no result";
	struct rx_finding *f;

	if (result && result->detail && *result->detail)
		reply = result->detail;
	f = rx_finding(doctor, trial->check, trial->row,
		       result ? verdicts[result->outcome] : RX_UNTRIED, reply, "%s", trial->tried);
	if (!passed || !trial->provoked)
		return;
	/* the kernel did what it should; it is the user who is to know what it means */
	f->verdict = RX_LIMIT;
	RX_SAY(f->cause, "%s", trial->cause);
	RX_SAY(f->cure, "%s", trial->cure);
}

/* Not tried where they would block the devices. */
static void report_atomics(struct rx_doctor *doctor, const struct rx_verify *v)
{
	const char *why_not = rx_cannot_atomic(&v->fabric);
	struct rx_finding *f;

	f = rx_finding(doctor, "atomics", 0, why_not ? RX_LIMIT : RX_FINE, NULL,
		       "whether atomic operations are safe between endpoints");
	RX_SAY(f->reply, "%s", why_not ? why_not : "they are");
	if (why_not)
		RX_SAY(f->cure,
		       "use no atomic operations on this kernel; rxelab verify skips them");
}

static int verify(struct rx_doctor *doctor, struct rx_view *view, struct rx_err *err)
{
	struct rx_verify v = {.view = view, .until.deadline = rx_now() + 30};
	char tests[200] = "";
	int rc;

	for (size_t i = 0; i < RX_ARRAY_SIZE(trials); i++) {
		size_t used = strlen(tests);

		snprintf(tests + used, sizeof(tests) - used, "%s%s", used ? "," : "",
			 trials[i].test);
	}
	rx_results_init(&v.results);
	rc = rx_verify_select(tests, v.selected, err);
	if (!rc)
		rc = rx_pairs_make(NULL, view, &v.pairs, err);
	if (!rc)
		rc = rx_verify_run(&v, err);
	for (size_t i = 0; (!rc || rc == -ETIME) && i < RX_ARRAY_SIZE(trials); i++)
		report(doctor, &v, &trials[i]);
	if (!rc || rc == -ETIME)
		report_atomics(doctor, &v);
	rx_fabric_close(&v.fabric);
	rx_pairs_free(&v.pairs);
	rx_results_free(&v.results);
	return rc == -ETIME ? 0 : rc;
}

static int make(struct rx_lab *lab, struct rx_err *err)
{
	char name[RX_LAB_NAME_MAX + 1];
	const char *const options[RX_LAB_KEYS] = {[RX_KEY_name] = name,
						  [RX_KEY_parent] = "none",
						  [RX_KEY_count] = "2",
						  [RX_KEY_subnet] = "198.18.250.0/28"};
	struct rx_up_request request = {.lab = lab, .timeout = 60};
	int rc;

	/* 198.18.0.0/15 is for tests of networks (RFC 2544) and nobody's real one */
	snprintf(name, sizeof(name), "doctor%d", (int)getpid() % 1000000);
	rc = rx_lab_from_options(options, lab, err);
	if (!rc)
		rc = rx_lab_complete(lab, err);
	return rc ? rc : rx_lab_up(&request, err);
}

void rx_check_lab(struct rx_doctor *doctor)
{
	struct rx_lab lab = {0};
	struct rx_err err = {0};
	struct rx_view view;
	int rc;

	if (!doctor->have_rxe)
		return;
	rc = make(&lab, &err);
	if (!rc)
		rc = rx_view_open(lab.name, &view, &err);
	if (!rc) {
		rc = verify(doctor, &view, &err);
		rx_view_close(&view);
		if (!rc)
			rc = rx_lab_down(lab.name, false, RX_HOLDERS_WAIT, &err);
	}
	rx_finding(doctor, "lab", 7, rc ? RX_PROBLEM : RX_FINE,
		   rc ? err.text : "done, nothing left",
		   "up, verify and down of a lab of two endpoints on a private bridge");
	rx_lab_free(&lab);
}
