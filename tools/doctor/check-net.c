/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does RoCE's UDP port get through this host's filters, and do its daemons leave our netdevs and
 * devices alone? Datagrams are really sent, over a veth pair between a scratch namespace and the
 * host. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "netns/kernel/sockdiag.h"
#include "tools/doctor/doctor.h"
#include "tools/doctor/filters.h"

#define HOST_SIDE "rxldh0"
#define INNER_SIDE "rxldi0"
#define RXE_N "rxldoctorn"
#define ARRIVES_WITHIN 1.0 /* seconds; address resolution of a veth takes milliseconds */
#define SENT_AGAIN 5       /* so many of one kind are ours, not somebody else's */
#define DAEMONS_WITHIN 1.5 /* seconds in which udev or NetworkManager would have acted */

/* 198.18.0.0/15 is for tests of networks (RFC 2544) */
static const struct rx_cidr host_address = {.family = AF_INET,
					    .addr = {198, 18, 251, 1},
					    .prefix = 30};
static const struct rx_cidr inner_address = {.family = AF_INET,
					     .addr = {198, 18, 251, 2},
					     .prefix = 30};

/* A veth pair, one end in the host's namespace, the other in the scratch one; both go with the
 * scratch namespace. */
static int host_pair(struct rx_scratch *scratch, struct rx_link_info *host, struct rx_err *err)
{
	struct rx_link_spec spec = {
		.kind = "veth", .name = INNER_SIDE, .peer = HOST_SIDE, .netns = scratch->netns};
	struct rx_link_info inner;

	if (rx_link_add(&scratch->host_route, &spec, err) ||
	    rx_scratch_raise(&scratch->host_route, HOST_SIDE, host, err) ||
	    rx_scratch_raise(&scratch->route, INNER_SIDE, &inner, err) ||
	    rx_addr_add(&scratch->host_route, host->ifindex, HOST_SIDE, &host_address, err) ||
	    rx_addr_add(&scratch->route, inner.ifindex, INNER_SIDE, &inner_address, err))
		return -err->code;
	return 0;
}

static struct sockaddr_in roce(const struct rx_cidr *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(RX_ROCE_PORT)};

	memcpy(&in.sin_addr, address->addr, 4);
	return in;
}

bool rx_is_roce_from(const uint8_t *packet, size_t size, const struct rx_cidr *source)
{
	return size >= 28 && !memcmp(packet + 12, source->addr, 4) &&
	       packet[22] == RX_ROCE_PORT >> 8 && packet[23] == (RX_ROCE_PORT & 0xff);
}

/* From a socket to where a raw one listens. */
struct way {
	int from, raw;
	const struct rx_cidr *source, *target;
};

