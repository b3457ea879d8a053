#!/usr/bin/env bash
# Installs and starts what the tests need, then runs them. Asks nothing.
#
#   tests/run.sh                        every test of the workspace
#   tests/run.sh NAME                   those whose name contains NAME
#   tests/run.sh --test store -- --nocapture
#                                       what follows goes to `cargo test --workspace --locked` as it is
#   tests/run.sh --prepare              installs what is missing and runs nothing
#
# PostgreSQL: the server named in KULTA_TEST_PG_URL when that is set. Otherwise a cluster of our own in a
# temporary directory on a free port of 127.0.0.1, made from the machine's PostgreSQL binaries (on Debian, as
# root, they are installed when missing), stopped and removed at the end.
#
# Apache Kafka: the broker named in KULTA_TEST_KAFKA when that is set. Otherwise one of our own, see kafka.sh; the
# Java runtime that it needs is installed like PostgreSQL.
#
# The tests are told by the environment:
#   KULTA_TEST_KAFKA     host:port of the broker; not set when only tests are asked for that need none (kafka.sh has more)
#   KULTA_TEST_PG_URL    where to make databases, as a superuser
#   KULTA_TEST_PG_BIN    directory of initdb, postgres, pg_ctl   \
#   KULTA_TEST_PG_DATA   data directory of the cluster            } for tests that start and kill servers of
#   KULTA_TEST_PG_USER   system user that runs the servers       /  their own; only set with our own cluster
# The exit status is that of the tests.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
start_timeout_s=60
work=''
pg_bin=''
pg_user=''
apt_updated=''

say() { printf 'run.sh: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

is_root() { [[ $(id -u) -eq 0 ]]; }

is_debian() { [[ -e /etc/debian_version ]] && command -v apt-get >/dev/null; }

apt_install() {
    say "installing $* with apt-get"
    if [[ -z $apt_updated ]]; then
        DEBIAN_FRONTEND=noninteractive apt-get update >&2
        apt_updated=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null >&2
}

# --- what a build needs: cargo, C and C++ compilers with the C library's headers, make (SQLite, AWS-LC and librdkafka are
# built from source), and the headers of OpenSSL, found by pkg-config (librdkafka's TLS).

can_compile_c() {
    command -v cc >/dev/null &&
        printf '#include <stdlib.h>\n#include <pthread.h>\nint main(void) { return 0; }\n' |
        cc -x c -o /dev/null - 2>/dev/null
}

can_build_librdkafka() {
    command -v c++ >/dev/null && command -v make >/dev/null && command -v pkg-config >/dev/null &&
        pkg-config --exists openssl
}

require_librdkafka_tools() {
    can_build_librdkafka && return
    if is_root && is_debian; then
        apt_install g++ make pkg-config libssl-dev
        can_build_librdkafka || die 'g++, make, pkg-config and libssl-dev are installed, but one of them is not found'
    else
        die 'c++, make, pkg-config or the headers of OpenSSL are missing' \
            '(Debian: g++, make, pkg-config, libssl-dev): install them, run this again'
    fi
}

require_build_tools() {
    command -v cargo >/dev/null ||
        die 'cargo is missing: install Rust 1.94 or newer with rustup, put ~/.cargo/bin on the PATH, run this again'
    can_compile_c && return
    if is_root && is_debian; then
        apt_install gcc libc6-dev
        can_compile_c || die 'cc does not compile a C program although gcc and libc6-dev are installed'
    else
        die 'a C compiler with the headers of the C library is missing (Debian: gcc and libc6-dev): install it, run this again'
    fi
}

# --- Python, for the programs that tests compare kulta with: nothing but its own library, as of 3.11 (tomllib).

has_python() { python3 -c 'import tomllib' 2>/dev/null; }

require_python() {
    has_python && return
    if is_root && is_debian; then
        apt_install python3
        has_python || die 'python3 is installed, but older than 3.11'
    else
        die 'python3 of 3.11 or newer is missing (Debian: package python3): install it, run this again'
    fi
}

# --- PostgreSQL

has_pg_server() {
    local tool
    for tool in initdb postgres pg_ctl pg_isready; do
        [[ -x $1/$tool ]] || return 1
    done
}

# Sets pg_bin: what the PATH leads to, else the newest of Debian's version directories.
find_pg_bin() {
    local initdb dir
    if initdb=$(command -v initdb); then
        dir=$(dirname -- "$(readlink -f -- "$initdb")")
        if has_pg_server "$dir"; then
            pg_bin=$dir
            return
        fi
    fi
    while IFS= read -r dir; do
        if has_pg_server "$dir"; then
            pg_bin=$dir
            return
        fi
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV)
    return 1
}

require_pg_bin() {
    find_pg_bin && return
    if is_root && is_debian; then
        apt_install postgresql
        find_pg_bin || die 'postgresql is installed, but its server binaries are not under /usr/lib/postgresql'
    else
        die 'no PostgreSQL server binaries on the PATH or under /usr/lib/postgresql (Debian: package postgresql):' \
            'install them, or name a server in KULTA_TEST_PG_URL, and run this again'
    fi
}

