# Sourced by tools/demo and tools/test: Debian packages that are not there yet are installed.
BUILD_PACKAGES="gcc cmake ninja-build pkgconf libglib2.0-dev libyaml-dev libjansson-dev libpcap-dev libedit-dev libncurses-dev libseccomp-dev libopenmpi-dev gettext"
TEST_PACKAGES="clang lld libclang-rt-14-dev libclang-rt-14-dev-wasm32 wasi-libc libcunit1-dev tshark tmux graphviz python3 scdoc clang-format valgrind libxml2-utils openmpi-bin"

have_package() {
    dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -q '^installed$'
}

install_packages() {
    missing=""
    for package in "$@"; do
        have_package "$package" || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    echo "installing:$missing"
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo"
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get update -qq >/dev/null
    # shellcheck disable=SC2086 # a list of words
    $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