/* Too short for RoCE: an RXE that gets it drops it. */
static void send_one(const void *arg)
{
	const struct way *way = arg;
	struct sockaddr_in to = roce(way->target);

	sendto(way->from, "?", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

/* The filters of LOCAL_IN come before a raw socket, so it sees what a program or RXE would get,
 * also where RXE's own socket holds the port. */
static bool arrives(const struct way *way)
{
	double deadline = rx_now() + ARRIVES_WITHIN;
	unsigned char packet[256];

	while (rx_now() < deadline) {
		struct pollfd wait = {.fd = way->raw, .events = POLLIN};
		ssize_t n;

		send_one(way);
		if (poll(&wait, 1, 100) <= 0)
			continue;
		n = recv(way->raw, packet, sizeof(packet), MSG_DONTWAIT);
		if (n > 0 && rx_is_roce_from(packet, (size_t)n, way->source))
			return true;
	}
	return false;
}

/* Which rule drops what `once` sends, from that address: seen while it is sent again. */
static void find_culprit(void (*once)(const void *arg), const void *arg,
			 const struct rx_cidr *source, char *text, size_t size)
{
	rx_autofree struct rx_legacy_rule *before = NULL, *after = NULL;
	struct rx_nft_trace trace;
	size_t n_before, n_after;

	rx_legacy_rules(&before, &n_before);
	rx_nft_trace_begin(&trace, source);
	for (int i = 0; i < SENT_AGAIN; i++)
		once(arg);
	rx_nft_trace_end(&trace, text, size);
	rx_legacy_rules(&after, &n_after);
	if (!*text)
		rx_legacy_moved(before, n_before, after, n_after, SENT_AGAIN, text, size);
}

static void try_way(struct rx_doctor *doctor, const char *check, const char *tried,
		    const struct way *way)
{
	bool through = arrives(way);
	struct rx_finding *f;
	char culprit[200] = "";

	if (!through)
		find_culprit(send_one, way, way->source, culprit, sizeof(culprit));
	if (!through && !*culprit)
		through = arrives(way); /* a busy machine takes its time to find a neighbour */
	f = rx_finding(doctor, check, 0, RX_FINE, through ? "arrived" : "none arrived", "%s",
		       tried);
	if (through)
		return;
	f->verdict = doctor->have_rxe && doctor->facts.netns_plane ? RX_LIMIT : RX_PROBLEM;
	RX_SAY(f->cause, "the host's firewall drops them: %s%s",
	       *culprit ? culprit : "neither nf_tables nor iptables-legacy says which rule",
	       f->verdict == RX_LIMIT ? "; labs in the plane netns do not pass there, RXE on the "
					"host itself and the plane hosted do"
				      : "");
	RX_SAY(f->cure, "let UDP port 4791 through, for instance: nft insert rule FAMILY TABLE "
			"CHAIN udp dport 4791 accept (nft -a list ruleset shows handles), or "
			"iptables-legacy -I CHAIN -p udp --dport 4791 -j ACCEPT");
}

static void try_firewall(struct rx_scratch *scratch)
{
	struct rx_link_info host;
	struct rx_err err = {0};
	rx_autoclose int inner_udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rx_autoclose int inner_raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
	rx_autoclose int host_udp = rx_host_socket(AF_INET, SOCK_DGRAM, 0);
	rx_autoclose int host_raw = rx_host_socket(AF_INET, SOCK_RAW, IPPROTO_UDP);

	if (host_pair(scratch, &host, &err) || inner_udp < 0 || inner_raw < 0 || host_udp < 0 ||
	    host_raw < 0) {
		rx_finding(scratch->doctor, "firewall", 0, RX_UNTRIED,
			   *err.text ? err.text : strerror(errno),
			   "UDP 4791 between the host and a scratch namespace");
		return;
	}
	try_way(scratch->doctor, "firewall-in", "datagrams to UDP 4791 into the host",
		&(struct way){inner_udp, host_raw, &inner_address, &host_address});
	try_way(scratch->doctor, "firewall-out", "datagrams to UDP 4791 out of the host",
		&(struct way){host_udp, inner_raw, &host_address, &inner_address});
}

void rx_check_firewall(struct rx_doctor *doctor)
{
	struct rx_scratch scratch = {.doctor = doctor};

	if (doctor->privileged)
		rx_scratch_run(&scratch, try_firewall);
}

/* ---- bridges and br_netfilter ---- */

static uint16_t header_sum(const void *header, size_t length)
{
	const uint16_t *word = header;
	uint32_t sum = 0;

	for (size_t i = 0; i < length / 2; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct udphdr udp;
	char body[22];
} __attribute__((packed));

static struct frame roce_frame(const uint8_t from[6], const uint8_t to[6])
{
	struct frame frame = {
		.eth = {.ether_type = htons(ETHERTYPE_IP)},
		.ip = {.version = 4,
		       .ihl = 5,
		       .ttl = 64,
		       .protocol = IPPROTO_UDP,
		       .tot_len = htons(sizeof(frame) - sizeof(frame.eth))},
		.udp = {.source = htons(49152),
			.dest = htons(RX_ROCE_PORT),
			.len = htons(sizeof(frame) - sizeof(frame.eth) - sizeof(frame.ip))},
	};

	memcpy(frame.eth.ether_shost, from, 6);
	memcpy(frame.eth.ether_dhost, to, 6);
	memcpy(&frame.ip.saddr, host_address.addr, 4);
	memcpy(&frame.ip.daddr, inner_address.addr, 4);
	frame.ip.check = header_sum(&frame.ip, sizeof(frame.ip));
	return frame;
}

static int packet_socket(unsigned ifindex)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP),
				 .sll_ifindex = (int)ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP));

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void send_frame(const void *arg)
{
	const struct rx_link_info *end = arg;
	rx_autoclose int from = packet_socket(end[0].ifindex);
	struct frame frame = roce_frame(end[0].mac, end[1].mac);

	if (from >= 0)
		(void)!send(from, &frame, sizeof(frame), 0);
}

