# Every door of the project. `make local` and `make test` set up what they need by themselves.

# The first Python on the PATH that is new enough; if there is none, tools/setup.py says so.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; done; echo python3)

BIN := .venv/bin
# For what needs Node or the CDK CLI. Set-up runs without it: there the Python is the user's.
TOOLS := PATH="$(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$$PATH"
# What tools keep, and what they throw away, stays in the clone.
export TMPDIR := $(shell mkdir -p .local/tmp && echo $(CURDIR)/.local/tmp)
export JSII_RUNTIME_PACKAGE_CACHE_ROOT := $(CURDIR)/.local/cache/jsii

.PHONY: help local local-down local-status test soak check lint types package dist docs bench smoke-aws smoke-replay setup format model model-check oldest-cdk lock clean
.SILENT:

help:
	echo 'make local         deploy the example app to a local cloud and show the pipeline'
	echo 'make local-status  say where the local cloud is'
	echo 'make local-down    stop the local cloud'
	echo 'make test          run every test'
	echo 'make soak          try 10,000 random steps, a storm and a million inputs (SEED=, STEPS=)'
	echo 'make check         lint, types, tests with coverage, package: what has to be green'
	echo 'make dist          build the provider for plain CloudFormation'
	echo 'make docs          build the documentation into .local/site'
	echo 'make bench         measure against what else there is, and write docs/benchmarks.md (QUICK=1, ONLY=figure)'
	echo 'make smoke-aws     prove in an account what is believed of AWS (CONFIRM=<account id>, BUILD=1, ONLY=, CLEAN=)'
	echo 'make smoke-replay  compare what it recorded with the emulator (RECORDING=file)'
	echo 'make format        format the code'
	echo 'make model         generate the service model (VERSION= takes that of another botocore)'
	echo 'make model-check   tell whether a newer botocore knows more of the API'
	echo 'make oldest-cdk    run the tests of the construct with the oldest aws-cdk-lib that is allowed'
	echo 'make lock          pin the dependencies anew'
	echo 'make clean         remove what was built and set up'

setup:
	command -v $(PYTHON) >/dev/null || { echo 'Python 3.11 or newer is needed, and there is no python3 on the PATH' >&2; exit 1; }
	$(PYTHON) tools/setup.py

local: setup
	STOP='make local-down' $(BIN)/python -m imagebuilder_local deploy

local-down:
	if [ -x $(BIN)/python ]; then $(BIN)/python -m imagebuilder_local down; else echo 'The local cloud is not running.'; fi

local-status: setup
	$(BIN)/python -m imagebuilder_local status

# One process for each core; a file stays in one process, where its tests share a local cloud.
test: setup
	$(TOOLS) $(BIN)/python -m pytest --numprocesses auto --dist loadfile $(PYTEST)

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
	$(TOOLS) pyright

package: setup
	$(BIN)/python -m build --no-isolation --outdir dist . >/dev/null && ls dist

dist: setup
	$(TOOLS) $(BIN)/python -m tools.dist

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	echo 'The pages are in .local/site; with their search: $(BIN)/python -m http.server --directory .local/site'

# A whole run takes its time, and an otherwise idle machine.
bench: setup
	$(PYTHON) benchmarks/imagebuilder_bench/setup.py
	$(TOOLS) PYTHONPATH=benchmarks:constructs:lambda:local:tests .local/bench/venv/bin/python -m imagebuilder_bench \
		$(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

# In an account, and so with the AWS settings of the shell. Without CONFIRM it makes nothing, and says what it would cost.
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

# With the extras: pip before 23.3 takes coverage[toml] for another package than the lock's coverage, and looks for its newest.
lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-strip-extras \
		--extra local --group dev pyproject.toml --output-file requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-strip-extras \
		requirements/awscli.in --output-file requirements/awscli.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-strip-extras \
		requirements/bench.in --output-file requirements/bench.txt

clean: local-down
	rm -rf .venv .venv-aws .local node_modules dist cdk.out .mypy_cache .pytest_cache .ruff_cache .coverage
