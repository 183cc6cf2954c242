/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_CLI_REQUIREMENTS_H
#define RXELAB_TOOLS_CLI_REQUIREMENTS_H

#include "netns/base/error.h"

/* needs: bits of enum rx_needs. One sentence on what is missing and what to do (RX_CANNOT). */
int rx_require(unsigned needs, const char *command, struct rx_err *err);

#endif
