/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab report: what other commands say of a lab, as one page. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "tools/cli/guess.h"
#include "tools/cli/output.h"
#include "tools/cli/requirements.h"
#include "tools/page/page.h"
#include "tools/page/source.h"
#include "tools/report/report-file.h"

struct options {
	const char *output;
	struct rx_strings from;
	bool quick;
	double timeout;
};

static const struct rx_option options[] = {
	RX_STRING("output", 'o', output, "FILE",
		  "write the page there instead of to standard output"),
	RX_OPTION(LIST, "from", 0, from, "FILE", NULL,
		  "use what another command printed with --json, or a lab file; may be given "
		  "several "
		  "times"),
	RX_FLAG("quick", 0, quick, "verify a ring of pairs, and a short bench"),
	RX_SECONDS("timeout", 't', timeout,
		   "limit of the whole command; what was found by then is in the page, and the "
		   "exit "
		   "status is 124"),
	{NULL},
};

static int read_files(const struct options *o, struct rx_sources *sources, struct rx_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < o->from.n; i++)
		rc = rx_source_read(sources, o->from.item[i], err);
	return rc;
}

/* With a document of inspect the machine is not looked at, and nothing runs on it. */
static bool is_saved(const struct rx_sources *sources)
{
	return sources->of[RX_SOURCE_INSPECT].file;
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;
	struct rx_sources sources = {.lab = inv->operands[0]};
	int rc = rx_prepare_lab(inv, err);

	if (!rc)
		rc = read_files(o, &sources, err);
	if (!rc && is_saved(&sources) && o->quick)
		rc = rx_usage(err, "option-combination",
			      "report: --quick is about runs of verify and bench, and with a saved "
			      "inspect (%s) nothing is run",
			      sources.of[RX_SOURCE_INSPECT].file);
	rx_sources_free(&sources);
	return rc;
}

/* A place that cannot be written to is told before the runs, not after. What is there stays until
 * the page is whole. */
static int try_output(const char *path, struct rx_err *err)
{
	rx_autofree char *aside = NULL;
	rx_autoclose int there = path ? open(path, O_PATH | O_CLOEXEC) : -1, file = -1;
	struct stat st;

	/* a link that the kernel does not follow is not followed in the end either */
	if (path && there < 0 && errno != ENOENT)
		return rx_fail(err, "output-write", errno,
			       "%s: the page cannot be written there: %s", path, strerror(errno));
	if (!path || (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return 0;
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return rx_fail(err, "output-write", EISDIR,
			       "%s: the page cannot be written there: it is a folder", path);
	aside = rx_format("%s.%d.try", path, getpid());
	file = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return rx_fail(err, "output-write", errno, "%s: cannot write the results there: %s",
			       aside, strerror(errno));
	unlink(aside);
	return 0;
}

static json_t *host_json(void)
{
	rx_autofree char *release = rx_file_text("/etc/os-release", 65536, NULL);
	char *cursor = release, *line;
	const char *system = NULL;
	struct utsname kernel;
	struct sysinfo info;

	while (release && (line = rx_next_line(&cursor)))
		if (!strncmp(line, "PRETTY_NAME=\"", 13)) {
			line[strcspn(line + 13, "\"") + 13] = '\0';
			system = line + 13;
		}
	uname(&kernel);
	sysinfo(&info);
	return json_pack("{s:o, s:s, s:s, s:s, s:i, s:I}", "system", rx_json_string(system),
			 "kernel", kernel.release, "version", kernel.version, "machine",
			 kernel.machine, "cpus", (int)sysconf(_SC_NPROCESSORS_ONLN), "memory_mib",
			 (json_int_t)(((unsigned long long)info.totalram * info.mem_unit) >> 20));
}

static json_t *source_json(const struct rx_sources *sources, enum rx_source_kind kind)
{
	const struct rx_source *source = &sources->of[kind];
	bool is_there = source->document || source->text;

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:f}", "what", rx_source_name(kind), "state",
			 is_there        ? source->file ? "given" : "run"
			 : source->words ? "failed"
					 : "absent",
			 "file", rx_json_string(source->file), "command",
			 rx_json_string(source->command), "words", rx_json_string(source->words),
			 "seconds", source->seconds);
}

