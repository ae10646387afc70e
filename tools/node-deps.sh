#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs the tests' npm packages, in the versions of the lock file, into
# tests/node/node_modules. Says nothing when they are there.
set -eu
folder=$(dirname "$(dirname "$(readlink -f "$0")")")/tests/node
lock=$folder/package-lock.json
done=$folder/node_modules/.installed

cmp -s "$lock" "$done" && exit 0
echo "loquat: installing the tests' packages from npm"
if npm ci --prefix "$folder" >/dev/null; then
    cp "$lock" "$done"
else
    echo "loquat: npm could not: the tests that need them are skipped" >&2
fi
