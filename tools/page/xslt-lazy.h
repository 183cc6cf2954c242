/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxslt, and libxml2 behind it, opened when they are wanted (netns/base/lazy.h): page.c alone
 * calls them, after rx_lazy_open(&rx_libxslt, err). */
#ifndef RXELAB_TOOLS_PAGE_XSLT_LAZY_H
#define RXELAB_TOOLS_PAGE_XSLT_LAZY_H

#include <libxml/parser.h>
#include <libxslt/documents.h>
#include <libxslt/transform.h>
#include <libxslt/xsltutils.h>

#include "netns/base/lazy.h"

static struct rx_lazy rx_libxslt = {.soname = RX_LIBXSLT}; /* the Makefile knows */

/* a symbol of libxml2 is found behind libxslt, which is linked with it */
#define RX_XSLT(f) ((typeof(&f))rx_lazy_symbol(&rx_libxslt, #f))
#define xmlReadMemory(...) RX_XSLT(xmlReadMemory)(__VA_ARGS__)
#define xmlNewParserCtxt(...) RX_XSLT(xmlNewParserCtxt)(__VA_ARGS__)
#define xmlCtxtReadMemory(...) RX_XSLT(xmlCtxtReadMemory)(__VA_ARGS__)
#define xmlFreeParserCtxt(...) RX_XSLT(xmlFreeParserCtxt)(__VA_ARGS__)
#define xmlDictReference(...) RX_XSLT(xmlDictReference)(__VA_ARGS__)
#define xmlDictFree(...) RX_XSLT(xmlDictFree)(__VA_ARGS__)
#define xmlFreeDoc(...) RX_XSLT(xmlFreeDoc)(__VA_ARGS__)
#define xmlDocGetRootElement(...) RX_XSLT(xmlDocGetRootElement)(__VA_ARGS__)
#define xmlDocCopyNode(...) RX_XSLT(xmlDocCopyNode)(__VA_ARGS__)
#define xmlAddChild(...) RX_XSLT(xmlAddChild)(__VA_ARGS__)
#define xsltSetLoaderFunc(...) RX_XSLT(xsltSetLoaderFunc)(__VA_ARGS__)
#define xsltSetGenericErrorFunc(...) RX_XSLT(xsltSetGenericErrorFunc)(__VA_ARGS__)
#define xsltParseStylesheetDoc(...) RX_XSLT(xsltParseStylesheetDoc)(__VA_ARGS__)
#define xsltApplyStylesheet(...) RX_XSLT(xsltApplyStylesheet)(__VA_ARGS__)
#define xsltSaveResultToFile(...) RX_XSLT(xsltSaveResultToFile)(__VA_ARGS__)
#define xsltFreeStylesheet(...) RX_XSLT(xsltFreeStylesheet)(__VA_ARGS__)

#endif
