/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the kernel's answers: each decoder of netns/ gives a list or an error with a
 * sentence, and never reads past an answer's end. The first byte chooses the decoder; then
 * datagrams, each behind its length in two bytes. */
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/kernel/netem.h"
#include "netns/kernel/rdma-qp.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "netns/kernel/sockdiag.h"

static const uint8_t *at, *end;
static uint32_t sequence;

static ssize_t fuzz_send(int fd, const void *bytes, size_t length)
{
	(void)fd;
	sequence = ((const struct nlmsghdr *)bytes)->nlmsg_seq;
	return (ssize_t)length;
}

/* The sequence numbers are the only thing that is put right, so that the answers are looked at. */
static void put_sequence(char *bytes, size_t length)
{
	size_t from = 0;

	while (length - from >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr *reply = (void *)(bytes + from);

		reply->nlmsg_seq += sequence;
		if (reply->nlmsg_len < sizeof(*reply) || reply->nlmsg_len > length - from ||
		    MNL_ALIGN(reply->nlmsg_len) > length - from)
			return;
		from += MNL_ALIGN(reply->nlmsg_len);
	}
}

/* The caller's buffer is larger than any datagram: a copy of just its size would be needed to see a
 * read past its end, so what lies behind the datagram is made as unlike zero as can be. */
static ssize_t fuzz_receive(int fd, void *bytes, size_t size, int timeout_ms)
{
	size_t length;

	(void)fd;
	(void)timeout_ms;
	if (end - at < 2)
		return -ETIMEDOUT;
	length = (size_t)at[0] | (size_t)at[1] << 8;
	at += 2;
	if (length > (size_t)(end - at))
		length = (size_t)(end - at);
	if (length > size)
		length = size;
	memcpy(bytes, at, length);
	memset((char *)bytes + length, 0xff, size - length < 512 ? size - length : 512);
	at += length;
	put_sequence(bytes, length);
	return (ssize_t)length;
}

static int fuzz_open(int protocol)
{
	(void)protocol;
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static const struct rx_nl_transport fuzz_transport = {fuzz_send, fuzz_receive, fuzz_open};

static int ask(struct rx_nl *nl, struct rx_err *err)
{
	char bytes[64] __attribute__((aligned(4))) = "";
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);

	return rx_nl_request(nl, request, "netdev x: add", err);
}

static int batch(struct rx_nl *nl, struct rx_err *err)
{
	static const uint8_t mac[6];
	struct rx_neigh_spec list[3] = {{0}};

	for (size_t i = 0; i < 3; i++)
		list[i] = (struct rx_neigh_spec){.ifindex = 2,
						 .addr = {.family = AF_INET, .prefix = 24},
						 .mac = mac};
	return rx_neigh_replace(nl, list, 3, err);
}

static int lists(struct rx_nl *nl, unsigned which, struct rx_err *err)
{
	void *list = NULL;
	size_t n = 0;
	int rc;

	switch (which) {
	case 0:
		rc = rx_link_list(nl, (struct rx_link_info **)&list, &n, err);
		break;
	case 1:
		rc = rx_addr_list(nl, (struct rx_addr_info **)&list, &n, err);
		break;
	case 2:
		rc = rx_rdma_list(nl, (struct rx_rdma_dev **)&list, &n, err);
		break;
	default:
		rc = rx_netem_list(nl, (struct rx_netem_info **)&list, &n, err);
	}
	if (!rc && n && !list)
		abort();
	free(list);
	return rc;
}

static int decode(struct rx_nl *nl, unsigned which, struct rx_err *err)
{
	struct rx_link_info link;
	struct rx_rdma_port port;
	enum rx_rdma_mode mode;
	char name[32];
	uint32_t index;
	dev_t devt;

	switch (which) {
	case 4:
		return rx_link_get(nl, "eth0", &link, err);
	case 5:
		return rx_rdma_find(nl, "rxl.a.b", &index, err);
	case 6:
		return rx_rdma_port(nl, 1, &port, err);
	case 7:
		return rx_rdma_mode_get(nl, &mode, err);
	case 8:
		return rx_rdma_uverbs(nl, 1, name, sizeof(name), &devt, err);
	case 9:
		return rx_rdma_has_gsi(nl, 1, err);
	case 10:
		return rx_udp_socket_open("", AF_INET, RX_ROCE_PORT, err);
	case 11:
		return batch(nl, err);
	case 12:
		return rx_rdma_link_add(nl, "rxl.a.b", "eth0", err);
	case 13:
		return ask(nl, err);
	default:
		return lists(nl, which, err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rx_err err = {.text = ""};
	struct rx_nl nl = {.fd = -1};
	int rc;

	if (!size)
		return 0;
	rx_nl_transport = &fuzz_transport;
	at = data + 1;
	end = data + size;
	rc = decode(&nl, data[0] % 14, &err);
	if (rc < 0 && (err.code != -rc || !*err.text))
		abort();
	return 0;
}
