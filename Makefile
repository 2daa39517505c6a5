# rl: `make` builds build/rl and its workers; `make help` lists the targets

PREFIX     ?= /usr/local
LIBEXECDIR ?= $(PREFIX)/libexec/rl
MANDIR     ?= $(PREFIX)/share/man
UNITDIR    ?= $(PREFIX)/lib/systemd/user
GENERATORS ?= $(PREFIX)/lib/systemd
# AppArmor reads /etc alone; what is installed for one user lies there for an administrator to take
APPARMORDIR ?= $(if $(filter /usr /usr/%,$(PREFIX)),/etc,$(PREFIX)/share/rl)/apparmor.d
# profile for rl itself: only AppArmor 4 can parse it
APPARMOR_USERNS ?= $(if $(wildcard /etc/apparmor.d/abi/4.0),yes,no)
DESTDIR    ?=
CC         ?= cc
BUILD      ?= build
WERROR     ?=
PKG_CONFIG ?= pkg-config

VERSION    := 0.1.0

WARNINGS   := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wwrite-strings \
	-Wpointer-arith -Wundef -Wformat=2 -Wno-format-nonliteral
HARDENING  := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CPPFLAGS   += -I. -D_GNU_SOURCE -DRL_VERSION='"$(VERSION)"' -DRL_LIBEXECDIR='"$(LIBEXECDIR)"'
CFLAGS     ?= -O2 -g
CFLAGS     += -std=gnu11 $(WARNINGS) $(WERROR) $(HARDENING)
LDFLAGS    += -Wl,-z,relro,-z,now,--as-needed

# The start path links jansson and libcap (and what of libm the weights of a cgroup take) only; everything heavier is in a worker.
RL_LIBS       := -ljansson -lcap -lm
TRANSFER_LIBS := -larchive -lz -lzstd -lcurl -lcrypto -lsodium -ljansson
SECCOMP_LIBS  := -lseccomp -ljansson
SYSTEMD_LIBS  := -lsystemd
SUBID_LIBS    := -lsubid -ljansson

# The worker decompresses gzip with ISA-L where it is there, else, or with ISAL=no, with zlib.
ISAL ?= $(shell $(PKG_CONFIG) --exists libisal 2>/dev/null && echo yes)
ifeq ($(ISAL),yes)
CPPFLAGS      += -DRL_ISAL
TRANSFER_LIBS += -lisal
endif

# A statically linked rl starts faster and lets a monitor be smaller; it is linked dynamically where the distribution
# has no archives of its libraries, or with STATIC=no.
STATIC ?= $(shell echo 'int main(void) { return 0; }' | $(CC) -x c -static-pie - $(RL_LIBS) -o /dev/null 2>/dev/null && echo yes)
RL_LINK  = $(if $(filter yes,$(STATIC)),-static-pie,-pie)

