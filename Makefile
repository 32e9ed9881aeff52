# make help says what there is. Everything runs in .venv, which is made from requirements.lock;
# with VENV=.venv-lowest in that of the lowest versions that pyproject.toml allows.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
# The scale of record: its stores have all that figures and verdicts need.
RECORD := workstation
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
# Processes of tests: runs that they start keep two cores busy, and a third made all of them slower.
WORKERS ?= 2
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SMOKE := --configfile config/smoke.yaml
# What other releases of Snakemake hand out otherwise: plans, profiles, the progress of jobs.
SNAKEMAKE_TESTS := $(addprefix tests/workflow/test_, why.py profiles.py logger.py)

.DEFAULT_GOAL := help
.PHONY: help env all figures smoke test test-lowest test-slurm lint format report docs bench bench-check config readme verify check check-bits lock audit licences clean

help:  ## say what each command does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-11s %s\n", $$1, $$2 }'

# Figures and verdicts from the numbers of record.
of_record = $(BIN)/snakemake --cores $(CORES) --config reference=$(RECORD) --

define empty_environment
@case '$(CURDIR)' in *\ *) echo "$(CURDIR): Snakemake cannot start a Python whose path has a blank; clone it elsewhere"; exit 1;; esac
@echo "== making $(@D) (once; a few minutes)"
@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "Python 3.11, 3.12 or 3.13 is needed; say which with PYTHON=..."; exit 1; }
$(PYTHON) -m venv $(@D)
endef

.venv/.ready: requirements.lock pyproject.toml
	$(empty_environment)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

.venv-lowest/.ready: pyproject.toml
	rm -rf $(@D)
	$(empty_environment)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --resolution lowest-direct --editable '.[dev]'
	@touch $@

env: $(READY)  ## the environment alone, from the lock

all: $(READY)  ## every figure, verdict and report of every paper, laptop scale
	@echo "== every figure, verdict and report at laptop scale, into results/laptop"
	$(BIN)/snakemake --cores $(CORES) all reports

figures: $(READY)  ## every figure, verdict and report from the numbers of record: nothing is trained
	@echo "== the numbers of record, reference/$(RECORD), drawn into results/reference/$(RECORD)"
	$(of_record) all reports

smoke: $(READY)  ## every figure at toy size, into results/smoke
	@echo "== every figure at toy size, into results/smoke"
	$(BIN)/snakemake --cores $(CORES) all $(SMOKE)

test: $(READY)  ## all tests but that of test-slurm, with a smoke run of the whole graph
	@echo "== pytest: unit tests, then the workflow's own with a smoke run of the whole graph"
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --durations 40 --durations-min 2 $(TESTS)

test-lowest:  ## lint, unit tests and smoke run with the lowest versions that pyproject.toml allows
	$(MAKE) VENV=.venv-lowest lint test smoke \
	    TESTS='tests/unit $(SNAKEMAKE_TESTS)' SMOKE='$(SMOKE) --config results=results/lowest'

test-slurm: $(READY)  ## the whole graph at toy size, through a Slurm of its own
	@echo "== pytest: a Slurm with one node is started, runs the whole graph, and is stopped"
	CI=true $(BIN)/python -m pytest -m slurm_whole tests/workflow/slurm

lint: $(READY)  ## style, types, rule files, generated files
	@echo "== ruff, snakefmt, snakemake, mypy, generated files"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
	$(BIN)/snakemake --lint --config reference=$(RECORD)
	$(BIN)/mypy
	$(BIN)/python tools/configuration.py --check

format: $(READY)  ## bring sources into the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

report: all  ## what `make all` makes, and Snakemake's own report of it
	@echo "== Snakemake's own report, results/laptop/reports/workflow.zip"
	$(BIN)/snakemake all reports claims --report results/laptop/reports/workflow.zip --report-stylesheet report/style.css

docs: $(READY)  ## the site of the docs, into site/index.html, with the figures of record
	@echo "== the site of the docs: open site/index.html"
	$(of_record) all reports
	RESULTS=results/reference/$(RECORD) NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

bench: $(READY)  ## benchmarks (timings never decide a test); SSNO_CLONE=... names the authors' code of paper 1
	@echo "== benchmarks, into results/bench.json: 30 minutes on 2 cores that do nothing else"
	@mkdir -p results
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-quiet --benchmark-max-time=3 \
	    --benchmark-json=results/bench.json
	$(BIN)/python benchmarks/report.py results/bench.json

bench-check: $(READY)  ## fail if the last `make bench` is slower than benchmarks/baseline.json, by ratios, or lacks one
	$(BIN)/python benchmarks/report.py results/bench.json --check

config: $(READY)  ## write the files made from the configuration model
	$(BIN)/python tools/configuration.py

readme: $(READY)  ## renew what README and docs show: montages, verdicts and findings, from the numbers of record
	$(of_record) all claims
	$(BIN)/python tools/documents.py --shown results/reference/$(RECORD) reference/laptop
	$(BIN)/python tools/documents.py --scores results/reference/$(RECORD)

verify: $(READY)  ## fail if a claim does not hold or was not evaluated, by the numbers of record
	@echo "== a verdict on every claim: results/reference/$(RECORD)/claims.json"
	$(BIN)/snakemake --cores $(CORES) verify --config reference=$(RECORD)

check-bits: $(READY)  ## run the smoke graph twice, on one core and on two, and compare every bit
	@echo "== the whole graph at toy size, twice, into results/check-bits"
	rm -rf results/check-bits
	$(BIN)/snakemake --cores 1 all claims $(SMOKE) --config results=results/check-bits/one-core
	$(BIN)/snakemake --cores 2 all claims $(SMOKE) --config results=results/check-bits/two-cores
	$(BIN)/python -m triptych same results/check-bits/one-core/smoke results/check-bits/two-cores/smoke

check: $(READY)  ## fail if a number behind a laptop figure is not that of record
	@echo "== the numbers behind the figures against those of record, reference/laptop"
	$(BIN)/python -m triptych compare results/laptop

lock:  ## renew requirements.lock from the ranges in pyproject.toml
	@echo "== resolving pyproject.toml in a fresh environment"
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet '.[dev,docs]'
	{ echo "# Exact versions, made by 'make lock' from the ranges in pyproject.toml."; \
	  .venv-lock/bin/python -m pip freeze --exclude triptych | sed -E 's/\+cpu$$//'; } > requirements.lock
	rm -rf .venv-lock

.venv-audit/.ready:
	$(empty_environment)
	$(@D)/bin/python -m pip install --quiet pip-audit pip-licenses
	@touch $@

audit: .venv-audit/.ready  ## fail if a library of the lock has a known vulnerability; needs the package index
	@echo "== the lock against the index's list of known vulnerabilities"
	.venv-audit/bin/pip-audit --strict --requirement requirements.lock --no-deps --disable-pip

licences: $(READY) .venv-audit/.ready  ## list the licences of the environment in docs/licences.md
	{ grep -v '^|' docs/licences.md; .venv-audit/bin/pip-licenses --python $(BIN)/python \
	    --format=markdown --with-system --ignore-packages triptych pip setuptools \
	    | sed -E 's/\+cpu / /'; } > docs/licences.new
	mv docs/licences.new docs/licences.md

clean:  ## remove environments and caches; results stay
	rm -rf .venv .venv-lowest .venv-audit .mypy_cache .ruff_cache .pytest_cache
