/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/check.h"

#include <endian.h>
#include <string.h>

/* Message n has size bytes of the lane's random ones from here on; after so many messages they come
 * again, many more than are ever under way. */
static const uint8_t *bytes_of(const struct rx_lane *lane, unsigned long n)
{
	/* odd, so that all places are used before one comes again */
	return lane->pattern + n * 7919 % RX_CHECK_PLACES;
}

void rx_check_fill(const struct rx_lane *lane, const struct rx_flow *flow, unsigned long n)
{
	uint64_t other = ~(uint64_t)n;

	if (!lane->pattern)
		return;
	if (flow->test->verb == RX_VERB_ATOMIC)
		memcpy(rx_lane_tx(lane, 0, n), &other, sizeof(other));
	else if (flow->test->verb == RX_VERB_READ)
		memcpy(rx_lane_rx(lane, 1, n), bytes_of(lane, n), flow->size);
	else
		memcpy(rx_lane_tx(lane, 0, n), bytes_of(lane, n), flow->size);
}

static int wrong(const struct rx_flow *flow, unsigned long n, unsigned at, uint8_t is,
		 uint8_t wanted, struct rx_fault *fault)
{
	return rx_fault(fault, RX_FAULT_PAYLOAD, 0,
			"message %lu of %s from %s to %s: byte %u of %u is 0x%02x, not 0x%02x", n,
			flow->test->name, flow->port[0]->node->want->name,
			flow->port[1]->node->want->name, at, flow->size, is, wanted);
}

static int compare(const struct rx_flow *flow, unsigned long n, const uint8_t *is,
		   const uint8_t *wanted, struct rx_fault *fault)
{
	unsigned at = 0;

	if (!memcmp(is, wanted, flow->size))
		return 0;
	/* it may change meanwhile: then what came late was not there when it was said to be */
	while (at + 1 < flow->size && is[at] == wanted[at])
		at++;
	return wrong(flow, n, at, is[at], wanted[at], fault);
}

/* What a receive or, of a WRITE, the place of message n holds. */
static int check_received(struct rx_lane *lane, const struct rx_flow *flow, const struct ibv_wc *wc,
			  struct rx_fault *fault)
{
	uint32_t n = be32toh(wc->imm_data);
	unsigned grh = flow->transport == RX_UD ? RX_GRH : 0;
	bool sends = flow->test->verb == RX_VERB_SEND;

	if (!(wc->wc_flags & IBV_WC_WITH_IMM))
		return rx_fault(fault, RX_FAULT_PAYLOAD, 0, "a message came without its number");
	atomic_store(&lane->seen, n + 1ul);
	if (wc->byte_len != flow->size + (sends ? grh : 0))
		return rx_fault(fault, RX_FAULT_PAYLOAD, 0, "message %u has %u bytes, not %u", n,
				wc->byte_len, flow->size);
	return compare(flow, n, rx_lane_rx(lane, 1, sends ? wc->wr_id - 1 : n) + (sends ? grh : 0),
		       bytes_of(lane, n), fault);
}

static int check_initiated(const struct rx_lane *lane, const struct rx_flow *flow, unsigned long n,
			   struct rx_fault *fault)
{
	uint64_t number = n;

	switch (flow->test->verb) {
	case RX_VERB_ATOMIC:
		return compare(flow, n, rx_lane_tx(lane, 0, n), (const uint8_t *)&number, fault);
	case RX_VERB_READ:
		return compare(flow, n, rx_lane_tx(lane, 0, n), bytes_of(lane, n), fault);
	default:
		return compare(flow, n, rx_lane_rx(lane, 1, n), bytes_of(lane, n), fault);
	}
}

int rx_check_done(struct rx_lane *lane, struct rx_flow *flow, unsigned side, unsigned long n,
		  const struct ibv_wc *wc, struct rx_fault *fault)
{
	int rc;

	if (!lane->pattern || side != rx_flow_is_received(flow))
		return 0;
	rc = side ? check_received(lane, flow, wc, fault) : check_initiated(lane, flow, n, fault);
	flow->checked += !rc;
	return rc;
}
