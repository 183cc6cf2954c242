/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab module: kernel modules of ours for kernels whose own RXE is not enough. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kmod-helpers/rxe/install.h"
#include "kmod-helpers/rxe/load.h"
#include "kmod-helpers/rxe/status.h"
#include "netns/base/cleanup.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/requirements.h"
#include "tools/cli/version.h"

struct module_options {
	const char *headers, *kernel, *toolchain, *source, *output, *road, *format;
	bool dry_run;
	double timeout;
};

struct subcommand {
	const char *name;
	unsigned needs;
	int (*run)(const struct module_options *o, struct rx_err *err);
};

static bool json(const struct module_options *o)
{
	return o->format && !strcmp(o->format, "json");
}

static int print_json(json_t *document)
{
	return rx_json_print(document, stdout) ? RX_FAILED : RX_OK;
}

static struct rx_build_request request_of(const struct module_options *o)
{
	return (struct rx_build_request){
		.headers = o->headers,
		.release = o->kernel,
		.toolchain = o->toolchain,
		.source = o->source,
		.output = o->output,
		.road = rx_road_of(o->road),
		.version = RX_VERSION,
		.timeout = o->timeout > 0 ? (unsigned)(o->timeout + 0.999) : 600,
	};
}

static json_t *provides_json(unsigned provides)
{
	json_t *list = json_array();
	char text[64];

	for (unsigned bit = 1; bit <= RX_PROVIDES_GSI; bit <<= 1)
		if (provides & bit)
			json_array_append_new(list, json_string(rx_provides_text(bit, text,
										 sizeof(text))));
	return list;
}

static int print_build(const struct module_options *o, const struct rx_build_result *result)
{
	char provides[64];
	json_t *object;

	rx_provides_text(result->provides, provides, sizeof(provides));
	if (!json(o)) {
		printf("kernel    %s (%s)\nroad      %s: %s\nsource    %s\nprovides  %s\n"
		       "module    %s\n",
		       result->headers.release,
		       *result->headers.compiler ? result->headers.compiler : "compiler unknown",
		       rx_road_name(result->road), result->reason,
		       result->road == RX_ROAD_HELPER ? "none needed" : result->source.from,
		       provides, o->dry_run ? "(not built)" : result->module);
		return RX_OK;
	}
	object = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "kernel", result->headers.release,
			   "road", rx_road_name(result->road), "reason", result->reason, "compiler",
			   rx_json_string(result->headers.compiler), "source",
			   rx_json_string(result->source.from), "provides",
			   provides_json(result->provides), "module",
			   rx_json_string(result->module));
	return print_json(object);
}

static int run_build(const struct module_options *o, struct rx_err *err)
{
	struct rx_build_request request = request_of(o);
	struct rx_build_result result;
	int rc = o->dry_run ? rx_module_plan(&request, &result, err)
			    : rx_module_build(&request, &result, err);

	if (rc)
		return rc;
	if (result.road == RX_ROAD_REBUILD && !o->dry_run)
		rx_note("this rdma_rxe replaces the distribution's: its security updates arrive "
			"only when you build again from the updated source");
	return print_build(o, &result);
}

/* Said when it matters, before the module would be refused at load. */
static void note_signing(void)
{
	struct rx_module_status status;

	rx_module_status_read(&status);
	if (status.trust.secure_boot || rx_module_wants_signature(&status.trust))
		rx_note("this machine loads only modules signed by a key it trusts; DKMS signs "
			"with its own: enrol it with mokutil --import " RX_DKMS_KEY
			", boot, and confirm it in the boot menu (MOK management)");
}

static int run_install(const struct module_options *o, struct rx_err *err)
{
	struct rx_build_request request = request_of(o);
	struct rx_build_result result;
	char program[RX_BUILD_PATH];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	int rc;

	if (n <= 0)
		return rx_fail(err, "file-read", errno, "reading /proc/self/exe: %s",
			       strerror(errno));
	program[n] = '\0';
	rc = rx_module_install(&request, program, &result, err);
	if (rc)
		return rc;
	if (result.road == RX_ROAD_REBUILD)
		rx_note("this rdma_rxe replaces the distribution's, whose security updates arrive "
			"only when DKMS builds again: keep the package linux-source-X.Y at the "
			"kernel's version; rxelab module remove goes back");
	note_signing();
	return print_build(o, &result);
}

static int run_remove(const struct module_options *o, struct rx_err *err)
{
	struct rx_module_removed removed;
	int rc = rx_module_remove(&removed, err);

	if (rc)
		return rc;
	if (json(o))
		return print_json(
			json_pack("{s:i, s:b, s:b, s:b}", "versions", (int)removed.versions,
				  "helper_stays", removed.helper_stays, "rdma_rxe_stays",
				  removed.rxe_stays, "rdma_rxe_reloaded", removed.rxe_reloaded));
	printf("installed versions removed: %u\n", removed.versions);
	if (removed.helper_stays)
		printf("the loaded helper stays until the next boot: RXE devices use it\n");
	if (removed.rxe_stays)
		printf("the loaded rdma_rxe stays: RXE devices exist; the distribution's comes "
		       "when it is loaded next\n");
	if (removed.rxe_reloaded)
		printf("the distribution's rdma_rxe is loaded again\n");
	return RX_OK;
}

