/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/modules/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kmod-helpers/modules/insert.h"
#include "kmod-helpers/modules/kmod.h"
#include "kmod-helpers/modules/users.h"
#include "kmod-helpers/modules/why.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"

#define MOST_DEPENDENCIES (16u << 20) /* bytes of a modules.dep; Debian's has 0.6 million */

const char *rx_kernel_release(void)
{
	static struct utsname kernel;

	uname(&kernel);
	return kernel.release;
}

void rx_module_list_free(struct rx_module_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->name[i]);
	free(list->name);
	memset(list, 0, sizeof(*list));
}

static bool listed(const struct rx_module_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (rx_module_same(list->name[i], name))
			return true;
	return false;
}

void rx_module_list_add(struct rx_module_list *list, const char *name)
{
	char **slot = rx_array_add(&list->name, &list->n, sizeof(*slot));

	*slot = rx_strdup(name);
}

/* The names in /proc/modules, newest first: the kernel puts a new module at the head of its
 * list. */
static void read_loaded(struct rx_module_list *list)
{
	rx_autofile FILE *file = fopen("/proc/modules", "re");
	char line[4096], name[64];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s", name) == 1)
			rx_module_list_add(list, name);
}

/* libkmod prints to standard error unless told otherwise. */
static void log_to_trace(void *data, int priority, const char *file, int line, const char *fn,
			 const char *format, va_list args)
{
	char text[512];

	(void)data, (void)priority, (void)file, (void)line;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	rx_trace("libkmod: %s: %s", fn, text);
}

/* One for the whole command, which asks from its main thread alone: a new context reads all of
 * modprobe.d again. */
static struct kmod_ctx *context(void)
{
	static struct kmod_ctx *ctx;

	if (!ctx) {
		ctx = rx_kmod_new(NULL, NULL);
		if (ctx)
			kmod_set_log_fn(ctx, log_to_trace, NULL);
	}
	return ctx;
}

/* NULL: libkmod cannot be asked. */
static struct kmod_module *find(const char *name)
{
	struct kmod_ctx *ctx = context();
	struct kmod_module *module = NULL;

	return ctx && !kmod_module_new_from_name(ctx, name, &module) ? module : NULL;
}

static int no_libkmod(const char *name, struct rx_err *err)
{
	return rx_fail(err, "library-missing", ENOMEM,
		       "module %s: libkmod cannot be used: out of memory", name);
}

static enum rx_module_state state_of(struct kmod_module *module, const char *name, char *where,
				     size_t size)
{
	switch (kmod_module_get_initstate(module)) {
	case KMOD_MODULE_BUILTIN:
		return RX_MODULE_BUILTIN;
	case KMOD_MODULE_LIVE:
	case KMOD_MODULE_COMING:
		return RX_MODULE_LOADED;
	default:
		break;
	}
	if (!kmod_module_get_path(module))
		return rx_module_in_kallsyms(name) ? RX_MODULE_BUILTIN : RX_MODULE_ABSENT;
	return rx_module_forbidden(name, where, size) ? RX_MODULE_BLACKLISTED : RX_MODULE_AVAILABLE;
}

/* What is loaded needs no libkmod to be known: sysfs has its state. */
bool rx_module_is_loaded(const char *name)
{
	char path[128], state[16], *dash;

	snprintf(path, sizeof(path), "/sys/module/%.64s/initstate", name);
	while ((dash = strchr(path, '-')))
		*dash = '_';
	return !rx_file_read(path, state, sizeof(state)) &&
	       (!strcmp(state, "live") || !strcmp(state, "coming"));
}

enum rx_module_state rx_module_state(const char *name)
{
	bool loaded = rx_module_is_loaded(name);
	rx_automodule struct kmod_module *module = loaded ? NULL : find(name);
	char where[600];

	if (loaded)
		return RX_MODULE_LOADED;
	return module ? state_of(module, name, where, sizeof(where)) : RX_MODULE_ABSENT;
}

/* modules.dep(5): "kernel/crypto/crc32_generic.ko.xz: DEPENDENCY..." a line. File names keep the
 * dash of "crc32-pclmul". */
static bool mentions(const char *text, const char *name, char from, char to)
{
	char wanted[80], *at;

	snprintf(wanted, sizeof(wanted), "/%.64s.ko", name);
	while ((at = strchr(wanted, from)))
		*at = to;
	return strstr(text, wanted);
}

/* Does depmod(8) know a file of that name? True also when it cannot be asked. Opening libkmod,
 * which brings libcrypto, costs tens of milliseconds under emulation, and mostly the answer is
 * no. */
static bool has_file(const char *name)
{
	rx_autofree char *text = NULL;
	char path[200];

	snprintf(path, sizeof(path), "/lib/modules/%.64s/modules.dep", rx_kernel_release());
	text = rx_file_text(path, MOST_DEPENDENCIES, NULL);
	return !text || !*text || mentions(text, name, '-', '_') || mentions(text, name, '_', '-');
}

bool rx_module_file(const char *name, char *path, size_t size)
{
	rx_automodule struct kmod_module *module = has_file(name) ? find(name) : NULL;

	if (!module || !kmod_module_get_path(module))
		return false;
	snprintf(path, size, "%s", kmod_module_get_path(module));
	return true;
}

/* 1: there already, 0: can be loaded, negative: cannot. */
static int judge(struct kmod_module *module, const char *name, struct rx_err *err)
{
	char where[600];

	switch (state_of(module, name, where, sizeof(where))) {
	case RX_MODULE_LOADED:
	case RX_MODULE_BUILTIN:
		return 1;
	case RX_MODULE_AVAILABLE:
		return 0;
	case RX_MODULE_BLACKLISTED:
		return rx_module_why_forbidden(name, where, err);
	default:
		return rx_module_why_absent(name, err);
	}
}

