/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_BENCH_CPU_H
#define RXELAB_TOOLS_BENCH_CPU_H

/* Busy seconds of all processors since boot: RXE works in kernel threads and softirqs that no
 * process is charged for, so the machine is asked (/proc/stat, all but idle and iowait). -1 if it
 * does not say. */
double rx_cpu_busy(void);

#endif
