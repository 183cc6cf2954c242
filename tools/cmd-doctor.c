/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "netns/base/cleanup.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/requirements.h"
#include "tools/doctor/doctor.h"

struct options {
	const char *parent, *report, *format;
	bool inside, script;
};

static const struct rx_option options[] = {
	RX_STRING("parent", 0, parent, "IF",
		  "try this NIC (or bridge, bond, VLAN); without it every one that has hardware, "
		  "and every bridge and bond"),
	RX_FLAG("inside", 0, inside,
		"in a container or endpoint: can programs use an RXE device here? Needs no "
		"privilege"),
	RX_FLAG("script", 0, script,
		"with --inside: print a shell script that does it, for a container without rxelab"),
	RX_STRING("report", 0, report, "FILE",
		  "also write FILE with everything that a bug report needs"),
	RX_FORMAT("table|json", "how to print"),
	{NULL},
};

static int doctor_prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;

	if (opt->inside && opt->parent)
		return rx_usage(err, "option-combination",
				"doctor: --inside looks at a container, --parent at the host's "
				"NIC; give one of them");
	if (opt->script && (!opt->inside || opt->report || opt->format))
		return rx_usage(err, "option-combination",
				"doctor: --script goes with --inside alone: rxelab doctor --inside "
				"--script");
	return 0;
}

/* The mode first: the kernel refuses to change it once a scratch namespace has existed a moment
 * ago. */
static void check_host(struct rx_doctor *doctor)
{
	static void (*const checks[])(struct rx_doctor *) = {
		rx_check_modules, rx_check_mode,        rx_check_privilege,     rx_check_rxe,
		rx_check_parents, rx_check_firewall,    rx_check_bridge_filter, rx_check_naming,
		rx_check_memlock, rx_check_secure_boot, rx_check_lab,
	};

	struct rx_err ignored;

	doctor->privileged = !rx_require(RX_NEEDS_ROOT, "doctor", &ignored);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		rx_progress("doctor: %zu of %zu", i + 1, sizeof(checks) / sizeof(checks[0]));
		checks[i](doctor);
	}
	rx_progress_clear();
	rx_unload_modules(doctor);
	rx_facts_free(&doctor->facts);
}

static int conclude(const struct rx_doctor *doctor)
{
	int status = RX_OK;

	for (size_t i = 0; i < doctor->n; i++) {
		if (doctor->finding[i].verdict == RX_BLOCKS)
			return RX_CANNOT;
		if (doctor->finding[i].verdict == RX_PROBLEM)
			status = RX_FAILED;
	}
	return status;
}

static void print_json(const struct rx_doctor *doctor, bool inside, const char *kernel,
		       const char *verdict)
{
	json_t *document = json_pack("{s:s, s:s, s:o}", "kernel", kernel, "verdict", verdict,
				     "findings", rx_findings_json(doctor));

	json_object_set_new(document, "summary",
			    inside ? rx_inside_summary_json(doctor) : rx_summary_json(doctor));
	rx_json_print(document, stdout);
}

static void print(const struct rx_doctor *doctor, const struct options *opt, int status)
{
	static const char *const verdicts[] = {
		[RX_OK] = "fine", [RX_FAILED] = "problems", [RX_CANNOT] = "cannot run here"};
	rx_autofree char *text = NULL;
	struct utsname kernel;

	uname(&kernel);
	if (opt->format && !strcmp(opt->format, "json")) {
		print_json(doctor, opt->inside, kernel.release, verdicts[status]);
		return;
	}
	rx_findings_print(doctor, stdout);
	text = opt->inside ? rx_inside_summary_text(doctor) : rx_summary_text(doctor);
	rx_summary_print(text, stdout);
}

static int doctor_run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	struct rx_doctor doctor = {.parent = opt->parent};
	int rc = 0, status;

	if (opt->script) {
		fputs(rx_inside_script, stdout);
		return RX_OK;
	}
	if (opt->inside)
		rx_check_inside(&doctor);
	else
		check_host(&doctor);
	status = conclude(&doctor);
	print(&doctor, opt, status);
	if (opt->report)
		rc = rx_report_write(&doctor, opt->report, err);
	free(doctor.finding);
	return rc ? rc : status;
}

const struct rx_command rx_command_doctor = {
	.name = "doctor",
	.synopsis = "[--parent IF] [--report FILE] [--format table|json]\n"
		    "--inside [--report FILE] [--format table|json]\n"
		    "--inside --script",
	.summary = "diagnose this machine by trying what rxelab needs",
	.options = options,
	.options_size = sizeof(struct options),
	.prepare = doctor_prepare,
	.run = doctor_run,
};
