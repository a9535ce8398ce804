#!/bin/sh
# Installs what the window and the tests of OpenGL need where it is missing: compilers for C and C++, the headers of
# OpenGL and X11, Mesa's software OpenGL, which needs neither a GPU nor a display, and a display without a screen with
# somebody to press its keys.
set -eu
PATH=$PATH:/sbin:/usr/sbin

missing() {
	for tool in gcc g++ pkg-config Xvfb xdotool; do
		command -v "$tool" >/dev/null || { echo "$tool"; return; }
	done
	for lib in gl x11 xcursor xrandr xinerama xi xxf86vm; do
		pkg-config --exists "$lib" || { echo "the headers of $lib"; return; }
	done
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
packages="gcc g++ libc6-dev pkg-config libgl-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev \
libxxf86vm-dev libegl1 libegl-mesa0 libgl1-mesa-dri xvfb xdotool"
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
	echo "$what is missing: install what Debian calls $packages" >&2
	exit 1
fi
echo "installing $packages ($what is missing)"
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $packages
