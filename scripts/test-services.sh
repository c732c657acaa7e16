# A PostgreSQL and a Redis of the tests' own, on free ports below target/, gone afterwards. Sourced.
# Sets TEST_DATABASE_URL and TEST_REDIS_URL; `stop_services` ends both.

services=$(mktemp -d "${TMPDIR:-/tmp}/hotline-test.XXXXXX")
chmod 755 "$services"
service_pids=()

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000 + 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# as_plain_user COMMAND...: PostgreSQL refuses to run as root.
as_plain_user() {
    if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# start_postgres [-c NAME=VALUE]...: as delivered but for these; sets TEST_DATABASE_URL and _PID.
start_postgres() {
    local pg port i
    pg=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
    port=$(free_port)
    mkdir "$services/pg"
    [ "$(id -u)" -eq 0 ] && chown postgres "$services/pg"
    as_plain_user "$pg/initdb" -D "$services/pg/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
    as_plain_user "$pg/postgres" -D "$services/pg/data" -p "$port" -h 127.0.0.1 -k "$services/pg" \
        -c max_connections=300 "$@" >"$services/pg.log" 2>&1 &
    service_pids+=($!)
    for ((i = 0; i < 100; i++)); do
        "$pg/pg_isready" -q -h 127.0.0.1 -p "$port" && break
        sleep 0.1
    done
    "$pg/pg_isready" -q -h 127.0.0.1 -p "$port" || { cat "$services/pg.log" >&2; return 1; }
    export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
    TEST_DATABASE_PID=$(head -1 "$services/pg/data/postmaster.pid")
    export TEST_DATABASE_PID
}

start_services() {
    local port i
    start_postgres -c fsync=off -c full_page_writes=off

    port=$(free_port)
    redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no --dir "$services" >"$services/redis.log" 2>&1 &
    service_pids+=($!)
    for ((i = 0; i < 100; i++)); do
        [ "$(redis-cli -h 127.0.0.1 -p "$port" ping 2>/dev/null)" = PONG ] && break
        sleep 0.1
    done
    export TEST_REDIS_URL="redis://127.0.0.1:$port/"
}

stop_services() {
    local pid data=$services/pg/data
    if [ -f "$data/postmaster.pid" ]; then
        # fast shutdown: clients are cut off, nothing is waited for
        kill -INT "$(head -1 "$data/postmaster.pid")" 2>/dev/null || true
    fi
    for pid in "${service_pids[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$services"
}
