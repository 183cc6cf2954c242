# SPDX-License-Identifier: GPL-2.0-or-later
# V=1 shows the commands, SAN=1 builds with AddressSanitizer and UndefinedBehaviorSanitizer.

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build$(if $(SAN),-san)
CC ?= gcc
PKGS = libnl-3.0 libnl-route-3.0 libmnl libibverbs librdmacm libkmod jansson libfyaml libarchive

CFLAGS ?= -O2 -g
CFLAGS += -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wno-missing-field-initializers -Werror=implicit-function-declaration -D_GNU_SOURCE -pthread
CFLAGS += -fstack-protector-strong $(if $(SAN),-fsanitize=address$(comma)undefined -fno-omit-frame-pointer,)
comma := ,
CPPFLAGS += $(shell pkg-config --cflags $(PKGS) 2>/dev/null) -MMD -MP
LDLIBS += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -ldl -lm -pthread
Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2);)

NETNS_SRC = $(wildcard netns/*.c)
KMOD_SRC = $(wildcard kmod-helpers/*.c)
TOOLS_SRC = $(wildcard tools/*.c) $(wildcard tools/verbs/*.c) $(wildcard tools/vm/*.c)
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))

all: $(BUILD)/rxelab

$(BUILD)/librxelab.a: $(call obj,$(NETNS_SRC))
	$(call say,AR,$@)rm -f $@; $(AR) rcs $@ $^
$(BUILD)/librxelab-kmod.a: $(call obj,$(KMOD_SRC))
	$(call say,AR,$@)rm -f $@; $(AR) rcs $@ $^
$(BUILD)/rxelab: $(call obj,$(TOOLS_SRC)) $(BUILD)/librxelab-kmod.a $(BUILD)/librxelab.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

clean:
	$(Q)rm -rf build build-san

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all clean
