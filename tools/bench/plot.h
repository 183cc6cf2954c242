/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pictures have in common. */
#ifndef RXELAB_TOOLS_BENCH_PLOT_H
#define RXELAB_TOOLS_BENCH_PLOT_H

#include "tools/bench/bench.h"

/* Whether there is a series to be drawn over time; draw it. */
bool rx_plot_wants_series(const struct rx_bench *bench);
void rx_plot_series(const struct rx_bench *bench, FILE *out);

#endif
