/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tools/watch/watch.h"

const char *const rx_watch_key_names[RX_WATCH_KEYS + 1] = {
	"name", "tx", "rx", "sent", "rcvd", "retries", "errors", "drops", NULL,
};
const char *const rx_watch_show_names[RX_WATCH_SHOWS + 1] = {"all", "busy", "faulty", "impaired",
							     NULL};

static uint64_t grown(uint64_t from, uint64_t to)
{
	return to >= from ? to - from : to;
}

static uint64_t grown_rxe(const struct rx_watch_row *row, enum rx_rxe_counter which)
{
	return grown(row->last.counters[which], row->now.counters[which]);
}

static void account_roce(struct rx_watch_row *row, double seconds)
{
	const struct rx_steer_count *a = row->last.roce, *b = row->now.roce;
	const struct rx_steer_count in = {grown(a[RX_STEER_IN].frames, b[RX_STEER_IN].frames),
					  grown(a[RX_STEER_IN].bytes, b[RX_STEER_IN].bytes)};
	const struct rx_steer_count out = {grown(a[RX_STEER_OUT].frames, b[RX_STEER_OUT].frames),
					   grown(a[RX_STEER_OUT].bytes, b[RX_STEER_OUT].bytes)};

	row->rates.tx_bytes = (double)out.bytes / seconds;
	row->rates.rx_bytes = (double)in.bytes / seconds;
	row->rates.tx_packets = (double)out.frames / seconds;
	row->rates.rx_packets = (double)in.frames / seconds;
}

static void account_netdev(struct rx_watch_row *row, double seconds)
{
	const struct rx_netdev_counters *a = &row->last.net, *b = &row->now.net;

	row->rates.tx_bytes = (double)grown(a->tx_bytes, b->tx_bytes) / seconds;
	row->rates.rx_bytes = (double)grown(a->rx_bytes, b->rx_bytes) / seconds;
	row->rates.tx_packets = (double)grown(a->tx_packets, b->tx_packets) / seconds;
	row->rates.rx_packets = (double)grown(a->rx_packets, b->rx_packets) / seconds;
	if (row->last.counted && row->now.counted)
		account_roce(row, seconds);
	row->faults.drops += grown(a->rx_dropped, b->rx_dropped) +
			     grown(a->tx_dropped, b->tx_dropped) +
			     grown(row->last.netem_dropped, row->now.netem_dropped);
}

static void account_rxe(struct rx_watch_row *row, double seconds)
{
	row->rates.sent = (double)grown_rxe(row, RX_SENT_PKTS) / seconds;
	row->rates.rcvd = (double)grown_rxe(row, RX_RCVD_PKTS) / seconds;
	row->faults.retries += grown_rxe(row, RX_RETRIES) + grown_rxe(row, RX_DUPLICATE) +
			       grown_rxe(row, RX_OUT_OF_SEQ) + grown_rxe(row, RX_SEQ_ERR) +
			       grown_rxe(row, RX_RNR_RECEIVED);
	row->faults.errors += grown_rxe(row, RX_RETRY_EXCEEDED) +
			      grown_rxe(row, RX_RETRY_RNR_EXCEEDED) + grown_rxe(row, RX_SEND_ERR);
}

void rx_watch_account(struct rx_watch_row *row)
{
	double seconds = row->now.at - row->last.at;

	memset(&row->rates, 0, sizeof(row->rates));
	if (row->last.at <= 0 || seconds <= 0)
		return;
	if (row->last.netdev && row->now.netdev)
		account_netdev(row, seconds);
	if (row->last.rxe && row->now.rxe)
		account_rxe(row, seconds);
}

void rx_watch_total(const struct rx_watch *watch, struct rx_rates *rates, struct rx_faults *faults)
{
	memset(rates, 0, sizeof(*rates));
	memset(faults, 0, sizeof(*faults));
	for (size_t i = 0; i < watch->n; i++) {
		const struct rx_watch_row *row = &watch->rows[i];

		rates->tx_bytes += row->rates.tx_bytes;
		rates->rx_bytes += row->rates.rx_bytes;
		rates->tx_packets += row->rates.tx_packets;
		rates->rx_packets += row->rates.rx_packets;
		rates->sent += row->rates.sent;
		rates->rcvd += row->rates.rcvd;
		faults->retries += row->faults.retries;
		faults->errors += row->faults.errors;
		faults->drops += row->faults.drops;
	}
}

static bool matches(const struct rx_watch_row *row, const char *filter)
{
	return !*filter || strstr(row->name, filter) || strstr(row->iface->network, filter) ||
	       strstr(row->iface->netdev, filter) || strstr(row->iface->ipv4, filter) ||
	       strstr(row->iface->ipv6, filter);
}

static bool shown(const struct rx_watch_row *row, enum rx_watch_show show)
{
	switch (show) {
	case RX_SHOW_BUSY:
		return row->rates.tx_packets > 0 || row->rates.rx_packets > 0;
	case RX_SHOW_FAULTY:
		return row->faults.retries || row->faults.errors || row->faults.drops ||
		       row->iface->drift[0] || !row->now.netdev ||
		       (!row->node->want->router && strcmp(row->state, "ACTIVE"));
	case RX_SHOW_IMPAIRED:
		return row->impair[0];
	default:
		return true;
	}
}

double rx_watch_value(const struct rx_watch_row *row, enum rx_watch_key key)
{
	const struct rx_rates *r = &row->rates;
	const struct rx_faults *f = &row->faults;
	const double values[RX_WATCH_KEYS] = {
		[RX_BY_TX] = r->tx_bytes,
		[RX_BY_RX] = r->rx_bytes,
		[RX_BY_SENT] = r->sent,
		[RX_BY_RCVD] = r->rcvd,
		[RX_BY_RETRIES] = (double)f->retries,
		[RX_BY_ERRORS] = (double)f->errors,
		[RX_BY_DROPS] = (double)f->drops,
	};

	return values[key];
}

/* Equal ones stay as in the lab, so that lines do not dance. */
static int compare(const void *left, const void *right, void *arg)
{
	const struct rx_watch_row *a = *(const struct rx_watch_row *const *)left;
	const struct rx_watch_row *b = *(const struct rx_watch_row *const *)right;
	const struct rx_watch_order *order = arg;
	double x = rx_watch_value(a, order->key), y = rx_watch_value(b, order->key);
	int way = x < y ? 1 : x > y ? -1 : 0;

	if (way || order->key == RX_BY_NAME)
		return (way ? way : a < b ? -1 : a > b) * (order->reverse ? -1 : 1);
	return a < b ? -1 : a > b;
}

size_t rx_watch_sort(const struct rx_watch *watch, const struct rx_watch_row **list)
{
	struct rx_watch_order order = watch->order;
	size_t n = 0;

	for (size_t i = 0; i < watch->n; i++)
		if (matches(&watch->rows[i], order.filter) && shown(&watch->rows[i], order.show))
			list[n++] = &watch->rows[i];
	qsort_r(list, n, sizeof(*list), compare, &order);
	return n;
}

const char *rx_watch_figure(double number, char buf[16])
{
	static const char units[] = "kMGTPE";
	int unit = -1;

	while (number >= 999.5 && unit < (int)sizeof(units) - 2) {
		number /= 1000;
		unit++;
	}
	if (unit < 0)
		snprintf(buf, 16, "%.0f", number);
	else
		snprintf(buf, 16, "%.*f%c",
			 number < 9.995   ? 2
			 : number < 99.95 ? 1
					  : 0,
			 number, units[unit]);
	return buf;
}
