# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# exec, shell and env on a running lab, on whichever plane the kernel has.
. ./lib.sh
does "up" rxelab up --name x --parent eth0 --count 3
look x
mounts=$(grep -c . /proc/self/mountinfo)
in1() { rxelab exec x/ep1 -- "$@"; }

is "the network namespace is the endpoint's" "$(stat -Lc %i /run/netns/rxl.x.ep1)" "$(in1 stat -Lc %i /proc/self/ns/net)"
own=${lab[ep1.uverbs]}
is "/dev/infiniband holds its own uverbs device and rdma_cm" "rdma_cm $own" "$(in1 ls /dev/infiniband | sort | xargs)"
is "its number is the host's" "$(stat -c %t:%T "/dev/infiniband/$own")" "$(in1 stat -c %t:%T "/dev/infiniband/$own")"
is "verbs see one device" 1 "$(in1 ibv_devices | grep -c rxl)"
is "/sys is seen from there" "$(ip netns exec rxl.x.ep1 ls /sys/class/net | xargs)" "$(in1 ls /sys/class/net | xargs)"
has "cgroups are still below it" cgroup "$(in1 ls /sys/fs/cgroup)"
is "memlock is unlimited" unlimited "$(in1 sh -c 'ulimit -l')"
is "the host name is the endpoint's" ep1 "$(in1 hostname)"
is "the host's own has not changed" "$(cat /proc/sys/kernel/hostname)" "$(hostname)"
has "every endpoint has a name" 'ep3' "$(in1 getent hosts ep3)"
has "the host's own names are still there" 'localhost' "$(in1 cat /etc/hosts)"
is "an inherited descriptor is closed" closed "$(in1 sh -c '[ -e /proc/$$/fd/7 ] || echo closed' 7</etc/passwd)"
is "nothing of it is mounted on the host" 0 "$(awk '$5 ~ /rxelab/' /proc/self/mountinfo | wc -l)"
for name in dev gid gid_index; do
	upper=$(tr a-z A-Z <<<"$name")
	key=$name
	[ "$name" != dev ] || key=rdma_dev
	is "RXELAB_$upper is what inspect says" "${lab[ep1.$key]}" "$(in1 printenv "RXELAB_$upper")"
done
is "RXELAB_IPV4 has no prefix length" 10.77.0.1 "$(in1 printenv RXELAB_IPV4)"

# statuses
status() { "$@" >/dev/null 2>&1; echo $?; }
is "status of the command" 7 "$(status in1 sh -c 'exit 7')"
is "no such command: 127" 127 "$(status in1 nosuch)"
is "not a program: 126" 126 "$(status in1 /etc/passwd)"
is "killed by signal 9: 137" 137 "$(status in1 sh -c 'kill -9 $$')"
is "the same under --timeout" "7 127 126 137" "$(for c in 'exit 7' 'exec nosuch' 'exec /etc/passwd' 'kill -9 $$'; do
	status rxelab exec x/ep1 --timeout 20 -- sh -c "$c"; done | xargs)"
is "--timeout: 124" 124 "$(status rxelab exec x/ep1 --timeout 0.5 -- sh -c 'sleep 137 & sleep 138')"
is "and what the command started is gone as well" 0 "$(pgrep -fc '^sleep 13[78]')"
is "also when it ignores SIGTERM" 124 "$(status rxelab exec x/ep1 --timeout 0.5 -- sh -c 'trap "" TERM; sleep 137 & wait; wait')"
is "and then nothing is left" 0 "$(pgrep -fc '^sleep 137')"
"$rx" exec x/ep1 --timeout 60 -- sh -c 'trap "exit 9" TERM; echo up; while :; do sleep 0.1; done' >"$WORK/o" &
pid=$!
within 10 grep -q up "$WORK/o"
kill -TERM $pid
wait $pid
is "signals reach the command" 9 $?

# --all, --user, --rsh
all=$(rxelab exec x --all -- sh -c 'echo "$RXELAB_DEV"')
is "--all: a line for each, with its name" 3 "$(grep -cE '^(ep[123]) \| rxl\.x\.\1$' <<<"$all")"
is "--all: the worst status" 5 "$(status rxelab exec x --all -- sh -c '[ $RXELAB_ENDPOINT != ep2 ] || exit 5')"
is "--all --timeout: 124" 124 "$(status rxelab exec x --all --timeout 1 -- sh -c '[ $RXELAB_ENDPOINT != ep2 ] || sleep 60')"
has "--user: identity and groups" '^65534 65534 65534$' "$(rxelab exec x/ep1 --user nobody -- sh -c 'id -u; id -g; id -G' | xargs)"
has "--user: no capability is left" 'CapPrm:.0+$' "$(rxelab exec x/ep1 --user nobody -- grep CapPrm /proc/self/status)"
has "--user: the device opens" 'rxl\.x\.ep1' "$(rxelab exec x/ep1 --user nobody -- ibv_devinfo)"
is "--rsh: words are shell text" "rxl.x.ep2 -v" "$(RXELAB_LAB=x rxelab exec --rsh ep2 'echo' '$RXELAB_DEV' -v)"
is "--rsh: the only lab with that name is found" ep3 "$(rxelab exec --rsh ep3 hostname)"
is "--rsh from inside another endpoint" "ep2 ${lab[ep2.uverbs]}" \
	"$(in1 "$rx" exec --rsh ep2 'hostname; ls /dev/infiniband | grep uverbs' | xargs)"
refuses_as "--rsh: nobody has that name" 1 endpoint-unknown nosuch rxelab exec --rsh nosuch true
is "shell: the shell's status" 4 "$(echo 'exit 4' | SHELL=/bin/sh status rxelab shell x/ep1)"

# env
# from an empty environment: the runner has names of its own that begin with RXELAB_
is "env: eval gives what exec gives" "$(env -i PATH="$PATH" "$rx" exec x/ep1 -- env | grep -E '^(RXELAB|UCX|NCCL)_' | sort)" \
	"$(env -i PATH="$PATH" sh -c 'eval "$("$1" env x/ep1)"; env' - "$rx" | grep -E '^(RXELAB|UCX|NCCL)_' | sort)"
has "env --format lxc names the device" "lxc.cgroup2.devices.allow = c 231:" "$(rxelab env x/ep1 --format lxc)"
is "env --format cdi: two device nodes" 2 \
	"$(rxelab env x/ep1 --format cdi | json 'len(d["devices"][0]["containerEdits"]["deviceNodes"])')"
is "env --format hostfile" "ep1 ep2 ep3" "$(rxelab env x --format hostfile | cut -d' ' -f1 | xargs)"
does "doctor --inside an endpoint" rxelab exec x/ep1 -- "$rx" doctor --inside
does "the same as a script" rxelab exec x/ep1 --user nobody -- sh -c "$(rxelab doctor --inside --script)"
does "down" rxelab down x
