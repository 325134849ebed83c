#!/bin/sh
# Runs a systemd user manager until stdin ends. The argument is a new cgroup of
# the cgroup2 hierarchy.
#
# A user manager moves all processes of its root cgroup to another one. So the
# manager gets namespaces in which its root is the new cgroup, and in which it sees
# no other hierarchy.
set -eu
if [ $# -gt 0 ]; then
  echo $$ >"$1/cgroup.procs"
  exec unshare --cgroup --mount sh "$0"
fi
mount -t cgroup2 none /sys/fs/cgroup
# The root of the machine has no such file.
[ -e /sys/fs/cgroup/cgroup.type ] || exit 1
# systemd looks for this folder, which the machine does not have if another init
# runs it.
mount -t tmpfs none /run
mkdir -p /run/systemd/system
/lib/systemd/systemd --user </dev/null &
read -r _ || true
# All of its services, too, and this shell.
echo 1 >/sys/fs/cgroup/cgroup.kill
