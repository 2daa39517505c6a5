# shellcheck shell=bash
# Control groups as they are where a subtree is delegated and no systemd runs, in the lane "super"

# in_tree SCRIPT - run it as the user in a group that belongs to them, /user/shell of a tree of its own; rl is "$RL"
in_tree() {
	unshare --mount bash -ec '
		mount --make-rprivate /
		umount -R /sys/fs/cgroup 2>/dev/null || :
		mount -t cgroup2 -o nsdelegate none /sys/fs/cgroup 2>/dev/null || mount -t cgroup2 none /sys/fs/cgroup
		top=/sys/fs/cgroup/rlt.$$
		mkdir -p $top/shell
		for dir in $top $top/shell; do
			chown '"$RL_T_USER"' $dir $dir/cgroup.procs $dir/cgroup.subtree_control
		done
		echo $$ >$top/shell/cgroup.procs
		code=0
		setpriv --reuid='"$RL_T_USER"' --regid='"$RL_T_USER"' --init-groups env -i PATH="$PATH" HOME='"$RL_T_HOME"' RL="$RL" \
			RL_ROOT="$RL_ROOT" RL_RUNROOT="$RL_RUNROOT" XDG_RUNTIME_DIR='"$T"'/none TOP=/rlt.$$ bash -ec "
				TREE=/sys/fs/cgroup\$TOP
				rl() { \"\$RL\" \"\$@\"; }
				group() { rl inspect --format \"{{.State.CgroupPath}}\" \$1; }
				trap \"rl rm -fa -t 0 >/dev/null\" EXIT
				$1" || code=$?
		echo $$ >/sys/fs/cgroup/cgroup.procs
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			[ -n "$(find $top -mindepth 1 -type d -name "*rl-*")" ] || break
			sleep 0.1
		done
		find $top -depth -mindepth 1 -type d -name "*rl-*" | sed "s/^/left behind: /"
		find $top -depth -type d -exec rmdir {} \;
		exit $code' bash "$1"
}
