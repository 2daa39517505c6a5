#!/bin/sh
# Install the distribution's packages for the groups given as arguments: build run test vm lint bench.
# Does nothing, quickly and without privilege, when all of them are there.
set -eu

# ISA-L is made for these only; without it gzip goes through zlib
isal() {
	case $(uname -m) in
	x86_64 | aarch64) echo "$1" ;;
	esac
}

debian() {
	case $1 in
	build) echo gcc make pkgconf libc6-dev libseccomp-dev libcap-dev libarchive-dev zlib1g-dev libzstd-dev libcurl4-openssl-dev \
		libssl-dev libsodium-dev libjansson-dev libsubid-dev libsystemd-dev "$(isal libisal-dev)" ;;
	run) echo uidmap slirp4netns fuse-overlayfs ca-certificates busybox-static ;;
	test) echo bats libcmocka-dev tmux docker-registry openssl curl python3 iproute2 procps \
		util-linux xz-utils zstd podman crun skopeo umoci ;;
	vm) echo qemu-system-x86 qemu-utils mmdebstrap debian-archive-keyring e2fsprogs binutils ;;
	lint) echo clang clang-tidy clang-format cppcheck shellcheck libcmocka-dev git ;;
	bench) echo podman crun bubblewrap uidmap slirp4netns python3 ;;
	esac
}

fedora() {
	case $1 in
	build) echo gcc make pkgconf-pkg-config glibc-devel glibc-static libseccomp-devel libcap-devel \
		libarchive-devel zlib-devel libzstd-devel libcurl-devel openssl-devel libsodium-devel jansson-devel shadow-utils-subid-devel \
		systemd-devel "$(isal isa-l-devel)" ;;
	run) echo shadow-utils slirp4netns fuse-overlayfs ca-certificates busybox ;;
	test) echo bats libcmocka-devel libasan libubsan tmux docker-distribution openssl curl python3 iproute \
		procps-ng util-linux xz zstd podman crun skopeo ;;
	vm) echo qemu-system-x86-core qemu-img mmdebstrap apt debian-keyring e2fsprogs binutils ;;
	lint) echo clang clang-tools-extra cppcheck ShellCheck libcmocka-devel git ;;
	bench) echo podman crun bubblewrap slirp4netns python3 ;;
	esac
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "deps: not root and no sudo; run as root: $*" >&2
		exit 1
	fi
}

missing_debian() {
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p')
	for package; do
		printf '%s\n' "$installed" | grep -qxF "$package" || printf ' %s' "$package"
	done
}

missing_fedora() {
	for package; do
		rpm -q --quiet --whatprovides "$package" || printf ' %s' "$package"
	done
}

if command -v apt-get >/dev/null; then
	kind=debian
elif command -v dnf >/dev/null; then
	kind=fedora
else
	echo "deps: neither apt-get nor dnf here; install by hand what tests/helpers/deps.sh lists" >&2
	exit 1
fi

wanted=
for group; do
	wanted="$wanted $($kind "$group")"
done
# shellcheck disable=SC2086 # words of package names
absent=$(missing_$kind $wanted)
[ -n "$absent" ] || exit 0

echo "installing$absent"
if [ $kind = debian ]; then
	# shellcheck disable=SC2086
	{
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $absent \
			</dev/null >/dev/null
	}
else
	# shellcheck disable=SC2086
	as_root dnf -q -y --setopt=install_weak_deps=False install $absent
fi
