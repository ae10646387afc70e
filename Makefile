# SPDX-License-Identifier: MIT
#
# The façade: Meson does the work. On a fresh Debian 12 machine `make run` and
# `make test` install what is missing first.
#
#   make          build/loquatd and build/loquat
#   make run      build and start a server on port 4000
#   make test     everything that CI runs
#   make soak     the long version of the crash tests, of live files, of
#                 removals and of guesses
#   make fuzz     every fuzz target, FUZZ_SECONDS each (default 600)
#   make bench    loquat beside its peers and the floor, the short version
#   make bench-full    every peer, every scenario: about an hour
#   make bench-curves  how costs grow with size; draws docs/performance/
#   make bench-files    files beside nginx's sendfile, chat beside a file
#   make bench-gate    instructions per unit against bench/gate.json
#   make install  into PREFIX (default /usr/local)

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 600
PYTEST = /usr/bin/python3 -m pytest -p no:cacheprovider
SAN_ENV = ASAN_OPTIONS=handle_segv=2:detect_leaks=1:abort_on_error=0 \
          UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
          TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

.PHONY: all run test lint unit tsan smoke blackbox soak fuzz bench bench-full \
        bench-curves bench-files bench-gate bench-deps install clean deps \
        node-deps test-deps

all: deps build/build.ninja
	@ninja -C build --quiet

deps:
	@tools/deps.sh

test-deps:
	@tools/deps.sh tests

node-deps: test-deps
	@tools/node-deps.sh

build/build.ninja:
	@meson setup build >/dev/null

# One switch away: the same tree under a sanitizer, by clang.
build-asan/build.ninja:
	@CC=clang meson setup build-asan -Db_sanitize=address,undefined \
	  -Db_lundef=false -Dfuzz=true -Dwerror=true >/dev/null
build-tsan/build.ninja:
	@CC=clang meson setup build-tsan -Db_sanitize=thread -Db_lundef=false \
	  >/dev/null

run: all
	@echo "loquat: when the server listens, type in another terminal:"
	@echo "    nc localhost 4000            a name, then chat; /help lists the commands"
	@echo "    build/loquat localhost       the same rooms, with reconnection and history"
	@echo "  What you type here goes to everyone as [SERVER]; Ctrl-C stops politely."
	@exec build/loquatd

test: test-deps all lint unit tsan smoke blackbox

lint:
	@echo "== the layers and the sizes"
	@/usr/bin/python3 tools/layers.py
	@/usr/bin/python3 tools/sizes.py

unit: test-deps build-asan/build.ninja
	@echo "== unit tests under ASan and UBSan"
	@ninja -C build-asan --quiet
	@$(SAN_ENV) meson test -C build-asan --no-rebuild -t 4 --suite unit

tsan: test-deps build-tsan/build.ninja
	@echo "== the threaded parts under TSan"
	@ninja -C build-tsan --quiet
	@$(SAN_ENV) meson test -C build-tsan --no-rebuild -t 4 \
	  base/log base/metrics blob/blob blob/blob_grow store/backup_load \
	  hub/mailbox hub/readers hub/movers hub/hashers hub/core \
	  hub/core_files hub/fanout net/wake edge/worker \
	  edge/conn_files edge/conn_secure edge/conn_websocket
	@echo "== a server under TSan, driven over its port"
	@LOQUAT_BUILD=build-tsan TSAN_OPTIONS=second_deadlock_stack=1 $(PYTEST) \
	  -q -n 2 -rs tests/test_native.py tests/test_limits.py \
	  tests/test_dialogue.py tests/test_native_files.py \
	  tests/test_http_files.py tests/test_line_files.py
	@LOQUAT_BUILD=build-tsan LOQUAT_RACES=100 \
	  TSAN_OPTIONS=second_deadlock_stack=1 $(PYTEST) -q -n 2 -rs \
	  tests/test_removal.py tests/test_matrix.py tests/test_admin.py \
	  tests/test_tls.py \
	  -k "(native or not matrix) and not sslscan and not testssl"

smoke: unit
	@echo "== every fuzz target for 20 seconds"
	@$(SAN_ENV) tools/fuzz.sh build-asan 20

blackbox: all unit node-deps
	@echo "== black-box tests: real servers, sockets, clients"
	@$(SAN_ENV) $(PYTEST) -v -n 2 -rsP tests

soak: all node-deps
	@LOQUAT_BUILD=build LOQUAT_KILL_ROUNDS=500 $(PYTEST) -q -rs -s tests/test_crash.py
	@LOQUAT_BUILD=build LOQUAT_CUTS=20 LOQUAT_BIG=1 $(PYTEST) -q -rs -s \
	  tests/test_files_crash.py tests/test_files_live.py
	@LOQUAT_BUILD=build LOQUAT_RACES=1000 LOQUAT_GUESSES=1000 $(PYTEST) -q \
	  -rs -s tests/test_removal.py tests/test_guesses.py

fuzz: test-deps build-asan/build.ninja
	@ninja -C build-asan --quiet
	@$(SAN_ENV) tools/fuzz.sh build-asan $(FUZZ_SECONDS)

bench-deps: all
	@tools/bench-deps.sh

bench: bench-deps
	@/usr/bin/python3 bench/run.py short

bench-full: bench-deps
	@/usr/bin/python3 bench/run.py full

bench-curves: bench-deps
	@/usr/bin/python3 bench/curves.py

bench-files: bench-deps
	@/usr/bin/python3 bench/files.py short

bench-gate: bench-deps
	@/usr/bin/python3 bench/gate.py

install: all
	@meson configure build -Dprefix=$(PREFIX)
	@meson install -C build

clean:
	@rm -rf build build-asan build-tsan
