#!/usr/bin/env bash
# Installs the Debian packages that are missing, by name.
#   install-packages.sh run    what building and running needs
#   install-packages.sh test   that, and what the tests talk to
#   install-packages.sh bench  what building needs, and what the benchmarks compare with
set -euo pipefail

run=(gcc libc6-dev make pkg-config ca-certificates curl)
test=(chromium fonts-noto-cjk postgresql redis-server sip-tester baresip iproute2 nftables libnss3-tools procps libasound2-dev)
bench=(postgresql rtpengine-daemon kamailio sip-tester procps)

case "${1:-}" in
run) wanted=("${run[@]}") ;;
test) wanted=("${run[@]}" "${test[@]}") ;;
bench) wanted=("${run[@]}" "${bench[@]}") ;;
*) echo "usage: $0 run|test|bench" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "Please install these packages yourself: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Run as root, or install: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