static const char *yes(bool value)
{
	return value ? "yes" : "no";
}

static void print_status_text(const struct rx_module_status *s)
{
	const char *advice = rx_module_advice(s);
	char installed[64];

	printf("kernel            %s\nrdma_rxe loaded   %s%s%s\n", s->kernel,
	       rx_rxe_owner_name(s->owner), *s->version ? ", " : "", s->version);
	if (s->owner == RX_RXE_OURS)
		printf("  provides        %s\n", *s->provides ? s->provides : "unknown");
	printf("  taint           %s\n", *s->taint ? s->taint : "none");
	printf("modprobe loads    %s%s\n  signed by       %s\n", *s->file ? s->file : "nothing",
	       s->file_is_ours ? " (rxelab's)" : "", *s->signer ? s->signer : "nobody");
	if (rx_module_installed(installed, sizeof(installed)))
		printf("installed (DKMS)  rxelab %s\n", installed);
	printf("helper            %s%s%s\n",
	       s->helper_loaded      ? "loaded"
	       : s->helper_available ? "available"
				     : "none",
	       *s->helper_file ? ", " : "", s->helper_file);
	if (s->btf)
		printf("by its BTF        sockets in each namespace: %s, lets go of users: %s, QP1 "
		       "index at byte %u\n",
		       yes(s->rxe.sockets_per_netns), yes(s->rxe.disassociates), s->rxe.gsi_offset);
	printf("Secure Boot       %s, lockdown %s, only signed modules: %s\n",
	       s->trust.secure_boot ? "on" : "off or unknown",
	       *s->trust.lockdown ? s->trust.lockdown : "unknown",
	       yes(rx_module_wants_signature(&s->trust)));
	if (*advice)
		printf("to do             %s\n", advice);
}

static int print_status_json(const struct rx_module_status *s)
{
	char installed[64] = "";
	json_t *rxe = json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:o}", "loaded",
				rx_rxe_owner_name(s->owner), "version", rx_json_string(s->version),
				"provides", rx_json_string(s->provides), "taint",
				rx_json_string(s->taint), "file", rx_json_string(s->file),
				"file_is_ours", s->file_is_ours, "signer",
				rx_json_string(s->signer));
	json_t *helper = json_pack("{s:b, s:b, s:o}", "loaded", s->helper_loaded, "available",
				   s->helper_available, "file", rx_json_string(s->helper_file));
	json_t *btf = s->btf ? json_pack("{s:b, s:b, s:i}", "sockets_per_netns",
					 s->rxe.sockets_per_netns, "disassociates",
					 s->rxe.disassociates, "gsi_offset", (int)s->rxe.gsi_offset)
			     : json_null();
	json_t *trust = json_pack("{s:b, s:o, s:b, s:b, s:I}", "secure_boot", s->trust.secure_boot,
				  "lockdown", rx_json_string(s->trust.lockdown), "sig_enforce",
				  s->trust.sig_enforce, "signature_needed",
				  rx_module_wants_signature(&s->trust), "kernel_taint",
				  (json_int_t)s->trust.kernel_taint);

	rx_module_installed(installed, sizeof(installed));
	return print_json(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "kernel", s->kernel,
				    "rdma_rxe", rxe, "helper", helper, "installed",
				    rx_json_string(installed), "btf", btf, "trust", trust, "advice",
				    rx_json_string(rx_module_advice(s))));
}

static int run_status(const struct module_options *o, struct rx_err *err)
{
	struct rx_module_status status;

	(void)err;
	rx_module_status_read(&status);
	if (json(o))
		return print_status_json(&status);
	print_status_text(&status);
	return RX_OK;
}

/* The helper where it is enough and there; the distribution's rdma_rxe has to be loaded for that to
 * be known. */
static enum rx_road choose_road(const struct module_options *o, struct rx_module_status *status)
{
	enum rx_road road = rx_road_of(o->road);
	char path[RX_BUILD_PATH];
	struct rx_err ignored;

	rx_module_status_read(status);
	if (road != RX_ROAD_AUTO)
		return road;
	if (status->owner == RX_RXE_NOT_LOADED && !rx_module_load("rdma_rxe", NULL, NULL, &ignored))
		rx_module_status_read(status);
	if (status->btf && status->rxe.sockets_per_netns && status->helper_available)
		return RX_ROAD_HELPER;
	return rx_rebuilt_available(path, sizeof(path)) ? RX_ROAD_REBUILD : RX_ROAD_HELPER;
}

