#!/usr/bin/env bash
# `make run`: installs what is missing, builds, makes the sample county, starts both programs and
# says where to look and how to call. Ctrl-C stops everything.
set -euo pipefail
. "$(dirname "$0")/common.sh"

scripts/install-packages.sh run
need_tools
build_dashboards
say "building the programs (a first build takes some minutes)"
cargo build --locked --workspace

export HOTLINE_DATA=${HOTLINE_DATA:-$root/data}
mkdir -p "$HOTLINE_DATA"
[ -f "$HOTLINE_DATA/hotline.db" ] || "$bin/hotline" init --sample

pids=()
stop_all() {
    trap - EXIT
    # Who asks twice must not leave a program behind that nobody stops any more.
    trap '' INT TERM
    # The gateway first: it says goodbye to its calls, and the server still hears of it.
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do stop_process "${pids[i]}"; done
}
trap 'stop_all; exit 0' INT TERM
trap stop_all EXIT

# Each in a process group of its own, so that Ctrl-C reaches this script alone and it decides the order.
set -m
"$bin/hotline" serve & pids+=($!)
set +m
wait_for_file "$HOTLINE_DATA/ports.json" "${pids[0]}" hotline
port_of() { sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p" "$1" | head -1; }
http=$(port_of "$HOTLINE_DATA/ports.json" http)
https=$(port_of "$HOTLINE_DATA/ports.json" https)
wait_for_200 "http://127.0.0.1:$http/readyz" 30 "${pids[0]}" hotline
rm -f "$HOTLINE_DATA/gateway-ports.json"
set -m
HOTLINE__GATEWAY__SERVER_URL=${HOTLINE__GATEWAY__SERVER_URL:-ws://127.0.0.1:$http/api/v1/gateway-link} "$bin/sip-gateway" & pids+=($!)
set +m
wait_for_file "$HOTLINE_DATA/gateway-ports.json" "${pids[1]}" sip-gateway
wait_for_200 "http://127.0.0.1:$(port_of "$HOTLINE_DATA/gateway-ports.json" http)/readyz" 30 "${pids[1]}" sip-gateway
sip=$(port_of "$HOTLINE_DATA/gateway-ports.json" sip_udp)

cat <<TEXT

  系统已启动 / the hotline is up

  登录页面 sign-in page   http://localhost:$http/      (https://<本机地址>:$https/ from other machines)
  账号 accounts           agent01 … agent08 (话务员), dispatcher01, reviewer01, followup01,
                          supervisor01, u14.contact, u14.leader …
  密码 password           $( [ -n "${HOTLINE_SAMPLE_PASSWORD:-}" ] && echo '($HOTLINE_SAMPLE_PASSWORD)' || cat "$HOTLINE_DATA/sample-password.txt" 2>/dev/null )
  SIP                     sip:12345@127.0.0.1:$sip (UDP, TCP)
  打一个电话 place a call  make call       (在另一个终端 in another terminal)
  停止 stop               Ctrl-C

TEXT
wait -n || true
echo "one of the programs has ended; stopping the other" >&2
exit 1
