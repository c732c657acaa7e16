#!/usr/bin/env bash
# `make screenshots`: a picture of every page into docs/images, taken while one call goes all the way,
# and while a headset is refused.
set -euo pipefail
. "$(dirname "$0")/common.sh"
mkdir -p docs/images
HOTLINE_PICTURES=$root/docs/images SCENARIO="whole-path:sqlite not-ready:sqlite" scripts/e2e.sh
