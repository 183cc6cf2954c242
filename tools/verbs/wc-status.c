/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/wc-status.h"

#include <infiniband/verbs.h>
#include <stdio.h>

#define STATUS(name, meaning, cause) \
	{ \
		IBV_WC_##name, "IBV_WC_" #name, meaning, cause \
	}

/* The causes are what RXE does, read in drivers/infiniband/sw/rxe (rxe_comp.c, rxe_resp.c,
 * rxe_req.c) and seen. */
static const struct rx_wc_status table[] = {
	STATUS(SUCCESS, "done", "no error"),
	STATUS(LOC_LEN_ERR, "a local buffer was too short",
	       "a datagram longer than the posted receive"),
	STATUS(LOC_QP_OP_ERR, "the local QP could not carry the operation out",
	       "the receiver of a SEND longer than its posted receive; on 6.1 also a namespace "
	       "that RXE has no route in"),
	STATUS(LOC_EEC_OP_ERR, "end-to-end context error", "not used by RXE"),
	STATUS(LOC_PROT_ERR, "a local buffer is not covered by its memory key",
	       "a wrong lkey; on 5.10 also a namespace that RXE has no route in"),
	STATUS(WR_FLUSH_ERR, "the work request was flushed because the QP is in error",
	       "another request of this QP failed first, or the frame was dropped in the sender's "
	       "own output (a firewall, a full queue, a path MTU above the netdev's, a namespace "
	       "without RXE's data path)"),
	STATUS(MW_BIND_ERR, "a memory window could not be bound",
	       "a window or region without the access that was asked for"),
	STATUS(BAD_RESP_ERR, "an answer made no sense", "the two ends do not agree about the QP"),
	STATUS(LOC_ACCESS_ERR, "a local buffer does not allow the access",
	       "a region registered without LOCAL_WRITE"),
	STATUS(REM_INV_REQ_ERR, "the peer called the request invalid",
	       "different path MTUs at the two ends, or an operation that the peer's QP does not "
	       "allow"),
	STATUS(REM_ACCESS_ERR, "the peer refused access to its memory",
	       "a wrong rkey, an address outside the region, or a region registered without the "
	       "remote access"),
	STATUS(REM_OP_ERR, "the peer could not carry the operation out",
	       "a SEND longer than the receive posted there"),
	STATUS(RETRY_EXC_ERR, "no ACK came back",
	       "the peer or the path is dead: netdev down, frames dropped, a wrong MAC"),
	STATUS(RNR_RETRY_EXC_ERR, "the peer never had a receive posted",
	       "the receiving program posts too few receives"),
	STATUS(LOC_RDD_VIOL_ERR, "RDD violation", "not used by RXE"),
	STATUS(REM_INV_RD_REQ_ERR, "the peer called the RD request invalid", "not used by RXE"),
	STATUS(REM_ABORT_ERR, "the peer aborted the operation", "not used by RXE"),
	STATUS(INV_EECN_ERR, "invalid end-to-end context number", "not used by RXE"),
	STATUS(INV_EEC_STATE_ERR, "invalid end-to-end context state", "not used by RXE"),
	STATUS(FATAL_ERR, "a fatal transport error", "the device is going away"),
	STATUS(RESP_TIMEOUT_ERR, "no response in time", "the peer or the path is dead"),
	STATUS(GENERAL_ERR, "an error without a name of its own", "the kernel log may say more"),
};

const struct rx_wc_status *rx_wc_status(int number)
{
	static const struct rx_wc_status unknown = {-1, "unknown",
						    "a status that verbs.h does not name",
						    "a newer kernel than this program"};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].number == number)
			return &table[i];
	return &unknown;
}

const char *rx_wc_text(int number, char *buf, size_t size)
{
	const struct rx_wc_status *status = rx_wc_status(number);

	snprintf(buf, size, "status %d (%s): %s; usually %s", number, status->name, status->meaning,
		 status->cause);
	return buf;
}
