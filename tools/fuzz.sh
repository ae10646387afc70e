#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fuzz.sh BUILD SECONDS: runs every fuzz target of the build folder for that
# long, two at a time, each with its dictionary and its seeds from
# tests/data/fuzz. Fails when one finds anything; the finding is kept there.
set -eu
build=$1
seconds=$2
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run_one() {
    name=$(basename "$1")
    topic=${name#fuzz_}
    mkdir -p "$work/$topic"
    set -- "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$here/$build/finding-$topic-" -print_final_stats=1
    [ ! -f "$here/tests/data/fuzz/$topic.dict" ] ||
        set -- "$@" -dict="$here/tests/data/fuzz/$topic.dict"
    set -- "$@" "$work/$topic"
    [ ! -d "$here/tests/data/fuzz/$topic" ] ||
        set -- "$@" "$here/tests/data/fuzz/$topic"
    if "$@" >"$work/$topic.log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$topic.log")
        echo "ok   $name: $runs runs without a finding"
    else
        echo "FAIL $name"
        tail -n 60 "$work/$topic.log"
        touch "$work/failed"
    fi
}

running=0
targets=$(find "$here/$build" -type f -name 'fuzz_*' -perm -u+x | sort)
[ -n "$targets" ] || { echo "fuzz.sh: no fuzz targets in $build" >&2; exit 1; }
for target in $targets; do
    run_one "$target" &
    running=$((running + 1))
    [ $((running % 2)) -ne 0 ] || wait
done
wait
[ ! -e "$work/failed" ]
