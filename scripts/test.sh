#!/usr/bin/env bash
# `make test`: every test there is, with a PostgreSQL, a Redis, a Chromium and SIP peers of its own.
# Closes with the counts of all of them. TEST_ONLY=rust|web|e2e runs one part.
set -euo pipefail
. "$(dirname "$0")/common.sh"

scripts/install-packages.sh test
need_tools
logs=$target/test-logs
mkdir -p "$logs"
rm -f "$logs"/*.log
. scripts/test-services.sh
trap stop_services EXIT
trap 'exit 130' INT TERM
start_services

only=${TEST_ONLY:-all}
failed=0

# part NAME COMMAND...: runs it, keeps its log, remembers a failure.
part() {
    local name=$1; shift
    [ "$only" = all ] || [ "$only" = "$name" ] || return 0
    say "== $name"
    local began=$SECONDS
    if "$@" 2>&1 | tee "$logs/$name.log"; then
        echo "== $name passed in $((SECONDS - began)) s"
    else
        failed=1
        echo "== $name FAILED after $((SECONDS - began)) s"
    fi
}

rust_tests() {
    # The pages and the programs under test are the same builds that `make e2e` uses.
    build_dashboards
    scripts/build-for-tests.sh
    HOTLINE_TEST_BIN=$target/e2e cargo test --locked --workspace --no-fail-fast
}
web_tests() {
    build_dashboards
    (cd dashboards && npm run check --silent && npm test --silent)
}
e2e_tests() { scripts/e2e.sh; }

part rust rust_tests
part web web_tests
part e2e e2e_tests

# A long log is read from its end: every failure is named once more.
grep -hE '^(test .* FAILED|---- .* stdout ----|e2e failed: )|^ *(FAIL|×) ' "$logs"/*.log 2>/dev/null || true
grep -hE -A3 "^thread '.*panicked at" "$logs/rust.log" 2>/dev/null | grep -vE '^note: |stack backtrace' | tail -n 200 || true

# Counts: cargo's "test result" lines, vitest's "Tests" line, our own "N passed, N failed" lines.
cat "$logs"/*.log | sed 's/\x1b\[[0-9;]*m//g' | awk -v failed="$failed" '
    /^test result:/ { passed += $4; bad += $6; skipped += $8 }
    /^ *Tests / { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) passed += $(i - 1); if ($i ~ /^failed/) bad += $(i - 1); if ($i ~ /^skipped/) skipped += $(i - 1) } }
    /^e2e: [0-9]+ passed, [0-9]+ failed/ { passed += $2; bad += $4; skipped += $6 }
    END {
        if (failed && !bad) bad = 1
        printf "%d passed, %d failed, %d skipped\n", passed, bad, skipped
        exit (failed || bad || !passed) ? 1 : 0
    }'
