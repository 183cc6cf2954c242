# SPDX-License-Identifier: GPL-2.0-or-later
# make deps all check test demo install; V=1 shows the commands, SAN=1 builds with AddressSanitizer and
# UndefinedBehaviorSanitizer (into build-san), KERNEL=SUITE chooses the demo's kernel.

PREFIX ?= /usr/local
DESTDIR ?=
KERNEL ?= trixie-backports
BUILD ?= build$(if $(SAN),-san)$(if $(FUZZ),-fuzz)
ifeq ($(origin CC),default)
CC = $(if $(FUZZ),clang,gcc)
endif

# What make deps installs, by purpose; LIBS: as pkg-config calls it, then as Debian does.
# PROGRAM=PACKAGE: only where PROGRAM is missing (pve-qemu-kvm has it, and conflicts with Debian's)
LIBS = libnl-3.0:libnl-3-dev libnl-route-3.0:libnl-route-3-dev libmnl:libmnl-dev libibverbs:libibverbs-dev \
	librdmacm:librdmacm-dev libkmod:libkmod-dev jansson:libjansson-dev libfyaml:libfyaml-dev libbpf:libbpf-dev libpcap:libpcap-dev \
	ncursesw:libncurses-dev libxml-2.0:libxml2-dev libxslt:libxslt1-dev
DEPS_build = gcc make pkg-config libc6-dev scdoc $(foreach lib,$(LIBS),$(lastword $(subst :, ,$(lib))))
DEPS_vm = qemu-system-x86_64=qemu-system-x86 busybox-static kmod xz-utils zstd apt debian-archive-keyring iproute2
DEPS_test = libcmocka-dev patch python3 python3-html5lib python3-yaml python3-jsonschema clang libclang-rt-dev ibverbs-utils \
	ibverbs-providers rdmacm-utils perftest procps
# make deps-full: what only lint and the larger tests need
DEPS_full = chromium graphviz python3-pyverbs rdma-core iputils-ping cppcheck shellcheck strace valgrind tshark qperf dkms debootstrap mokutil containernetworking-plugins podman crun \
	openmpi-bin libopenmpi-dev ucx-utils libfabric-bin fio gnuplot-nox docker.io udev network-manager dbus nftables lxc lxc-templates uidmap \
	gnupg lintian mmdebstrap rpm rpmlint zsh fish

VERSION := $(shell sed -n 's/.*RX_VERSION "\(.*\)"/\1/p' tools/cli/version.h)
# git knows the commit of a checkout; git archive (make dist, a forge's tarball) fills in tools/cli/commit
COMMIT = $(shell if [ -e .git ]; then git describe --always --dirty --exclude '*' --abbrev=12; else \
	sed -n 's/^\([0-9a-f]\{12\}\).*/\1/p' tools/cli/commit; fi 2>/dev/null)
PKGS = $(foreach lib,$(LIBS),$(firstword $(subst :, ,$(lib))))
# opened when they are wanted (netns/base/lazy.h), by the name that the linker would note
LAZY = libkmod libpcap libxml-2.0 libxslt
soname = '"$(shell objdump -p $$($(CC) -print-file-name=$(1).so) 2>/dev/null | sed -n 's/.*SONAME *//p')"'
comma := ,
SANITIZE = $(if $(SAN),address$(comma)undefined)$(if $(FUZZ),fuzzer-no-link$(comma)address$(comma)undefined)
CFLAGS ?= -O2 -g
CFLAGS += -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wno-missing-field-initializers $(if $(FUZZ),-Wno-format-zero-length -Wno-unused-variable,-Wno-format-truncation) -Werror=implicit-function-declaration \
	-D_GNU_SOURCE -pthread -fstack-protector-strong
CFLAGS += $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
CPPFLAGS += -I. $(shell pkg-config --cflags $(PKGS) 2>/dev/null) -MMD -MP
# operations that libibverbs learned late (tools/verbs/fabric.h); they are no macros
CPPFLAGS += $(VERBS_BUILT)
VERBS_BUILT := $(shell $(CC) -E -include infiniband/verbs.h - </dev/null 2>/dev/null | \
	sed -nE 's/.*IBV_QP_EX_WITH_(ATOMIC_WRITE|FLUSH).*/-DRX_BUILT_\1=1/p')
LDLIBS += $(shell pkg-config --libs $(filter-out $(LAZY),$(PKGS)) 2>/dev/null) -ldl -lm -pthread
Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2);)