static json_t *page_json(const struct rx_sources *sources)
{
	const struct rx_source *of = sources->of;
	json_t *page = json_object(), *list = json_array();
	time_t now = time(NULL);
	struct tm utc;
	char made[32];

	strftime(made, sizeof(made), "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &utc));
	for (int i = 0; i < RX_SOURCES; i++)
		json_array_append_new(list, source_json(sources, (enum rx_source_kind)i));
	json_object_set_new(page, "lab", json_string(sources->lab));
	json_object_set_new(page, "made", json_string(made));
	json_object_set_new(page, "version", rx_json_string(of[RX_SOURCE_VERSION].text));
	json_object_set_new(page, "source", list);
	if (!is_saved(sources))
		json_object_set_new(page, "host", host_json());
	json_object_set(page, "inspect", of[RX_SOURCE_INSPECT].document);
	json_object_set(page, "doctor", of[RX_SOURCE_DOCTOR].document);
	json_object_set(page, "module", of[RX_SOURCE_MODULE].document);
	json_object_set(page, "impair", of[RX_SOURCE_IMPAIR].document);
	json_object_set_new(page, "lab_file", rx_json_string(of[RX_SOURCE_LAB_FILE].text));
	if (of[RX_SOURCE_VERIFY].document)
		json_object_set_new(page, "verify", rx_page_matrix(of[RX_SOURCE_VERIFY].document));
	if (of[RX_SOURCE_BENCH].document)
		json_object_set_new(page, "bench", rx_page_figures(of[RX_SOURCE_BENCH].document));
	return page;
}

static int write_page(const struct rx_sources *sources, const char *path, struct rx_err *err)
{
	rx_autofree char *text = NULL;
	FILE *stream = rx_text_stream(&text), *out;
	json_t *page = page_json(sources);
	int rc = rx_page_write(RX_PAGE_LAB, page, sources->of[RX_SOURCE_GRAPH].text, stream, err);

	fclose(stream);
	json_decref(page);
	if (rc)
		return rc;
	if (!path) {
		out = rx_report_open(NULL, err);
		fputs(text, out);
		return rx_report_close(out, NULL, err);
	}
	rc = rx_file_replace(path, text, strlen(text), 0666);
	return rc ? rx_fail(err, "output-write", -rc, "%s: the page could not be written there: %s",
			    path, strerror(-rc))
		  : 0;
}

/* What is not asked for when all is from files. */
static bool is_run(const struct rx_sources *sources, enum rx_source_kind kind)
{
	if (!is_saved(sources) || kind == RX_SOURCE_VERSION)
		return true;
	return kind == RX_SOURCE_GRAPH && sources->of[RX_SOURCE_LAB_FILE].file;
}

/* Of what was asked for something is not there: it is told, and the page says so too. */
static int conclude(const struct rx_sources *sources)
{
	int status = RX_OK;

	for (int i = 0; i < RX_SOURCES; i++) {
		if (!sources->of[i].words)
			continue;
		rx_warn("report %s: %s is not in the page: %s", sources->lab,
			rx_source_name((enum rx_source_kind)i), sources->of[i].words);
		status = RX_FAILED;
	}
	return rx_passed(sources->deadline) ? RX_TIMEOUT : status;
}

static int collect(struct rx_sources *sources, struct rx_err *err)
{
	for (int i = 0; i < RX_SOURCES; i++) {
		if (is_run(sources, (enum rx_source_kind)i))
			rx_source_run(sources, (enum rx_source_kind)i);
		if (i != RX_SOURCE_INSPECT || sources->of[i].document)
			continue;
		rx_fail(err, "report-source", ENODATA, "report %s: %s", sources->lab,
			sources->of[i].words);
		if (rx_passed(sources->deadline))
			err->status = RX_TIMEOUT;
		return -err->code;
	}
	return 0;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;
	const char *output = o->output && strcmp(o->output, "-") ? o->output : NULL;
	struct rx_sources sources = {.lab = inv->operands[0],
				     .quick = o->quick,
				     .deadline = rx_deadline(o->timeout)};
	int rc = read_files(o, &sources, err);

	if (!rc && !is_saved(&sources))
		rc = rx_require(RX_NEEDS_ROOT | RX_NEEDS_RXE, "report", err);
	if (!rc)
		rc = rx_page_ready(err);
	if (!rc)
		rc = try_output(output, err);
	if (!rc)
		rc = collect(&sources, err);
	if (!rc)
		rc = write_page(&sources, output, err);
	if (!rc)
		rc = conclude(&sources);
	rx_sources_free(&sources);
	return rc;
}

const struct rx_command rx_command_report = {
	.name = "report",
	.synopsis = "NAME -o FILE.html [--quick] [--timeout S]\n"
		    "NAME -o FILE.html --from FILE...",
	.summary = "put all that is known of a lab into one page of HTML",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.prepare = prepare,
	.run = run,
};
