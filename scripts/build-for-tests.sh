#!/usr/bin/env bash
# The programs that black-box and browser tests start: built with the test clock, copied to
# target/e2e so that an ordinary build beside them changes nothing.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cargo build --locked --workspace \
    --features hotline/test-clock,sip-gateway/test-clock
mkdir -p "$target/e2e"
for program in hotline sip-gateway hotline-phone correlate; do
    cp -f "$bin/$program" "$target/e2e/"
done
