# Fuse: one Makefile for everything. `make help` lists what it can do.
#
# Programs stand in build/; a variant (asan, fuzz, cov) in build/<variant>/.

VARIANT ?= release
B := $(if $(filter release,$(VARIANT)),build,build/$(VARIANT))
VERSION := 0.1.0
prefix ?= /usr/local
PYTHON := /usr/bin/python3

.DELETE_ON_ERROR:
# Keep the objects of tests, so that the next make need not build them again.
.SECONDARY:
.SUFFIXES:
.DEFAULT_GOAL := all

# -- packages (Debian 12 names) ------------------------------------------------------------
DEPS := gcc binutils libc6-dev make gzip libevent-dev libseccomp-dev liblmdb-dev libsodium-dev libjansson-dev \
	libssl-dev libpaho-mqtt-dev libyajl-dev libzstd-dev libmicrohttpd-dev libwslay-dev libgnutls28-dev libzip-dev libexpat1-dev
TEST_DEPS := libcmocka-dev python3-pytest python3-pytest-xdist python3-msgpack python3-psutil clang libclang-rt-14-dev \
	valgrind bash-completion socat \
	mosquitto mosquitto-clients openssl python3-jsonschema python3-cryptography python3-prometheus-client python3-websockets \
	curl nmap nodejs iproute2 vsftpd lftp python3-paho-mqtt python3-pil python3-pyftpdlib python3-openssl zip unzip \
	ffmpeg gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad glib-networking
# The stories in a browser (tests/browser), and what they need from npm.
TEST_DEPS += chromium chromium-driver python3-selenium
TEST_NPM := axe-core@4.14.1

# -- flags ----------------------------------------------------------------------------------
CC := gcc
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wcast-qual \
	-Wwrite-strings -Wundef -Wimplicit-fallthrough -Wswitch-enum -Wconversion $(if $(CI),-Werror)
HARDEN := -fstack-protector-strong -ftrivial-auto-var-init=zero -fno-common -fPIE
BASE := -std=gnu17 -D_GNU_SOURCE -DFUSE_VERSION='"$(VERSION)"' -I. -MMD -MP -g

ifeq ($(VARIANT),release)
CFLAGS := -O2 -D_FORTIFY_SOURCE=2 $(HARDEN) -fstack-clash-protection
LDFLAGS := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
ifeq ($(shell uname -m),x86_64)
CFLAGS += -fcf-protection=full
endif
else ifeq ($(VARIANT),asan)
CFLAGS := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS := -fsanitize=address,undefined -Wl,--as-needed
else ifeq ($(VARIANT),fuzz)
CC := clang
CFLAGS := -O1 -DFUSE_FUZZ -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS := -fsanitize=address,undefined -Wl,--as-needed
else
$(error VARIANT is release, asan or fuzz)
endif

# `make V=1` shows whole command lines.
ifeq ($(V),1)
say = @true
Q :=
else
say = @printf '  %-5s %s\n'
Q := @
endif

# -- what is built ----------------------------------------------------------------------------
# A program is a folder: main.c and the files that its tests may link too.
PROGRAMS := fused fusectl fuse-stored fuse-filechk fuse-worker fuse-upload fuse-virtual fuse-httpd fuse-discovery fuse-gatewayd
DIR_fused := supervisor
DIR_fusectl := fusectl
DIR_fuse-stored := stored
DIR_fuse-filechk := stored/filechk
DIR_fuse-worker := worker/link
DIR_fuse-upload := worker/upload
DIR_fuse-virtual := worker/virtual
DIR_fuse-httpd := httpd
DIR_fuse-discovery := discovery
DIR_fuse-gatewayd := gatewayd

LIBS_fused := -levent_core
LIBS_fusectl := -levent_core -ljansson -lm
LIBS_fuse-stored := -levent_core -lseccomp -llmdb -lsodium -ljansson -lcrypto
LIBS_fuse-filechk := -levent_core -lseccomp -lzip -lexpat -ljansson -lcrypto -lm
# A copy of Paho's static library in which these calls of its go to ours (worker/link/paho_calls.c): that gives it our
# verification and a quick connect, bounds what it reads, and leaves every other caller of them alone.
PAHO_CALLS := poll usleep pthread_cond_signal pthread_cond_timedwait socket connect getsockopt close stat fopen getenv \
	free SSL_CTX_new SSL_CTX_set_verify SSL_CTX_set_info_callback SSL_CTX_set_msg_callback SSL_read SSL_write
