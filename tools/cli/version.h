/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_CLI_VERSION_H
#define RXELAB_TOOLS_CLI_VERSION_H
#define RX_VERSION "0.2.0"

/* What --version prints, one line: its second word is the version; then the commit and the
 * libraries that this was built with, which the Makefile defines for version.c alone. */
void rx_version_print(void);
#endif
