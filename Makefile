# make            set this computer up and print the real inspection
# make test       set it up for tests too, and run them all
# make pictures   draw the printed pages that README.md shows
# make golden     draw the pictures and write the findings that the tests compare with; look at them before you commit
# make guide      write docs/fields.md and its translations from the model
# make bench      time reportgen and its peers on this computer, side by side, and write docs/performance.md
# make lock       choose the newest libraries and write down their hashes
# make clean      delete what was printed and installed here
#
# For Debian 12. What apt-get installs is system-wide; all else stays in this folder, in .venv/.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := print

# Debian's own Python is built with a profile: it is a fifth faster than most others.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3.11) python3.11)
NPM := npm --ignore-scripts --no-audit --no-fund --loglevel=error
PIP := .venv/bin/python -m pip --disable-pip-version-check --quiet
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# To print: a virtual environment, WeasyPrint's libraries, and the fonts.
PACKAGES := python3-venv libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
	fontconfig fonts-liberation2 fonts-tlwg-laksaman-ttf fonts-sil-andika
# To test: readers that are not ours (pandoc knows tracked changes), LibreOffice to open a DOCX, a compiler for PyICU,
# which has no wheel, other Thai fonts, whose text must be true too, Java for veraPDF, and npm for the Open XML SDK
# validator and the YAML language server, unless it is here from elsewhere.
# OpenSSL verifies signatures, SoftHSM is a token made of software.
TEST_PACKAGES := openssl softhsm2 poppler-utils libreoffice-writer g++ pkg-config libicu-dev python3-dev default-jdk-headless \
	libjaxb-java fonts-tlwg-norasi-ttf fonts-tlwg-waree-ttf fonts-noto-core pandoc $(if $(shell command -v npm),,npm)

# To be compared with: a browser; without it, the tables say so. docxtpl and Typst have a lock file of their own.
BENCH_PACKAGES := chromium

REAL := 611-2023-08-18
LANGUAGES := vi th
PRINTED := $(foreach language,$(LANGUAGES),$(foreach form,pdf docx,output/$(REAL)/$(REAL).$(language).$(form)))
SOURCES := $(shell find reportgen templates inspections -type f -not -path '*/__pycache__/*' -not -name '* *')

.PHONY: print test pictures golden guide bench lock clean

print: $(PRINTED)

$(PRINTED) &: .venv/.reportgen $(SOURCES)
	.venv/bin/reportgen build $(REAL)

test: .venv/.reportgen .venv/.test-libraries .venv/.validator .venv/.language-server
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/python -m pytest --numprocesses auto --dist loadfile

pictures: $(PRINTED) .venv/.test-libraries
	.venv/bin/python docs/draw_pages.py $(filter %.pdf,$(PRINTED))

golden: .venv/.reportgen .venv/.test-libraries
	REPORTGEN_REWRITE_GOLDEN=1 .venv/bin/python -m pytest tests/test_golden.py tests/test_snapshots.py -k as_it_was_seen

guide: .venv/.reportgen
	.venv/bin/python docs/write_fields.py

bench: .venv/.reportgen .venv/.test-libraries .venv/.peers
	.venv/bin/python bench/suite.py

# Resolved for the Python and the system that `make` sets up. The files name hashes, no addresses.
lock:
	$(PYTHON) -m venv .cache/lock
	.cache/lock/bin/python -m pip --disable-pip-version-check --quiet install --upgrade uv
	$(COMPILE) --extra sign --extra qr --group build --output-file requirements.lock pyproject.toml
	$(COMPILE) --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --output-file bench/requirements.lock bench/requirements.in
	$(NPM) install --prefix tests/ooxml --package-lock-only --omit-lockfile-registry-resolved
	$(NPM) install --prefix tests/editor --package-lock-only --omit-lockfile-registry-resolved
COMPILE = .cache/lock/bin/uv --no-config pip compile --quiet --upgrade --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links --python-version 3.11 --python-platform linux

clean:
	rm -rf .venv .cache output build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- setting up: a file in .venv/ says that a step is done, so nothing is done twice ----

# Installs those packages that are missing, and asks for a password only then.
define install_packages
	missing=$$(for package in $(1); do \
		[ "$$(dpkg-query --show --showformat='$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || echo $$package; \
	done); \
	if [ -n "$$missing" ]; then \
		echo "installing:" $$missing; \
		$(SUDO) apt-get update --quiet --quiet; \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends $$missing >/dev/null; \
	fi
	mkdir -p .venv
	touch $@
endef

.venv/.packages: Makefile
	@$(call install_packages,$(PACKAGES))

.venv/.test-packages: Makefile
	@$(call install_packages,$(TEST_PACKAGES))

.venv/.bench-packages: Makefile
	-@$(call install_packages,$(BENCH_PACKAGES))

.venv/.libraries: requirements.lock .venv/.packages
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes --requirement requirements.lock
	touch $@

# setuptools is among the locked libraries: nothing is built with what was not checked, nothing is downloaded here.
.venv/.reportgen: pyproject.toml reportgen/__init__.py .venv/.libraries
	$(PIP) install --no-deps --no-index --no-build-isolation --editable .
	touch $@

.venv/.test-libraries: requirements-dev.lock .venv/.libraries .venv/.test-packages
	$(PIP) install --require-hashes --no-build-isolation --requirement requirements-dev.lock
	touch $@

.venv/.validator: tests/ooxml/package.json tests/ooxml/package-lock.json .venv/.test-packages
	mkdir -p .venv/validator
	cp tests/ooxml/package.json tests/ooxml/package-lock.json .venv/validator/
	$(NPM) ci --prefix .venv/validator
	touch $@

.venv/.language-server: tests/editor/package.json tests/editor/package-lock.json .venv/.test-packages
	mkdir -p .venv/language-server
	cp tests/editor/package.json tests/editor/package-lock.json .venv/language-server/
	$(NPM) ci --prefix .venv/language-server
	touch $@

# Peers have a Python of their own: their libraries are none of ours.
.venv/.peers: bench/requirements.lock .venv/.libraries .venv/.bench-packages
	$(PYTHON) -m venv .venv/bench
	.venv/bench/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --requirement bench/requirements.lock
	touch $@
