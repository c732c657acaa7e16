#!/usr/bin/env bash
# `make bench`: figures and plots into target/bench. Takes hours when whole; arguments go to
# `hotline-load bench` (--quick, --only acd|queue|media|signalling, --runs 3, --steps 200,500).
# BENCH_BIN names a folder with `hotline` and `sip-gateway` to be measured instead of a release build.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# The distributor alone needs no other program: `--only acd`.
alone=
[[ " $* " =~ " --only"[=\ ]"acd " ]] && alone=yes

need_tools
programs=(-p hotline-load)
if [ -z "$alone" ]; then
    scripts/install-packages.sh bench
    [ -n "${BENCH_BIN:-}" ] || programs+=(-p hotline -p sip-gateway)
fi
say "building for release"
cargo build --locked --release "${programs[@]}"

if [ -z "$alone" ]; then
    # A PostgreSQL of our own with syncs on, as it is delivered.
    . scripts/test-services.sh
    trap stop_services EXIT
    trap 'exit 130' INT TERM
    start_postgres
    export BENCH_DATABASE_URL=$TEST_DATABASE_URL BENCH_DATABASE_PID=$TEST_DATABASE_PID
fi
mkdir -p "$target/bench"
status=0
"$target/release/hotline-load" bench --root "$root" --bin "${BENCH_BIN:-$target/release}" --out "$target/bench" "$@" || status=$?
say "figures: $target/bench/results.jsonl"
[ "$status" -ne 1 ] || say "something was saturated: lines with \"saturated\":true say why"
exit "$status"
