#!/bin/sh
# Runs a command with a Docker daemon, in namespaces that `unshare` has made. The
# first argument is a new folder for all that the engines write. Nothing outside
# of it sees what is mounted here, and no process outlives this shell, which has
# pid 1.
set -eu
folder=$1
shift
readlink /proc/self/ns/mnt >"$folder/namespace"

# On a machine with both versions of cgroups, runc and Docker support version 1. A
# system manager in a container mounts version 2 again, and takes the cgroup in
# which it is started for its own.
unified=/sys/fs/cgroup/unified
if [ -e "$unified/cgroup.procs" ]; then
  mkdir "$unified/deployments"
  echo 0 >"$unified/deployments/cgroup.procs"
  umount "$unified"
fi
mount -t tmpfs none /run
mount -t tmpfs none /var/lib

export TMPDIR="$folder/tmp"
export DOCKER_HOST="unix://$folder/docker.sock"
export CONTAINERS_CONF="$folder/containers.conf"
export CONTAINERS_STORAGE_CONF="$folder/storage.conf"
mkdir "$TMPDIR"
# The limits are those that a machine without CAP_SYS_RESOURCE permits.
cat >"$CONTAINERS_CONF" <<END
[containers]
netns = "none"
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
END
cat >"$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "overlay"
graphroot = "$folder/podman"
runroot = "/run/podman"
END

daemon=
if command -v dockerd >/dev/null; then
  dockerd --host "$DOCKER_HOST" --iptables=false --bridge=none \
    --data-root "$folder/docker" --exec-root "$folder/exec" \
    --pidfile "$folder/docker.pid" --default-ulimit nofile=1024:1024 \
    >"$folder/docker.log" 2>&1 &
  daemon=$!
  for _ in $(seq 100); do
    docker info >/dev/null 2>&1 && break
    sleep 0.1
  done
fi
status=0
"$@" || status=$?
[ -z "$daemon" ] || { kill "$daemon" && wait "$daemon"; } || true
exit "$status"
