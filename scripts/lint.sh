#!/usr/bin/env bash
# `make lint`: everything that is checked without running the system.
set -euo pipefail
. "$(dirname "$0")/common.sh"
scripts/install-packages.sh test
need_tools
cargo fmt --all --check
cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
cargo run --locked -q -p xtask -- tidy
scripts/deny.sh
[ -f dashboards/node_modules/.package-lock.json ] || (cd dashboards && npm ci --no-audit --no-fund --loglevel=error)
(cd dashboards && npm run lint --silent && npm run check --silent)
