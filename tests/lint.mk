# The static checks of `make lint`.  Each leaves a stamp below build/lint, so that only what changed is looked at
# again; a file's other checks follow its compilation with gcc, whose dependency file knows its headers.

LINT     := build/lint
GCC      ?= gcc
CLANG    ?= clang
INCLUDES := -I. -D_GNU_SOURCE -DRL_VERSION='"lint"' -DRL_LIBEXECDIR='"/lint"' -DRL_BINDIR='"/lint"' -std=gnu11
WARN     := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wwrite-strings -Wpointer-arith \
	-Wundef -Wformat=2 -Wno-format-nonliteral -Wold-style-definition -Wredundant-decls -Werror
GCC_WARN   := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wnull-dereference -Wjump-misses-init \
	-Walloca -Wstringop-overflow=4 -Wimplicit-fallthrough=5
CLANG_WARN := -Wunreachable-code-aggressive -Wcomma -Wno-unused-variable -Wassign-enum -Wloop-analysis \
	-Wtautological-compare -Wheader-hygiene -Wimplicit-fallthrough -Wno-missing-field-initializers

SRC     := $(shell git ls-files -co --exclude-standard '*.c')
HDR     := $(shell git ls-files -co --exclude-standard '*.h')
SHELLS  := $(shell git ls-files -co --exclude-standard '*.sh' '*.bash' '*.bats') \
	$(shell git ls-files -co --exclude-standard tests .ci | xargs -r grep -lE '^.!.*(/|env )(ba)?sh' | grep -vE '\.(sh|bats|bash)$$')
PRODUCT := $(filter-out tests/%,$(SRC))

stamps = $(patsubst %,$(LINT)/%.$(1),$(2))

.PHONY: all
all: $(call stamps,gcc,$(SRC)) $(call stamps,clang,$(SRC)) $(call stamps,tidy,$(SRC)) $(call stamps,cppcheck,$(PRODUCT)) \
	$(call stamps,alone,$(filter-out cmd/commands.h,$(HDR))) $(call stamps,format,$(SRC) $(HDR)) $(call stamps,rules,$(SRC) $(HDR)) \
	$(call stamps,shell,$(SHELLS)) $(LINT)/layout.ok $(LINT)/generated.ok

# a check that fails prints what is wrong and leaves no stamp
done = @mkdir -p $(@D) && touch $@

$(LINT)/%.c.gcc: %.c tests/lint.mk
	@mkdir -p $(@D)
	@$(GCC) $(INCLUDES) -O2 $(WARN) $(GCC_WARN) -MMD -MP -MF $(LINT)/$*.c.d -MT $@ -c $< -o /dev/null
	$(done)

$(LINT)/%.c.clang: %.c $(LINT)/%.c.gcc
	@$(CLANG) $(INCLUDES) -fsyntax-only $(WARN) $(CLANG_WARN) $<
	$(done)

$(LINT)/%.c.tidy: %.c $(LINT)/%.c.gcc .clang-tidy
	@clang-tidy --quiet $< -- $(INCLUDES) 2>$@.log >$@.out || { cat $@.out; grep -v 'warnings\? generated' $@.log; exit 1; }
	$(done)

$(LINT)/%.c.cppcheck: %.c $(LINT)/%.c.gcc tests/cppcheck.supp
	@cppcheck -q -I. -D_GNU_SOURCE --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppressions-list=tests/cppcheck.supp --error-exitcode=1 --template=gcc $<
	$(done)

# a header that compiles alone and twice includes what it uses
$(LINT)/%.h.alone: %.h $(HDR) tests/lint.mk
	@printf '#include "%s"\n#include "%s"\n' $< $< | $(GCC) $(INCLUDES) $(WARN) -fsyntax-only -x c -
	$(done)

$(LINT)/%.format: % .clang-format
	@clang-format --dry-run -Werror $<
	$(done)

$(LINT)/%.rules: % tests/helpers/lint-rules
	@tests/helpers/lint-rules $<
	$(done)

$(LINT)/%.shell: % .shellcheckrc
	@shellcheck -x $<
	$(done)

# what stands at the top level, and that nothing is committed that should not be
$(LINT)/layout.ok: tests/helpers/lint-layout $(SRC) $(HDR) Makefile
	@tests/helpers/lint-layout
	$(done)

# completions and man pages are generated from the option tables and checked in
$(LINT)/generated.ok: $(PRODUCT) $(HDR) tests/helpers/lint-generated $(wildcard completions/* docs/man/*.1)
	@tests/helpers/lint-generated
	$(done)

.PRECIOUS: $(LINT)/%.c.gcc
-include $(patsubst %,$(LINT)/%.d,$(SRC))
