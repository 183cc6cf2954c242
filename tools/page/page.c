/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/page/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/embed.h"
#include "netns/base/memory.h"
#include "tools/page/xslt-lazy.h"

RX_EMBED(rx_page_common, "tools/page/common.xsl")
RX_EMBED(rx_page_lab, "tools/page/lab.xsl")
RX_EMBED(rx_page_results, "tools/page/results.xsl")
RX_EMBED(rx_page_kernels, "tools/page/kernels.xsl")

/* Nothing is read from a file or a network, and libxml2 says nothing by itself. Its limits stay, as
 * data come from others, too: 256 elements inside each other, texts of 10 MB. */
#define QUIET (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

static xmlDocPtr read_text(const char *text, const char *name)
{
	return xmlReadMemory(text, (int)strlen(text), name, "UTF-8", QUIET);
}

/* With the words of the stylesheet that imports it: libxslt compares names by their addresses. */
static xmlDocPtr read_imported(const char *text, const char *name, xmlDictPtr words)
{
	xmlParserCtxtPtr parser = xmlNewParserCtxt();
	xmlDocPtr read;

	if (!parser)
		return NULL;
	xmlDictFree(parser->dict);
	parser->dict = words;
	xmlDictReference(words);
	read = xmlCtxtReadMemory(parser, text, (int)strlen(text), name, "UTF-8", QUIET);
	xmlFreeParserCtxt(parser);
	return read;
}

/* What a stylesheet imports. There is nothing else to be had, so document() finds nothing. */
static xmlDocPtr load(const xmlChar *name, xmlDictPtr words, int options, void *context,
		      xsltLoadType type)
{
	static const struct {
		const char *name, *text;
	} sheets[] = {{"common.xsl", rx_page_common}, {"results.xsl", rx_page_results}};

	(void)options, (void)context;
	for (size_t i = 0; type == XSLT_LOAD_STYLESHEET && i < RX_ARRAY_SIZE(sheets); i++)
		if (!strcmp((const char *)name, sheets[i].name))
			return read_imported(sheets[i].text, sheets[i].name, words);
	return NULL;
}

/* Into the string at context, which rx_text_stream has. */
__attribute__((format(printf, 2, 3))) static void complain(void *context, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(context, fmt, ap);
	va_end(ap);
}

int rx_page_ready(struct rx_err *err)
{
	return rx_lazy_open(&rx_libxslt, err);
}

static xmlDocPtr read_data(const json_t *data, const char *drawing)
{
	rx_autofree char *text = NULL;
	FILE *stream = rx_text_stream(&text);
	xmlDocPtr read, svg = NULL;

	rx_xml_json(data, "page", stream);
	fclose(stream);
	read = read_text(text, "data");
	if (read && drawing)
		svg = read_text(drawing, "drawing");
	if (svg) {
		xmlAddChild(xmlDocGetRootElement(read),
			    xmlDocCopyNode(xmlDocGetRootElement(svg), read, 1));
		xmlFreeDoc(svg);
	}
	return read;
}

static xsltStylesheetPtr read_sheet(enum rx_page page)
{
	xmlDocPtr text = page == RX_PAGE_LAB ? read_text(rx_page_lab, "lab.xsl")
					     : read_text(rx_page_kernels, "kernels.xsl");
	xsltStylesheetPtr sheet = text ? xsltParseStylesheetDoc(text) : NULL;

	if (!sheet && text)
		xmlFreeDoc(text);
	return sheet;
}

int rx_page_write(enum rx_page page, const json_t *data, const char *drawing, FILE *out,
		  struct rx_err *err)
{
	rx_autofree char *words = NULL;
	FILE *complaints;
	xmlDocPtr read, made = NULL;
	xsltStylesheetPtr sheet;
	bool written = false;

	if (rx_lazy_open(&rx_libxslt, err))
		return -err->code;
	complaints = rx_text_stream(&words);
	xsltSetGenericErrorFunc(complaints, complain);
	xsltSetLoaderFunc(load);
	read = read_data(data, drawing);
	sheet = read_sheet(page);
	if (read && sheet)
		made = xsltApplyStylesheet(sheet, read, NULL);
	if (made)
		written = fputs("<!DOCTYPE html>\n", out) >= 0 &&
			  xsltSaveResultToFile(out, made, sheet) >= 0;
	xsltSetGenericErrorFunc(NULL, NULL);
	fclose(complaints);
	if (made)
		xmlFreeDoc(made);
	if (read)
		xmlFreeDoc(read);
	if (sheet)
		xsltFreeStylesheet(sheet);
	if (written)
		return 0;
	return rx_fail(err, "page-failed", EIO, "the page cannot be made: %s",
		       read ? words : "the data are nested too deeply, or a text is too long");
}
