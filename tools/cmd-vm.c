/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab vm: a command, or a shell, on another kernel. */
#include "tools/cli/command.h"
#include "tools/vm/vm.h"

struct vm_options {
	const char *kernel, *console, *results, *append;
	unsigned memory, cpus, nodes;
	double timeout;
};

static const struct rx_option options[] = {
	{"kernel", 'k', RX_OPT_STRING, offsetof(struct vm_options, kernel),
	 "SUITE|VERSION|DIR|TREE|BZIMAGE", NULL,
	 "the kernel: a Debian suite, the beginning of a version in the cache, a folder, a build "
	 "tree or a bzImage (default: " RX_VM_DEFAULT_KERNEL ")"},
	{"memory", 'm', RX_OPT_UINT, offsetof(struct vm_options, memory), "M", NULL,
	 "memory in MiB (default: 2048)"},
	{"cpus", 0, RX_OPT_UINT, offsetof(struct vm_options, cpus), "N", NULL,
	 "processors (default: 2)"},
	{"timeout", 't', RX_OPT_SECONDS, offsetof(struct vm_options, timeout), "S", NULL,
	 "end the guest after so many seconds, with status 124 (default: no limit)"},
	{"nodes", 0, RX_OPT_UINT, offsetof(struct vm_options, nodes), "N", NULL,
	 "how many guests, joined by a network (1 or 2; default: 1)"},
	{"console", 0, RX_OPT_STRING, offsetof(struct vm_options, console), "FILE", NULL,
	 "keep what the guest's kernel says on its console"},
	{"results", 0, RX_OPT_STRING, offsetof(struct vm_options, results), "FILE", NULL,
	 "keep what the guest writes to the device that $RXELAB_RESULTS names there; its first "
	 "line is ours: up"},
	{"append", 0, RX_OPT_STRING, offsetof(struct vm_options, append), "WORDS", NULL,
	 "words for the kernel's command line, after our own"},
	{NULL},
};

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	struct vm_options *o = inv->options;

	o->memory = o->memory ? o->memory : 2048;
	o->cpus = o->cpus ? o->cpus : 2;
	o->nodes = o->nodes ? o->nodes : 1;
	if (o->memory < 256)
		return rx_usage(err, "option-value",
				"--memory: %u MiB is too little for a kernel with an overlay; give "
				"at least 256",
				o->memory);
	if (o->cpus > 255)
		return rx_usage(err, "option-value",
				"--cpus: %u is more than a guest can have (255)", o->cpus);
	if (inv->rest && !inv->n_rest)
		return rx_usage(err, "operand-missing", "vm: there is no command after \"--\"");
	if (o->nodes > RX_VM_MAX_NODES)
		return rx_usage(err, "option-value", "--nodes: %u is not in 1..%d", o->nodes,
				RX_VM_MAX_NODES);
	if (o->nodes > 1 && !inv->rest)
		return rx_usage(err, "operand-missing",
				"vm: --nodes %u: a shell has one terminal; give a command after "
				"\"--\"",
				o->nodes);
	return o->kernel ? rx_vm_kernel_check_name(o->kernel, err) : 0;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct vm_options *o = inv->options;
	struct rx_vm_options vm = {
		.kernel = o->kernel,
		.memory_mib = o->memory,
		.cpus = o->cpus,
		.timeout = o->timeout,
		.console = o->console,
		.results = o->results,
		.append = o->append,
		.command = inv->n_rest ? inv->rest : NULL,
		.nodes = o->nodes,
	};

	return o->nodes > 1 ? rx_vm_run_nodes(&vm, err) : rx_vm_run(&vm, err);
}

const struct rx_command rx_command_vm = {
	.name = "vm",
	.synopsis = "[--kernel SUITE|VERSION|DIR] [--memory M] [--cpus N] [--timeout S] [-- "
		    "COMMAND ARG...]\n"
		    "--nodes 2 [OPTION...] -- COMMAND ARG...",
	.summary = "run a command, or a shell, in a VM with another kernel",
	.options = options,
	.options_size = sizeof(struct vm_options),
	.takes_rest = true,
	.prepare = prepare,
	.run = run,
};
