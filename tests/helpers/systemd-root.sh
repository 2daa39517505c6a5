#!/bin/sh
# systemd-root.sh FILE.tar: a root file system of Debian with systemd in it, for tests/cli/39-systemd.bats
#
# It takes mmdebstrap and a mirror of packages, and some minutes: so it is not made in each run of the tests.
exec mmdebstrap --variant=minbase --include=systemd,systemd-sysv "${RL_SUITE:-bookworm}" "$1"
