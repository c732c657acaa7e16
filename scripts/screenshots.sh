#!/usr/bin/env bash
# `make screenshots`: a picture of every page into docs/images, taken while one call goes all the way,
# while a headset is refused, and after a gateway was killed.
set -euo pipefail
. "$(dirname "$0")/common.sh"
mkdir -p docs/images
HOTLINE_PICTURES=$root/docs/images SCENARIO="whole-path:sqlite not-ready:sqlite gateway-killed:sqlite" scripts/e2e.sh
