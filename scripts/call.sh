#!/usr/bin/env bash
# `make call`: a citizen calls the running hotline and speaks. SOUND=1 uses your own microphone and
# loudspeaker; SAY=<file> another recording; FROM=<number> another caller.
set -euo pipefail
. "$(dirname "$0")/common.sh"

export HOTLINE_DATA=${HOTLINE_DATA:-$root/data}
ports=$HOTLINE_DATA/gateway-ports.json
[ -s "$ports" ] || die "no hotline is running on $HOTLINE_DATA: start it with 'make run' first"
sip=$(sed -n 's/.*"sip_udp": *\([0-9]*\).*/\1/p' "$ports")
from=${FROM:-13800000001}
if [ "${SOUND:-0}" = 1 ]; then
    scripts/install-packages.sh test
    cargo build --locked -q -p hotline-phone --features sound
    exec "$bin/hotline-phone" call "sip:12345@127.0.0.1:$sip" --from "$from" --sound
fi
[ -x "$bin/hotline-phone" ] || cargo build --locked -p hotline-phone
heard=${HEAR:-$HOTLINE_DATA/heard.wav}
"$bin/hotline-phone" call "sip:12345@127.0.0.1:$sip" --from "$from" \
    --say "${SAY:-prompts/callers/call_08_street_lamp.wav}" --hear "$heard" --max-seconds 180
echo "what the citizen heard: $heard" >&2