static int load_rebuilt(const struct rx_module_status *status, struct rx_err *err)
{
	char path[RX_BUILD_PATH];

	if (status->owner == RX_RXE_OURS)
		return 0;
	if (!rx_rebuilt_available(path, sizeof(path)))
		return rx_cannot(err, "module-missing", ENOENT,
				 "there is no rebuilt rdma_rxe for kernel %s yet; build it: rxelab "
				 "module build --road rebuild",
				 status->kernel);
	return rx_rxe_replace(path, err);
}

static int load_helper(struct rx_err *err)
{
	struct rx_module_list loaded = {0};
	bool early, was_there = rx_helper_loaded();
	rx_autoclose int log = rx_kernel_log_end();
	int rc = rx_helper_load(&loaded, &early, err);

	rx_module_list_free(&loaded);
	if (!rc && !was_there)
		rc = rx_helper_judge(log, err);
	if (!rc && !early)
		rx_warn("ib_uverbs was loaded before " RX_HELPER_MODULE
			": a device opened at the very moment it is made may keep rdma_rxe from "
			"being unloaded; load " RX_HELPER_MODULE " first after the next boot");
	return rc;
}

static int run_load(const struct module_options *o, struct rx_err *err)
{
	struct rx_module_status status;
	int rc = choose_road(o, &status) == RX_ROAD_REBUILD ? load_rebuilt(&status, err)
							    : load_helper(err);

	return rc ? rc : run_status(o, err);
}

static const struct subcommand subcommands[] = {
	{"build", RX_NEEDS_NOTHING, run_build},   {"install", RX_NEEDS_ROOT, run_install},
	{"remove", RX_NEEDS_ROOT, run_remove},    {"load", RX_NEEDS_ROOT | RX_NEEDS_RXE, run_load},
	{"status", RX_NEEDS_NOTHING, run_status},
};

static const struct subcommand *find_subcommand(const char *name)
{
	for (size_t i = 0; i < RX_ARRAY_SIZE(subcommands); i++)
		if (!strcmp(subcommands[i].name, name))
			return &subcommands[i];
	return NULL;
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	if (!find_subcommand(inv->operands[0]))
		return rx_usage(err, "operand-unknown",
				"module: \"%s\" is not one of build, load, install, status, "
				"remove; see rxelab module -h",
				inv->operands[0]);
	return 0;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct subcommand *sub = find_subcommand(inv->operands[0]);
	int rc = rx_require(sub->needs, "module", err);

	return rc ? rc : sub->run(inv->options, err);
}

static const struct rx_option options[] = {
	{"road", 0, RX_OPT_CHOICE, offsetof(struct module_options, road), NULL,
	 "auto|helper|rebuild",
	 "helper beside the distribution's rdma_rxe, or rebuilt rdma_rxe; auto decides from BTF "
	 "or source"},
	{"kernel", 'k', RX_OPT_STRING, offsetof(struct module_options, kernel), "RELEASE", NULL,
	 "build for this kernel instead of the running one"},
	{"headers", 0, RX_OPT_STRING, offsetof(struct module_options, headers), "DIR", NULL,
	 "the kernel headers, instead of those installed for the kernel"},
	{"toolchain", 0, RX_OPT_STRING, offsetof(struct module_options, toolchain), "DIR", NULL,
	 "a root folder with compiler, make, binutils and the headers, to build in"},
	{"source", 0, RX_OPT_STRING, offsetof(struct module_options, source), "PATH", NULL,
	 "kernel tree, its rxe folder, or a tarball of the tree, instead of the package "
	 "linux-source-X.Y"},
	{"output", 'o', RX_OPT_STRING, offsetof(struct module_options, output), "DIR", NULL,
	 "where the module goes, instead of the cache"},
	{"dry-run", 'n', RX_OPT_FLAG, offsetof(struct module_options, dry_run), NULL, NULL,
	 "say what would be built and what it would provide; build nothing"},
	{"timeout", 't', RX_OPT_SECONDS, offsetof(struct module_options, timeout), "S", NULL,
	 "limit for each program that is run, 600 by default"},
	{"format", 0, RX_OPT_CHOICE, offsetof(struct module_options, format), NULL, "text|json",
	 "how results are printed"},
	RX_OPTION_JSON(struct module_options, format),
	{NULL},
};

const struct rx_command rx_command_module = {
	.name = "module",
	.synopsis = "build [--road R] [--kernel RELEASE] [--headers DIR] [--toolchain DIR] "
		    "[--source PATH] [-o DIR] [--dry-run]\n"
		    "install [as build]\nload [--road R]\nstatus [--json]\nremove",
	.summary = "build and load kernel modules that add per-namespace RXE to kernels without it",
	.options = options,
	.options_size = sizeof(struct module_options),
	.min_operands = 1,
	.max_operands = 1,
	.prepare = prepare,
	.run = run,
};
