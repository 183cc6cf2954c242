/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/cpu.h"

#include <stdio.h>
#include <unistd.h>

#include "netns/base/file.h"

double rx_cpu_busy(void)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	char line[256];

	if (rx_file_read("/proc/stat", line, sizeof(line)) ||
	    sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
		   &idle, &iowait, &irq, &softirq, &steal) != 8)
		return -1;
	return (double)(user + nice + system + irq + softirq) / (double)sysconf(_SC_CLK_TCK);
}
