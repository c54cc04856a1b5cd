# Every command sets up what it needs: Python 3.11+, make and git are enough.

VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
READY_BENCH := $(VENV)/.ready-bench
AUDIT := $(VENV)/audit
LOCKS := $(wildcard requirements*.lock)

.DEFAULT_GOAL := help
.PHONY: help demo test check crash crash-quick matrix fuzz fuzz-quick properties bench bench-quick bench-scorecards bench-large audit lock clean

help:  ## Show what there is to run
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Concord needs Python 3.11 or later; say which one: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(READY): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(READY_DEV): requirements-dev.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(READY)

$(READY_BENCH): requirements-bench.lock $(READY_DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

demo: $(READY)  ## Tell a sample company and serve it; keeps its data in .concord
	@$(BIN)/concord demo

check: $(READY_DEV)  ## Lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check  ## Everything: lint, types, import contracts, all tests on a throw-away PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not campaign"

crash: $(READY_DEV)  ## Kill what runs, again and again (KILLS=2000 SEED=1), and prove that nothing is lost
	@$(BIN)/python tests/crash/run.py --kills $(or $(KILLS),2000) $(if $(SEED),--seed $(SEED)) $(if $(JSON),--json $(JSON))

crash-quick: $(READY_DEV)  ## The same with 200 kills, in a few minutes
	@$(BIN)/python tests/crash/run.py --kills 200 --seed $(or $(SEED),1)

matrix: $(READY_DEV)  ## Every operation by every role from every place; make test asks a third of it, by turns
	@$(BIN)/python -m pytest -n 2 -m campaign tests/access/test_matrix_over_http.py

fuzz-quick: $(READY_DEV)  ## Ask the API once of each operation what its document allows and forbids, in two minutes
	@$(BIN)/python -m pytest -m campaign tests/fuzz

fuzz: $(READY_DEV)  ## Ask the API all that its document allows and forbids (SEED=1, MAX_EXAMPLES=50 or MINUTES=10)
	@$(BIN)/python tests/fuzz/run.py $(if $(SEED),--seed $(SEED)) $(if $(MAX_EXAMPLES),--max-examples $(MAX_EXAMPLES)) $(if $(MINUTES),--minutes $(MINUTES))

properties: $(READY_DEV)  ## Hold the rules of every kind against random lives, many more than the tests (EXAMPLES=2000)
	@EXAMPLES=$(or $(EXAMPLES),2000) $(BIN)/python -m pytest -n 2 --hypothesis-profile=many \
		tests/test_deciders.py tests/projections/test_service_flow_rules.py tests/store/test_written_facts.py tests/customers/test_merging.py

bench: $(READY_BENCH)  ## Measure against pgbench, the library's recorder and an empty route (JSON=file)
	@$(BIN)/python tests/bench/run.py $(if $(JSON),--json $(JSON))

bench-quick: $(READY_BENCH)  ## The same in about two minutes; ONLY=access for what access costs
	@$(BIN)/python tests/bench/run.py --quick $(if $(JSON),--json $(JSON)) $(if $(ONLY),--only $(ONLY))

bench-scorecards: $(READY_BENCH)  ## Score 1,000 members over a million facts, against reading the rows once
	@$(BIN)/python tests/bench/run.py --only scorecards $(if $(JSON),--json $(JSON))

bench-large: $(READY_BENCH)  ## The same with 10 million facts: takes long and much disk
	@$(BIN)/python tests/bench/run.py --large $(if $(JSON),--json $(JSON))

$(AUDIT)/.ready: requirements-audit.lock
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.lock
	@touch $@

# It installs nothing of what it looks into, and one package that cannot be asked about fails it (--strict).
# What is found goes to standard output; what keeps it from asking goes to standard error alone.
audit: $(AUDIT)/.ready  ## Ask PyPI for known vulnerabilities of all that is pinned (AUDIT_WITH="-s osv": ask OSV)
	@found=$$($(AUDIT)/bin/pip-audit --require-hashes --disable-pip --strict --progress-spinner off \
		$(AUDIT_WITH) $(addprefix -r ,$(LOCKS))); failed=$$?; \
	[ -z "$$found" ] || echo "$$found"; \
	asked="the versions pinned in $(LOCKS)"; \
	if [ $$failed = 0 ]; then echo "Audit passed: no known vulnerability in $$asked."; \
	elif [ -n "$$found" ]; then echo "Audit FAILED: there are known vulnerabilities in $$asked; they are listed above."; exit 1; \
	else echo "Audit FAILED: the vulnerability service could not be asked, so nothing is known of $$asked."; exit 2; fi

lock: $(READY_DEV)  ## Pin the dependencies again (needs uv)
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--no-emit-index-url --extra embedded pyproject.toml requirements-build.in -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--no-emit-index-url --extra embedded --extra dev pyproject.toml requirements-build.in -o requirements-dev.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--no-emit-index-url --extra embedded --extra dev --extra bench pyproject.toml requirements-build.in -o requirements-bench.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--no-emit-index-url requirements-audit.in -o requirements-audit.lock

clean:  ## Remove the virtual environment and caches; data in .concord stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
