# shellcheck shell=bash
# Shared by the scripts beside it: where things are, one line per step, one sentence per failure.
# Sourced by bash, never run. Everything a step prints goes to the log; its end is shown when the step fails.
set -euo pipefail

source_directory=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

compiler_packages=(g++ cmake ninja-build pkg-config)
desktop_packages=(qt6-base-dev qt6-svg-dev qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools libqt6svg6 libgl1-mesa-dev
    libqcustomplot-dev fonts-dejavu-core fonts-inter)
backend_packages=(libpqxx-dev libhiredis-dev libexpected-dev libtomlplusplus-dev nlohmann-json3-dev libspdlog-dev
    libcli11-dev libsqlite3-dev zlib1g-dev libssl-dev)
server_packages=(postgresql redis-server util-linux procps)
packages=("${compiler_packages[@]}" "${desktop_packages[@]}" "${backend_packages[@]}" "${server_packages[@]}")

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The build lies in the source tree, or in the cache directory when that tree cannot be written.
build_root() {
    local candidate=$source_directory/build
    if mkdir -p -- "$candidate" 2>/dev/null && [ -w "$candidate" ]; then
        printf '%s\n' "$candidate"
        return
    fi
    local cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}} hash
    [ -n "$cache" ] || fail "$source_directory/build cannot be written: make it writable or set XDG_CACHE_HOME."
    hash=$(printf '%s' "$source_directory" | cksum | cut -d ' ' -f 1)
    candidate=$cache/rookery/build-$hash
    if mkdir -p -- "$candidate" 2>/dev/null && [ -w "$candidate" ]; then
        printf '%s\n' "$candidate"
        return
    fi
    fail "Neither $source_directory/build nor $candidate can be written: make one of them writable or set XDG_CACHE_HOME."
}

# Sets build_directory and log; called once by each script.
prepare_build_root() {
    build_directory=$(build_root)/release
    log=${build_directory%/release}/install.log
    { : >"$log"; } 2>/dev/null || fail "$log cannot be written: check the free space and whose file it is."
}

# Why a step failed, as far as its output tells.
known_reason() {
    if grep -qE 'No space left on device|not enough free space|enough free space in|Disk quota exceeded' <<<"$1"; then
        say "because a disk is full: free some space (df -h shows where) and run this again"
    elif grep -qE 'Could not get lock|Unable to acquire the dpkg' <<<"$1"; then
        say "because another package manager is at work: wait for it to finish and run this again"
    elif grep -qE 'Temporary failure resolving|Could not resolve|Could not connect|Unable to connect|Network is unreachable|Failed to fetch' <<<"$1"; then
        say "because the package servers cannot be reached: check the network and run this again"
    elif grep -qE 'Unable to locate package|has no installation candidate' <<<"$1"; then
        say "because this system's package sources lack some of the packages: enable Debian's \"main\" archive for ${packages[*]}"
    fi
}

# step "What it does" command…
step() {
    local what=$1 start reason
    shift
    say "$what"
    printf '\n== %s\n' "$what" >>"$log"
    start=$(stat -c %s -- "$log")
    "$@" >>"$log" 2>&1 && return
    reason=$(known_reason "$(tail -c "+$((start + 1))" -- "$log")")
    if [ -n "$reason" ]; then
        tail -n 3 -- "$log" >&2
        fail "$what failed $reason."
    fi
    tail -n 40 -- "$log" >&2
    fail "$what failed: the lines above are the end of $log."
}

missing_packages() {
    local installed package
    installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${packages[@]}" 2>/dev/null | awk '$1 ~ /^.i/ {print $2}') || true
    for package in "${packages[@]}"; do
        grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
    done
}

require_supported_system() {
    local system
    # shellcheck source=/dev/null
    system=$(. "${ROOKERY_OS_RELEASE:-/etc/os-release}" 2>/dev/null && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}") || true
    case $system in
        "debian 12") command -v apt-get >/dev/null && return ;;
    esac
    fail "This script installs packages on Debian 12 only, not on \"${system:-an unknown system}\": install what these Debian packages hold by hand: ${packages[*]}."
}

