#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs what the benchmark needs and this machine lacks: the peers and the
# instruments from Debian, ws and socket.io from npm into build/bench-npm. None
# of the peers is started as a service. Says nothing when nothing is missing.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Debian asks this script whether an installed service may be started; 101 is
# no. One that is already there is put back afterwards.
policy=/usr/sbin/policy-rc.d

forbid_services() {
    [ ! -e $policy ] || as_root mv $policy $policy.before-loquat
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
}

restore_services() {
    as_root rm -f $policy
    [ ! -e $policy.before-loquat ] ||
        as_root mv $policy.before-loquat $policy
}

install_debian() {
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        echo "loquat: as root, please: apt-get install $*" >&2
        exit 1
    fi
    trap restore_services EXIT
    trap 'exit 130' INT TERM
    forbid_services
    as_root apt-get -q update >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends "$@" >/dev/null
    restore_services
    trap - EXIT INT TERM
}

wanted="
inspircd ngircd mosquitto nats-server redis-server nginx-light
python3-matplotlib valgrind
"
installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}
# Node may have come from elsewhere, and some kernels have no perf of their own.
command -v node >/dev/null && command -v npm >/dev/null ||
    wanted="$wanted nodejs npm"
apt-cache show linux-perf >/dev/null 2>&1 && wanted="$wanted linux-perf"

missing=
for package in $wanted; do
    installed "$package" || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "loquat: installing for the benchmark:$missing"
    # shellcheck disable=SC2086
    install_debian $missing
fi

folder=$root/build/bench-npm
if ! cmp -s "$root/bench/peers/package.json" "$folder/package.json" ||
   [ ! -d "$folder/node_modules/ws" ] ||
   [ ! -d "$folder/node_modules/socket.io" ]; then
    echo "loquat: installing for the benchmark: ws and socket.io, from npm"
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$root/bench/peers/package.json" "$folder/package.json"
    npm install --prefix "$folder" --no-package-lock --no-audit --no-fund \
        --ignore-scripts --loglevel=error >/dev/null || {
        rm -f "$folder/package.json"
        exit 1
    }
fi