# These of its own functions give way to ours (worker/link/paho_heap.c): its bookkeeping of each block
# and each call, and its trace.
PAHO_GIVES_WAY := mymalloc myrealloc myfree StackTrace_entry StackTrace_exit Log
PAHO_SOURCE = $(shell $(CC) -print-file-name=libpaho-mqtt3as.a)
PAHO := $(B)/obj/libpaho.a
LIBS_fuse-worker := $(PAHO) -levent_core -lseccomp -lssl -lcrypto -lyajl -lzstd -ljansson -lm
LIBS_fuse-upload := -levent_core -lseccomp -lssl -lcrypto
LIBS_fuse-virtual := -levent_core -lseccomp -lssl -lcrypto -ljansson -lyajl -lm
LIBS_fuse-httpd := -levent_core -lseccomp -lmicrohttpd -lgnutls -lwslay -ljansson -lcrypto -lm
LIBS_fuse-discovery := -levent_core -lseccomp -lssl -lcrypto -ljansson -lm
LIBS_fuse-gatewayd := -levent_core -lseccomp

BINS := $(addprefix $(B)/,$(PROGRAMS))
LAYERS := common ipc printer $(foreach p,$(PROGRAMS),$(DIR_$(p)))
sources = $(filter-out $(1)/main.c $(1)/gen_%.c,$(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))
archive = $(B)/obj/$(subst /,-,$(1)).a

.PHONY: all
all: $(BINS)

define layer_rules
$(call archive,$(1)): $(call objects,$(call sources,$(1)))
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$(l))))

$(PAHO): Makefile
	@mkdir -p $(@D)
	$(say) PAHO $@
	$(Q)objcopy $(foreach call,$(PAHO_CALLS),--redefine-sym $(call)=paho_$(call)) \
		$(foreach own,$(PAHO_GIVES_WAY),--weaken-symbol $(own)) $(PAHO_SOURCE) $@
$(B)/fuse-worker: | $(PAHO)

define program_rules
$(B)/$(1): $(B)/obj/$(DIR_$(1))/main.o $(call archive,$(DIR_$(1))) $(call archive,printer) $(call archive,ipc) $(call archive,common)
	$$(say) LINK $$@
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $(LIBS_$(1))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rules,$(p))))

$(B)/obj/%.a:
	@rm -f $@
	$(say) AR $@
	$(Q)ar rcsD $@ $(filter %.o,$^)

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(BASE) $(WARN) $(CFLAGS) -c -o $@ $<

# No chain of certificates is judged by a clock that stands before this build: SOURCE_DATE_EPOCH where that is set
# (reproducible builds), else the newest commit's date, else that of the version.
VERSION_EPOCH := 1795305600
FUSE_BUILD_EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),$(VERSION_EPOCH))
$(B)/obj/common/tls_judge.o: BASE += -DFUSE_BUILD_EPOCH=$(FUSE_BUILD_EPOCH)

GENERATORS := $(patsubst ipc/gen_%.c,$(B)/gen-%,$(wildcard ipc/gen_*.c))

# The completion script is part of fusectl (fusectl/completion.c).
$(B)/obj/fusectl/completion.o: etc/fusectl.bash
# … and the description of REST of fuse-httpd (httpd/openapi.c).
$(B)/obj/httpd/openapi.o: docs/openapi.json
# … and the web UI (httpd/assets.c). Folders are named too: their times tell of files that came or went.
$(B)/gen/httpd/assets.def: etc/embed-www $(shell find www)
	@mkdir -p $(@D)
	$(say) PACK $@
	$(Q)etc/embed-www www $(B)/gen/www > $@
$(B)/obj/httpd/assets.o: $(B)/gen/httpd/assets.def
$(B)/obj/httpd/assets.o: BASE += -I$(B)/gen

