/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel that is a set of names, and how each kind of operation changes it. */
#ifndef RXELAB_TESTS_UNIT_OBJECT_SET_H
#define RXELAB_TESTS_UNIT_OBJECT_SET_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netns/apply/apply.h"

#define OBJECTS 400

static struct {
	char key[OBJECTS][200];
	size_t n;
	int fail_at; /* the k-th apply answers ENOMEM; 0: none */
	int applied;
	pthread_mutex_t mutex;
	bool disorder; /* a namespace was taken away before what was in it */
	bool will_die; /* the set is kept in file, for whoever comes after the kill */
	char file[200];
} fake = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void save(void)
{
	FILE *file = fake.will_die ? fopen(fake.file, "we") : NULL;
	size_t i;

	for (i = 0; file && i < fake.n; i++)
		fprintf(file, "%s\n", fake.key[i]);
	if (file)
		fclose(file);
}

static void load(void)
{
	FILE *file = fopen(fake.file, "re");
	char line[200];

	fake.n = 0;
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		snprintf(fake.key[fake.n++], sizeof(fake.key[0]), "%s", line);
	}
	if (file)
		fclose(file);
}

static long find(const char *key)
{
	size_t i;

	for (i = 0; i < fake.n; i++)
		if (!strcmp(fake.key[i], key))
			return (long)i;
	return -1;
}

static int fake_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	bool makes = rx_op_types[op->kind]->undo;
	char key[200];
	int rc = 0;

	(void)worker;
	pthread_mutex_lock(&fake.mutex);
	if (++fake.applied == fake.fail_at) {
		rc = rx_fail(err, "test", ENOMEM, "%s: refused by the test",
			     rx_op_key(op, key, sizeof(key)));
	} else if (makes) {
		rx_op_key(op, fake.key[fake.n++], sizeof(fake.key[0]));
		op->ifindex = 7;
		save();
	}
	pthread_mutex_unlock(&fake.mutex);
	if (makes && !rc)
		rx_boundary("object made");
	return rc;
}

static bool is_inside(const char *key, const char *netns)
{
	const char *second = strchr(key, ' ') + 1;

	return !strncmp(second, netns, strlen(netns)) && second[strlen(netns)] == ' ';
}

static int fake_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		     struct rx_err *err)
{
	char key[200];
	long at;

	(void)worker;
	(void)certain;
	(void)err;
	pthread_mutex_lock(&fake.mutex); /* nodes are undone beside each other */
	at = find(rx_op_key(op, key, sizeof(key)));
	for (size_t i = 0; op->kind == RX_OP_NETNS && i < fake.n; i++)
		fake.disorder |= is_inside(fake.key[i], op->name);
	if (at >= 0) {
		memmove(fake.key[at], fake.key[at + 1],
			(fake.n - (size_t)at - 1) * sizeof(fake.key[0]));
		fake.n--;
		save();
	}
	pthread_mutex_unlock(&fake.mutex);
	return 0;
}

static int fake_exists(struct rx_worker *worker, const struct rx_op *op)
{
	char key[200];
	int there;

	(void)worker;
	pthread_mutex_lock(&fake.mutex);
	there = find(rx_op_key(op, key, sizeof(key))) >= 0;
	pthread_mutex_unlock(&fake.mutex);
	return there;
}

static const struct rx_op_type *fake_types[RX_OP_KINDS];

static void make_types(void)
{
	static struct rx_op_type fakes[RX_OP_KINDS];

	for (int kind = 0; kind < RX_OP_KINDS; kind++) {
		const struct rx_op_type *real = rx_op_types[kind];

		fakes[kind].apply = fake_apply;
		fakes[kind].undo = real->undo ? fake_undo : NULL;
		fakes[kind].exists = real->undo && real->exists ? fake_exists : NULL;
		fakes[kind].looked_for = real->looked_for;
		fake_types[kind] = &fakes[kind];
	}
}

#endif
