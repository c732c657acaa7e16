#!/usr/bin/env bash
# `make e2e`: the browser tests against real processes, on SQLite and on PostgreSQL.
# SCENARIO="whole-path:sqlite" runs one of them.
set -euo pipefail
. "$(dirname "$0")/common.sh"

scripts/install-packages.sh test
need_tools
build_dashboards
scripts/build-for-tests.sh
if [ -z "${TEST_DATABASE_URL:-}" ]; then
    . scripts/test-services.sh
    trap stop_services EXIT
    trap 'exit 130' INT TERM
    start_services
fi
export HOTLINE_TEST_BIN=$target/e2e
cd dashboards
npx --no-install tsx e2e/run.ts ${SCENARIO:-}
