#!/usr/bin/env bash
# The programs that black-box and browser tests start: built with the test clock, copied to
# target/e2e so that an ordinary build beside them changes nothing.
set -euo pipefail
. "$(dirname "$0")/common.sh"
# One test is named so that dependencies get the features that tests give them: `cargo test` then
# finds them built, instead of building all of them a second time.
cargo build --locked --workspace --bins --test bad_starts \
    --features hotline/test-clock,sip-gateway/test-clock
mkdir -p "$target/e2e"
for program in hotline sip-gateway hotline-phone hotline-load correlate; do
    cp -f "$bin/$program" "$target/e2e/"
done
