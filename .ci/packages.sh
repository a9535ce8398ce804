#!/bin/sh
# Installs what the tests of OpenGL need where it is missing: a C compiler, the headers of OpenGL, and Mesa's software
# OpenGL, which needs neither a GPU nor a display.
set -eu
PATH=$PATH:/sbin:/usr/sbin

missing() {
	for tool in gcc pkg-config; do
		command -v "$tool" >/dev/null || { echo "$tool"; return; }
	done
	pkg-config --exists gl || { echo "the headers of OpenGL"; return; }
	for lib in libEGL.so.1 libEGL_mesa.so.0; do
		ldconfig -p 2>/dev/null | grep -q "$lib" || { echo "$lib"; return; }
	done
	for driver in /usr/lib/*/dri/swrast_dri.so /usr/lib64/dri/swrast_dri.so /usr/lib/dri/swrast_dri.so; do
		[ -e "$driver" ] && return
	done
	echo "Mesa's software OpenGL"
}

what=$(missing)
if [ -z "$what" ]; then exit 0; fi
packages="gcc libc6-dev pkg-config libgl-dev libegl1 libegl-mesa0 libgl1-mesa-dri"
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
	echo "$what is missing: install what Debian calls $packages" >&2
	exit 1
fi
echo "installing $packages ($what is missing)"
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $packages
