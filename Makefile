# What to run, from the root of a clone. Only Go and a C compiler (for the race
# detector) are needed. The tests of the DynamoDB store need Node.js with npm, those
# of the deployment to AWS Python, the browser test a browser; they skip themselves
# where that is missing, unless CI=true.

GOLANGCI_VERSION := 2.15.0

# The linter of exactly this version: from ./bin, or one that is installed.
GOLANGCI := $(shell for c in "$(CURDIR)/bin/golangci-lint" "$$(command -v golangci-lint)" "$$(go env GOPATH)/bin/golangci-lint"; do \
	"$$c" version 2>/dev/null | grep -qw "$(GOLANGCI_VERSION)" && echo "$$c" && break; done)
ifeq ($(GOLANGCI),)
GOLANGCI := bin/golangci-lint
.PHONY: bin/golangci-lint # one of another version may lie there
endif

FUZZTIME ?= 10s

.DEFAULT_GOAL := help
.PHONY: help check build tidy vet lint format dynalite aws-tools test short fuzz bench bench-aws release clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

check: build tidy vet lint test ## everything that must be green before a change goes in
	@echo "== all good"

build: ## the program, as bin/heartbeat, and everything else that compiles
	@echo "== build"
	go build ./...
	go build -o bin/heartbeat ./cmd/heartbeat

tidy: ## go.mod and go.sum say what is used
	@echo "== go mod tidy"
	go mod tidy -diff

vet:
	@echo "== go vet"
	go vet ./...

lint: $(GOLANGCI) ## linters and formatting
	@echo "== golangci-lint"
	$(GOLANGCI) run

format: $(GOLANGCI) ## format the sources in place
	$(GOLANGCI) fmt

# What npm has installed last, newer than what it was told to.
DYNALITE := tools/dynalite/node_modules/.package-lock.json

dynalite: ## the DynamoDB of the tests, if npm is there
ifneq ($(shell command -v npm),)
dynalite: $(DYNALITE)
else
	@echo "== there is no npm: the tests of the DynamoDB store skip themselves, or fail where CI=true"
endif

$(DYNALITE): tools/dynalite/package-lock.json
	@echo "== npm ci (dynalite)"
	cd tools/dynalite && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# What pip has installed, newer than what it was told to.
AWS_TOOLS := tools/aws/.venv/installed

aws-tools: ## moto and cfn-lint, AWS for the tests, if Python 3.11 is there
ifneq ($(shell python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo yes),)
aws-tools: $(AWS_TOOLS)
else
	@echo "== there is no python3 of 3.11 or later with venv: the tests of the deployment to AWS skip themselves, or fail where CI=true"
endif

$(AWS_TOOLS): tools/aws/requirements.txt
	@echo "== pip install (moto, cfn-lint)"
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps -r $<
	@touch $@

test: dynalite aws-tools ## all tests, with the race detector
	@echo "== go test"
	go test -race -timeout 10m ./...

short: dynalite aws-tools ## the quick tests only
	go test -short -timeout 2m ./...

fuzz: ## every fuzz target for FUZZTIME (10s) each
	@for pkg in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "== $$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

bench: ## requests a second against a bare net/http handler; see docs/performance.md
	go run ./internal/bench

bench-aws: dynalite ## starts, sizes and pulses of the functions for AWS; see docs/performance.md
	go run ./internal/benchaws

release: ## the programs to publish for each system, with the code for AWS in them, as dist/
	go run ./tools/release dist

clean: ## remove what was built
	rm -rf bin dist internal/deploy/artefact/bootstrap.zip

# Built from source, which takes some minutes; kept in ./bin for the next time.
bin/golangci-lint:
	@echo "== golangci-lint $(GOLANGCI_VERSION) (once, some minutes)"
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_VERSION)
