#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deps.sh [tests]: installs what the build, or the tests as well, need and this
# machine lacks, from Debian's packages, by name. Says nothing when nothing is
# missing.
set -eu

packages="
build-essential meson ninja-build pkg-config
libuv1-dev libsqlite3-dev libsodium-dev libprotobuf-c-dev protobuf-c-compiler
libutf8proc-dev libinih-dev libjansson-dev libssl-dev libcmocka-dev libwslay-dev
libarchive-dev
protobuf-compiler
netcat-openbsd curl
"
if [ "${1:-}" = tests ]; then
    packages="$packages
clang libclang-rt-14-dev llvm-14 libhttp-parser-dev libicu-dev
python3 python3-pytest python3-pytest-xdist python3-protobuf python3-websockets
openssl slowhttptest strace sslscan testssl.sh
"
    # Node and a browser may have come from elsewhere.
    command -v node >/dev/null && command -v npm >/dev/null ||
        packages="$packages nodejs npm"
    command -v chromium >/dev/null ||
        command -v chromium-headless-shell >/dev/null ||
        packages="$packages chromium-headless-shell"
fi

missing=
for package in $packages; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "loquat: installing$missing"
as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "loquat: as root, please: apt-get install$missing" >&2
        exit 1
    }
    as_root=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >/dev/null
# The browser without a window is not everywhere a package of its own.
apt-cache show chromium-headless-shell >/dev/null 2>&1 ||
    missing=$(echo "$missing" | sed s/chromium-headless-shell/chromium/)
# shellcheck disable=SC2086
$as_root apt-get install -q -y --no-install-recommends $missing >/dev/null
