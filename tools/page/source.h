/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report is made of: documents that were saved, or that rxelab's other commands print. */
#ifndef RXELAB_TOOLS_PAGE_SOURCE_H
#define RXELAB_TOOLS_PAGE_SOURCE_H

#include <jansson.h>
#include <stdbool.h>

#include "netns/base/error.h"

enum rx_source_kind {
	RX_SOURCE_VERSION,
	RX_SOURCE_INSPECT, /* nothing that follows makes sense without */
	RX_SOURCE_LAB_FILE,
	RX_SOURCE_GRAPH,
	RX_SOURCE_IMPAIR,
	RX_SOURCE_DOCTOR,
	RX_SOURCE_MODULE,
	RX_SOURCE_VERIFY,
	RX_SOURCE_BENCH,
	RX_SOURCES,
};

struct rx_source {
	const char *file; /* that it was read from; NULL: none */
	char *command;    /* that was run, as a shell takes it; NULL: none */
	json_t *document; /* NULL: there is none, or it is no JSON */
	char *text;       /* of a lab file or a drawing; NULL: none */
	char *words;      /* why there is neither; NULL: it was not asked for */
	double seconds;   /* that the command took */
};

/* Begins as {.lab = NAME}. */
struct rx_sources {
	const char *lab;
	bool quick;      /* verify and bench with few pairs and tests */
	double deadline; /* 0: none */
	struct rx_source of[RX_SOURCES];
};

const char *rx_source_name(enum rx_source_kind kind);
/* A file that was saved: what it is, its keys tell. 0, or a mistake of usage: it is nothing of what
 * a report takes, of another lab, or the second of its kind. */
int rx_source_read(struct rx_sources *sources, const char *path, struct rx_err *err);
/* Run the command of a source, unless there is a file. A failure is in its words. */
void rx_source_run(struct rx_sources *sources, enum rx_source_kind kind);
void rx_sources_free(struct rx_sources *sources);

#endif
