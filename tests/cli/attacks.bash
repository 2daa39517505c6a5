# shellcheck shell=bash
# what the tests of hostile images have in common

# image NAME SCRIPT [mkimage options] - the payload image, and a layer made by a script in an empty directory
image() {
	local name=$1 script=$2
	shift 2
	rm -rf "$T/evil" && mkdir "$T/evil"
	(cd "$T/evil" && eval "$script")
	tar --sort=name --owner=0 --group=0 -C "$T/evil" -cf "$T/evil.tar" .
	python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/image.tar" "$name" "$RL_T_BOX" "$T/evil.tar" "$@"
	rl load -q -i "$T/image.tar" >/dev/null
}
