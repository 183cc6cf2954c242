/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "netns/base/memory.h"

static bool is_random(const char *text, unsigned long *count)
{
	char *end;

	if (strncmp(text, "random:", 7) || text[7] < '0' || text[7] > '9')
		return false;
	errno = 0;
	*count = strtoul(text + 7, &end, 10);
	return !*end && !errno && *count > 0;
}

/* The item of a list at *at, which goes to the next one: "FROM:TO", cut at the colon. False: that
 * was all. */
struct item {
	const char *text, *to;
	size_t length, from_length, to_length;
};

static bool next_item(const char **at, struct item *item)
{
	if (!*at)
		return false;
	item->text = *at;
	item->length = strcspn(*at, ",");
	item->from_length = strcspn(*at, ":,");
	item->to = *at + item->from_length + (item->from_length < item->length);
	item->to_length = (size_t)(*at + item->length - item->to);
	*at = (*at)[item->length] ? *at + item->length + 1 : NULL;
	return true;
}

int rx_pairs_judge(const char *text, struct rx_err *err)
{
	unsigned long count;
	struct item item;

	if (!text || !strcmp(text, "all") || !strcmp(text, "ring") || !strcmp(text, "star") ||
	    is_random(text, &count))
		return 0;
	while (next_item(&text, &item)) {
		if (!item.from_length || !item.to_length || !strncmp(item.text, "random:", 7))
			return rx_usage(err, "option-value",
					"--pairs: \"%.*s\" is not all, ring, star, random:K (K "
					"above 0) or a list of A:B,...",
					(int)item.length, item.text);
		if (item.from_length == item.to_length &&
		    !strncmp(item.text, item.to, item.to_length))
			return rx_usage(err, "option-value",
					"--pairs: \"%.*s\" names one endpoint twice; a pair needs "
					"two",
					(int)item.length, item.text);
	}
	return 0;
}

static void add(struct rx_pairs *pairs, unsigned a, unsigned b, unsigned directions)
{
	struct rx_pair *pair = rx_array_add(&pairs->pair, &pairs->n, sizeof(*pair));

	if (a > b) {
		unsigned swap = a;

		a = b, b = swap;
		directions = (directions & RX_FORWARD) << 1 | directions >> 1;
	}
	*pair = (struct rx_pair){a, b, directions, RX_ANY_NETWORK};
}

/* One direction; a pair that is there already gets it besides. */
static bool merge(struct rx_pairs *pairs, unsigned from, unsigned to)
{
	unsigned direction = from < to ? RX_FORWARD : RX_BACKWARD;
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		struct rx_pair *pair = &pairs->pair[i];

		if ((pair->a == from && pair->b == to) || (pair->a == to && pair->b == from)) {
			if (pair->directions & direction)
				return false;
			pair->directions |= direction;
			return true;
		}
	}
	add(pairs, from, to, RX_FORWARD);
	return true;
}

/* The circle method: n - 1 rounds of n / 2 disjoint pairs. One endpoint stays, the others turn. */
static void make_all(struct rx_pairs *pairs, unsigned n)
{
	unsigned even = n + n % 2, round, i;

	for (round = 0; round + 1 < even; round++)
		for (i = 0; i < even / 2; i++) {
			unsigned a = i ? (round + i) % (even - 1) : even - 1;
			unsigned b = (round + even - 1 - i) % (even - 1);

			if (a < n && b < n)
				add(pairs, a, b, RX_BOTH);
		}
}

static void make_ring(struct rx_pairs *pairs, unsigned n)
{
	unsigned i;

	/* even ones first, so that neighbours in the list are disjoint */
	for (i = 0; i + 1 < n; i += 2)
		add(pairs, i, i + 1, RX_BOTH);
	for (i = 1; i + 1 < n; i += 2)
		add(pairs, i, i + 1, RX_BOTH);
	if (n > 2)
		add(pairs, n - 1, 0, RX_BOTH);
}

static void make_random(struct rx_pairs *pairs, unsigned n, unsigned long count)
{
	unsigned long most = (unsigned long)n * (n - 1), made = 0;
	uint64_t state;

	if (count >= most) {
		make_all(pairs, n);
		return;
	}
	if (getrandom(&state, sizeof(state), 0) != sizeof(state))
		state = 1;
	while (made < count) {
		unsigned from, to;

		/* the multiplier of Knuth's MMIX; the high bits are the good ones */
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		from = (unsigned)((state >> 33) % n);
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		to = (unsigned)((state >> 33) % n);
		if (from != to && merge(pairs, from, to))
			made++;
	}
}

