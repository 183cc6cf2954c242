/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The offset that the helper writes to: found in BTF as the kernel lays it out, refused when
 * anything looks wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmod-helpers/build/btf.h"
#include "netns/base/cleanup.h"

/* A struct rxe_dev to be: what a test changes of it. */
struct shape {
	unsigned ib_dev_at, ib_dev_size, port_at, index_at, index_bits;
	const char *rxe_name, *index_name;
	int index_bytes;
	bool sockets, disassociates;
};

static const struct shape good = {
	.ib_dev_at = 0, .ib_dev_size = 1000, .port_at = 1200, .index_at = 64, .rxe_name = "rxe_dev",
	.index_name = "qp_gsi_index", .index_bytes = 4, .sockets = true, .disassociates = true,
};

static void write_raw(const char *dir, const char *name, const struct btf *btf)
{
	uint32_t size;
	const void *raw = btf__raw_data(btf, &size);
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(raw, 1, size, file), size);
	fclose(file);
}

/* The module's types refer to those of vmlinux, as split BTF does. */
static void write_btf(const char *dir, const struct shape *shape)
{
	struct btf *base = btf__new_empty(), *split;
	int u32, device, port, typedef_id, proto;

	u32 = btf__add_int(base, "unsigned int",
			   shape->index_bytes ? (size_t)shape->index_bytes : 4, 0);
	typedef_id = btf__add_typedef(base, "u32", u32);
	device = btf__add_struct(base, "ib_device", shape->ib_dev_size);
	write_raw(dir, "vmlinux", base);
	split = btf__new_empty_split(base);
	port = btf__add_struct(split, "rxe_port", 128);
	btf__add_field(split, shape->index_name, typedef_id, shape->index_at * 8,
		       shape->index_bits);
	btf__add_struct(split, shape->rxe_name, 4096);
	btf__add_field(split, "ib_dev", device, shape->ib_dev_at * 8, 0);
	btf__add_field(split, "port", port, shape->port_at * 8, 0);
	if (shape->sockets)
		btf__add_struct(split, "rxe_ns_sock", 16);
	proto = btf__add_func_proto(split, 0);
	if (shape->disassociates)
		btf__add_func(split, "rxe_disassociate_ucontext", BTF_FUNC_STATIC, proto);
	write_raw(dir, "rdma_rxe", split);
	btf__free(split);
	btf__free(base);
}

static int read_shape(const struct shape *shape, struct rx_btf_rxe *rxe, struct rx_err *err)
{
	char dir[] = "/tmp/rxelab-btf-XXXXXX", path[300];
	int rc;

	memset(err, 0, sizeof(*err));
	assert_non_null(mkdtemp(dir));
	write_btf(dir, shape);
	rc = rx_btf_read_rxe(dir, rxe, err);
	snprintf(path, sizeof(path), "%s/vmlinux", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/rdma_rxe", dir);
	unlink(path);
	rmdir(dir);
	return rc;
}

static void finds_the_offset(void **state)
{
	struct rx_btf_rxe rxe;
	struct rx_err err;

	(void)state;
	assert_int_equal(read_shape(&good, &rxe, &err), 0);
	assert_int_equal(rxe.gsi_offset, 1264);
	assert_true(rxe.sockets_per_netns);
	assert_true(rxe.disassociates);
}

static void tells_older_kernels(void **state)
{
	struct shape shape = good;
	struct rx_btf_rxe rxe;
	struct rx_err err;

	(void)state;
	shape.sockets = shape.disassociates = false;
	assert_int_equal(read_shape(&shape, &rxe, &err), 0);
	assert_false(rxe.sockets_per_netns);
	assert_false(rxe.disassociates);
}

static void refused(const struct shape *shape, const char *names)
{
	struct rx_btf_rxe rxe;
	struct rx_err err;

	assert_int_equal(read_shape(shape, &rxe, &err), -EPROTO);
	assert_string_equal(err.id, "btf-unknown");
	assert_non_null(strstr(err.text, names));
}

static void refuses_what_it_does_not_know(void **state)
{
	struct shape shape;

	(void)state;
	shape = good, shape.rxe_name = "rxe_device";
	refused(&shape, "rxe_dev");
	shape = good, shape.index_name = "gsi";
	refused(&shape, "\"qp_gsi_index\"");
	shape = good, shape.index_bytes = 8;
	refused(&shape, "rxe_port.qp_gsi_index");
	shape = good, shape.index_bits = 8;
	refused(&shape, "\"qp_gsi_index\"");
	shape = good, shape.ib_dev_at = 8;
	refused(&shape, "ib_device");
	shape = good, shape.port_at = 400;
	refused(&shape, " 464 ");
}

static void names_what_is_missing(void **state)
{
	struct rx_btf_rxe rxe;
	struct rx_err err = {0};

	(void)state;
	assert_int_equal(rx_btf_read_rxe("/nonexistent", &rxe, &err), -ENOENT);
	assert_int_equal(err.status, RX_CANNOT);
	assert_string_equal(err.id, "btf-missing");
	assert_non_null(strstr(err.text, "CONFIG_DEBUG_INFO_BTF"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_offset),
		cmocka_unit_test(tells_older_kernels),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(names_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
