/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A macro that no longer matches fails silently: the module would build, load, and do nothing of
 * what it promises. So every construct of the rxe source that a wrapper relies on is looked for
 * here, and must be there exactly as often as the wrapper thinks. Patterns are extended regular
 * expressions over the whole file; " " is any white space. */
#include <errno.h>
#include <regex.h>
#include <string.h>

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/build/files.h"
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"

/* Which builds rely on it. */
enum when { ALWAYS, SOCKETS, MAPPINGS };

struct guard {
	const char *file, *pattern;
	int count;        /* -1: at least once */
	const char *what; /* for the message: what relies on it */
	enum when when;
};

static const struct guard guards[] = {
	/* what marks a rebuilt module must be ours alone */
	{"rxe.c", "MODULE_VERSION\\(", 0,
	 "the version tells a rebuilt module from the distribution's"},
	{"Makefile", "rxe_verbs\\.o", 1, "the object is swapped"},
	{"Makefile", "rxe_net\\.o", 1, "the object is swapped"},
	{"Makefile", "rxe_mmap\\.o", 1, "the object is swapped"},
	{"Makefile", "rdma_rxe-y := ", 1, "the object list"},
	/* rxelab_verbs.c */
	{"rxe_verbs.c", "ib_set_device_ops\\(dev, &rxe_dev_ops\\);", 1,
	 "the device's operations are set in one place"},
	{"rxe_verbs.c", "ib_set_device_ops\\(", 1, "the device's operations are set in one place"},
	{"rxe_verbs.c",
	 "static int rxe_destroy_qp\\(struct ib_qp \\*ibqp, struct ib_udata \\*udata\\) \\{", 1,
	 "QP1's index is cleared after rxe_destroy_qp"},
	{"rxe_verbs.c",
	 "static int rxe_create_qp\\(struct ib_qp \\*ibqp, struct ib_qp_init_attr \\*init, struct "
	 "ib_udata \\*udata\\) \\{",
	 1, "QP1's index is cleared after a rxe_create_qp that failed"},
	{"rxe_verbs.c", "\\.destroy_qp = rxe_destroy_qp,", 1, "the operation that is wrapped"},
	{"rxe_verbs.c", "\\.create_qp = rxe_create_qp,", 1, "the operation that is wrapped"},
	{"rxe_verbs.h", "u32 qp_gsi_index;", 1, "the field that is cleared"},
	{"rxe_verbs.h", "struct rxe_port port;", 1, "the field that is cleared"},
	{"rxe_qp.c", "init->qp_type == IB_QPT_GSI && port->qp_gsi_index", 1,
	 "0 means that there is no QP1"},
	{"rxe_qp.c", "qp_gsi_index = ", 1, "the index is set when QP1 is made and nowhere else"},
	{"rxe_recv.c", "\\(qpn == 1\\) \\? port->qp_gsi_index : qpn;", 1,
	 "the only reader of the index"},
	/* rxelab_net_inplace.c and rxelab_net_sockets.c */
	{"rxe_net.c",
	 "int rxe_net_add\\(const char \\*ibdev_name, struct net_device \\*ndev\\) \\{", 1,
	 "the namespace is that of its parameter ndev"},
	{"rxe_net.c", "rxe = ib_alloc_device\\(rxe_dev, ib_dev\\);", 1,
	 "where the device's namespace is chosen"},
	{"rxe_net.c", "ib_alloc_device", 1, "where the device's namespace is chosen"},
	/* rxelab_net_sockets.c alone */
	{"rxe_net.c", "ip_route_output_key\\(&init_net, &fl\\);", 1,
	 "the IPv4 route look-up is redirected", SOCKETS},
	{"rxe_net.c", "ip_route_output_key\\(", 1, "the IPv4 route look-up is redirected", SOCKETS},
	{"rxe_net.c",
	 "ipv6_dst_lookup_flow\\(sock_net\\(recv_sockets\\.sk6->sk\\), recv_sockets\\.sk6->sk, "
	 "&fl6, NULL\\);",
	 1, "the IPv6 route look-up is redirected", SOCKETS},
	{"rxe_net.c", "ipv6_dst_lookup_flow\\(", 1, "the IPv6 route look-up is redirected",
	 SOCKETS},
	{"rxe_net.c", "rxe_find_route4\\(struct rxe_qp \\*qp, struct net_device \\*ndev,", 1,
	 "the look-ups take the namespace of their parameter ndev", SOCKETS},
	{"rxe_net.c", "rxe_find_route6\\(struct rxe_qp \\*qp, struct net_device \\*ndev,", -1,
	 "the look-ups take the namespace of their parameter ndev", SOCKETS},
	{"rxe_net.c",
	 "static struct socket \\*rxe_setup_udp_tunnel\\(struct net \\*net, __be16 port, bool "
	 "ipv6\\) \\{",
	 1, "it opens the sockets of a namespace", SOCKETS},
	{"rxe_net.c",
	 "static void rxe_release_udp_tunnel\\(struct socket \\*sk\\) \\{ if \\(sk\\) "
	 "udp_tunnel_sock_release\\(sk\\); \\}",
	 1, "it closes the sockets of a namespace, or none", SOCKETS},
	{"rxe_net.c", "int rxe_net_init\\(void\\) \\{", 1, "the function is wrapped", SOCKETS},
	{"rxe_net.c", "void rxe_net_exit\\(void\\) \\{", 1, "the function is wrapped", SOCKETS},
	{"rxe_net.c", "recv_sockets\\.sk[46] = rxe_setup_udp_tunnel\\(&init_net,", 2,
	 "init_net's own sockets", SOCKETS},
	{"rxe_net.c", "[^a-z_]init_net[^a-z_]", 3,
	 "init_net is named for its two sockets and one look-up", SOCKETS},
	{"rxe_net.h", "int rxe_net_init\\(void\\);", 1, "the function is wrapped", SOCKETS},
	/* rxelab_mmap.c */
	{"rxe_mmap.c",
	 "int rxe_mmap\\(struct ib_ucontext \\*context, struct vm_area_struct \\*vma\\) \\{", 1,
	 "the function is wrapped", MAPPINGS},
	{"rxe_mmap.c", "vma->vm_ops = &rxe_vm_ops;", 1, "what a mapping gets is taken off again",
	 MAPPINGS},
	{"rxe_mmap.c", "vma->vm_private_data = ip;", 1, "what a mapping gets is taken off again",
	 MAPPINGS},
	{"rxe_mmap.c", "remap_vmalloc_range\\(vma, ip->obj, 0\\);", 1,
	 "the mapping holds the pages themselves", MAPPINGS},
	{"rxe_mmap.c", "void rxe_mmap_release\\(struct kref \\*ref\\) \\{", 1,
	 "the reference is given back through it", MAPPINGS},
	{"rxe_mmap.c", "ip = vma->vm_private_data; kref_put\\(&ip->ref, rxe_mmap_release\\); \\}",
	 1, "the close operation gives one reference back and does nothing else", MAPPINGS},
	{"rxe_mmap.c", "vma->vm_(flags|start|end|pgoff) [|]?= |vm_flags_(set|mod|clear)", 0,
	 "nothing else of the mapping is touched", MAPPINGS},
};

