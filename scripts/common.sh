# What the scripts share: places, builds, processes. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export CARGO_BUILD_JOBS=${CARGO_BUILD_JOBS:-2}
target=${CARGO_TARGET_DIR:-$root/target}
bin=$target/debug

say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# need_tools: the two toolchains that no package brings.
need_tools() {
    command -v cargo >/dev/null || die "cargo is missing: install the Rust toolchain 1.95 or newer, then run this again"
    command -v npm >/dev/null || die "npm is missing: install Node.js 20 or newer, then run this again"
}

# build_dashboards: the pages, built again only when a source is newer than the last build.
build_dashboards() {
    local dist=dashboards/dist stamp=dashboards/node_modules/.package-lock.json
    if [ ! -f "$stamp" ] || [ dashboards/package-lock.json -nt "$stamp" ]; then
        say "installing the pages' packages"
        (cd dashboards && npm ci --no-audit --no-fund --loglevel=error)
    fi
    if [ ! -f "$dist/index.html" ] || [ -n "$(find dashboards -name node_modules -prune -o -name dist -prune -o -type f -newer "$dist/index.html" -print -quit)" ]; then
        say "building the pages"
        (cd dashboards && npm run build --silent)
    fi
}

# wait_for_200 URL SECONDS PID NAME: until URL answers 200; fails when the process ends or time is up.
wait_for_200() {
    local url=$1 seconds=$2 pid=$3 name=$4 i
    for ((i = 0; i < seconds * 5; i++)); do
        [ "$(curl -s -o /dev/null -w '%{http_code}' "$url" || true)" = 200 ] && return 0
        kill -0 "$pid" 2>/dev/null || die "$name ended; see above for the reason"
        sleep 0.2
    done
    die "$name did not answer $url within $seconds s"
}

# wait_for_file FILE PID NAME: until the program has written it; a gateway built without optimisation
# decodes its prompts first, which takes a slow machine more than ten seconds.
wait_for_file() {
    local file=$1 pid=$2 name=$3 i
    for ((i = 0; i < 600; i++)); do
        [ -s "$file" ] && return 0
        kill -0 "$pid" 2>/dev/null || die "$name ended; see above for the reason"
        sleep 0.1
    done
    die "$name did not write $file within 60 s"
}

# stop_process PID: asks it to end, asks again after 2 s (a gateway that lets its calls end then ends
# them), insists after 8 s.
stop_process() {
    local pid=$1 i
    kill -TERM "$pid" 2>/dev/null || return 0
    for ((i = 0; i < 80; i++)); do
        if [ "$i" -eq 20 ]; then kill -TERM "$pid" 2>/dev/null || true; fi
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
}