static bool crosses(const struct rx_link_info end[2])
{
	rx_autoclose int to = packet_socket(end[1].ifindex);
	struct frame got;
	double deadline = rx_now() + ARRIVES_WITHIN;

	while (to >= 0 && rx_now() < deadline) {
		struct pollfd wait = {.fd = to, .events = POLLIN};

		send_frame(end);
		if (poll(&wait, 1, 100) <= 0)
			continue;
		if (recv(to, &got, sizeof(got), MSG_DONTWAIT) == sizeof(got) &&
		    got.udp.dest == htons(RX_ROCE_PORT))
			return true;
	}
	return false;
}

/* A bridge on the host with two ports, whose other ends lie in the scratch namespace. */
static int bridged_pairs(struct rx_scratch *scratch, unsigned *bridge, struct rx_link_info end[2],
			 struct rx_err *err)
{
	static const char *const inner[] = {"rxldp0", "rxldp1"}, *const port[] = {"rxldq0",
										  "rxldq1"};
	struct rx_link_spec spec = {.kind = "bridge", .name = "rxldbr", .netns = -1};

	if (rx_scratch_link(&scratch->host_route, &spec, bridge, err))
		return -err->code;
	for (int i = 0; i < 2; i++) {
		struct rx_link_spec pair = {
			.kind = "veth", .name = inner[i], .peer = port[i], .netns = scratch->netns};
		struct rx_link_change join = {.up = true, .set_master = true, .master = *bridge};
		struct rx_link_info info;

		if (rx_link_add(&scratch->host_route, &pair, err) ||
		    rx_link_get(&scratch->host_route, port[i], &info, err) ||
		    rx_link_change(&scratch->host_route, info.ifindex, port[i], &join, err) ||
		    rx_scratch_raise(&scratch->route, inner[i], &end[i], err))
			return -err->code;
	}
	return 0;
}

static void try_bridge(struct rx_scratch *scratch)
{
	struct rx_link_info end[2];
	char culprit[200] = "", nf_call[16] = "not there";
	struct rx_err err = {0}, ignored;
	struct rx_finding *f;
	unsigned bridge = 0;
	bool through;
	int rc = bridged_pairs(scratch, &bridge, end, &err);

	through = !rc && crosses(end);
	if (!rc && !through)
		find_culprit(send_frame, end, &host_address, culprit, sizeof(culprit));
	if (bridge)
		rx_link_delete(&scratch->host_route, bridge, "rxldbr", &ignored);
	rx_file_read("/proc/sys/net/bridge/bridge-nf-call-iptables", nf_call, sizeof(nf_call));
	f = rx_finding(scratch->doctor, "bridge", 0,
		       rc        ? RX_UNTRIED
		       : through ? RX_FINE
				 : RX_PROBLEM,
		       NULL, "frames to UDP 4791 over a bridge of the host");
	RX_SAY(f->reply, "%s (bridge-nf-call-iptables %s)",
	       rc        ? err.text
	       : through ? "arrived"
			 : "none arrived",
	       nf_call);
	if (rc || through)
		return;
	RX_SAY(f->cause,
	       "br_netfilter hands bridged frames to the host's FORWARD chain, which drops them "
	       "(Docker's default): %s",
	       *culprit ? culprit : "see iptables -S FORWARD");
	RX_SAY(f->cure,
	       "iptables -I FORWARD -m physdev --physdev-is-bridged -p udp --dport 4791 -j ACCEPT, "
	       "or sysctl net.bridge.bridge-nf-call-iptables=0; link: macvlan passes no bridge");
}

void rx_check_bridge_filter(struct rx_doctor *doctor)
{
	struct rx_scratch scratch = {.doctor = doctor};

	if (doctor->privileged)
		rx_scratch_run(&scratch, try_bridge);
}

/* ---- udev and NetworkManager ---- */