BASE_SRC     := $(wildcard runtime/base/*.c)
LIB_SRC      := $(wildcard runtime/*.c runtime/quadlet/*.c storage/*.c network/*.c userns/*.c)
CMD_SRC      := $(wildcard cmd/*.c)
TRANSFER_SRC := $(wildcard storage/transfer/*.c)

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

# `make V=1` shows the commands themselves
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)

# Everything is compiled again when the compiler or its flags change (PREFIX is in them); -Werror changes no code.
FLAGS := $(CC) $(CPPFLAGS) $(filter-out -Werror,$(CFLAGS))
ifneq ($(file <$(BUILD)/flags),$(FLAGS))
$(shell mkdir -p $(BUILD))
$(file >$(BUILD)/flags,$(FLAGS))
endif

WORKERS := $(addprefix $(BUILD)/rl-,transfer seccomp subid journal scope quadlet init exec idle.so)

.PHONY: all
all: $(BUILD)/rl $(WORKERS) ## Build (the default)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libbase.a: $(call obj,$(BASE_SRC))
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(BUILD)/librl.a: $(call obj,$(LIB_SRC))
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(BUILD)/rl: $(call obj,$(CMD_SRC)) $(BUILD)/librl.a $(BUILD)/libbase.a
	$(call say,LD)$(CC) $(CFLAGS) $(RL_LINK) $(LDFLAGS) $^ $(RL_LIBS) -o $@

$(BUILD)/rl-transfer: $(call obj,$(TRANSFER_SRC)) $(BUILD)/librl.a $(BUILD)/libbase.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LDFLAGS) $^ $(TRANSFER_LIBS) -o $@

$(BUILD)/rl-seccomp: $(call obj,runtime/worker/seccomp.c) $(BUILD)/libbase.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LDFLAGS) $^ $(SECCOMP_LIBS) -o $@

$(BUILD)/rl-subid: $(call obj,userns/worker/subid.c) $(BUILD)/libbase.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LDFLAGS) $^ $(SUBID_LIBS) -o $@

$(BUILD)/rl-journal: $(call obj,runtime/worker/journal.c) $(BUILD)/libbase.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LDFLAGS) $^ $(SYSTEMD_LIBS) -o $@

$(BUILD)/rl-scope: $(call obj,runtime/worker/scope.c) $(BUILD)/libbase.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LDFLAGS) $^ $(SYSTEMD_LIBS) -o $@

$(BUILD)/obj/runtime/worker/quadlet.o: CPPFLAGS += -DRL_BINDIR='"$(PREFIX)/bin"'
$(BUILD)/rl-quadlet: $(call obj,runtime/worker/quadlet.c) $(BUILD)/librl.a $(BUILD)/libbase.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LDFLAGS) $^ -o $@

# PID 1 of --init: runs inside any image, so it is static and depends on nothing
$(BUILD)/rl-init: runtime/worker/init.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CPPFLAGS) -std=gnu11 $(WARNINGS) $(WERROR) -Os -static -s $< -o $@

# The step into the container: freestanding, so that nothing of the image's is loaded into it
$(BUILD)/rl-exec: runtime/worker/exec.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -std=gnu11 $(WARNINGS) $(WERROR) -Os -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables \
		-fno-pie -nostdlib -static -s -Wl,--build-id=none,-z,noexecstack $< -o $@

# preloaded into slirp4netns
$(BUILD)/rl-idle.so: network/worker/idle.c runtime/base/trim.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CPPFLAGS) -std=gnu11 $(WARNINGS) $(WERROR) -Os -fPIC -shared -s $(LDFLAGS) $(filter %.c,$^) -o $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# Unit tests: one program per source file, everything under ASan and UBSan, with cmocka.
SAN       := $(BUILD)/san
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1
UNIT_SRC  := $(wildcard tests/unit/test_*.c)
UNIT      := $(patsubst tests/unit/%.c,$(SAN)/%,$(UNIT_SRC))
SAN_LIB   := $(patsubst %.c,$(SAN)/obj/%.o,$(BASE_SRC) $(LIB_SRC))
# without the program's main(): the option tables and the template engine are tested as they are
SAN_CMD   := $(patsubst %.c,$(SAN)/obj/%.o,$(filter-out cmd/main.c,$(CMD_SRC)))
SAN_XFER  := $(patsubst %.c,$(SAN)/obj/%.o,$(filter-out storage/transfer/main.c,$(TRANSFER_SRC)))

$(SAN)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(filter-out -O2 -D_FORTIFY_SOURCE=2,$(CFLAGS)) $(SAN_FLAGS) -MMD -MP -c $< -o $@

$(SAN)/lib.a: $(SAN_LIB) $(SAN_CMD) $(SAN_XFER)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(SAN)/test_%: $(SAN)/obj/tests/unit/test_%.o $(SAN)/lib.a
	$(call say,LD)$(CC) $(CFLAGS) $(SAN_FLAGS) $^ $(TRANSFER_LIBS) $(RL_LIBS) -lcmocka -o $@

.PRECIOUS: $(SAN)/obj/%.o $(BUILD)/obj/%.o
-include $(shell find $(SAN)/obj -name '*.d' 2>/dev/null)

# workers are looked for beside the program that needs them
$(SAN)/rl-subid: $(BUILD)/rl-subid
	@mkdir -p $(@D)
	ln -sf ../rl-subid $@

.PHONY: unit
unit: $(UNIT) $(SAN)/rl-subid ## Build the unit tests (make check runs them)

# Fuzz targets: with clang's libFuzzer under `make fuzz`, and with a driver that feeds the corpus under `make check`.
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
REPLAY    := $(patsubst tests/fuzz/%.c,$(SAN)/%,$(FUZZ_SRC))
FUZZ_TIME ?= 60

$(SAN)/fuzz_%: $(SAN)/obj/tests/fuzz/fuzz_%.o $(SAN)/obj/tests/fuzz/replay.o $(SAN)/lib.a
	$(call say,LD)$(CC) $(CFLAGS) $(SAN_FLAGS) $^ $(TRANSFER_LIBS) $(RL_LIBS) -o $@

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZ_TIME seconds (clang)
	FUZZ_TIME=$(FUZZ_TIME) tests/run-fuzz

# Helpers of the CLI tests: static, because they run inside images that hold nothing else.
HELPER_SRC := $(wildcard tests/helpers/*.c)
HELPERS    := $(patsubst tests/helpers/%.c,$(BUILD)/helpers/%,$(filter-out %/killat.c,$(HELPER_SRC))) $(BUILD)/helpers/killat.so $(BUILD)/helpers/rl-dynamic

# rl for what is preloaded: a statically linked one takes no notice of it
$(BUILD)/helpers/rl-dynamic: $(call obj,$(CMD_SRC)) $(BUILD)/librl.a $(BUILD)/libbase.a
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LDFLAGS) $^ $(RL_LIBS) -o $@

# parts of rl alone, for measuring: the engine on a bundle, an image with other owners
$(BUILD)/helpers/bundle $(BUILD)/helpers/shift: $(BUILD)/helpers/%: $(BUILD)/obj/tests/helpers/%.o $(BUILD)/librl.a $(BUILD)/libbase.a
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LDFLAGS) $^ $(RL_LIBS) -o $@

# a preloaded library
$(BUILD)/helpers/killat.so: tests/helpers/killat.c
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -D_GNU_SOURCE -std=gnu11 $(WARNINGS) $(WERROR) -O1 -fPIC -shared $< -o $@

$(BUILD)/helpers/%: tests/helpers/%.c
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -D_GNU_SOURCE -std=gnu11 $(WARNINGS) $(WERROR) -O1 -static $< -o $@

.PHONY: helpers
helpers: $(HELPERS)

.PHONY: deps
deps: ## Install what building and running needs (Debian, Ubuntu, Fedora)
	tests/helpers/deps.sh build run

.PHONY: demo
demo: ## Install what is missing, build, and run a container as an unprivileged user
	@tests/helpers/demo.sh

.PHONY: check
check: ## Build with warnings as errors and run all tests
	@tests/helpers/deps.sh build run test
	@$(MAKE) --no-print-directory WERROR=-Werror all unit helpers $(REPLAY)
	@tests/run-check

.PHONY: check-vm
check-vm: ## Test the installed rl in a virtual machine with systemd, as users who log in (Debian packages)
	@tests/helpers/deps.sh build vm
	@$(MAKE) --no-print-directory WERROR=-Werror all helpers
	@tests/vm/check --results $(BUILD)/vm

.PHONY: stress
stress: ## The tests with their full numbers: takes an hour
	@tests/helpers/deps.sh build run test
	@$(MAKE) --no-print-directory WERROR=-Werror all unit helpers $(REPLAY)
	@RL_STRESS=1 tests/run-check

.PHONY: lint
lint: ## Static checks; a second run only looks at what changed
	@tests/helpers/deps.sh build lint
	@$(MAKE) --no-print-directory -k -f tests/lint.mk -j$$(nproc) --output-sync=target

.PHONY: bench
bench: all ## Print the speed budgets as ratios to podman, crun and bwrap
	@tests/helpers/deps.sh run bench
	@tests/bench/bench

.PHONY: generated
generated: $(BUILD)/rl ## Write completions and man pages again, after a change of an option table
	tests/helpers/write-generated

MAN_PAGES       := $(wildcard docs/man/*.1)
COMPLETIONS     := $(wildcard completions/*)
completion_path  = $(PREFIX)/share/$(strip \
	$(if $(filter %.bash,$(1)),bash-completion/completions/rl) \
	$(if $(filter %/_rl,$(1)),zsh/site-functions/_rl) \
	$(if $(filter %.fish,$(1)),fish/vendor_completions.d/rl.fish))
install_completion = install -D -m 644 $(1) $(DESTDIR)$(call completion_path,$(1));

.PHONY: install
install: all ## Install below PREFIX (and DESTDIR)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(MANDIR)/man1
	install -m 755 $(BUILD)/rl $(DESTDIR)$(PREFIX)/bin/rl
	install -m 755 $(WORKERS) $(DESTDIR)$(LIBEXECDIR)
	install -m 644 $(MAN_PAGES) $(DESTDIR)$(MANDIR)/man1
	set -e; $(foreach c,$(COMPLETIONS),$(call install_completion,$(c)))
	install -d $(DESTDIR)$(UNITDIR)/default.target.wants
	sed 's,@BINDIR@,$(PREFIX)/bin,' runtime/rl-restart.service >$(BUILD)/rl-restart.service
	install -m 644 $(BUILD)/rl-restart.service $(DESTDIR)$(UNITDIR)/rl-restart.service
	ln -sf ../rl-restart.service $(DESTDIR)$(UNITDIR)/default.target.wants/rl-restart.service
	install -m 644 runtime/quadlet/rl-wait-network-online.service $(DESTDIR)$(UNITDIR)
	install -d $(DESTDIR)$(GENERATORS)/user-generators $(DESTDIR)$(GENERATORS)/system-generators
	ln -sf $(LIBEXECDIR)/rl-quadlet $(DESTDIR)$(GENERATORS)/user-generators/rl-user-generator
	ln -sf $(LIBEXECDIR)/rl-quadlet $(DESTDIR)$(GENERATORS)/system-generators/rl-system-generator
	install -d $(DESTDIR)$(APPARMORDIR)
	install -m 644 runtime/apparmor/rl-default $(DESTDIR)$(APPARMORDIR)/rl-default
ifeq ($(APPARMOR_USERNS),yes)
	sed 's,@BINDIR@,$(PREFIX)/bin,' runtime/apparmor/rl.in >$(BUILD)/rl.apparmor
	install -m 644 $(BUILD)/rl.apparmor $(DESTDIR)$(APPARMORDIR)/rl
endif

.PHONY: uninstall
uninstall: ## Remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/rl $(addprefix $(DESTDIR)$(LIBEXECDIR)/,$(notdir $(WORKERS)))
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man1/,$(notdir $(MAN_PAGES)))
	rm -f $(foreach c,$(COMPLETIONS),$(DESTDIR)$(call completion_path,$(c)))
	rm -f $(DESTDIR)$(UNITDIR)/rl-restart.service $(DESTDIR)$(UNITDIR)/default.target.wants/rl-restart.service
	rm -f $(DESTDIR)$(UNITDIR)/rl-wait-network-online.service
	rm -f $(DESTDIR)$(GENERATORS)/user-generators/rl-user-generator $(DESTDIR)$(GENERATORS)/system-generators/rl-system-generator
	rm -f $(DESTDIR)$(APPARMORDIR)/rl-default $(DESTDIR)$(APPARMORDIR)/rl
	-rmdir $(DESTDIR)$(LIBEXECDIR)

.PHONY: clean
clean: ## Remove what was built
	rm -rf $(BUILD)

.PHONY: coverage-cli
coverage-cli: $(BUILD)/rl ## Print which commands and options of podman and docker are there
	tests/helpers/coverage-cli

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | sort | expand -t 18