sources = $(sort $(shell find $(1) -name '*.c'))
NETNS_SRC := $(call sources,netns)
KMOD_SRC := $(filter-out kmod-helpers/wrappers/%,$(call sources,kmod-helpers))
CNI_SRC := $(call sources,tools/cni)
CENSUS_SRC := $(call sources,tools/census)
TOOLS_SRC := $(filter-out $(CNI_SRC) $(CENSUS_SRC),$(call sources,tools))
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test-*.c))
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/fuzz-*.c))
# the name that each shell looks for
COMPLETIONS = $(addprefix $(BUILD)/completion/,bash/rxelab zsh/_rxelab fish/rxelab.fish)
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
# in the order of linking
LIBRARIES = $(BUILD)/librxelab-tools.a $(BUILD)/librxelab-kmod.a $(BUILD)/librxelab.a

all: $(BUILD)/rxelab $(BUILD)/rxe-cni $(BUILD)/census $(BUILD)/man/.done $(COMPLETIONS)

# q: r would keep one of two files of the same name
$(BUILD)/librxelab.a: $(call obj,$(NETNS_SRC))
$(BUILD)/librxelab-kmod.a: $(call obj,$(KMOD_SRC))
# the command line and the CNI plugin, but main() and what changes with each commit
$(BUILD)/librxelab-tools.a: $(call obj,$(filter-out %/main.c %/version.c,$(TOOLS_SRC) $(CNI_SRC)))
$(LIBRARIES):
	$(call say,AR,$@)rm -f $@; $(AR) qcs $@ $^
$(BUILD)/rxelab: $(BUILD)/tools/main.o $(BUILD)/tools/cli/version.o $(LIBRARIES)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/rxe-cni: $(BUILD)/tools/cni/main.o $(LIBRARIES)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LDLIBS)
# what the guest's suites and tests ask: no part of rxelab in it
$(BUILD)/census: $(call obj,$(CENSUS_SRC))
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libmnl 2>/dev/null)
$(BUILD)/%.o: %.c | need-libs
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<
$(BUILD)/tests/test-%: $(BUILD)/tests/unit/test-%.o $(LIBRARIES)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)
$(BUILD)/tests/fuzz-%: $(BUILD)/tests/fuzz/fuzz-%.o $(LIBRARIES)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS)
unit-tests: $(UNIT_TESTS)
fuzzers: $(FUZZERS)