static void name_of(struct rx_nl *nl, uint32_t index, char *name, size_t size)
{
	rx_autofree struct rx_rdma_dev *list = NULL;
	struct rx_err ignored;
	size_t n = 0;

	rx_rdma_list(nl, &list, &n, &ignored);
	for (size_t i = 0; i < n; i++)
		if (list[i].index == index)
			snprintf(name, size, "%s", list[i].name);
}

static bool renamed_netdev(struct rx_scratch *scratch, unsigned ifindex, char *name, size_t size)
{
	rx_autofree struct rx_link_info *list = NULL;
	struct rx_err ignored;
	size_t n = 0;

	rx_link_list(&scratch->host_route, &list, &n, &ignored);
	for (size_t i = 0; i < n; i++)
		if (list[i].ifindex == ifindex && strcmp(list[i].name, HOST_SIDE))
			snprintf(name, size, "%s", list[i].name);
	return *name;
}

static bool managed(unsigned ifindex)
{
	rx_autofree char *path = rx_format("/run/NetworkManager/devices/%u", ifindex);
	rx_autofree char *text = rx_file_text(path, 1 << 16, NULL);

	return text && strstr(text, "\nmanaged=true");
}

static void tell_naming(struct rx_doctor *doctor, const char *netdev, const char *rdma, bool by_nm)
{
	struct rx_finding *f = rx_finding(
		doctor, "naming", 10, *netdev || *rdma || by_nm ? RX_PROBLEM : RX_FINE, NULL,
		"a netdev%s on the host, left to udev and NetworkManager for a moment",
		doctor->have_rxe ? " and an RXE" : "");
	bool udev = !access("/run/udev/control", F_OK), nm = !access("/run/NetworkManager", F_OK);

	if (f->verdict == RX_FINE) {
		RX_SAY(f->reply, "both keep their names (udev %s, NetworkManager %s)",
		       udev ? "runs" : "does not run", nm ? "runs" : "does not run");
		return;
	}
	RX_SAY(f->reply, "%s%s%s%s%s%s", *netdev ? "the netdev was renamed to " : "", netdev,
	       *netdev && *rdma ? ", " : "", *rdma ? "the RXE was renamed to " : "", rdma,
	       by_nm ? " NetworkManager took the netdev over" : "");
	RX_SAY(f->cause, "%s",
	       *rdma ? "rdma-core's 60-rdma-persistent-naming.rules names RDMA devices after slot "
		       "or GUID"
	       : by_nm ? "NetworkManager manages every new Ethernet netdev"
		       : "a udev rule or .link file matches it");
	RX_SAY(f->cure, "the rules that rxelab env NAME/ENDPOINT --format udev prints; for "
			"NetworkManager \"unmanaged-devices=interface-name:rxl*\" under [keyfile]");
}

static void try_naming(struct rx_scratch *scratch)
{
	double deadline = rx_now() + DAEMONS_WITHIN;
	char netdev[IFNAMSIZ] = "", rdma[RX_DEV_NAME_SIZE] = RXE_N;
	struct rx_link_info host;
	struct rx_err err = {0};
	bool by_nm = false, device = false;
	uint32_t index = 0;

	if (host_pair(scratch, &host, &err))
		return;
	device = scratch->doctor->have_rxe &&
		 !rx_rdma_link_add(&scratch->host_rdma, RXE_N, HOST_SIDE, &err) &&
		 !rx_rdma_find(&scratch->host_rdma, RXE_N, &index, &err);
	while (rx_now() < deadline && !*netdev && !by_nm && !strcmp(rdma, RXE_N)) {
		rx_wait_ms(50);
		by_nm = managed(host.ifindex);
		if (!renamed_netdev(scratch, host.ifindex, netdev, sizeof(netdev)) && device)
			name_of(&scratch->host_rdma, index, rdma, sizeof(rdma));
	}
	if (device)
		rx_rdma_link_delete(&scratch->host_rdma, index, rdma, &err);
	tell_naming(scratch->doctor, netdev, strcmp(rdma, RXE_N) ? rdma : "", by_nm);
}

void rx_check_naming(struct rx_doctor *doctor)
{
	struct rx_scratch scratch = {.doctor = doctor};

	if (doctor->privileged &&
	    (!access("/run/udev/control", F_OK) || !access("/run/NetworkManager", F_OK)))
		rx_scratch_run(&scratch, try_naming);
}