static int endpoint_number(const struct rx_view *view, const char *name, size_t length,
			   unsigned *number, struct rx_err *err)
{
	size_t i;

	for (i = 0; i < view->n_endpoints; i++) {
		const char *has = view->nodes[i].want->name;

		if (strlen(has) == length && !strncmp(has, name, length)) {
			*number = (unsigned)i;
			return 0;
		}
	}
	return rx_usage(err, "endpoint-unknown",
			"--pairs: lab \"%s\" has no endpoint \"%.*s\"; `rxelab inspect %s` lists "
			"them",
			view->lab.name, (int)length, name, view->lab.name);
}

static int make_list(const char *text, const struct rx_view *view, struct rx_pairs *pairs,
		     struct rx_err *err)
{
	unsigned from, to;
	struct item item;

	while (next_item(&text, &item)) {
		int rc = endpoint_number(view, item.text, item.from_length, &from, err);

		if (!rc)
			rc = endpoint_number(view, item.to, item.to_length, &to, err);
		if (rc)
			return rc;
		merge(pairs, from, to);
	}
	return 0;
}

int rx_pairs_make(const char *text, const struct rx_view *view, struct rx_pairs *pairs,
		  struct rx_err *err)
{
	unsigned n = (unsigned)view->n_endpoints, i;
	unsigned long count;

	memset(pairs, 0, sizeof(*pairs));
	pairs->given = text != NULL;
	if (!text || !strcmp(text, "all")) {
		make_all(pairs, n);
	} else if (!strcmp(text, "ring")) {
		make_ring(pairs, n);
	} else if (!strcmp(text, "star")) {
		for (i = 1; i < n; i++)
			add(pairs, 0, i, RX_BOTH);
	} else if (is_random(text, &count)) {
		if (n > 1)
			make_random(pairs, n, count);
	} else {
		return make_list(text, view, pairs, err);
	}
	return 0;
}

/* The next network of both after the interface *at of a, which goes there; RX_ANY_NETWORK: that was
 * all. */
static unsigned next_common(const struct rx_node *a, const struct rx_node *b, size_t *at)
{
	for (; *at < a->n_ifaces; ++*at)
		for (size_t k = 0; k < b->n_ifaces; k++)
			if (a->ifaces[*at].network == b->ifaces[k].network)
				return (unsigned)a->ifaces[(*at)++].network + 1;
	return RX_ANY_NETWORK;
}

void rx_pairs_spread(struct rx_pairs *pairs, const struct rx_view *view, unsigned only)
{
	struct rx_pairs all = {.given = pairs->given};

	for (size_t i = 0; i < pairs->n; i++) {
		struct rx_pair pair = pairs->pair[i];
		const struct rx_node *a = view->nodes[pair.a].want, *b = view->nodes[pair.b].want;
		size_t at = 0;
		bool any = false;

		while ((pair.network = next_common(a, b, &at)) != RX_ANY_NETWORK) {
			any = true;
			if (only == RX_ANY_NETWORK || pair.network == only)
				*(struct rx_pair *)rx_array_add(&all.pair, &all.n,
								sizeof(*all.pair)) = pair;
		}
		if (!any && only == RX_ANY_NETWORK)
			*(struct rx_pair *)rx_array_add(&all.pair, &all.n,
							sizeof(*all.pair)) = pair;
	}
	free(pairs->pair);
	*pairs = all;
}

int rx_pairs_network(const char *name, const struct rx_view *view, unsigned *network,
		     struct rx_err *err)
{
	const struct rx_lab *lab = &view->lab;

	*network = RX_ANY_NETWORK;
	while (name && *network < lab->n_networks && strcmp(lab->networks[*network].name, name))
		++*network;
	return name && (*network)++ == lab->n_networks
		       ? rx_usage(err, "network-unknown",
				  "--network: lab \"%s\" has no network \"%s\"; `rxelab inspect "
				  "%s` lists them",
				  lab->name, name, lab->name)
		       : 0;
}

void rx_pairs_free(struct rx_pairs *pairs)
{
	free(pairs->pair);
	memset(pairs, 0, sizeof(*pairs));
}

size_t rx_pairs_count(const struct rx_pairs *pairs)
{
	size_t i, count = 0;

	for (i = 0; i < pairs->n; i++)
		count += pairs->pair[i].directions == RX_BOTH ? 2 : 1;
	return count;
}
