/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/fault.h"

#include <infiniband/verbs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int rx_fault(struct rx_fault *fault, enum rx_fault_kind kind, int code, const char *fmt, ...)
{
	va_list ap;

	if (fault->kind && fault->kind != RX_FAULT_COLLATERAL)
		return -1;
	fault->kind = kind;
	fault->code = code;
	va_start(ap, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	return -1;
}

void rx_fault_add(struct rx_fault *fault, const char *fmt, ...)
{
	size_t used = strlen(fault->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault->text + used, sizeof(fault->text) - used, fmt, ap);
	va_end(ap);
}

void rx_fault_collateral(struct rx_fault *fault)
{
	if (!fault->kind)
		rx_fault(fault, RX_FAULT_COLLATERAL, 0,
			 "the other direction failed on the same QPs");
}

bool rx_fault_failed(const struct rx_fault *fault)
{
	return fault->kind != RX_FAULT_NONE && fault->kind != RX_FAULT_SKIP &&
	       fault->kind != RX_FAULT_CUT;
}

bool rx_fault_may_pass(const struct rx_fault *fault)
{
	return rx_fault_failed(fault) && fault->kind != RX_FAULT_PAYLOAD;
}

bool rx_fault_is_dead_path(const struct rx_fault *fault)
{
	switch (fault->kind) {
	case RX_FAULT_SETUP:
	case RX_FAULT_DEADLINE:
		return true;
	case RX_FAULT_STATUS:
		/* what 5.10, 6.1, 6.12 and a lost frame answer; see docs/reference/verify.md */
		return fault->code == IBV_WC_RETRY_EXC_ERR || fault->code == IBV_WC_WR_FLUSH_ERR ||
		       fault->code == IBV_WC_LOC_PROT_ERR || fault->code == IBV_WC_LOC_QP_OP_ERR;
	default:
		return false;
	}
}