# -- tests ------------------------------------------------------------------------------------
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
RIG := $(patsubst tests/rig/%.c,$(B)/tests/%,$(wildcard tests/rig/*.c))
BENCH := $(patsubst tests/bench/%.c,$(B)/tests/%,$(wildcard tests/bench/*.c))
# Program archives come before the layers that they stand on.
ARCHIVES := $(foreach l,$(filter-out common ipc printer,$(LAYERS)),$(call archive,$(l))) $(call archive,printer) \
	$(call archive,ipc) $(call archive,common)
TEST_LIBS := $(PAHO) -levent_core -lseccomp -llmdb -lsodium -ljansson -lssl -lcrypto -lyajl -lzstd -lmicrohttpd -lgnutls \
	-lwslay -lzip -lexpat -lm

$(B)/tests/%: $(B)/obj/tests/unit/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(TEST_LIBS) -lcmocka
$(B)/tests/%: $(B)/obj/tests/rig/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(TEST_LIBS)
$(B)/tests/%: $(B)/obj/tests/bench/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(TEST_LIBS)
# The switchboard's bench is built with a table that has a row of 4 KB (tests/bench/wide/ipc/messages.def).
WIDE := $(patsubst %.c,$(B)/obj/wide/%.o,$(call sources,ipc) supervisor/switchboard.c supervisor/law.c \
	supervisor/retained.c supervisor/shelf.c tests/bench/bench_switchboard.c)
$(B)/obj/wide/%.o: %.c
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) -Itests/bench/wide $(BASE) $(WARN) $(CFLAGS) -c -o $@ $<
$(B)/tests/bench_switchboard: $(WIDE) $(call archive,common)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)
# A httpd whose deadlines pass twenty times as fast, for the test of what it does when nobody answers.
HURRY := $(B)/tests/hurry/fuse-httpd
$(B)/obj/hurry/%.o: %.c
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) -DPENDING_HURRY=20 -DUPLOAD_HURRY=10 -DQUEUE_HURRY=30 $(BASE) $(WARN) $(CFLAGS) -c -o $@ $<
$(HURRY): $(B)/obj/httpd/main.o $(B)/obj/hurry/httpd/pending.o $(B)/obj/hurry/httpd/stream.o $(B)/obj/hurry/httpd/server.o $(call archive,httpd) $(call archive,printer) \
		$(call archive,ipc) $(call archive,common)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_fuse-httpd)
# … and a fuse-upload that waits a tenth as long for printers.
HURRY_UPLOAD := $(B)/tests/hurry/fuse-upload
$(HURRY_UPLOAD): $(B)/obj/worker/upload/main.o $(addprefix $(B)/obj/hurry/worker/upload/,folder.o put.o session.o) \
		$(call archive,worker/upload) $(call archive,printer) $(call archive,ipc) $(call archive,common)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_fuse-upload)
tests: $(HURRY_UPLOAD)
# The programs with crash points at which they stand still (common/crashpoint.h), beside the others.
# Time passes quicker in these parts of them, so that stories see what comes of it.
HURRIED_fuse-worker := $(patsubst %.c,$(B)/obj/hurry/%.o,$(wildcard worker/link/queue*.c))
HURRIED_fuse-upload := $(addprefix $(B)/obj/hurry/worker/upload/,folder.o put.o session.o)
HOLD := $(addprefix $(B)/hold/,$(PROGRAMS))
define hold_rules
$(B)/hold/$(1): $(B)/obj/$(DIR_$(1))/main.o $(B)/obj/tests/hold/crashpoint.o $(HURRIED_$(1)) $(call archive,$(DIR_$(1))) $(call archive,printer) \
		$(call archive,ipc) $(call archive,common)
	@mkdir -p $$(@D)
	$$(say) LINK $$@
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $(LIBS_$(1))
endef
$(foreach p,fused fuse-stored fuse-worker fuse-upload,$(eval $(call hold_rules,$(p))))
$(B)/hold/fuse-worker: | $(PAHO)
$(filter-out $(addprefix $(B)/hold/,fused fuse-stored fuse-worker fuse-upload),$(HOLD)): $(B)/hold/%: $(B)/%
	@mkdir -p $(@D)
	$(Q)ln -f $< $@
# A fuzz target runs under libFuzzer in the fuzz variant; elsewhere it replays files.
ifeq ($(VARIANT),fuzz)
$(B)/tests/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $(ARCHIVES) $(TEST_LIBS)
else
$(B)/tests/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/replay.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/obj/tests/fuzz/replay.o $(ARCHIVES) $(TEST_LIBS)
endif

$(UNIT) $(FUZZ) $(RIG) $(BENCH): | $(PAHO)

.PHONY: tests
tests: $(BINS) $(UNIT) $(FUZZ) $(RIG) $(BENCH) $(HURRY) $(HOLD) $(GENERATORS)

# -- generated documentation -------------------------------------------------------------------
GENERATED := docs/ipc.md docs/settings.md docs/processes.md
$(B)/gen-%: $(B)/obj/ipc/gen_%.o $(call archive,ipc) $(call archive,common)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
docs/%.md: $(B)/gen-%
	$< > $@
.PHONY: docs
docs: $(GENERATED)

# -- what people call ---------------------------------------------------------------------------
.PHONY: help deps test-deps run test unit asan fuzz torture bench screenshots valgrind install clean
help:
	@echo 'make            build everything into build/'
	@echo 'make run        install what is missing, build, start Fuse (ARGS="--http …" for fused)'
	@echo 'make test       install what is missing, build, run every test'
	@echo 'make asan       all tests against a build with address and undefined-behaviour sanitizers'
	@echo 'make valgrind   the unit tests and the supervisor under valgrind'
	@echo 'make fuzz       FUZZ_RUNS=1000000 inputs for each parser'
	@echo 'make torture    TORTURE_RUNS=1000 kills while prints run: none twice, none lost, none done that is not'
	@echo 'make bench      measure the figures that the design promises'
	@echo 'make screenshots   every page of the web UI in both themes, wide and narrow, into build/screenshots'
	@echo 'make docs       write docs/ipc.md, docs/settings.md and docs/processes.md from their tables'
	@echo 'make install    into $$(DESTDIR)$$(prefix)'
	@echo 'make deps, make test-deps, make clean'

deps:
	@etc/install-packages $(DEPS)
test-deps: deps
	@etc/install-packages $(TEST_DEPS)
	@etc/install-npm build/node $(TEST_NPM)

run: deps
	@$(MAKE) --no-print-directory all
	exec build/fused $(ARGS)

test: test-deps
	@$(MAKE) --no-print-directory tests
	tests/run $(B)

unit: tests
	tests/run --unit $(B)

asan: test-deps
	@$(MAKE) --no-print-directory VARIANT=asan tests
	tests/run build/asan

valgrind: test-deps
	@$(MAKE) --no-print-directory tests
	tests/run --valgrind build

FUZZ_RUNS ?= 1000000
fuzz: test-deps
	@$(MAKE) --no-print-directory VARIANT=fuzz $(patsubst build/tests/%,build/fuzz/tests/%,$(filter build/tests/%,$(FUZZ)))
	tests/fuzz/run build/fuzz $(FUZZ_RUNS)

TORTURE_RUNS ?= 1000
torture: test-deps
	@$(MAKE) --no-print-directory tests
	$(PYTHON) tests/torture/run.py $(B) $(TORTURE_RUNS) $(TORTURE_SEED)

bench: test-deps
	@$(MAKE) --no-print-directory tests
	$(PYTHON) tests/bench/run.py $(B)

screenshots: test-deps
	@$(MAKE) --no-print-directory all
	$(PYTHON) tests/browser/screenshots.py $(B)

install: all
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/libexec/fuse
	install -d $(DESTDIR)$(prefix)/share/bash-completion/completions $(DESTDIR)$(prefix)/share/doc/fuse
	install -d $(DESTDIR)$(prefix)/lib/systemd/system $(DESTDIR)$(prefix)/lib/sysusers.d
	install -m 755 build/fused build/fusectl $(DESTDIR)$(prefix)/bin
	install -m 755 $(filter build/fuse-%,$(BINS)) $(DESTDIR)$(prefix)/libexec/fuse
	install -m 644 etc/fusectl.bash $(DESTDIR)$(prefix)/share/bash-completion/completions/fusectl
	install -m 644 etc/fused.conf README.md docs/*.md docs/openapi.json $(DESTDIR)$(prefix)/share/doc/fuse
	sed 's|@prefix@|$(prefix)|' etc/fuse.service > $(DESTDIR)$(prefix)/lib/systemd/system/fuse.service
	install -m 644 etc/sysusers.conf $(DESTDIR)$(prefix)/lib/sysusers.d/fuse.conf

clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
