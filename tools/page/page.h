/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page of HTML from data. Stylesheets are files of this folder, built into the program. Values
 * are text in the tree that a stylesheet makes, and libxml2 escapes them when it writes the tree:
 * that is the one place, and no stylesheet can forget it (none may use disable-output-escaping). */
#ifndef RXELAB_TOOLS_PAGE_PAGE_H
#define RXELAB_TOOLS_PAGE_PAGE_H

#include <jansson.h>
#include <stdio.h>

#include "netns/base/error.h"

enum rx_page {
	RX_PAGE_LAB,
	RX_PAGE_KERNELS,
};

/* Whether pages can be made here: before work that would be lost without. 0 or -errno. */
int rx_page_ready(struct rx_err *err);
/* drawing: an SVG, which stands in the data as the element svg; NULL: none. */
int rx_page_write(enum rx_page page, const json_t *data, const char *drawing, FILE *out,
		  struct rx_err *err);

/* xml.c: the value as an element. Members of an object are elements named by their keys; what is no
 * name of XML becomes <entry key="...">. An array is its element once for each value; in another
 * array it is one element with <item>s. null is nothing. */
void rx_xml_json(const json_t *value, const char *name, FILE *out);

/* matrix.c: what the page shows of a document of verify. A set is what several pairs have in
 * common: the same tests with the same outcomes. So 64 endpoints have 4,032 pairs, and a page of
 * a few hundred kilobytes. */
json_t *rx_page_matrix(const json_t *verify);
/* figures.c: and of a document of bench */
json_t *rx_page_figures(const json_t *bench);

#endif
