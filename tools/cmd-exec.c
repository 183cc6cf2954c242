/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/ledger/list.h"
#include "tools/cli/command.h"
#include "tools/endpoint/children.h"
#include "tools/endpoint/enter.h"

struct options {
	bool all, rsh;
	const char *user;
	double timeout;
};

static const struct rx_option options[] = {
	RX_FLAG("all", 'a', all,
		"in every endpoint of the lab at once, each line behind the endpoint's name"),
	RX_STRING("user", 'u', user, "U",
		  "become this user (name or number) before the command runs"),
	RX_SECONDS("timeout", 't', timeout,
		   "end the command and all it started after S seconds: status 124"),
	RX_OPTION(REST, "rsh", 0, rsh, NULL, NULL,
		  "as a launch agent: HOST, then text for the user's shell there; must be the last "
		  "option"),
	{NULL},
};

static int exec_prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	bool endpoint = inv->n_operands && strchr(inv->operands[0], '/');

	if (opt->rsh) {
		if (inv->n_operands || opt->all || inv->n_rest < 2)
			return rx_usage(err, "operand-missing",
					"exec: --rsh takes HOST COMMANDLINE... behind it and no "
					"endpoint before it; see rxelab exec -h");
		return 0;
	}
	if (!inv->n_operands)
		return rx_usage(err, "operand-missing",
				"exec: no endpoint given; usage: rxelab exec NAME/ENDPOINT -- "
				"COMMAND ARG...");
	if (opt->all && endpoint)
		return rx_usage(err, "operand-extra",
				"exec: --all takes a lab, \"%s\" is an endpoint; leave one of them "
				"out",
				inv->operands[0]);
	if (!opt->all && !endpoint)
		return rx_usage(err, "endpoint-name",
				"exec: \"%s\" is not NAME/ENDPOINT; for every endpoint of a lab "
				"add --all",
				inv->operands[0]);
	if (!inv->n_rest)
		return rx_usage(err, "operand-missing",
				"exec: no command given; put it after \"--\": rxelab exec %s%s -- "
				"COMMAND ARG...",
				inv->operands[0], opt->all ? " --all" : "");
	return 0;
}

static int run_all(const char *lab, const struct options *opt, const struct passwd *user,
		   char **argv, struct rx_err *err)
{
	struct rx_view view;
	struct rx_job *jobs;
	int rc = rx_view_open(lab, &view, err);

	if (rc)
		return rc;
	jobs = rx_alloc(view.n_endpoints, sizeof(*jobs));
	for (size_t i = 0; i < view.n_endpoints; i++)
		jobs[i] = (struct rx_job){.enter = {&view, &view.nodes[i], user}, .argv = argv};
	rc = rx_run_all(jobs, view.n_endpoints, opt->timeout, err);
	free(jobs);
	rx_view_close(&view);
	return rc;
}

/* Without a time limit this process itself becomes the command: terminal, job control and signals
 * need no help. */
static int run_in(const char *operand, double timeout, const struct passwd *user, char **argv,
		  struct rx_err *err)
{
	struct rx_job job = {.argv = argv, .enter = {.user = user}};
	struct rx_view view;
	int rc = rx_view_open_endpoint(operand, &view, &job.enter.node, err);

	if (rc)
		return rc;
	job.enter.view = &view;
	if (timeout > 0) {
		rc = rx_run_one(&job, timeout, err);
	} else {
		rc = rx_enter(&job.enter, err);
		if (!rc)
			rc = rx_exec(argv, err);
	}
	rx_view_close(&view);
	return rc;
}

static char *join_words(char *const *words)
{
	char *text;
	FILE *out = rx_text_stream(&text);

	for (char *const *word = words; *word; word++)
		fprintf(out, "%s%s", word == words ? "" : " ", *word);
	fclose(out);
	return text;
}

/* Which lab has this host? Launch agents know bare host names only, mpirun even cuts them at the
 * first dot. */
static int find_host(const char *host, char *operand, size_t size, struct rx_err *err)
{
	const char *lab = getenv("RXELAB_LAB");
	size_t found = 0;
	char **names;
	size_t n;

	snprintf(operand, size, "%s/%s", lab ? lab : "", host);
	if (strchr(host, '/'))
		snprintf(operand, size, "%s", host);
	if (strchr(host, '/') || (lab && *lab))
		return 0;
	if (rx_ledger_list(&names, &n, err))
		return -err->code;
	for (size_t i = 0; i < n; i++) {
		const struct rx_node_view *node;
		struct rx_view view;
		struct rx_err ignored;
		char candidate[320];

		snprintf(candidate, sizeof(candidate), "%s/%s", names[i], host);
		if (rx_view_open_endpoint(candidate, &view, &node, &ignored))
			continue;
		rx_view_close(&view);
		snprintf(operand, size, "%s", candidate);
		found++;
	}
	rx_names_free(names);
	if (found != 1)
		return rx_fail(err, "endpoint-unknown", ENOENT,
			       "exec --rsh: %s endpoint is called \"%s\"; say LAB/ENDPOINT, or set "
			       "RXELAB_LAB to the lab",
			       found ? "more than one lab's" : "no running lab's", host);
	return 0;
}

/* HOST COMMANDLINE...: the words are shell text, as rsh(1) and ssh(1) take them; the user's shell
 * reads them inside the endpoint. The only place where rxelab runs a shell that was not asked for
 * by name. */
static int run_rsh(const struct options *opt, const struct passwd *user, char **rest,
		   struct rx_err *err)
{
	char operand[320], uid[16], shell[] = "/bin/sh", flag[] = "-c";
	rx_autofree char *text = join_words(rest + 1);
	char *argv[] = {shell, flag, text, NULL};
	rx_autofree struct passwd *self = NULL;
	int rc = find_host(rest[0], operand, sizeof(operand), err);

	if (rc)
		return rc;
	snprintf(uid, sizeof(uid), "%u", (unsigned)getuid());
	self = user ? NULL : rx_user_find(uid, err);
	if (user || self)
		argv[0] = *(user ? user : self)->pw_shell ? (user ? user : self)->pw_shell : shell;
	return run_in(operand, opt->timeout, user, argv, err);
}

static int exec_run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *opt = inv->options;
	rx_autofree struct passwd *user = opt->user ? rx_user_find(opt->user, err) : NULL;

	if (opt->user && !user)
		return -err->code;
	if (opt->rsh)
		return run_rsh(opt, user, inv->rest, err);
	if (opt->all)
		return run_all(inv->operands[0], opt, user, inv->rest, err);
	return run_in(inv->operands[0], opt->timeout, user, inv->rest, err);
}

const struct rx_command rx_command_exec = {
	.name = "exec",
	.synopsis = "NAME/ENDPOINT [--user U] [--timeout S] -- COMMAND ARG...\n"
		    "NAME --all [--user U] [--timeout S] -- COMMAND ARG...\n"
		    "[--user U] [--timeout S] --rsh HOST COMMANDLINE...",
	.summary = "run a command in an endpoint, or in all of them",
	.options = options,
	.options_size = sizeof(struct options),
	.max_operands = 1,
	.takes_rest = true,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = exec_prepare,
	.run = exec_run,
};
