# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified perftest: send, write, read, atomic; packets must go from device to device. The peak of a one-way server is 0.00 by design.
# Kernel: RC, UC and UD of RXE under load.
. ./lib.sh
command -v ib_send_bw >/dev/null || skip_case "perftest is not installed"
does "up" rxelab up --name pt --parent none --count 2
for test in 'ib_send_bw' 'ib_write_bw' 'ib_read_lat' 'ib_atomic_lat' 'ib_send_lat -c UD' 'ib_write_bw -c UC'; do
	size=4096
	case $test in *atomic*) size=8 ;; *UD) size=1024 ;; esac
	[ $size = 8 ] && size= || size="-s $size"
	between pt "$test" "$test -F -n 200 $size -d \$RXELAB_DEV -x \$RXELAB_GID_INDEX" \
		"$test -F -n 200 $size -d \$RXELAB_DEV -x \$RXELAB_GID_INDEX ep1" 18515
	[ "$test" != ib_send_bw ] || has "the server's peak is 0.00" ' 0\.00 ' "$(cat "$WORK/server")"
done
does "down" rxelab down pt
