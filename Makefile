# Every target is listed by `make help`. A user's own stack needs none of these: it stays plain `pulumi up`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The commands below reach a stack through this CLI; the lab's own stack has an environment of its own.
STACK ?= lab
PULUMI ?= $(if $(filter lab,$(STACK)),$(CURDIR)/lab/pulumi,pulumi)
# Node 24, pinned by the lab's package, so that every machine runs the same; a user's own Node (>= 22) does as well.
export PATH := $(CURDIR)/lab/node_modules/.bin:$(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: lab
lab: ## Start the lab (a real cluster, a real VM) and deploy the stack `lab` into it
	@lab/up

.PHONY: lab-down
lab-down: ## End the lab and leave nothing of it; what was built stays cached
	@lab/down

.PHONY: packages
packages:
	@[[ -d node_modules ]] || { echo "The project's packages are not installed: run 'npm ci'." >&2; exit 1; }

.PHONY: status
status: packages ## Show what a stack's Prometheus sees, job by job (STACK=…, default the running lab's)
	@PULUMI='$(PULUMI)' node --import tsx operate/status.ts '$(STACK)'

.PHONY: doctor
doctor: packages ## Try, from a stack's VM, each way into the clusters, and say what helps (STACK=… CLUSTER=…)
	@PULUMI='$(PULUMI)' node --import tsx operate/doctor.ts '$(STACK)' '$(CLUSTER)'

.PHONY: drift
drift: packages ## Compare a stack's VM with what the stack has declared (STACK=…); docs/operate.md has the exit codes
	@PULUMI='$(PULUMI)' node --import tsx operate/drift.ts '$(STACK)'

.PHONY: repair
repair: packages ## Put right by 'pulumi up' what differs on a stack's VM (STACK=…)
	@env -u SSH_AUTH_SOCK PULUMI='$(PULUMI)' timeout 3600 node --import tsx operate/repair.ts '$(STACK)'

.PHONY: test
test: ## Run the tests; starts the lab when none is running (FAULTS=sample: some of test-faults, too)
	@test/run $(FAULTS)

.PHONY: test-fast
test-fast: ## Run what needs no lab: format, lint, types, unit tests
	@test/run fast

.PHONY: policy
policy: packages ## Hold every stack's file, and the examples, to the rules for all of them; needs nothing but `npm ci`
	@vitest run test/policy.test.ts

.PHONY: test-faults
test-faults: ## Inject every fault into deployments (hours; FAULT_SEED=…, FAULT_SAMPLE=quick or 1/4: docs/faults.md)
	@lab/up
	@vitest run --reporter=verbose --config test/faults/vitest.config.ts

.PHONY: soak
soak: ## What takes hours: random changes, tokens that expire, hostile sources and more (docs/faults.md)
	@lab/up
	@HOSTILE_TEXTS=500 REFUSALS=all vitest run test/config/hostile.test.ts test/config/refusals.test.ts
	@vitest run --reporter=verbose --config test/soak/vitest.config.ts

.PHONY: format
format: ## Rewrite the sources in the project's format
	@prettier --log-level warn --write .
