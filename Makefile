# Everything people type, as aliases of the command line: `make` alone lists it. Variables reach a command by the environment, never
# as shell text; it takes each as the option of that name, and refuses what it has no option for.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What benchmarks measure and draw with, which the farm must not depend on.
BENCH_VENV := .venv-bench
# A tool that changes code, with the tests' own libraries beside it.
MUTANTS_VENV := .venv-mutants
LOCK := $(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-find-links --no-emit-index-url --upgrade
# What a master needs to read and sign rpm packages.
RPM_PACKAGES := rpm libglib2.0-bin
# What the tests run beside Python and what this machine's platform builds with, which their `make build` needs as every other does.
TEST_PACKAGES := bsdutils busybox curl dash diffoscope-minimal gpg gpg-agent gpgv iproute2 postgresql procps prometheus $(RPM_PACKAGES) shellcheck util-linux wget zstd
# A real S3 server, 80 MB to fetch: CI has it, and whoever installs it; elsewhere its tests say what is missing.
S3_PACKAGES := ceph-mon ceph-osd openssl radosgw
# A directory, whose package starts one for everybody who reaches the machine: so CI alone has it, too.
DIRECTORY_PACKAGES := slapd
# A browser, which brings a third of a GB with it: CI has it, and whoever installs it.
BROWSER_PACKAGES := chromium
# What the end-to-end tests need of these, with either database.
E2E_PACKAGES := $(DIRECTORY_PACKAGES) $(BROWSER_PACKAGES)
LIST_BUILD_PACKAGES = $(BIN)/python -c "from python_builds.farm.workers.workers import host_platform as h; print(*(h()[0].build_packages if h() else ()))"
# What the Docker tests make an engine of their own with, on a disk of its own.
DOCKER_TEST_PACKAGES := containerd docker-compose docker.io e2fsprogs gpg gpg-agent gpgv iproute2 lintian openssl postgresql procps prometheus $(RPM_PACKAGES)
# A registry, whose package starts one for everybody who reaches the machine: so CI alone has it.
REGISTRY_PACKAGES := docker-registry
export PYTHONPATH := $(CURDIR)/master
COMMAND = @BY_MAKE=$@ $(BIN)/python -m python_builds

.PHONY: help build reproduce verify accept run stop status plan acknowledge rebuild cancel queue pause resume reindex prune adopt platforms prove minors security-commits settings pages base-image images push shell dev test test-postgresql test-fast docker-packages test-docker stand-ins test-real bench mutants check docs format lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(VENV)/ready  ## build one CPython, start to finish [VERSION=3.13.5] [PLATFORM=debian-12] [PROFILE=quick|optimized] [FORCE=1] [RETRAIN=1]
	$(COMMAND)

reproduce: $(VENV)/ready  ## build again what is published, elsewhere, and compare to the byte VERSION=3.13.5 [PLATFORM=debian-12] [PROFILE=optimized|quick], or PROVENANCE=https://….intoto.jsonl KEY=farm.pub, or PROVENANCE=https://….sigstore.json IDENTITY=release@example.org ISSUER=https://accounts.example.org
	$(COMMAND)

verify: $(VENV)/ready  ## say whether a published file is what its farm says FILE=python-3.13.5-debian-12.tar.gz|https://… [KEY=python-builds.pub] [OPENPGP_KEY=python-builds.asc] [SOURCE=Python-3.13.5.tgz] [IDENTITY=release@example.org ISSUER=https://accounts.example.org]
	$(COMMAND)

accept: $(VENV)/ready  ## take up that another farm has built an artifact again FILE=https://….intoto.jsonl KEY=theirs.pub
	$(COMMAND)

run: $(VENV)/ready  ## start the farm on this machine, http://127.0.0.1:8010 [FOREGROUND=1]
	$(COMMAND)

stop: $(VENV)/ready  ## stop the farm
	$(COMMAND)

status: $(VENV)/ready  ## say what the farm does
	$(COMMAND)

plan: $(VENV)/ready  ## say what is wanted, missing, asked for and failed, and why [ALL=1]
	$(COMMAND)

rebuild: $(VENV)/ready  ## build again what is published, as new revisions VERSIONS="3.10.1 3.11.9"|all or AFFECTED=PSF-2024-1|all [PLATFORMS="debian-12"] [ARCHITECTURES=amd64] [PROFILE=quick|optimized] [DRY_RUN=1] [YES=1]
	$(COMMAND)

acknowledge: $(VENV)/ready  ## say that somebody knows of an alert, or list them [ALERT="3.13.5 for debian-12"] [BY=anna]
	$(COMMAND)

cancel: $(VENV)/ready  ## cancel what is not finished of a rebuild, by default the last [BATCH=12]; or of [VERSION=3.13.5] [PLATFORM=debian-12]
	$(COMMAND)

queue: $(VENV)/ready  ## show what waits, in its order, and for what [LIMIT=20]
	$(COMMAND)

pause: $(VENV)/ready  ## begin nothing new there, while what runs goes on WHAT=planner|a Docker host|a builder|a worker [REASON="new disk"]
	$(COMMAND)

resume: $(VENV)/ready  ## go on with what was paused WHAT=planner
	$(COMMAND)

reindex: $(VENV)/ready  ## compare all records with the indexes, and write those that differ; with DIGESTS=1, read every file too [ACCEPT_LOSS=1] [DIGESTS=1]
	$(COMMAND)

prune: $(VENV)/ready  ## list revisions beyond the newest few; with YES=1, remove them [KEEP=2] [YES=1]
	$(COMMAND)

adopt: $(VENV)/ready  ## list what the predecessor has published in the bucket; with YES=1, take it over [DIGESTS=1] [ACCEPT_LOSS=1] [YES=1]
	$(COMMAND)

platforms: $(VENV)/ready  ## print the platform table, and what was tried of each
	$(COMMAND)

prove: $(VENV)/ready  ## try a platform on the real system, from its base image to what users do; write proofs/ PLATFORM=debian-12|all [ARCH=amd64|arm64] [PROFILE=optimized|quick]
	$(COMMAND)

minors: $(VENV)/ready  ## write docs/minors.md, the table of what this farm's records say was built
	$(COMMAND)

security-commits: $(VENV)/ready  ## write the table of the commits that advisories name CLONE=/srv/cpython
	$(COMMAND)

settings: $(VENV)/ready  ## list the settings, with defaults
	$(COMMAND)

pages: $(VENV)/ready  ## write the pages that are made from the code and from proofs/: settings, a build, platforms
	$(COMMAND)

base-image: $(VENV)/ready  ## make a base image with debootstrap, where no registry is reached PLATFORM=debian-12 [ARCH=amd64|arm64]
	$(COMMAND)

images: $(VENV)/ready  ## build worker images [PLATFORM=debian-12] [ARCH=amd64|arm64]
	$(COMMAND)

push: $(VENV)/ready  ## push worker images REGISTRY=registry.example/farm [PLATFORM=debian-12]
	$(COMMAND)

shell: $(VENV)/ready  ## open a shell in a container like the farm's, with the scripts PLATFORM=debian-12
	$(COMMAND)

dev: $(VENV)/ready-dev  ## make this checkout ready to be changed: tools, what the tests run beside Python, a check before each commit
	@build_packages=$$($(LIST_BUILD_PACKAGES)) && scripts/setup/install-packages.sh make git shellcheck $(TEST_PACKAGES) $$build_packages
	@$(BIN)/pre-commit install

test: $(VENV)/ready-dev  ## run the tests; needs no Docker
	@build_packages=$$($(LIST_BUILD_PACKAGES)) && scripts/setup/install-packages.sh $(TEST_PACKAGES) $(if $(filter true,$(CI)),$(S3_PACKAGES) $(E2E_PACKAGES)) $$build_packages
	@$(BIN)/pytest --numprocesses 3 --dist worksteal

test-postgresql: $(VENV)/ready-dev  ## run the end-to-end tests with PostgreSQL as each farm's database
	@build_packages=$$($(LIST_BUILD_PACKAGES)) && scripts/setup/install-packages.sh $(TEST_PACKAGES) $(if $(filter true,$(CI)),$(E2E_PACKAGES)) $$build_packages
	@$(BIN)/pytest tests/e2e --database=postgresql --numprocesses 3 --dist worksteal

test-fast: $(VENV)/ready-dev  ## run the tests of pure functions alone, in seconds
	@$(BIN)/pytest tests/core tests/benchmarks --numprocesses 2

docker-packages:  ## install what the tests that need a Docker engine run beside it
	@scripts/setup/install-packages.sh $(DOCKER_TEST_PACKAGES) $(if $(filter true,$(CI)),$(REGISTRY_PACKAGES) $(DIRECTORY_PACKAGES))

test-docker: $(VENV)/ready-dev docker-packages  ## run the tests that need a Docker engine; ALL=1 adds real CPythons on Debian 11, 12 and 13 [ALL=1]
	@$(BIN)/pytest tests/docker --numprocesses 4

stand-ins: $(VENV)/ready-dev docker-packages  ## try each row's package on the nearest thing to its system, and write proofs/stand-ins/; needs a Docker engine
	@$(BIN)/pytest tests/docker/test_stand_ins.py --keep-stand-ins --numprocesses 1

test-real: $(VENV)/ready-dev  ## build real CPythons (3.9.2, 3.13.15), install them, run them; upgrade a real older Buildbot (as root, some minutes)
	@build_packages=$$($(LIST_BUILD_PACKAGES)) && scripts/setup/install-packages.sh $(TEST_PACKAGES) $$build_packages
	@$(BIN)/pytest tests/real

bench: $(VENV)/ready-dev $(BENCH_VENV)/ready  ## measure: the farm, its scale, the indexes, speed, recipes, build_cost, size, compilers; most need Docker and worker images [BENCH=farm] [PLATFORM=debian-12, of speed and recipes] [AGAINST=HEAD~5 ROUNDS=8, of recipes] [GCC=14, of compilers]
	@BY_MAKE=$@ PYTHONPATH="$(PYTHONPATH):$(CURDIR)" $(BIN)/python -m benchmarks

mutants: $(MUTANTS_VENV)/ready  ## change the core in one place after another, list what no test notices (an hour) [ONLY=python_builds.core.planning.*]
	@$(MUTANTS_VENV)/bin/python tests/mutants.py

check: $(VENV)/ready-dev  ## what CI runs before the tests: linters, types, checkconfig
	@scripts/setup/install-packages.sh shellcheck
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini tests
	$(BIN)/lint-imports --no-logo --no-cache
	shellcheck --external-sources --source-path=SCRIPTDIR:SCRIPTDIR/.. python-builds scripts/*.sh scripts/*/*.sh installer/*.sh worker/*.sh benchmarks/programs/*.sh deploy/*.sh deploy/images/*.sh deploy/images/python-builds .ci/run
	$(BIN)/zizmor --offline --no-progress --quiet .github/workflows
	$(BIN)/sphinx-build --fresh-env --fail-on-warning --keep-going --quiet --builder dummy docs .site/.check
	@# The code is checked, not the settings of whoever checks it.
	env --ignore-environment PATH="$$PATH" PYTHONPATH="$$PYTHONPATH" PYTHON_BUILDS_ENV_FILE=/dev/null $(BIN)/buildbot checkconfig master/master.cfg

docs: $(VENV)/ready-dev  ## build the site of docs/ in .site/; a link that leads nowhere is an error
	@$(BIN)/sphinx-build --fresh-env --fail-on-warning --keep-going --quiet --builder dirhtml docs .site

format: $(VENV)/ready-dev  ## lay the code out
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(VENV)/ready-dev  ## pin the newest versions that requirements*.in allow
	$(LOCK) --python-version 3.11 requirements.in -o requirements.txt
	$(LOCK) --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	$(LOCK) --python-version 3.11 requirements-bench.in -o requirements-bench.txt
	$(LOCK) --python-version 3.11 requirements-mutants.in -o requirements-mutants.txt
	$(LOCK) --python-version 3.8 --only-binary :all: worker/requirements.in -o worker/requirements.txt

clean:  ## remove the virtual environments and caches; what was built and the farm's state stay
	rm -rf $(VENV) $(BENCH_VENV) $(MUTANTS_VENV) .pytest_cache .mypy_cache .ruff_cache

$(VENV)/ready: requirements.txt
	@PYTHON="$(PYTHON)" scripts/setup/make-venv.sh $(VENV) requirements.txt
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	@PYTHON="$(PYTHON)" scripts/setup/make-venv.sh $(VENV) requirements-dev.txt
	@touch $@

$(BENCH_VENV)/ready: requirements-bench.txt
	@PYTHON="$(PYTHON)" scripts/setup/make-venv.sh $(BENCH_VENV) requirements-bench.txt
	@touch $@

$(MUTANTS_VENV)/ready: requirements.txt requirements-dev.txt requirements-mutants.txt
	@for file in $^; do PYTHON="$(PYTHON)" scripts/setup/make-venv.sh $(MUTANTS_VENV) $$file || exit; done
	@touch $@
