#!/bin/sh
# mkrootfs.sh OUT.tar [PROGRAM...]: a root file system made of the distribution's static busybox and the
# PROGRAMs (static, put into /bin)
set -eu
out=$1
shift

busybox=
for candidate in /bin/busybox /usr/bin/busybox /sbin/busybox /usr/sbin/busybox; do
	[ ! -x "$candidate" ] || busybox=${busybox:-$candidate}
done
[ -n "$busybox" ] || {
	echo "mkrootfs: no static busybox; install busybox-static" >&2
	exit 1
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
umask 022
mkdir -p "$dir/bin" "$dir/etc" "$dir/root" "$dir/srv" "$dir/usr/bin" "$dir/var/tmp" "$dir/home/app" "$dir/tmp"
chmod 1777 "$dir/tmp" "$dir/var/tmp"
chmod 755 "$dir"
ln -s bin "$dir/sbin"
install -m 755 "$busybox" "$dir/bin/busybox"
for applet in $("$busybox" --list); do
	[ "$applet" = busybox ] || ln -s busybox "$dir/bin/$applet"
done
for program; do
	install -m 755 "$program" "$dir/bin"
done
cat >"$dir/etc/passwd" <<END
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/false
app:x:1000:1000:an application:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
END
cat >"$dir/etc/group" <<END
root:x:0:
daemon:x:1:
tty:x:5:
extra:x:50:app
app:x:1000:
nogroup:x:65534:
END
echo 'hello from rl' >"$dir/srv/index.html"
tar --sort=name --mtime=@1700000000 --numeric-owner --owner=0 --group=0 -C "$dir" -cf "$out" .
