# The commands of the README, and a few more. `make help` lists them.
# `make up` and `make test` install what they need from Debian's packages (tools/packages.txt), also on a fresh machine.

DIR ?= nodes
HANSE = build/release/hanse
TEST_JOBS ?= 2

.PHONY: help packages sim sim-mutants build up down status test test-unit test-asan test-tsan test-e2e interop coverage fuzz bench format clean

help:
	@echo "make up         a running chain of four nodes with a contract on it, in $(DIR)/"
	@echo "make status     its nodes, heights, peers, ports"
	@echo "make down       stops it"
	@echo "make test       everything: release and ASan+UBSan unit and golden tests, real four-node chains, TSan"
	@echo "make build      build/release/hanse"
	@echo "make test-unit | test-asan | test-tsan | test-e2e | interop      parts of make test; interop: public SDKs against a chain"
	@echo "make interop SDKS=FOLDER   also those that only exist as checkouts (docs/sdks.md)"
	@echo "make coverage   lines and branches that the unit, golden and simulation tests reach, by floor"
	@echo "make fuzz       every fuzz target for 60 seconds (clang)"
	@echo "make sim        whole networks in simulated time: 1000 seeds, all kinds of faults"
	@echo "make sim-mutants  does the simulator find hand-made bugs?"
	@echo "make bench      the benchmarks of bench/"

packages:
	@tools/install_packages.sh

build: packages
	@cmake --preset release >build-release.log 2>&1 || { cat build-release.log; exit 1; }
	@cmake --build build/release --target hanse
	@rm -f build-release.log

up: build
	@DIR=$(DIR) tools/demo.sh

down:
	@$(HANSE) chain down -o $(DIR)

status:
	@$(HANSE) chain status -o $(DIR)

test: packages
	@TEST_JOBS=$(TEST_JOBS) tools/test.sh all

test-unit: packages
	@TEST_JOBS=$(TEST_JOBS) tools/test.sh release

test-asan: packages
	@TEST_JOBS=$(TEST_JOBS) tools/test.sh asan

test-tsan: packages
	@TEST_JOBS=$(TEST_JOBS) tools/test.sh tsan

test-e2e: packages
	@TEST_JOBS=$(TEST_JOBS) tools/test.sh e2e

interop: packages
	@SDKS='$(SDKS)' tools/test.sh interop

coverage: packages
	@TEST_JOBS=$(TEST_JOBS) tools/coverage.sh

fuzz: packages
	@tools/fuzz.sh 60

sim: build
	@$(HANSE) sim --seeds 1..1000 --jobs $(TEST_JOBS)

sim-mutants: packages
	@tools/sim_mutants.sh

bench: build
	@cmake --build build/release
	@cd build/release && for program in bench_*; do [ -x "$$program" ] && [ -f "$$program" ] && echo "== $$program" && ./$$program; done

format:
	@git ls-files 'src/*.[ch]' 'tests/*.[ch]' | xargs clang-format -i

clean:
	@rm -rf build
