/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table whose columns are as wide as their widest cell. */
#ifndef RXELAB_TOOLS_REPORT_TABLE_H
#define RXELAB_TOOLS_REPORT_TABLE_H

#include <stddef.h>
#include <stdio.h>

struct rx_table;
struct rx_table *rx_table_new(size_t columns, const char *const headings[]);
/* As many cells as there are columns; copied. NULL and "" are shown as "-". */
void rx_table_row(struct rx_table *table, const char *const cells[]);
/* The text that all rows have in a column, living as long as the column; NULL where they differ
 * or there is no row. */
const char *rx_table_same(const struct rx_table *table, size_t column);
/* Takes a column out; those behind it move up. */
void rx_table_drop(struct rx_table *table, size_t column);
/* Print and free it, either way. */
void rx_table_print(struct rx_table *table, FILE *out);
void rx_table_markdown(struct rx_table *table, FILE *out);

#endif
