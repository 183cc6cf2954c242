/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_CLI_VERSION_H
#define RXELAB_TOOLS_CLI_VERSION_H
#define RX_VERSION "0.1.0"
#endif
