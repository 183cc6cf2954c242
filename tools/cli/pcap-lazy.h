/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libpcap, opened when it is wanted (netns/base/lazy.h): after rx_lazy_open(&rx_libpcap, err),
 * which capture alone calls. */
#ifndef RXELAB_TOOLS_CLI_PCAP_LAZY_H
#define RXELAB_TOOLS_CLI_PCAP_LAZY_H

#include <pcap/pcap.h>

#include "netns/base/lazy.h"

static struct rx_lazy rx_libpcap = {.soname = RX_LIBPCAP}; /* the Makefile knows */

#define RX_PCAP(f) ((typeof(&f))rx_lazy_symbol(&rx_libpcap, #f))
#define pcap_create(...) RX_PCAP(pcap_create)(__VA_ARGS__)
#define pcap_set_snaplen(...) RX_PCAP(pcap_set_snaplen)(__VA_ARGS__)
#define pcap_set_buffer_size(...) RX_PCAP(pcap_set_buffer_size)(__VA_ARGS__)
#define pcap_set_immediate_mode(...) RX_PCAP(pcap_set_immediate_mode)(__VA_ARGS__)
#define pcap_activate(...) RX_PCAP(pcap_activate)(__VA_ARGS__)
#define pcap_setnonblock(...) RX_PCAP(pcap_setnonblock)(__VA_ARGS__)
#define pcap_compile(...) RX_PCAP(pcap_compile)(__VA_ARGS__)
#define pcap_setfilter(...) RX_PCAP(pcap_setfilter)(__VA_ARGS__)
#define pcap_freecode(...) RX_PCAP(pcap_freecode)(__VA_ARGS__)
#define pcap_geterr(...) RX_PCAP(pcap_geterr)(__VA_ARGS__)
#define pcap_get_selectable_fd(...) RX_PCAP(pcap_get_selectable_fd)(__VA_ARGS__)
#define pcap_dispatch(...) RX_PCAP(pcap_dispatch)(__VA_ARGS__)
#define pcap_stats(...) RX_PCAP(pcap_stats)(__VA_ARGS__)
#define pcap_close(...) RX_PCAP(pcap_close)(__VA_ARGS__)
#define pcap_dump_open(...) RX_PCAP(pcap_dump_open)(__VA_ARGS__)
#define pcap_dump(...) RX_PCAP(pcap_dump)(__VA_ARGS__)
#define pcap_dump_flush(...) RX_PCAP(pcap_dump_flush)(__VA_ARGS__)
#define pcap_dump_close(...) RX_PCAP(pcap_dump_close)(__VA_ARGS__)

#endif
