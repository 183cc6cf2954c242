/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live view. 80 columns and 24 lines hold: two lines on the lab, a heading, 14 endpoints, every
 * counter of the chosen one, the keys. A larger terminal shows more endpoints and longer names. */
#include <errno.h>
#include <ncurses.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/clock.h"
#include "tools/watch/watch.h"

#define SLICE 0.05 /* seconds of reading after which the keys are looked at */
#define DETAILS 6  /* lines on the chosen endpoint */
#define HEAD 3     /* lines above the endpoints */
#define NAME_WIDTH 14

enum { PLAIN, BAD, NOTICE, GOOD };

struct screen {
	struct rx_watch *watch;
	const struct rx_watch_row **list; /* owned: what is shown */
	size_t n, top;                    /* how many; the first that is seen */
	size_t chosen;                    /* row of the lab whose counters are shown */
	bool typing, paused, quit;
};

/* Without start_color(), or where it failed, there are no pairs. */
static int colour(int which)
{
	return COLOR_PAIRS > 0 ? COLOR_PAIR(which) : which == BAD ? A_BOLD : 0;
}

/* Text that ends at the right edge. Returns the column after it. */
static int put(int line, int column, int attributes, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static int put(int line, int column, int attributes, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (line >= 0 && line < LINES && column >= 0 && column < COLS) {
		attrset(attributes);
		mvaddnstr(line, column, text, COLS - column);
		attrset(0);
	}
	return column + (int)strlen(text);
}

static int details(void)
{
	return LINES >= HEAD + DETAILS + 6 ? DETAILS : 0;
}

static size_t page(void)
{
	int lines = LINES - HEAD - details() - 1;

	return lines > 0 ? (size_t)lines : 1;
}

static int name_width(void)
{
	int most = RX_NODE_NAME_MAX + RX_NETWORK_NAME_MAX + 1,
	    width = NAME_WIDTH + (COLS > 80 ? (COLS - 80) / 2 : 0);

	return width < most ? width : most;
}

static void draw_head(const struct screen *s)
{
	const struct rx_view *view = &s->watch->view;
	struct rx_rates r;
	struct rx_faults f;
	size_t active = 0, impaired = 0;
	char text[3][16], clock[16];
	time_t now = time(NULL);
	struct tm local;
	int at;

	for (size_t i = 0; i < s->watch->n; i++) {
		active += !strcmp(s->watch->rows[i].state, "ACTIVE");
		impaired += s->watch->rows[i].impair[0] != '\0';
	}
	rx_watch_total(s->watch, &r, &f);
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
	at = put(0, 0, A_BOLD, "%s", view->lab.name);
	at = put(0, at, 0, " on %s: %zu endpoints, %zu active",
		 view->lab.parent[0] ? view->lab.parent : "a private bridge", view->n_endpoints,
		 active);
	if (impaired)
		at = put(0, at, colour(NOTICE), ", %zu impaired", impaired);
	put(0, at, 0, ", %s, %s", rx_plane_name(view->plane), rx_rdma_mode_name(view->rdma_mode));
	put(0, COLS - 17, A_BOLD, " %6.3gs %s", s->watch->interval, s->paused ? " paused " : clock);
	at = put(1, 0, 0, "tx %sB/s rx %sB/s", rx_watch_figure(r.tx_bytes, text[0]),
		 rx_watch_figure(r.rx_bytes, text[1]));
	at = put(1, at, 0, "  RXE %s/s %s/s", rx_watch_figure(r.sent, text[0]),
		 rx_watch_figure(r.rcvd, text[1]));
	put(1, at, f.errors ? colour(BAD) : 0, "  retry %s error %s drop %s",
	    rx_watch_figure((double)f.retries, text[0]), rx_watch_figure((double)f.errors, text[1]),
	    rx_watch_figure((double)f.drops, text[2]));
}

static void draw_heading(const struct screen *s)
{
	static const char *const names[] = {"endpoint", "tx/s",  "rx/s",  "sent",
					    "rcvd",     "retry", "error", "drop"};
	const struct rx_watch_order *order = &s->watch->order;
	int width = name_width(), column = 0;

	attrset(A_REVERSE);
	mvhline(HEAD - 1, 0, ' ' | A_REVERSE, COLS);
	for (int i = 0; i < RX_WATCH_KEYS; i++) {
		int attributes = A_REVERSE |
				 ((enum rx_watch_key)i == order->key ? A_BOLD | A_UNDERLINE : 0);

		put(HEAD - 1, column, attributes, i ? "%5s" : "%s", names[i]);
		if (!i)
			put(HEAD - 1, width + 1, A_REVERSE, "port");
		column = width + 8 + 6 * i;
	}
	put(HEAD - 1, column, A_REVERSE, "impairment");
}

static void draw_row(const struct rx_watch_row *row, int line, bool chosen)
{
	int width = name_width(), mark = chosen ? A_REVERSE : 0, state = PLAIN;
	char text[16];

	if (!strcmp(row->state, "ACTIVE"))
		state = GOOD;
	else if (strcmp(row->state, "router"))
		state = BAD;
	if (chosen)
		mvhline(line, 0, ' ' | A_REVERSE, COLS);
	put(line, 0, mark, "%-*.*s", width, width, row->name);
	put(line, width + 1, mark | colour(state), "%-6.6s", row->state);
	for (enum rx_watch_key key = RX_BY_TX; key < RX_WATCH_KEYS; key++) {
		double value = rx_watch_value(row, key);
		int fault = key == RX_BY_ERRORS ? BAD : key >= RX_BY_RETRIES ? NOTICE : PLAIN;

		put(line, width + 2 + 6 * (int)key, mark | (fault && value > 0 ? colour(fault) : 0),
		    "%5s", rx_watch_figure(value, text));
	}
	put(line, width + 2 + 6 * RX_WATCH_KEYS, mark | colour(NOTICE), "%s", row->impair);
}

struct place {
	int line, column;
};

/* Items one after the other, a new line where one would not fit. */
static void flow(struct place *place, const char *item)
{
	if (place->column + (int)strlen(item) + 2 > COLS) {
		place->line++;
		place->column = -2;
	}
	if (place->line < LINES - 1)
		place->column = put(place->line, place->column + 2, 0, "%s", item);
}

static void draw_details(const struct screen *s)
{
	const struct rx_watch_row *row = s->chosen < s->watch->n ? &s->watch->rows[s->chosen]
								 : NULL;
	int line = LINES - 1 - details();
	struct place place = {.line = line + 3};
	char item[128];

	if (!row || !details())
		return;
	mvhline(line, 0, '-', COLS);
	put(line, 2, A_BOLD, " %s%s%s ", row->name, row->iface->drift[0] ? ": " : "",
	    row->iface->drift);
	put(++line, 0, 0, "%s mtu %u, %s %s, %s%s%s", row->iface->netdev, row->iface->mtu,
	    row->iface->ipv4[0] ? row->iface->ipv4 : row->iface->ipv6, row->iface->mac,
	    row->iface->rdma_dev, row->iface->uverbs[0] ? " is " : "", row->iface->uverbs);
	put(++line, 0, 0,
	    "tx %llu packets %llu bytes %llu dropped, rx %llu packets %llu bytes %llu dropped",
	    (unsigned long long)row->now.net.tx_packets, (unsigned long long)row->now.net.tx_bytes,
	    (unsigned long long)row->now.net.tx_dropped,
	    (unsigned long long)row->now.net.rx_packets, (unsigned long long)row->now.net.rx_bytes,
	    (unsigned long long)row->now.net.rx_dropped);
	place.column = put(place.line, 0, 0, "RXE:");
	for (int i = 0; row->now.rxe && i < RX_RXE_COUNTERS; i++) {
		/* on so few lines only what says something, beside the packets */
		if (i > RX_RCVD_PKTS && !row->now.counters[i])
			continue;
		snprintf(item, sizeof(item), "%s %llu", rx_rxe_counter_names[i],
			 (unsigned long long)row->now.counters[i]);
		flow(&place, item);
	}
	if (!row->now.rxe)
		put(place.line, 6, 0,
		    row->node->want->router ? "none on a router" : "cannot be read");
	else
		flow(&place, "(others 0)");
}

static void draw_foot(const struct screen *s)
{
	const struct rx_watch_order *order = &s->watch->order;

	if (s->typing) {
		put(LINES - 1, 0, A_BOLD, "filter: %s_", order->filter);
		return;
	}
	put(LINES - 1, 0, A_REVERSE,
	    "q quit  <> sort: %s%s  f show: %s  / filter: %s  +- interval  z zero",
	    rx_watch_key_names[order->key], order->reverse ? " (r)" : "",
	    rx_watch_show_names[order->show], order->filter[0] ? order->filter : "-");
	put(LINES - 1, COLS - 13, A_BOLD, "%13.13s", "");
	put(LINES - 1, COLS - 12, A_BOLD, "%zu/%zu", s->n ? s->top + 1 : 0, s->n);
}

/* Where the chosen row stands in what is shown; n if it is not. */
static size_t position(const struct screen *s)
{
	size_t i;

	for (i = 0; i < s->n && s->list[i] != &s->watch->rows[s->chosen]; i++)
		;
	return i;
}

static void draw(struct screen *s)
{
	size_t lines = page();

	s->n = rx_watch_sort(s->watch, s->list);
	if (s->top + lines > s->n)
		s->top = s->n > lines ? s->n - lines : 0;
	erase();
	draw_head(s);
	draw_heading(s);
	for (size_t i = 0; i < lines && s->top + i < s->n; i++)
		draw_row(s->list[s->top + i], HEAD + (int)i,
			 s->list[s->top + i] == &s->watch->rows[s->chosen]);
	if (!s->n)
		put(HEAD, 2, 0, "nothing here is like that (f: %s, filter: %s)",
		    rx_watch_show_names[s->watch->order.show], s->watch->order.filter);
	draw_details(s);
	draw_foot(s);
	refresh();
}

/* Choose what stands so many lines further, and show it. */
static void step(struct screen *s, long lines)
{
	long at = (long)position(s);

	if (!s->n)
		return;
	at = at >= (long)s->n ? (long)s->top : at + lines;
	at = at < 0 ? 0 : at >= (long)s->n ? (long)s->n - 1 : at;
	s->chosen = (size_t)(s->list[at] - s->watch->rows);
	if ((size_t)at < s->top)
		s->top = (size_t)at;
	else if ((size_t)at >= s->top + page())
		s->top = (size_t)at - page() + 1;
}

static void type(struct screen *s, int key)
{
	char *filter = s->watch->order.filter;
	size_t length = strlen(filter);

	if (key == '\n' || key == KEY_ENTER || key == 27) {
		s->typing = false;
		if (key == 27)
			filter[0] = '\0';
	} else if ((key == KEY_BACKSPACE || key == 127 || key == 8) && length) {
		filter[length - 1] = '\0';
	} else if (key >= ' ' && key < 127 && length + 1 < sizeof(s->watch->order.filter)) {
		filter[length] = (char)key;
		filter[length + 1] = '\0';
	}
}

static bool move_key(struct screen *s, int key)
{
	long rows = (long)s->n, lines = (long)page();
	const struct {
		int key, letter;
		long lines;
	} moves[] = {
		{KEY_UP, 'k', -1},
		{KEY_DOWN, 'j', 1},
		{KEY_PPAGE, KEY_PPAGE, -lines},
		{KEY_NPAGE, KEY_NPAGE, lines},
		{KEY_HOME, 'g', -rows},
		{KEY_END, 'G', rows},
	};

	for (size_t i = 0; i < RX_ARRAY_SIZE(moves); i++)
		if (key == moves[i].key || key == moves[i].letter) {
			step(s, moves[i].lines);
			return true;
		}
	return false;
}

static void set_interval(struct rx_watch *watch, double factor)
{
	double wanted = watch->interval * factor;

	if (wanted >= 0.1 && wanted <= 64)
		watch->interval = wanted;
}

static void order_key(struct screen *s, int key)
{
	struct rx_watch_order *order = &s->watch->order;

	if (key == '>' || key == 's')
		order->key = (order->key + 1) % RX_WATCH_KEYS;
	else if (key == '<')
		order->key = (order->key + RX_WATCH_KEYS - 1) % RX_WATCH_KEYS;
	else if (key == 'f')
		order->show = (order->show + 1) % RX_WATCH_SHOWS;
	else if (key == 'r')
		order->reverse = !order->reverse;
	else
		return;
	s->top = 0;
}

static void press(struct screen *s, int key)
{
	if (s->typing) {
		type(s, key);
		return;
	}
	if (move_key(s, key))
		return;
	order_key(s, key);
	if (key == 'q')
		s->quit = true;
	else if (key == ' ')
		s->paused = !s->paused;
	else if (key == '/')
		s->typing = true;
	else if (key == '+')
		set_interval(s->watch, 2);
	else if (key == '-')
		set_interval(s->watch, 0.5);
	for (size_t i = 0; key == 'z' && i < s->watch->n; i++)
		memset(&s->watch->rows[i].faults, 0, sizeof(s->watch->rows[i].faults));
}

/* A lab that was made again has rows of its own, perhaps more. */
static void make_room(struct screen *s)
{
	free(s->list);
	s->list = rx_alloc(s->watch->n, sizeof(*s->list));
	s->n = 0;
	if (s->chosen >= s->watch->n)
		s->chosen = 0;
}

static int watch_loop(struct screen *s, unsigned count, const volatile sig_atomic_t *stop,
		      struct rx_err *err)
{
	double due = rx_now();
	unsigned done = 0;
	int rc = 0, key;

	while (!*stop && !s->quit && (!count || done <= count)) {
		const struct rx_watch_row *rows = s->watch->rows;
		bool read = false;

		if (!s->paused && rx_now() >= due) {
			rc = rx_watch_read(s->watch, rx_now() + SLICE, err);
			if (rc < 0)
				return rc;
			if (rows != s->watch->rows || !s->list)
				make_room(s);
			read = rc;
			done += read;
			if (read)
				due = rx_now() + s->watch->interval;
		}
		timeout(s->paused            ? 1000
			: due <= rx_now()    ? 0
			: due - rx_now() < 1 ? (int)((due - rx_now()) * 1e3) + 1
					     : 1000);
		if (read)
			draw(s);
		key = getch();
		if (key != ERR) {
			press(s, key);
			if (due > rx_now() + s->watch->interval)
				due = rx_now() + s->watch->interval;
			draw(s);
		}
	}
	return 0;
}

static void set_up(void)
{
	const char *off = getenv("NO_COLOR");

	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	set_escdelay(50);
	if ((off && *off) || !has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(BAD, COLOR_RED, -1);
	init_pair(NOTICE, COLOR_YELLOW, -1);
	init_pair(GOOD, COLOR_GREEN, -1);
}

int rx_watch_screen(struct rx_watch *watch, unsigned count, const volatile sig_atomic_t *stop,
		    struct rx_err *err)
{
	struct screen s = {.watch = watch};
	const char *name = getenv("TERM");
	/* initscr() would end the process where it fails */
	SCREEN *terminal = newterm(NULL, stdout, stdin);
	int rc;

	if (!terminal)
		return rx_cannot(err, "terminal-unusable", ENOTTY,
				 "the terminal \"%s\" is not one that a live view can be drawn on; "
				 "use --lines, or set TERM",
				 name ? name : "");
	set_up();
	make_room(&s);
	put(0, 0, 0, "reading lab %s ...", watch->lab);
	refresh();
	rc = watch_loop(&s, count, stop, err);
	endwin();
	delscreen(terminal);
	free(s.list);
	return rc;
}
