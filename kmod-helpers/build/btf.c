/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/build/btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

/* libbpf prints to standard error unless told otherwise */
static int to_trace(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[512];

	(void)level;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	rx_trace("libbpf: %s", line);
	return 0;
}

static void btf_cleanup(struct btf **btf)
{
	btf__free(*btf);
}

#define autobtf __attribute__((cleanup(btf_cleanup)))

/* The member of a struct, and its type without typedefs and qualifiers; NULL: there is none. */
static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
					    const char *name)
{
	const struct btf_member *member = btf_members(type);

	for (unsigned i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, member[i].name_off), name))
			return &member[i];
	return NULL;
}

static const struct btf_type *resolve(const struct btf *btf, unsigned id)
{
	int real = btf__resolve_type(btf, id);

	return real < 0 ? NULL : btf__type_by_id(btf, (unsigned)real);
}

/* Byte offset of holder.name, whose type goes to *type; -EPROTO if it is absent or a bit field. */
static int offset_of(const struct btf *btf, const struct btf_type *holder, const char *name,
		     const struct btf_type **type, unsigned *offset, struct rx_err *err)
{
	const struct btf_member *member = holder ? find_member(btf, holder, name) : NULL;
	unsigned bits;

	if (!member)
		return rx_fail(err, "btf-unknown", EPROTO,
			       "the BTF of rdma_rxe: struct %s has no member \"%s\"",
			       holder ? btf__name_by_offset(btf, holder->name_off) : "?", name);
	bits = btf_member_bit_offset(holder, (unsigned)(member - btf_members(holder)));
	*type = resolve(btf, member->type);
	if (!*type || bits % 8 ||
	    btf_member_bitfield_size(holder, (unsigned)(member - btf_members(holder))))
		return rx_fail(err, "btf-unknown", EPROTO,
			       "the BTF of rdma_rxe: member \"%s\" is a bit field", name);
	*offset = bits / 8;
	return 0;
}

static int check_types(const struct btf_type *device, unsigned device_at,
		       const struct btf_type *index, unsigned offset, struct rx_err *err)
{
	if (device_at || !btf_is_struct(device))
		return rx_fail(err, "btf-unknown", EPROTO,
			       "the BTF of rdma_rxe: struct rxe_dev does not begin with its "
			       "ib_device");
	if (!btf_is_int(index) || index->size != 4)
		return rx_fail(err, "btf-unknown", EPROTO,
			       "the BTF of rdma_rxe: rxe_port.qp_gsi_index is no 32-bit integer");
	if (offset < device->size || offset % 4)
		return rx_fail(err, "btf-unknown", EPROTO,
			       "the BTF of rdma_rxe: offset %u of qp_gsi_index lies inside the "
			       "ib_device (%u bytes)",
			       offset, device->size);
	return 0;
}

/* Among the module's own types: libbpf's search begins with the 150,000 of the kernel. NULL: there
 * is none. */
static const struct btf_type *find_own(const struct btf *btf, const char *name, unsigned kind)
{
	unsigned id = btf__type_cnt(btf__base_btf(btf)), end = btf__type_cnt(btf);

	for (; id < end; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_kind(type) == kind &&
		    !strcmp(btf__name_by_offset(btf, type->name_off), name))
			return type;
	}
	return NULL;
}

static int find_gsi_index(const struct btf *btf, unsigned *offset, struct rx_err *err)
{
	const struct btf_type *rxe = find_own(btf, "rxe_dev", BTF_KIND_STRUCT), *device, *port,
			      *index;
	unsigned device_at, port_at, index_at;

	if (!rxe)
		return rx_fail(err, "btf-unknown", EPROTO,
			       "the BTF of rdma_rxe has no struct rxe_dev");
	if (offset_of(btf, rxe, "ib_dev", &device, &device_at, err) ||
	    offset_of(btf, rxe, "port", &port, &port_at, err))
		return -err->code;
	if (!btf_is_struct(port))
		return rx_fail(err, "btf-unknown", EPROTO,
			       "the BTF of rdma_rxe: rxe_dev.port is no struct");
	if (offset_of(btf, port, "qp_gsi_index", &index, &index_at, err) ||
	    check_types(device, device_at, index, port_at + index_at, err))
		return -err->code;
	*offset = port_at + index_at;
	return 0;
}

static struct btf *load(const char *dir, const char *name, struct btf *base, struct rx_err *err)
{
	char path[512];
	struct btf *btf;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	btf = btf__parse_split(path, base);
	rc = libbpf_get_error(btf) ? (int)libbpf_get_error(btf) : 0;
	if (!rc)
		return btf;
	if (rc == -ENOENT)
		rx_cannot(err, "btf-missing", ENOENT, "%s is not there: %s", path,
			  base ? "rdma_rxe is not loaded, or was built without BTF (a rebuilt one "
				 "needs no helper)"
			       : "this kernel was built without CONFIG_DEBUG_INFO_BTF");
	else
		rx_fail(err, "btf-unknown", -rc, "%s: %s", path, strerror(-rc));
	return NULL;
}

static int read_rxe(const char *dir, struct btf *base, struct rx_btf_rxe *rxe, struct rx_err *err)
{
	autobtf struct btf *btf = load(dir, "rdma_rxe", base, err);

	if (!btf)
		return -err->code;
	memset(rxe, 0, sizeof(*rxe));
	/* rxe_ns.c came with the per-namespace sockets */
	rxe->sockets_per_netns = find_own(btf, "rxe_ns_sock", BTF_KIND_STRUCT);
	rxe->disassociates = find_own(btf, "rxe_disassociate_ucontext", BTF_KIND_FUNC);
	return find_gsi_index(btf, &rxe->gsi_offset, err);
}

/* The running kernel's types stay what they are, and take a tenth of a second to read under
 * emulation. */
int rx_btf_read_rxe(const char *dir, struct rx_btf_rxe *rxe, struct rx_err *err)
{
	static struct btf *running;
	bool keep = !strcmp(dir, RX_BTF_DIR);
	struct btf *base = keep ? running : NULL;
	int rc;

	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(to_trace);
	if (!base)
		base = load(dir, "vmlinux", NULL, err);
	if (!base)
		return -err->code;
	rc = read_rxe(dir, base, rxe, err);
	if (keep)
		running = base;
	else
		btf__free(base);
	return rc;
}