/* Comments and white space are how a source may differ without meaning it: comments go, each run
 * becomes one space. */
static void normalise(char *text)
{
	char *to = text, *end;

	for (char *from = text; *from;) {
		if (from[0] == '/' && from[1] == '*' && (end = strstr(from, "*/"))) {
			from = end + 2;
		} else if (from[0] == '/' && from[1] == '/') {
			from += strcspn(from, "\n");
		} else if (strchr(" \t\n\\", *from)) {
			if (to > text && to[-1] != ' ')
				*to++ = ' ';
			from++;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static int count_matches(const char *text, const char *pattern)
{
	regmatch_t match;
	regex_t regex;
	int n = 0;

	if (regcomp(&regex, pattern, REG_EXTENDED))
		return -2;
	while (!regexec(&regex, text, 1, &match, 0) && match.rm_eo > 0) {
		n++;
		text += match.rm_eo;
	}
	regfree(&regex);
	return n;
}

static char *read_normal(const char *folder, const char *file, struct rx_err *err)
{
	rx_autofree char *path = rx_format("%s/%s", folder, file);
	char *text = rx_build_read(path, err);

	if (text)
		normalise(text);
	return text;
}

static int check(const char *folder, const struct guard *guard, struct rx_err *err)
{
	rx_autofree char *text = read_normal(folder, guard->file, err);
	int found = text ? count_matches(text, guard->pattern) : 0;

	if (!text)
		return -err->code;
	if (guard->count < 0 ? found > 0 : found == guard->count)
		return 0;
	return rx_fail(err, "source-unknown", EPROTO,
		       "this rxe source is not one that rxelab knows: %s has %d times /%s/, not %d "
		       "(%s); nothing was built, since the module would not do what it says",
		       guard->file, found, guard->pattern, guard->count, guard->what);
}

static bool has(const char *folder, const char *file, const char *pattern)
{
	struct rx_err ignored;
	rx_autofree char *text = read_normal(folder, file, &ignored);

	return text && count_matches(text, pattern) > 0;
}

static int look(const char *folder, struct rx_source *source, struct rx_err *err)
{
	bool file = has(folder, "rxe_ns.c", "register_pernet_subsys\\(");
	bool use = has(folder, "rxe_net.c", "rxe_ns_pernet_sk4\\(");

	if (file != use)
		return rx_fail(err, "source-unknown", EPROTO,
			       "this rxe source is half way to per-namespace sockets (rxe_ns.c: "
			       "%s, used by rxe_net.c: %s); rxelab does not know it",
			       file ? "there" : "absent", use ? "yes" : "no");
	source->sockets_per_netns = file;
	source->disassociates = has(folder, "rxe_verbs.c", "\\.disassociate_ucontext = ");
	source->forgets_qp1 = has(folder, "rxe_qp.c", "qp_gsi_index = 0;") ||
			      has(folder, "rxe_verbs.c", "qp_gsi_index = 0;");
	return 0;
}

int rx_source_guard(const char *folder, struct rx_source *source, struct rx_err *err)
{
	int rc = look(folder, source, err);

	if (!rc && source->forgets_qp1)
		rc = rx_fail(err, "source-unknown", EPROTO,
			     "this rxe source clears QP1's index itself: the bug is fixed there, "
			     "and %s",
			     source->sockets_per_netns ? "nothing of ours is needed"
						       : "rxelab does not know this mixture");
	for (size_t i = 0; !rc && i < RX_ARRAY_SIZE(guards); i++)
		if (guards[i].when == ALWAYS ||
		    (guards[i].when == SOCKETS ? !source->sockets_per_netns
					       : !source->disassociates))
			rc = check(folder, &guards[i], err);
	return rc;
}
