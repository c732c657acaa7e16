#!/usr/bin/env bash
# `make screenshots`: a picture of every page into docs/images, taken while one call goes all the way, while a headset is
# refused, after a gateway was killed, of missed calls explained, and of every tab of the agent's and supervisor's consoles.
set -euo pipefail
. "$(dirname "$0")/common.sh"
mkdir -p docs/images
HOTLINE_PICTURES=$root/docs/images SCENARIO="whole-path:sqlite not-ready:sqlite gateway-killed:sqlite misses:sqlite console-tabs:postgres" scripts/e2e.sh
