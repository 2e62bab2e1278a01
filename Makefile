# Every target runs on a fresh Debian machine with a Rust toolchain; what is missing is installed with apt.
SHELL := /bin/bash
CARGO ?= cargo
PACKAGES := target/verify
BROWSER := target/browser

.PHONY: demo test lint unit counts sim bench bench-page contracts release test-packages deny

## demo: build, start a server and a receiver, send sample events, show every delivery, stay up until Ctrl-C
demo: tools
	$(CARGO) build -p postrider
	target/debug/postrider demo --events demo/events.json

## test: formatting, lints, every test, instruction counts; the simulation's seeds are among the tests
test: lint deny unit counts

lint: tools
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

unit: tools test-packages
	$(CARGO) build -p postrider
	scripts/with-postgres $(MAKE) --no-print-directory in-both-stores

# Every test, with a PostgreSQL for those that need one; then the black-box tests again, each on a database of its own.
.PHONY: in-both-stores
in-both-stores: export POSTRIDER_TEST_PACKAGES = required
in-both-stores:
	@if $(CARGO) nextest --version >/dev/null 2>&1; then set -ex; \
	  $(CARGO) nextest run --workspace --no-fail-fast; \
	  POSTRIDER_TEST_STORE=postgres $(CARGO) nextest run -p postrider-tests --no-fail-fast -E 'not test(/^postgres_/)'; \
	else set -ex; \
	  $(CARGO) test --workspace --no-fail-fast; \
	  POSTRIDER_TEST_STORE=postgres $(CARGO) test -p postrider-tests --no-fail-fast -- --skip postgres_; \
	fi

## counts: instructions of the hot path, held within 5 % of bench/counts/recorded.toml; RECORD=1 renews the record
counts: tools
	@scripts/need valgrind valgrind
	$(CARGO) build --profile counts -p postrider-counts
	target/counts/postrider-counts $(if $(RECORD),record,check)

## sim: the whole-system simulation, of one process and of several nodes, SEEDS seeds each beginning with FROM
SEEDS ?= 2000
FROM ?= 1
sim: tools
	$(CARGO) run --profile quick -p postrider-sim -- --seeds $(SEEDS) --from $(FROM)
	$(CARGO) run --profile quick -p postrider-sim -- --nodes --seeds $(SEEDS) --from $(FROM)

## bench: null sender and Postrider alternately, on both stores; ratio, latencies, CPU per delivery, memory
bench: tools
	@compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || scripts/need initdb postgresql
	./bench/run

## bench-page: draw what bench kept as a page with plots, docs/benchmarks/results.md
bench-page: tools
	$(CARGO) run -q -p postrider-bench -- page

## contracts: check every contract file; print each document's promises with the tests that prove them, and run those
contracts: tools test-packages
	$(CARGO) build -q -p postrider
	target/debug/postrider contract check contracts/*.toml contracts/examples/*.toml
	POSTRIDER_TEST_PACKAGES=required $(CARGO) run -q -p postrider-promises

## screenshots: a picture of every page, on a phone and a desktop, light and dark, in target/screenshots; the best few in
## docs/images
.PHONY: screenshots
screenshots: tools $(BROWSER)/.done
	$(CARGO) build -q -p postrider
	POSTRIDER_TEST_PACKAGES=required POSTRIDER_BIN=target/debug/postrider $(CARGO) run -q -p postrider-browser-tests

## release: the binary as it is shipped, in target/release/postrider
release: tools
	$(CARGO) build --release -p postrider

## deny: licences, advisories and sources of the dependencies, where cargo-deny is installed
deny:
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny check; \
	else echo "deny: skipped, cargo-deny is not installed"; fi

## test-packages: what receivers that are not ours need: published verification libraries and Flask into target/, PHP;
## a browser and what drives it; and a pooler for PostgreSQL, which itself scripts/with-postgres brings
test-packages: $(PACKAGES)/.done $(BROWSER)/.done
	@scripts/need gccgo gccgo
	@[ -x /usr/sbin/pgbouncer ] || scripts/need pgbouncer pgbouncer

$(PACKAGES)/.done: tests/verify/requirements.txt tests/verify/package.json
	@scripts/need python3 python3 && scripts/need node nodejs && scripts/need npm npm && scripts/need php php-cli
	@python3 -c 'import ensurepip' 2>/dev/null || scripts/need --always python3-venv
	mkdir -p $(PACKAGES)
	python3 -m venv $(PACKAGES)/python
	$(PACKAGES)/python/bin/pip install --quiet --disable-pip-version-check -r tests/verify/requirements.txt
	cp tests/verify/package.json $(PACKAGES)/package.json
	npm install --prefix $(PACKAGES) --no-audit --no-fund --silent
	touch $@

$(BROWSER)/.done: tests/browser/package.json
	@scripts/need node nodejs && scripts/need npm npm && scripts/need chromium chromium
	mkdir -p $(BROWSER)
	cp tests/browser/package.json $(BROWSER)/package.json
	npm install --prefix $(BROWSER) --no-audit --no-fund --silent
	touch $@

# SQLite and ring are compiled from C.
.PHONY: tools
tools:
	@scripts/need cc build-essential