# How to become root: nothing, "sudo", or a sentence.
require_root() {
    as_root=()
    [ "$(id -u)" -eq 0 ] && return
    as_root=(sudo)
    command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; } && sudo -v && return
    fail "Packages are missing and this user may not use sudo: as root, run: apt-get install --no-install-recommends $*"
}

# Runs as root, as a program of its own. Installing the servers would start them for the whole machine; Rookery runs
# private ones, so services stay off: policy-rc.d only while this runs, and no "main" cluster where PostgreSQL is new.
install_as_root() {
    set -euo pipefail
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C
    local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.conf
    local mark="# Written by the installer of Rookery while it installs packages"
    if [ ! -e "$policy" ] || grep -qF "$mark" "$policy"; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
        chmod 755 "$policy"
    fi
    if [ ! -e "$clusters" ]; then
        mkdir -p "${clusters%/*}"
        printf '# Written by the installer of Rookery, which runs private clusters.\ncreate_main_cluster = false\n' >"$clusters"
    fi
    local redis_is_new=true
    [ -e /usr/bin/redis-server ] && redis_is_new=false
    apt-get update
    apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold "$@"
    if $redis_is_new && [ -d /run/systemd/system ]; then
        systemctl disable redis-server.service || true
    fi
}

install_dependencies() {
    local missing
    mapfile -t missing < <(missing_packages)
    [ "${#missing[@]}" -eq 0 ] && return
    require_supported_system
    require_root "${missing[@]}"
    step "Installing ${#missing[@]} packages" "${as_root[@]}" bash -c "$(declare -f install_as_root); install_as_root \"\$@\"" \
        install_as_root "${missing[@]}"
}

# A cache made for another place (a moved clone) would be refused by CMake.
configured() {
    [ -f "$build_directory/build.ninja" ] &&
        grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$source_directory" "$build_directory/CMakeCache.txt" 2>/dev/null
}

configure() {
    cd -- "$source_directory"
    rm -rf -- "$build_directory/CMakeCache.txt" "$build_directory/CMakeFiles"
    local arguments=(--preset release -B "$build_directory")
    if command -v ccache >/dev/null; then arguments+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
    cmake "${arguments[@]}"
}

available_gigabytes() { awk '/^MemAvailable:/ {print int($2 / 1048576)}' "${ROOKERY_MEMINFO:-/proc/meminfo}"; }

# One compiler for each processor, fewer when memory is short: the largest files take over a gigabyte.
build_jobs() {
    local processors memory_gigabytes
    processors=$(nproc)
    memory_gigabytes=$(available_gigabytes)
    printf '%s\n' $((memory_gigabytes < processors ? (memory_gigabytes > 0 ? memory_gigabytes : 1) : processors))
}

# Makes a directory in memory, where there is enough of it and programs may be run from there; the caller removes it.
# Tests make and remove files by the ten thousands, most of them PostgreSQL's: on ext4, looking for an inode that was
# not freed in the last minute took a third of all processor time.
memory_directory() {
    local memory=${ROOKERY_MEMORY:-/dev/shm} free_gigabytes directory
    free_gigabytes=$(df -B1G --output=avail "$memory" 2>/dev/null | tail -n 1) || return
    [ "${free_gigabytes:-0}" -ge 4 ] && [ "$(available_gigabytes)" -ge 8 ] || return
    directory=$(mktemp -d "$memory/rookery-XXXXXX") || return
    # Some servers run as another user.
    if chmod 1777 "$directory" && printf '#!/bin/sh\n' >"$directory/try" && chmod 755 "$directory/try" && "$directory/try"; then
        rm "$directory/try"
        printf '%s\n' "$directory"
    else
        rm -rf -- "$directory"
        return 1
    fi
} 2>/dev/null

# build_targets [target…]: everything without one.
build_targets() {
    configured || step "Configuring in $build_directory" configure
    local what=Building targets=()
    if [ $# -gt 0 ]; then
        what="Building $*"
        targets=(--target "$@")
    fi
    step "$what" cmake --build "$build_directory" --parallel "$(build_jobs)" "${targets[@]}"
}
