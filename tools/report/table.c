/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/report/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "tools/cli/output.h"

struct rx_table {
	size_t columns, n;
	char **cell; /* n of them, row by row, the headings first */
};

struct rx_table *rx_table_new(size_t columns, const char *const headings[])
{
	struct rx_table *table = rx_alloc(1, sizeof(*table));

	table->columns = columns;
	rx_table_row(table, headings);
	return table;
}

void rx_table_row(struct rx_table *table, const char *const cells[])
{
	for (size_t i = 0; i < table->columns; i++) {
		char **cell = rx_array_add(&table->cell, &table->n, sizeof(*cell));

		*cell = rx_strdup(cells[i] && *cells[i] ? cells[i] : "-");
	}
}

const char *rx_table_same(const struct rx_table *table, size_t column)
{
	const char *first = table->n > table->columns ? table->cell[table->columns + column] : NULL;

	for (size_t i = table->columns + column; i < table->n; i += table->columns)
		if (strcmp(table->cell[i], first))
			return NULL;
	return first;
}

void rx_table_drop(struct rx_table *table, size_t column)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->n; i++)
		if (i % table->columns == column)
			free(table->cell[i]);
		else
			table->cell[kept++] = table->cell[i];
	table->n = kept;
	table->columns--;
}

static bool ends_row(const struct rx_table *table, size_t i)
{
	return (i + 1) % table->columns == 0;
}

static void table_free(struct rx_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		free(table->cell[i]);
	free(table->cell);
	free(table);
}

void rx_table_print(struct rx_table *table, FILE *out)
{
	size_t *width = rx_alloc(table->columns, sizeof(*width));

	for (size_t i = 0; i < table->n; i++) {
		size_t *column = &width[i % table->columns], length = strlen(table->cell[i]);

		*column = length > *column ? length : *column;
	}
	fputs(rx_colour(out, "bold"), out);
	for (size_t i = 0; i < table->n; i++)
		if (ends_row(table, i))
			fprintf(out, "%s%s\n", table->cell[i],
				i < table->columns ? rx_colour(out, "reset") : "");
		else
			fprintf(out, "%-*s  ", (int)width[i % table->columns], table->cell[i]);
	free(width);
	table_free(table);
}

void rx_table_markdown(struct rx_table *table, FILE *out)
{
	for (size_t i = 0; i < table->n; i++) {
		fprintf(out, "%s %s |", i % table->columns ? "" : "|", table->cell[i]);
		if (ends_row(table, i))
			fputc('\n', out);
		if (i + 1 != table->columns)
			continue;
		fputc('|', out);
		for (size_t column = 0; column < table->columns; column++)
			fputs("---|", out);
		fputc('\n', out);
	}
	table_free(table);
}