# PostgreSQL refuses to run as root.
choose_pg_user() {
    if ! is_root; then
        pg_user=$(id -un)
    elif id -u postgres >/dev/null 2>&1; then
        pg_user=postgres
    else
        pg_user=nobody
    fi
}

as_pg_user() (
    cd /
    if ! is_root; then
        exec "$@"
    elif command -v setpriv >/dev/null; then
        exec setpriv --reuid="$pg_user" --regid="$(id -g "$pg_user")" --init-groups -- "$@"
    else
        exec runuser -u "$pg_user" -- "$@"
    fi
)

# Text is ordered by a linguistic collation where the server has ICU, as in production: a query that counts on
# the order of bytes without saying so then fails here and not there.
init_cluster() {
    local options=(-D "$work/data" --username=kulta --auth=trust --encoding=UTF8 --no-sync)
    say "making a cluster in $work with the binaries of $pg_bin, as user $pg_user"
    if ! as_pg_user "$pg_bin/initdb" "${options[@]}" --locale=C.UTF-8 --locale-provider=icu --icu-locale=en \
        </dev/null >"$work/initdb.log" 2>&1; then
        say 'no ICU collations here, using C'
        rm -rf -- "$work/data"
        as_pg_user "$pg_bin/initdb" "${options[@]}" --locale=C </dev/null >"$work/initdb.log" 2>&1 || {
            cat -- "$work/initdb.log" >&2
            die 'initdb failed'
        }
    fi
    cat >>"$work/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$work'
max_connections = 200
fsync = on
synchronous_commit = on
full_page_writes = on
max_wal_size = 2GB
checkpoint_timeout = 15min
CONF
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Starts the cluster on a free port below the range from which the system takes ports for outgoing connections.
start_cluster() {
    local port attempt
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$((20000 + RANDOM % 12000))
        port_is_taken "$port" && continue
        if as_pg_user "$pg_bin/pg_ctl" -D "$work/data" -l "$work/server.log" -o "-p $port" \
            -w -t "$start_timeout_s" start </dev/null >/dev/null &&
            "$pg_bin/pg_isready" -q -t "$start_timeout_s" -h 127.0.0.1 -p "$port"; then
            export KULTA_TEST_PG_URL="postgres://kulta@127.0.0.1:$port/postgres"
            say "PostgreSQL $("$pg_bin/postgres" -V | sed 's/[^0-9]*//') answers on 127.0.0.1:$port"
            return
        fi
        say "PostgreSQL did not start on port $port (attempt $attempt)"
        stop_cluster
    done
    tail -n 20 -- "$work/server.log" >&2 || true
    die 'PostgreSQL does not start'
}

stop_cluster() {
    [[ -e $work/data/postmaster.pid ]] || return 0
    as_pg_user "$pg_bin/pg_ctl" -D "$work/data" -m immediate -w -t 30 stop </dev/null >/dev/null 2>&1 ||
        say "PostgreSQL in $work/data did not stop"
}

clean_up() {
    local status=$?
    trap - EXIT
    if [[ -n $work ]]; then
        stop_kafka
        stop_cluster
        rm -rf -- "$work"
    fi
    exit "$status"
}

make_work() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/kulta-test.XXXXXX")
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

own_cluster() {
    require_pg_bin
    choose_pg_user
    # Settings of the caller's own PostgreSQL clients must not reach into this cluster.
    unset "${!PG@}"
    if is_root; then
        chown "$pg_user" "$work"
    fi
    chmod 755 "$work"
    init_cluster
    start_cluster
    export KULTA_TEST_PG_BIN=$pg_bin KULTA_TEST_PG_DATA=$work/data KULTA_TEST_PG_USER=$pg_user
}

# shellcheck source-path=SCRIPTDIR
. "$root/tests/kafka.sh"

require_build_tools
require_librdkafka_tools
require_python
if [[ ${1:-} == --prepare ]]; then
    [[ -n ${KULTA_TEST_PG_URL:-} ]] || require_pg_bin
    if [[ -z ${KULTA_TEST_KAFKA:-} ]]; then
        require_java
        require_kafka_jars
    fi
    exit 0
fi
make_work
if [[ -n ${KULTA_TEST_PG_URL:-} ]]; then
    say 'using the PostgreSQL server named in KULTA_TEST_PG_URL'
    export KULTA_TEST_PG_URL
else
    own_cluster
fi
if [[ -n ${KULTA_TEST_KAFKA:-} ]]; then
    say 'using the broker named in KULTA_TEST_KAFKA'
    export KULTA_TEST_KAFKA
elif wants_kafka "$@"; then
    own_kafka
fi
cd -- "$root"
say "cargo test --workspace --locked $*"
cargo test --workspace --locked "$@"
