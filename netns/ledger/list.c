/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/ledger/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/ledger/journal.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void rx_names_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

int rx_ledger_list(char ***names, size_t *n, struct rx_err *err)
{
	rx_autodir DIR *dir = opendir(rx_state_dir);
	const char *name;
	char **list = NULL;
	size_t slots;

	*n = 0;
	if (!dir && errno == EACCES)
		return rx_cannot(err, "not-root", EACCES,
				 "%s: only root may look; run this with sudo", rx_state_dir);
	/* what cannot be read is not empty: the host must not be given back under labs that are up
	 */
	if (!dir && errno != ENOENT)
		return rx_fail(err, "state-read", errno, "%s: %s", rx_state_dir, strerror(errno));
	while ((name = rx_next_name(dir)))
		if (*name != '.')
			*(char **)rx_array_add(&list, n, sizeof(*list)) = rx_strdup(name);
	slots = *n;
	rx_array_add(&list, &slots, sizeof(*list)); /* the NULL behind the last */
	qsort(list, *n, sizeof(*list), by_name);
	*names = list;
	return 0;
}

int rx_ledger_check_name(const char *name, struct rx_err *err)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t length = strlen(name);

	if (length && length <= RX_LAB_NAME_MAX && strspn(name, letters) == length &&
	    name[0] != '-' && name[0] != '_')
		return 0;
	return rx_usage(err, "lab-name",
			"\"%s\" is not a valid lab name: 1 to %d letters, digits, \"-\" or \"_\", "
			"a "
			"letter or digit first",
			name, RX_LAB_NAME_MAX);
}

int rx_ledger_split(const char *operand, char lab[64], const char **endpoint, struct rx_err *err)
{
	size_t length = strcspn(operand, "/");

	if (!length || length >= 64 || !operand[length] || !operand[length + 1])
		return rx_usage(err, "endpoint-name",
				"\"%s\" names no endpoint; write LAB/ENDPOINT", operand);
	snprintf(lab, 64, "%.*s", (int)length, operand);
	*endpoint = operand + length + 1;
	return rx_ledger_check_name(lab, err);
}