int rx_module_check(const char *name, struct rx_err *err)
{
	rx_automodule struct kmod_module *module = find(name);
	int rc = module ? judge(module, name, err) : no_libkmod(name, err);

	return rc > 0 ? 0 : rc;
}

/* Its own words on the failure: the newest kernel message since log was opened that names the
 * module. */
static void kernel_words(int log, const char *part, char *text, size_t size)
{
	char record[1024];
	ssize_t length;

	*text = '\0';
	while (log >= 0 && ((length = read(log, record, sizeof(record) - 1)) > 0 ||
			    (length < 0 && errno == EPIPE))) {
		const char *message;

		if (length < 0)
			continue;
		record[length] = '\0';
		message = strchr(record, ';');
		if (message && strstr(message, part))
			snprintf(text, size, "%.*s", (int)strcspn(message + 1, "\n"), message + 1);
	}
}

static int open_kernel_log(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log >= 0)
		lseek(log, 0, SEEK_END);
	return log;
}

static int insertion_failed(const struct rx_insertion *done, const char *name, int log,
			    struct rx_err *err)
{
	const char *part = done->n ? done->tried[done->n - 1] : name;
	char where[600] = "modprobe.d", words[512];

	if (*done->command_of) {
		rx_module_forbidden(done->command_of, where, sizeof(where));
		return rx_module_why_forbidden(done->command_of, where, err);
	}
	kernel_words(log, part, words, sizeof(words));
	rx_module_why_failed(name, part, -done->rc, words, err);
	err->unanswered = done->rc == -ECHILD; /* it may be there: an undo has to look */
	return -err->code;
}

static bool was_tried(const struct rx_insertion *done, const char *name)
{
	for (size_t i = 0; i < done->n; i++)
		if (rx_module_same(done->tried[i], name))
			return true;
	return false;
}

/* Ours is what was inserted here and was not there before: udev may load others at the same
 * moment. */
static void add_ours(const struct rx_module_list *before, const struct rx_insertion *done,
		     struct rx_module_list *ours)
{
	struct rx_module_list after = {0};

	read_loaded(&after);
	for (size_t i = after.n; i-- > 0;)
		if (!listed(before, after.name[i]) && was_tried(done, after.name[i]) &&
		    !listed(ours, after.name[i]))
			rx_module_list_add(ours, after.name[i]);
	rx_module_list_free(&after);
}

static int insert(struct kmod_module *module, const char *name, const char *options,
		  struct rx_module_list *loaded_now, struct rx_err *err)
{
	rx_autoclose int log = open_kernel_log();
	struct rx_module_list before = {0};
	struct rx_insertion done;
	int rc = 0;

	read_loaded(&before);
	rx_module_insert(module, options, &done);
	rx_trace("load module %s: %s", name, done.rc ? strerror(-done.rc) : "done");
	/* hardware support without its hardware (crc32_pclmul on an old CPU) is no fault of the
	 * caller's */
	if (done.rc && done.rc != -ENODEV)
		rc = insertion_failed(&done, name, log, err);
	if (loaded_now)
		add_ours(&before, &done, loaded_now);
	rx_module_list_free(&before);
	return rc;
}

int rx_module_load(const char *name, const char *options, struct rx_module_list *loaded_now,
		   struct rx_err *err)
{
	rx_automodule struct kmod_module *module = find(name);
	int rc = module ? judge(module, name, err) : no_libkmod(name, err);

	if (rc)
		return rc > 0 ? 0 : rc;
	return insert(module, name, options, loaded_now, err);
}

static void add_if_missing(struct kmod_module *module, struct rx_module_list *list)
{
	int state = kmod_module_get_initstate(module);

	if (state != KMOD_MODULE_LIVE && state != KMOD_MODULE_BUILTIN &&
	    !listed(list, kmod_module_get_name(module)))
		rx_module_list_add(list, kmod_module_get_name(module));
}

void rx_module_closure(const char *name, struct rx_module_list *list)
{
	rx_automodule struct kmod_module *module = find(name);
	struct kmod_list *dependencies, *at;

	if (!module)
		return;
	/* libkmod turns the line of modules.dep around: what has to be loaded first comes first */
	dependencies = kmod_module_get_dependencies(module);
	kmod_list_foreach(at, dependencies) {
		struct kmod_module *dependency = kmod_module_get_module(at);

		add_if_missing(dependency, list);
		kmod_module_unref(dependency);
	}
	kmod_module_unref_list(dependencies);
	add_if_missing(module, list);
}

int rx_module_unload(const char *name, struct rx_err *err)
{
	rx_automodule struct kmod_module *module = find(name);
	int rc;

	if (!module)
		return no_libkmod(name, err);
	rc = kmod_module_get_initstate(module);
	if (rc < 0 || rc == KMOD_MODULE_BUILTIN)
		return 0;
	if (kmod_module_get_refcnt(module) > 0)
		return rx_fail(err, "module-busy", EBUSY,
			       "module %s: not unloaded: something uses it (lsmod says what)",
			       name);
	rc = rx_module_users(name, err);
	if (rc)
		return rc;
	rc = kmod_module_remove_module(module, KMOD_REMOVE_NOLOG);
	rx_trace("unload module %s: %s", name, rc ? strerror(-rc) : "done");
	if (rc == -EAGAIN || rc == -EBUSY)
		return rx_fail(err, "module-busy", EBUSY,
			       "module %s: not unloaded: something has just begun to use it", name);
	if (rc && rc != -ENOENT)
		return rx_fail(err, "kernel-refused", -rc, "module %s: unloading it failed: %s",
			       name, strerror(-rc));
	return 0;
}
