#!/usr/bin/env bash
# kulta and Splink (with DuckDB, from PyPI) on the same generated persons, one after the other.
#
#   benches/with_splink.sh [CUSTOMERS]        default 40,000, about 100,000 records
#
# Needs a release build of kulta (cargo build --release) and python3 with venv.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
customers=${1:-40000}
kulta=${KULTA_BENCH_BINARY:-$root/target/release/kulta}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

env=$root/target/splink
if [[ ! -x $env/bin/python ]]; then
    python3 -m venv "$env"
    "$env/bin/pip" install --quiet splink duckdb
fi
"$kulta" generate --customers "$customers" --seed 1 --truth --format csv >"$work/all.csv" 2>/dev/null
# Persons only: Splink has no configuration of its own for organisations.
awk -F, 'NR == 1 || $3 == "person"' "$work/all.csv" >"$work/people.csv"

begin=$(date +%s.%N)
"$kulta" match "$work/people.csv" --out "$work/clusters.csv" --truth cluster_id --threads 2 2>/dev/null | tee "$work/told"
end=$(date +%s.%N)
printf 'kulta match: %s records in %.1f s\n' "$(($(wc -l <"$work/people.csv") - 1))" "$(echo "$end - $begin" | bc)"
"$env/bin/python" "$root/benches/with_splink.py" "$work/people.csv"
