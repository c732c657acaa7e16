#!/usr/bin/env bash
# `make bench`: figures and plots into target/bench. Takes hours when whole; arguments go to
# `hotline-load bench` (--quick, --only queue|media|signalling, --runs 3, --steps 200,500).
# BENCH_BIN names a folder with `hotline` and `sip-gateway` to be measured instead of a release build.
set -euo pipefail
. "$(dirname "$0")/common.sh"

scripts/install-packages.sh bench
need_tools
programs=(-p hotline-load)
[ -n "${BENCH_BIN:-}" ] || programs+=(-p hotline -p sip-gateway)
say "building for release"
cargo build --locked --release "${programs[@]}"

# A PostgreSQL of our own with syncs on, as it is delivered.
. scripts/test-services.sh
trap stop_services EXIT
trap 'exit 130' INT TERM
start_postgres
mkdir -p "$target/bench"
status=0
export BENCH_DATABASE_URL=$TEST_DATABASE_URL BENCH_DATABASE_PID=$TEST_DATABASE_PID
"$target/release/hotline-load" bench --root "$root" --bin "${BENCH_BIN:-$target/release}" --out "$target/bench" "$@" || status=$?
say "figures: $target/bench/results.jsonl"
[ "$status" -ne 1 ] || say "something was saturated: lines with \"saturated\":true say why"
exit "$status"
