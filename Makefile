# The commands of this project. Each is a script in scripts/ that says what it does.
.PHONY: help run call test e2e lint bench screenshots

help: ## this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: ## install what is missing, build, start the sample county
	@scripts/run.sh

call: ## a citizen calls the running hotline (SOUND=1: you speak yourself)
	@scripts/call.sh

test: ## every test, with services of its own
	@scripts/test.sh

e2e: ## the browser tests alone
	@scripts/e2e.sh

bench: ## loads beside rtpengine, Kamailio and SIPp: figures and plots in target/bench (ARGS="--quick --only media")
	@scripts/bench.sh $(ARGS)

lint: ## format, clippy, arrows, licences, pages
	@scripts/lint.sh

screenshots: ## a picture of every page into docs/images
	@scripts/screenshots.sh