# man pages and completion come from the tables of the program that was just built: a line @WORD... is
# what rxelab prints for these words
$(BUILD)/man/.done: $(BUILD)/rxelab $(wildcard docs/man/*.scd)
	@mkdir -p $(@D)
	$(call say,MAN,$(@D))rm -f $(@D)/*; for c in $$($(BUILD)/rxelab __commands); do \
		$(BUILD)/rxelab __scdoc $$c | scdoc >$(@D)/rxelab-$$c.8 || exit 1; done && \
	for f in $(wildcard docs/man/*.scd); do \
		sed "s/@VERSION@/$$($(BUILD)/rxelab --version | cut -d' ' -f2)/" $$f | awk -v rxelab=$(BUILD)/rxelab \
			'/^@/ { fflush(); system(rxelab " " substr($$0, 2)); next } 1' | scdoc >$(@D)/$$(basename $$f .scd) || exit 1; \
	done && touch $@
$(COMPLETIONS): $(BUILD)/rxelab
	@mkdir -p $(@D)
	$(Q)$< __completion $(notdir $(@D)) >$@

# docs/reference/lab.schema.json anew, after a change of the keys of a lab (tests/py/test_lab_schema.py compares)
schema: $(BUILD)/rxelab
	$(Q)$< __schema | tests/lab-schema docs/reference/lab.schema.json >$(BUILD)/lab.schema.json
	$(Q)cp $(BUILD)/lab.schema.json docs/reference/

need-libs:
	@pkg-config --exists $(PKGS) 2>/dev/null && command -v scdoc >/dev/null || { missing=; \
	command -v pkg-config >/dev/null || missing=" pkg-config"; command -v scdoc >/dev/null || missing="$$missing scdoc"; \
	for l in $(LIBS); do pkg-config --exists $${l%:*} 2>/dev/null || missing="$$missing $${l#*:}"; done; \
	echo "rxelab cannot be built: missing packages:$$missing; install them with: make deps" >&2; exit 1; }

deps:
	$(Q)tests/run-deps build $(DEPS_build) -- vm $(DEPS_vm) -- test $(DEPS_test)
# for a host that builds and runs it: no QEMU, no clang
deps-build:
	$(Q)tests/run-deps build $(DEPS_build)
deps-full: deps
	$(Q)tests/run-deps full $(DEPS_full)

# modes are said, not left to the umask; either variable may have a space in it
dest = "$(DESTDIR)$(PREFIX)"
# below share/doc as in the tree, so that links between pages work
DOCS = tutorial how-to explanation reference dev
install: all
	$(call say,INST,$(dest))install -d $(foreach dir,bin libexec/rxelab/guest share/man/man8 share/man/man5 \
		share/bash-completion/completions share/zsh/site-functions share/fish/vendor_completions.d \
		lib/systemd/system,$(dest)/$(dir))
	$(Q)sed 's|@bindir@|$(PREFIX)/bin|' tools/systemd/rxelab@.service.in | \
		install -m 644 /dev/stdin $(dest)/lib/systemd/system/rxelab@.service
	$(Q)install -m 755 $(BUILD)/rxelab $(dest)/bin/
	$(Q)install -m 755 $(BUILD)/rxe-cni $(BUILD)/census tools/vm/fetch-kernel tools/vm/private-apt \
		tools/vm/stage-tree $(dest)/libexec/rxelab/
	$(Q)install -m 755 tools/vm/guest/* $(dest)/libexec/rxelab/guest/
	$(Q)cp -r tools/suites $(dest)/libexec/rxelab/ && chmod -R u=rwX,go=rX $(dest)/libexec/rxelab/suites
	$(Q)rm -rf $(dest)/share/doc/rxelab && install -d $(dest)/share/doc/rxelab/docs
	$(Q)install -m 644 COPYING README.md CHANGELOG.md SECURITY.md CONTRIBUTING.md $(dest)/share/doc/rxelab/
	$(Q)cp -r $(addprefix docs/,$(DOCS)) $(dest)/share/doc/rxelab/docs/ && chmod -R u=rwX,go=rX $(dest)/share/doc/rxelab
	$(Q)for s in 5 8; do for f in $(BUILD)/man/*.$$s; do [ ! -e $$f ] || \
		install -m 644 $$f $(dest)/share/man/man$$s/ || exit 1; done; done
	$(Q)install -m 644 $(BUILD)/completion/bash/rxelab $(dest)/share/bash-completion/completions/
	$(Q)install -m 644 $(BUILD)/completion/zsh/_rxelab $(dest)/share/zsh/site-functions/
	$(Q)install -m 644 $(BUILD)/completion/fish/rxelab.fish $(dest)/share/fish/vendor_completions.d/
uninstall:
	$(Q)cd $(dest) && rm -rf libexec/rxelab share/doc/rxelab && rm -f bin/rxelab share/man/man8/rxelab.8 \
		share/man/man8/rxelab-*.8 share/man/man8/rxe-cni.8 share/man/man5/rxelab-*.5 share/bash-completion/completions/rxelab \
		share/zsh/site-functions/_rxelab share/fish/vendor_completions.d/rxelab.fish lib/systemd/system/rxelab@.service && \
		{ rmdir --ignore-fail-on-non-empty libexec share/doc lib/systemd/system lib/systemd share/bash-completion/completions \
		share/bash-completion share/zsh/site-functions share/zsh share/fish/vendor_completions.d share/fish share/man/man8 share/man/man5 2>/dev/null || :; }

# a tarball of the commit, the same bytes each time; it builds without git
DIST = $(BUILD)/rxelab-$(VERSION).tar.xz
dist:
	@mkdir -p $(BUILD)
	$(call say,DIST,$(DIST))git archive --prefix=rxelab-$(VERSION)/ HEAD | xz >$(DIST)
# Debian packages of the commit, into $(BUILD)/deb; tests/packages/run builds them in clean roots
deb: dist
	$(Q)rm -rf $(BUILD)/deb && mkdir $(BUILD)/deb && tar -xf $(DIST) -C $(BUILD)/deb
	$(Q)cd $(BUILD)/deb/rxelab-$(VERSION) && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc -b
	$(Q)rm -rf $(BUILD)/deb/rxelab-$(VERSION) && ls $(BUILD)/deb/*.deb

demo:
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(BUILD)/rxelab vm --kernel $(KERNEL) --timeout 300 -- bash tests/demo.sh

# everything that a tier runs is built first; the runner closes with "N passed, N failed, N skipped"
fuzz-programs:
	$(Q)if command -v clang >/dev/null; then $(MAKE) --no-print-directory FUZZ=1 fuzzers; fi
test-programs: all unit-tests
	$(Q)$(MAKE) --no-print-directory SAN=1 build-san/rxelab build-san/rxe-cni unit-tests
check: test-programs
	$(Q)tests/run-tests unit cli py style
test: test-programs fuzz-programs
	$(Q)tests/run-tests unit cli py style fuzz vm
# what .ci/run has in place of make test: all cases of the VM on two kernels
ci: test-programs fuzz-programs
	$(Q)tests/run-tests unit cli places py style mutants fuzz vm-ci
# what only these two hold writes docs/dev/results; make results: how old that is
test-full: test-programs fuzz-programs $(BUILD)/module/cycles
	$(Q)RECORD=1 FUZZ_SECONDS=300 tests/run-tests unit cli py style fuzz valgrind vm-full reliability \
		pages kernels module packages with-lab hosts
# the kernel x feature table of FILES, results of rxelab kernels test --json; without, of new runs on six kernels, which are kept
kernels-doc: all
	$(Q)tests/kernels/doc $(FILES)
# overnight: 2,000 cycles of churn on each of two kernels, the rebuilt module on a kernel with KASAN and
# lockdep, long fuzzing
soak: test-programs fuzz-programs $(BUILD)/module/cycles
	$(Q)RECORD=1 FUZZ_SECONDS=$${FUZZ_SECONDS:-1800} tests/run-tests soak fuzz
# do the tests see small faults? tests/mutants has them; what survives boots one guest (KERNEL=SUITE)
mutants: all unit-tests
	$(Q)tests/mutants/run $(NAMES)
# how old the results of the long parts are, and which part has never run
results:
	$(Q)tests/results list
$(BUILD)/bench/floor: tests/bench/floor.c
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -lmnl
# the cycles of tests/module: rxelab's libraries, but no command
$(BUILD)/module/cycles: $(call obj,$(wildcard tests/module/cycles/*.c)) $(LIBRARIES)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
BENCH_MEMORY ?= 9216
bench: all $(BUILD)/bench/floor
	$(Q)$(BUILD)/rxelab vm --kernel $(KERNEL) --memory $(BENCH_MEMORY) --timeout 14400 -- bash tests/bench/scale.sh | \
		python3 tests/bench/scale-table.py $(BUILD)/bench
	$(Q)$(BUILD)/rxelab vm --kernel $(KERNEL) --memory 4096 -- bash tests/bench.sh
lint:
	$(Q)tests/run-lint
$(BUILD)/kmod-helpers/modules/kmod.o: CPPFLAGS += -DRX_LIBKMOD=$(call soname,libkmod)
$(BUILD)/tools/cmd-capture.o: CPPFLAGS += -DRX_LIBPCAP=$(call soname,libpcap)
$(BUILD)/tools/page/page.o: CPPFLAGS += -DRX_LIBXSLT=$(call soname,libxslt)
# made anew when the commit changes; where nothing tells it, what was built stays
$(BUILD)/tools/cli/version.o: $(BUILD)/commit
$(BUILD)/tools/cli/version.o: CPPFLAGS += -DRX_COMMIT='"$(or $(COMMIT),unknown)"' \
	-DRX_LIBRARIES='"$(shell for l in $(PKGS); do echo "$$l $$(pkg-config --modversion $$l)"; done | paste -sd, | sed 's/,/, /g')"'
$(BUILD)/commit: FORCE
	@mkdir -p $(@D)
	@[ -e $@ -a -z '$(COMMIT)' ] || echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@
FORCE:
# .incbin is no dependency that the compiler could write down
$(BUILD)/kmod-helpers/build/files.o: $(wildcard kmod-helpers/wrappers/*.c)
$(BUILD)/tools/churn/kmsg.o: tools/suites/kernel-lines
$(BUILD)/tools/cli/commands.o: $(wildcard docs/man/*.txt)
$(BUILD)/tools/page/page.o: $(wildcard tools/page/*.xsl)

clean:
	$(Q)rm -rf build build-san build-fuzz

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all FORCE schema deps deps-build deps-full install uninstall dist deb demo check test ci test-full soak mutants results kernels-doc bench lint clean need-libs unit-tests fuzzers \
	test-programs fuzz-programs
.SECONDARY:
