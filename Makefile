# All commands of the project. Each target sets up its own dependencies.

# The first Python on the PATH that is new enough; if none is, tools/setup.py reports it.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; done; echo python3)

BIN := .venv/bin
# For commands that need Node or the CDK CLI. Setup runs without it, with the user's Python.
TOOLS := PATH="$(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$$PATH"
# Caches and temporary files stay in the clone.
export TMPDIR := $(shell mkdir -p .local/tmp && echo $(CURDIR)/.local/tmp)
export JSII_RUNTIME_PACKAGE_CACHE_ROOT := $(CURDIR)/.local/cache/jsii

.PHONY: help local local-down local-status test soak check lint types package dist docs docs-build bench smoke-aws smoke-replay setup format model model-check oldest-cdk lock clean
.SILENT:

help:
	echo 'make local         deploy the example app to a local cloud and show the pipeline (APP=examples/container, STACK=)'
	echo 'make local-status  show the endpoints of the local cloud'
	echo 'make local-down    stop the local cloud'
	echo 'make test          run all tests'
	echo 'make soak          run 10,000 random steps, a storm and a million inputs (SEED=, STEPS=)'
	echo 'make check         run lint, types, tests with coverage, and package; required before a merge'
	echo 'make dist          build the provider for plain CloudFormation'
	echo 'make docs          build the documentation and serve it on 127.0.0.1'
	echo 'make docs-build    build the documentation into .local/site'
	echo 'make bench         compare with the alternatives and write docs/benchmarks.md (QUICK=1, ONLY=figure, PAGE=1)'
	echo 'make smoke-aws     verify assumptions about AWS in an account (CONFIRM=<account id>, BUILD=1, ONLY=, CLEAN=)'
	echo 'make smoke-replay  compare a smoke-aws recording with the emulator (RECORDING=file)'
	echo 'make format        format the code'
	echo 'make model         generate the service model (VERSION= selects another botocore release)'
	echo 'make model-check   report whether a newer botocore has API changes'
	echo 'make oldest-cdk    run the construct tests with the oldest supported aws-cdk-lib'
	echo 'make lock          update the dependency locks'
	echo 'make clean         remove build output and installed dependencies'

setup:
	command -v $(PYTHON) >/dev/null || { echo 'Python 3.11 or newer is needed, and there is no python3 on the PATH' >&2; exit 1; }
	$(PYTHON) tools/setup.py

local: setup
	STOP='make local-down' $(BIN)/python -m imagebuilder_local deploy $(if $(APP),--folder '$(APP)') $(STACK)

local-down:
	if [ -x $(BIN)/python ]; then $(BIN)/python -m imagebuilder_local down; else echo 'The local cloud is not running.'; fi

local-status: setup
	$(BIN)/python -m imagebuilder_local status

# Two processes for each core; a file stays in one process, where its tests share a local cloud. tests/conftest.py says
# which files start first.
# Bytecode is kept, whatever the shell says: each of some hundred processes would compile our packages and tests again.
test: export PYTHONDONTWRITEBYTECODE :=
test: setup
	$(TOOLS) $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(PYTEST)

soak: export PYTHONPATH := $(CURDIR)/tests
soak: setup
	$(BIN)/python -m soak

check: PYTEST := --cov --cov-report=term
check: lint types package test

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache

types: setup
	$(BIN)/mypy
	$(BIN)/mypy examples/cdk-pipelines/app.py
	$(BIN)/mypy examples/build-on-deploy/app.py
	$(BIN)/mypy examples/container-build/app.py
	$(TOOLS) pyright

package: setup
	$(BIN)/python -m build --no-isolation --outdir dist . >/dev/null && ls dist

dist: setup
	$(TOOLS) $(BIN)/python -m tools.dist

docs: docs-build
	$(BIN)/python -m tools.serve_docs

docs-build: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# A full run is slow and needs an otherwise idle machine.
bench: setup
	$(PYTHON) benchmarks/imagebuilder_bench/setup.py
	$(TOOLS) PYTHONPATH=benchmarks:constructs:lambda:local:tests .local/bench/venv/bin/python -m imagebuilder_bench \
		$(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) $(if $(PAGE),--page)

# Runs in an AWS account with the AWS settings of the shell. Without CONFIRM it creates nothing and reports the cost.
smoke-aws: setup
	$(TOOLS) CONFIRM='$(CONFIRM)' BUILD='$(BUILD)' ONLY='$(ONLY)' RECORD='$(RECORD)' CLEAN='$(CLEAN)' \
		$(BIN)/python -m tools.smoke_aws

smoke-replay: setup
	$(BIN)/python -m tools.smoke_aws replay '$(RECORDING)'

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

model: setup
	$(BIN)/python -m tools.generate_model $(VERSION)
	$(BIN)/python -m tools.pipeline_schema

model-check: setup
	$(BIN)/python -m tools.newer_model

oldest-cdk: setup
	$(BIN)/python -m tools.oldest_cdk

# The locks keep the extras: pip before 23.3 treats coverage[toml] and coverage as two packages and looks for the newest.
lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-strip-extras \
		--extra local --group dev pyproject.toml --output-file requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-strip-extras \
		requirements/awscli.in --output-file requirements/awscli.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-strip-extras \
		requirements/bench.in --output-file requirements/bench.txt

clean: local-down
	rm -rf .venv .venv-aws .local node_modules dist cdk.out .mypy_cache .pytest_cache .ruff_cache .coverage
