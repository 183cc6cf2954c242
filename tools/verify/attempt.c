/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One attempt at a test, whether a pair has it, and when there are no more. */
#include <stdio.h>
#include <string.h>

#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/verify/verify.h"

bool rx_verify_stopped(struct rx_verify *v)
{
	if (atomic_load(&v->stop))
		return true;
	if (!rx_is_over(&v->until))
		return false;
	if (v->until.signal && *v->until.signal)
		snprintf(v->cut, sizeof(v->cut), "signal %d (%s) came", (int)*v->until.signal,
			 strsignal(*v->until.signal));
	else
		snprintf(v->cut, sizeof(v->cut), "the time limit has passed");
	atomic_store(&v->stop, true);
	return true;
}

unsigned rx_test_number(const char *name)
{
	unsigned test = 0;

	while (test < rx_n_tests && strcmp(rx_tests[test].name, name))
		test++;
	return test;
}

static bool is_ring(const struct rx_verify *v, const struct rx_pair *pair)
{
	return pair->b == pair->a + 1 || (!pair->a && pair->b + 1 == v->view->n_endpoints);
}

static bool has_wider_tests(const struct rx_verify *v, const struct rx_pair *pair)
{
	return v->pairs.given || v->view->n_endpoints <= RX_BREADTH_ENDPOINTS || is_ring(v, pair);
}

bool rx_test_applies(const struct rx_verify *v, unsigned test, const struct rx_pair *pair)
{
	const struct rx_test *t = &rx_tests[test];

	if (!v->selected[test] || t->scope == RX_SCOPE_LAB || (t->cannot && t->cannot(&v->fabric)))
		return false;
	return !t->breadth || has_wider_tests(v, pair);
}

struct rx_play rx_test_play(const struct rx_test *test, unsigned round)
{
	return test->play ? *test->play : rx_transfer_play(&test->transfer[round]);
}

unsigned rx_test_rounds(const struct rx_test *test)
{
	return test->rounds ? test->rounds : 1;
}

void rx_verify_number(struct rx_verify *v, rx_is_tried *is_tried, const void *of)
{
	v->turn = rx_alloc(v->pairs.n + 1, sizeof(*v->turn));
	v->turns = 0;
	for (size_t i = 0; i < v->pairs.n; i++)
		if (has_wider_tests(v, &v->pairs.pair[i]) && is_tried(of, &v->pairs.pair[i]))
			v->turn[i] = v->turns++;
}

void rx_verify_turn(const struct rx_verify *v, size_t pair, struct rx_meeting *m)
{
	m->turn = v->turn[pair];
	m->turns = v->turns;
}

/* With fewer pairs than rounds a pair has several. */
static bool is_its_turn(const struct rx_meeting *m, const struct rx_test *t)
{
	unsigned rounds = rx_test_rounds(t);

	if (!t->shared || !m->turns)
		return true;
	return m->turns < rounds ? m->round % m->turns == m->turn : m->round == m->turn % rounds;
}

void rx_test_run(struct rx_meeting *m, unsigned test)
{
	const struct rx_test *t = &rx_tests[test];
	const char *why_not = t->why_not ? t->why_not(m) : NULL;
	unsigned directions = m->directions;

	m->test = test;
	memset(m->fault, 0, sizeof(m->fault));
	if (why_not)
		rx_meeting_skip(m, why_not);
	/* a direction that has its verdict waits for the other one */
	for (m->round = 0; !why_not && m->directions && m->round < rx_test_rounds(t); m->round++) {
		const struct rx_play play = rx_test_play(t, m->round);

		if (!is_its_turn(m, t))
			continue;
		rx_play(m, &play);
		for (unsigned direction = 0; direction < 2; direction++)
			if (m->fault[direction].kind)
				m->directions &= ~RX_DIRECTION(direction);
	}
	m->directions = directions;
}
