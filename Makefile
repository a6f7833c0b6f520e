# Python 3.11+ and make are all that `make demo` and `make test` need; the rest they set up.

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
READY_REAL := $(VENV)/.ready-real
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11

# Command and Debian package that brings it.
REAL_DEBIAN := haproxy:haproxy chromium:chromium busybox:busybox-static
# httpbin holds greenlet below what gevent needs, so it lives in an environment of its own.
HTTPBIN := $(VENV)/httpbin
TOXIPROXY := $(VENV)/toxiproxy
TOXIPROXY_VERSION := 2.12.0

SAMPLE := reports/sample
SAMPLE_RUN := reports/runs/sample
CHROMIUM := $(or $(NFRCHECK_CHROMIUM),chromium)

# More arguments for pytest or the demo: make test ARGS="-k availability"
ARGS ?=

# Tests start many processes: what they import is compiled once, not in each of them.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test slow whole real lint types check fix docs sample golden bench bench-smoke truth truth-full clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## two regions on this machine, one is lost, every promise is judged
	$(VENV)/bin/nfrcheck demo $(ARGS)

test: $(READY) ## every test that needs nothing installed (under 3 minutes)
	$(PYTHON) -m pytest -m "not real and not truth and not whole and not slow" -n 3 --dist worksteal $(ARGS)

slow: $(READY) ## what takes longer: every fault and benchmark, bad luck
	$(PYTHON) -m pytest -m "slow and not whole and not real" -n 3 --dist worksteal $(ARGS)

whole: $(READY) ## whole runs and kills, and what must not be disturbed by busy tests beside it
	$(PYTHON) -m pytest -m "whole and not real" -n 2 --dist worksteal $(ARGS)

real: $(READY_REAL) ## install HAProxy, Chromium, httpbin ... and test against them
	$(PYTHON) -m pytest -m real $(ARGS)

lint: $(READY) ## ruff: rules and format
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check

types: $(READY) ## mypy, strict
	$(PYTHON) -m mypy

check: lint types ## lint, types, and the rules of the architecture
	$(PYTHON) -m pytest tests/test_architecture.py tests/test_tidiness.py $(ARGS)

fix: $(READY) ## put right what ruff can
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

docs: $(READY) ## run the commands that the README shows
	$(PYTHON) -m pytest tests/test_docs.py $(ARGS)

sample: $(READY) ## run the demo with a defect built in, keep it in reports/sample/ (2 minutes)
	@rm -rf $(SAMPLE_RUN)
	$(VENV)/bin/nfrcheck demo --bug slow-eject --seed 7 --out $(SAMPLE_RUN); test $$? -eq 1
	@if grep -q '"verdict": "invalid"' $(SAMPLE_RUN)/*/run.json; then \
	  echo "error: this machine was not calm enough; $(SAMPLE) stays as it was" >&2; exit 1; fi
	cp $(SAMPLE_RUN)/*/run.json $(SAMPLE)/
	@$(MAKE) --no-print-directory golden

golden: $(READY) ## write the reports and the picture of reports/sample/ again (needs Chromium)
	$(VENV)/bin/nfrcheck report $(SAMPLE)
	$(CHROMIUM) --headless --no-sandbox --disable-gpu --hide-scrollbars --log-level=3 \
	  --user-data-dir=$(CURDIR)/$(VENV)/chromium --window-size=1280,960 \
	  --screenshot=$(SAMPLE)/scorecard.png file://$(CURDIR)/$(SAMPLE)/scorecard.html

bench: $(READY) ## the benchmarks beside other tools (5 minutes); one of them: make bench-pace
	$(PYTHON) -m benchmarks $(ARGS)

bench-smoke: $(READY) ## a second of each benchmark, without limits
	$(PYTHON) -m benchmarks --smoke $(ARGS)

bench-%: $(READY)
	$(PYTHON) -m benchmarks.$* $(ARGS)

truth: $(READY) ## judge the judges: the demo-sized defects of the box
	$(PYTHON) -m tests.truth $(ARGS)

truth-full: $(READY) ## the same with defects as small as the targets allow (long)
	$(PYTHON) -m tests.truth --full $(ARGS)

clean: ## remove the virtual environment and what tools left
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/real/node_modules

# A stamp is touched last: whatever breaks in between is done again.
$(READY): pyproject.toml
	@$(PYTHON) -c '' 2>/dev/null || { \
	  for candidate in $(PYTHONS); do \
	    if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	      2>/dev/null; then found=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "error: no Python 3.11 or newer with venv among: $(PYTHONS)" >&2; \
	    echo "help: install one; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	  echo "setting up $(VENV) with $$found (once, about a minute)"; \
	  $$found -m venv --clear $(VENV); \
	}
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(READY_REAL): $(READY) tests/real/package-lock.json Makefile
	@missing=; for pair in $(REAL_DEBIAN); do name=$${pair%%:*}; \
	  command -v $$name >/dev/null || [ -x /usr/sbin/$$name ] || missing="$$missing $${pair##*:}"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" != 0 ]; then \
	    echo "error: not installed:$$missing" >&2; \
	    echo "help: sudo apt-get install$$missing" >&2; exit 1; \
	  fi; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing; \
	fi
	@command -v go >/dev/null || { \
	  echo "error: Go 1.23 or newer is not installed: Toxiproxy is built with it" >&2; exit 1; }
	for name in server cli; do \
	  GOBIN=$(CURDIR)/$(TOXIPROXY) GOFLAGS=-modcacherw go install -ldflags \
	    "-s -w -X github.com/Shopify/toxiproxy/v2.Version=$(TOXIPROXY_VERSION)" \
	    github.com/Shopify/toxiproxy/v2/cmd/$$name@v$(TOXIPROXY_VERSION) || exit 1; done
	$(PYTHON) -m venv $(HTTPBIN)
	$(HTTPBIN)/bin/python -m pip install --quiet --disable-pip-version-check httpbin
	npm ci --prefix tests/real --silent
	@touch $@
