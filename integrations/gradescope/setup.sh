#!/bin/bash
# Gradescope runs this once, as root, when the autograder's image is built: wirewalk is built from the source in the zip.
set -e
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$here/wirewalk"
tar -xzf "$here/wirewalk.tar.gz" -C "$here/wirewalk"
. "$here/wirewalk/tools/packages.sh"
# shellcheck disable=SC2086 # a list of words
install_packages $BUILD_PACKAGES
cmake -S "$here/wirewalk" -B "$here/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DWW_TESTS=OFF
cmake --build "$here/build"
cmake --install "$here/build" --prefix "${PREFIX:-/usr/local}"
