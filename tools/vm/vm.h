/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest that runs one command: any kernel, this machine's root read-only under a tmpfs overlay.
 *
 *   cache.c      the kernels that were fetched, and our own scripts
 *   kernel.c     the name of a kernel -> its image and modules (fetched if need be)
 *   tree.c       the same for what was just built: a build tree, a bzImage
 *   initramfs.c
 *       busybox, the few modules that mount the root, and the command's words -> a cpio archive
 *   kvm.c        does hardware virtualisation work here, not merely exist?
 *   qemu.c       the emulator: its arguments, its channels, its life
 *   session.c    boot, carry the channels, tell how it ended
 *   nodes.c      several guests on one segment, each in a process of its own
 *   run.c        the command: kernel, guests, exit status
 *   udp-encap.c  in an emulated guest: what keeps the emulator from tripping */
#ifndef RXELAB_TOOLS_VM_VM_H
#define RXELAB_TOOLS_VM_VM_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netns/base/error.h"
#include "netns/base/process.h"

/* the newest kernel for a stable Debian: has RXE in namespaces */
#define RX_VM_DEFAULT_KERNEL "trixie-backports"

/* A kernel unpacked in a folder. All paths are absolute and owned. */
struct rx_vm_kernel {
	char *image;   /* vmlinuz */
	char *modules; /* the folder that holds RELEASE/modules.dep */
	char *release; /* what uname -r will say */
};

void rx_vm_kernel_free(struct rx_vm_kernel *kernel);

/* name: a suite ("trixie"), a version or the beginning of one ("6.12"), or with a '/' in it a
 * folder (with vmlinuz and lib/modules), a build tree or a bzImage.
 * A suite that is not in the cache is fetched. NULL: RX_VM_DEFAULT_KERNEL. */
int rx_vm_kernel_find(const char *name, struct rx_vm_kernel *kernel, struct rx_err *err);

/* A kernel's build tree, after make: image and modules are used where they are (the modules by
 * links of ours). */
bool rx_vm_is_tree(const char *dir);
int rx_vm_tree_open(const char *dir, struct rx_vm_kernel *kernel, struct rx_err *err);
/* A bzImage: of a tree, or with its modules beside it or in /lib/modules. */
int rx_vm_image_open(const char *path, struct rx_vm_kernel *kernel, struct rx_err *err);

/* Judges the form of name only: a message and -EINVAL (RX_USAGE) for what can never be a kernel. */
int rx_vm_kernel_check_name(const char *name, struct rx_err *err);

/* Fetch the newest kernel of suite from the mirror this machine's apt uses, unless the cache has
 * it.
 * *release: its version (caller frees). Progress goes to standard error. */
int rx_vm_kernel_fetch(const char *suite, char **release, struct rx_err *err);

/* One complete kernel of the cache. */
struct rx_vm_cached {
	char *release, *dir;
	char *suites; /* separated by spaces; "" if none is known */
};

int rx_vm_cache_list(struct rx_vm_cached **list, size_t *n, struct rx_err *err);
void rx_vm_cache_free(struct rx_vm_cached *list, size_t n);
/* Whether the cache has that release whole. */
bool rx_vm_cache_has(const char *cache, const char *release);
/* The release that the cache has for a suite, which the caller frees; NULL: none. */
char *rx_vm_cache_release(const char *cache, const char *suite);

/* ${XDG_CACHE_HOME:-~/.cache}/rxelab/kernels; caller frees. NULL with err filled if there is no
 * home. */
char *rx_vm_cache_dir(struct rx_err *err);
/* The folder of this program; caller frees. */
char *rx_vm_program_dir(void);
/* Where our own scripts lie: beside the build tree's program, or PREFIX/libexec/rxelab. Caller
 * frees. */
char *rx_vm_data_dir(struct rx_err *err);

struct rx_vm_options {
	const char *kernel; /* see rx_vm_kernel_find */
	unsigned memory_mib, cpus;
	double timeout;      /* seconds for everything; 0: no limit */
	const char *console; /* file that gets the guest's console; NULL: none */
	/* file that gets what the guest writes to $RXELAB_RESULTS; NULL: none */
	const char *results;
	/* the kernel itself, found before; NULL: find it by its name */
	const struct rx_vm_kernel *found;
	bool terminal;      /* the command runs on the terminal, as a shell would */
	const char *append; /* more words for the kernel's command line; NULL: none */
	/* NULL-terminated; NULL: an interactive shell (or one that reads standard input) */
	char **command;
	unsigned nodes; /* guests; 0 and 1: one, without a segment. More: rx_vm_run_nodes */
	/* of one guest among several, set by nodes.c */
	unsigned node; /* its number, from 1; 0: it is alone */
	int segment;   /* descriptor of its end of the segment */
	int gate;      /* RX_VM_GATE_*: we say, and are told */
	bool no_kvm;
};

