# One command a purpose; `make help` lists them. CMake does the work (CMakePresets.json).
PRESET ?= release
BUILD = build/$(PRESET)
# The package lists (scripts/packages/) without which a preset cannot be built; NEEDS= leaves the check out, where
# libraries come from elsewhere.
NEEDS ?= $(if $(filter contour,$(PRESET)),contouring,contouring training)
FOR ?= contouring
PACKAGED ?= contour
JOBS ?= $(shell scripts/jobs)
SOURCES = $(shell git ls-files '*.cpp' '*.h')

.DEFAULT_GOAL = build
.PHONY: help setup build demo web web-test review-demo test kill-test node-kill-test quick-test docs format lint fuzz sanitize cross-check memory-limits speed-check fresh-check clean packages configure

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install with apt what is missing: for the demo, or FOR="contouring training tests lint", or FOR=all
	@scripts/install-packages $(FOR)

build: configure ## build/release/bin/anatomynet and its tools, ready to run
	@cmake --build $(BUILD) -j $(JOBS) --target programs

demo: ## build the contouring program alone, make a synthetic patient, contour it, say where the results are
	@$(MAKE) --no-print-directory build PRESET=contour
	@scripts/demo build/contour/bin/anatomynet

web: ## the review page into web/dist (node and npm); builds take it in
	@scripts/build-page

web-test: ## the page's tests: types, its logic, and the page driven in Chromium (BROWSER=firefox)
	@scripts/test-page

review-demo: ## a two-minute tour of review and correction on a synthetic patient, in the browser
	@scripts/install-packages --check contouring node web
	@$(MAKE) --no-print-directory web
	@$(MAKE) --no-print-directory build PRESET=contour NEEDS="contouring node"
	@scripts/review-demo build/contour/bin/anatomynet

test: NEEDS += tests
test: configure ## build everything and run all tests
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure

node-kill-test: build ## kill the DICOM node at 200 random moments while 60 CTs come in: nothing may be lost (docs/node.md)
	@tests/service/killed.py $(BUILD)/bin/anatomynet models/anatomynet-phantom.safetensors --kills 200 --series 60 $(KILL_OPTIONS)

QUICK = core geometry io quality evaluation
quick-test: PRESET = quick
quick-test: NEEDS = contouring tests
quick-test: configure ## build and run the tests of core, geometry, io, quality and evaluation alone, on made cases
	@cmake --build $(BUILD) -j $(JOBS) --target $(addprefix test_,$(QUICK))
	@ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure -R '^($(subst $(eval) ,|,$(QUICK)))\.' -E 'Real|TwoObservers|Hostile|Oracle|Performance'

packages: ## Debian packages in build/contour/packages, and lintian; PACKAGED=release: in build/release, with anatomynet-train
	@$(MAKE) --no-print-directory build PRESET=$(PACKAGED) \
	  NEEDS="contouring $(if $(filter contour,$(PACKAGED)),,training) packaging"
	@rm -f build/$(PACKAGED)/packages/*.deb
	@cd build/$(PACKAGED) && cpack
	@lintian --allow-root --fail-on error build/$(PACKAGED)/packages/*.deb

kill-test: build ## end every command at 200 random moments, finish it, compare (an hour; docs/reliability.md)
	@tests/kill/kill_test $(BUILD)/bin/anatomynet models/anatomynet-phantom.safetensors --commands segment,batch,curate,evaluate,train $(KILL_OPTIONS)

docs: build ## write docs/commands.md anew from the command table
	@$(BUILD)/bin/anatomynet --reference > build/commands.md && mv build/commands.md docs/commands.md

format: ## lay out all sources with clang-format
	@clang-format -i $(SOURCES)

memory-limits: build ## segment a real CT and the phantom under ever less memory: exit 0 or 6, never a signal
	@scripts/memory-limits $(BUILD)/bin/anatomynet ../shared/data/openkbp/validation/pt_206_ct.nii.gz
	@$(BUILD)/bin/anatomynet phantom -o build/memory-phantom -q
	@scripts/memory-limits $(BUILD)/bin/anatomynet build/memory-phantom/ct.nii.gz

cross-check: ## build core, geometry and kernels for aarch64 and run their tests under qemu-user
	@scripts/cross-check

lint: NEEDS += tests lint
lint: configure ## structure, words, clang-format and clang-tidy (for MINUTES alone), changing nothing
	@scripts/check-structure
	@scripts/check-words
	@clang-format --dry-run --Werror $(SOURCES)
	@cmake --build $(BUILD) -j $(JOBS) --target anatomynet_version
	@scripts/lint --build $(BUILD) --jobs $(JOBS) $(if $(MINUTES),--minutes $(MINUTES))

sanitize: ## tests under address + undefined, those with threads under the thread sanitizer; KIND=, MODULES= choose
	@scripts/sanitize $(KIND) $(if $(MODULES),--modules "$(MODULES)")

fuzz: ## run every fuzz target for SECONDS (60)
	@scripts/fuzz --seconds $(or $(SECONDS),60)

speed-check: ## is this tree slower than commit REF? Both built, in turn, with an interval (SPEED_OPTIONS="--size 178x302x225")
	@scripts/speed-check $(REF) $(SPEED_OPTIONS)

fresh-check: ## prove `make demo` and `make test` on a bare Debian 12 (as root)
	@scripts/fresh-check

clean: ## remove what was built
	@rm -rf build

configure:
	@scripts/install-packages --check $(NEEDS)
	@cmake --preset $(PRESET) > /dev/null
