# rl: `make` builds build/rl and its workers; `make help` lists the targets

PREFIX     ?= /usr/local
LIBEXECDIR ?= $(PREFIX)/libexec/rl
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
LDFLAGS    += -pie -Wl,-z,relro,-z,now,--as-needed

# The start path links jansson and libcap only; everything heavier is in a worker.
RL_LIBS       := -ljansson -lcap
TRANSFER_LIBS := -larchive -lcurl -lcrypto -ljansson
SECCOMP_LIBS  := -lseccomp -ljansson
SUBID_LIBS    := -lsubid

BASE_SRC     := $(wildcard runtime/base/*.c)
LIB_SRC      := $(wildcard runtime/*.c storage/*.c network/*.c userns/*.c)
CMD_SRC      := $(wildcard cmd/*.c)
TRANSFER_SRC := $(wildcard storage/transfer/*.c)

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

PROGRAMS := $(BUILD)/rl $(BUILD)/rl-transfer $(BUILD)/rl-seccomp $(BUILD)/rl-subid $(BUILD)/rl-init

.PHONY: all
all: $(PROGRAMS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libbase.a: $(call obj,$(BASE_SRC))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/librl.a: $(call obj,$(LIB_SRC))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/rl: $(call obj,$(CMD_SRC)) $(BUILD)/librl.a $(BUILD)/libbase.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(RL_LIBS) -o $@

$(BUILD)/rl-transfer: $(call obj,$(TRANSFER_SRC)) $(BUILD)/librl.a $(BUILD)/libbase.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(TRANSFER_LIBS) -o $@

$(BUILD)/rl-seccomp: $(call obj,runtime/worker/seccomp.c) $(BUILD)/libbase.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(SECCOMP_LIBS) -o $@

$(BUILD)/rl-subid: $(call obj,userns/worker/subid.c) $(BUILD)/libbase.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(SUBID_LIBS) -o $@

# PID 1 of --init: runs inside any image, so it is static and depends on nothing
$(BUILD)/rl-init: runtime/worker/init.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 $(WARNINGS) $(WERROR) -Os -static -s $< -o $@

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

$(SAN)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(filter-out -O2 -D_FORTIFY_SOURCE=2,$(CFLAGS)) $(SAN_FLAGS) -MMD -MP -c $< -o $@

$(SAN)/lib.a: $(SAN_LIB) $(SAN_CMD) $(SAN_XFER)
	@rm -f $@
	$(AR) rcs $@ $^

$(SAN)/test_%: $(SAN)/obj/tests/unit/test_%.o $(SAN)/lib.a
	$(CC) $(CFLAGS) $(SAN_FLAGS) $^ $(TRANSFER_LIBS) $(RL_LIBS) -lcmocka -o $@

.PRECIOUS: $(SAN)/obj/%.o $(BUILD)/obj/%.o
-include $(shell find $(SAN)/obj -name '*.d' 2>/dev/null)

.PHONY: unit
unit: $(UNIT)

.PHONY: clean
clean:
	rm -rf $(BUILD)