#define RX_VM_MAX_NODES 2 /* a segment is a stream socket, which has two ends */

/* A guest among several says whether it came up; the command starts when all of them are told to go
 * on. */
#define RX_VM_GATE_UP 'u'
#define RX_VM_GATE_FAILED 'f'
#define RX_VM_GATE_GO 'g'

/* Run the command in a guest. Returns its exit status, 124, 255 or 128 + a signal's number; or
 * -errno. */
int rx_vm_run(const struct rx_vm_options *options, struct rx_err *err);

/* The same on options->nodes guests at once, joined by a segment; every line of output begins with
 * "nodeN: ". Returns the largest status; a guest that dies ends the others. */
int rx_vm_run_nodes(const struct rx_vm_options *options, struct rx_err *err);

/* In the guest: does not return but with RX_FAILED, see udp-encap.c. Ended by a signal. */
int rx_vm_hold_udp_encap(void);

/* --- between the files of this folder --- */

/* Run a script of ours; the first line of its standard output comes back in *line, without its
 * newline. */
int rx_vm_script(const char *const argv[], char **line, struct rx_err *err);

/* Emulation now and then trips over the kernel's own code patching in its first second (Oops: int3,
 * once in about 60 boots of 6.x and 7.x kernels under QEMU 7.2): such a guest, or all of several,
 * is started again. One that came up never is. */
#define RX_VM_BOOTS 3

#define RX_VM_TOKEN_LENGTH 32 /* hexadecimal digits that end a stream of the guest's output */

struct rx_vm_boot {
	const struct rx_vm_options *options;
	struct rx_vm_kernel kernel;
	char *data;                      /* rx_vm_data_dir() */
	char *work;                      /* private folder: initramfs and console */
	char *initramfs, *console, *log; /* paths; log: what the emulator itself has to say */
	char token[RX_VM_TOKEN_LENGTH + 1];
	bool kvm, interactive;
};

/* Write the initramfs of boot to boot->initramfs. */
int rx_vm_initramfs_write(const struct rx_vm_boot *boot, struct rx_err *err);

/* A program that needs no library. */
bool rx_vm_is_static(const char *path);
/* A guest does not see path: it lies below a folder in whose place it has its own. */
bool rx_vm_hides(const char *path);

/* Whether a guest's instruction can be run by KVM within a second; *why says why not (static text
 * or errno's). */
bool rx_vm_kvm_works(const char **why);

/* The guest's channels, each a UNIX stream socket of which we hold one end. */
enum rx_vm_channel {
	RX_VM_STDIN,
	RX_VM_STDOUT,
	RX_VM_STDERR,
	RX_VM_STATUS,
	RX_VM_TTY,
	RX_VM_CHANNELS
};

struct rx_vm_qemu {
	struct rx_process process;   /* after rx_vm_qemu_end with its status */
	int channel[RX_VM_CHANNELS]; /* our ends */
};

/* Start the emulator. It is killed when the calling thread dies. */
int rx_vm_qemu_start(const struct rx_vm_boot *boot, struct rx_vm_qemu *qemu, struct rx_err *err);
/* Kill it, after so many seconds in which it may end by itself; close what is ours. */
void rx_vm_qemu_end(struct rx_vm_qemu *qemu, double seconds);

/* The signals that end a guest, as signalfd(2); from here on they come only there. before: what was
 * blocked until now. */
int rx_vm_signals_open(sigset_t *before);
void rx_vm_signals_close(int fd, const sigset_t *before);
int rx_vm_signal_read(int fd); /* its number; 0: there was none */

/* How one boot ended. */
struct rx_vm_end {
	bool up;          /* the guest reached its command */
	bool qemu_failed; /* the emulator itself failed: its log says why */
	bool qemu_killed; /* ... by a signal, which is not ours */
	bool timed_out;   /* the deadline passed */
	int signal;       /* that ended us; 0: none */
	int exit_status;  /* the command's; -1: never said */
};

/* Boot once and carry the streams to the end; deadline: as in base/clock.h. signal_fd: of
 * rx_vm_signals_open. Returns 0 with *end filled, or an error if there was no boot. */
int rx_vm_session(const struct rx_vm_boot *boot, double deadline, int signal_fd,
		  struct rx_vm_end *end, struct rx_err *err);

#endif
