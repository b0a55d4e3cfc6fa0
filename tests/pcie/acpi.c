/* SPDX-License-Identifier: MIT */
/*
 * IORT and DMAR from table bytes, which a small builder writes at the offsets of the
 * specifications: what a requester becomes, and that what is damaged is refused.
 */
#include "pcie/acpi.h"
#include "suites.h"

#include <string.h>

/* ---- the builder ---- */
static void put(GByteArray *t, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)(i < 8 ? value >> (8 * i) : 0);

		g_byte_array_append(t, &byte, 1);
	}
}

static void patch(GByteArray *t, unsigned at, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		t->data[at + i] = (uint8_t)(value >> (8 * i));
}

static GByteArray *begin(const char *signature)
{
	GByteArray *t = g_byte_array_new();

	g_byte_array_append(t, (const uint8_t *)signature, 4);
	put(t, 4, 0);
	put(t, 2, 0);
	g_byte_array_append(t, (const uint8_t *)"ACME  TABLE   ", 14);
	put(t, 4, 7);
	put(t, 8, 0);
	return t;
}

/* Length and checksum, as they stand after all changes. */
static void finish(GByteArray *t)
{
	uint8_t sum = 0;

	patch(t, 4, 4, t->len);
	patch(t, 9, 1, 0);
	for (guint i = 0; i < t->len; i++)
		sum = (uint8_t)(sum + t->data[i]);
	patch(t, 9, 1, 0x100u - sum);
}

static void node(GByteArray *t, unsigned type, unsigned length, unsigned revision,
		 unsigned mappings, unsigned at)
{
	put(t, 1, type);
	put(t, 2, length);
	put(t, 1, revision);
	put(t, 4, 0);
	put(t, 4, mappings);
	put(t, 4, at);
}

static void mapping(GByteArray *t, uint32_t in, uint32_t less_one, uint32_t out, uint32_t to,
		    unsigned flags)
{
	put(t, 4, in);
	put(t, 4, less_one);
	put(t, 4, out);
	put(t, 4, to);
	put(t, 4, flags);
}

enum {
	AT_ITS = 48,
	AT_SMMU = AT_ITS + 24,
	AT_ROOT = AT_SMMU + 68 + 40,
	AT_NAMED = AT_ROOT + 36 + 60,
	AT_PMCG = AT_NAMED + 44 + 40,
	AT_RMR = AT_PMCG + 40 + 20,
	AT_ROOT_MAPPINGS = AT_ROOT + 36,
};

/* One of each kind: an ITS, an SMMUv3, two root complexes, a component, PMCG, RMR. */
static GByteArray *iort(void)
{
	GByteArray *t = begin("IORT");

	put(t, 4, 7);
	put(t, 4, 48);
	put(t, 4, 0);
	node(t, 0, 24, 1, 0, 0);
	put(t, 4, 1);
	put(t, 4, 5);
	/* SMMUv3 with MSIs of its own: mapping 1 */
	node(t, 4, 68 + 40, 4, 2, 68);
	put(t, 8, 0x2b400000);
	put(t, 4, 1 | 8);
	put(t, 4, 0);
	put(t, 8, 0);
	put(t, 4, 0);
	put(t, 16, 0);
	put(t, 4, 3); /* proximity domain */
	put(t, 4, 1);
	mapping(t, 0, 0xffff, 0x80000, AT_ITS, 0);
	mapping(t, 0, 0, 0xfffff, AT_ITS, 1);
	/* root complex of segment 2: two ranges to the SMMU, one straight to the ITS */
	node(t, 2, 36 + 60, 1, 3, 36);
	put(t, 8, 1);
	put(t, 4, 1);
	put(t, 4, 2);
	put(t, 4, 48);
	mapping(t, 0x0000, 0x00ff, 0x1000, AT_SMMU, 0);
	mapping(t, 0x0100, 0x06ff, 0x2000, AT_SMMU, 0);
	mapping(t, 0x8000, 0x7fff, 0x0, AT_ITS, 0);
	/* named component: ids 4 to 7, and nothing else */
	node(t, 1, 44 + 40, 2, 2, 44);
	put(t, 4, 0);
	put(t, 8, 0);
	put(t, 1, 40);
	g_byte_array_append(t, (const uint8_t *)"\\_SB.DEV0\0\0\0\0\0\0", 15);
	mapping(t, 4, 3, 0x40, AT_SMMU, 0);
	mapping(t, 8, 1, 0x50, AT_SMMU, 0);
	/* PMCG of the SMMU */
	node(t, 5, 40 + 20, 1, 1, 40);
	put(t, 8, 0x2b420000);
	put(t, 4, 0);
	put(t, 4, AT_SMMU);
	put(t, 8, 0x2b430000);
	mapping(t, 0, 0, 0x77, AT_ITS, 1);
	/* RMR: one range, one stream */
	node(t, 6, 28 + 20 + 20, 1, 1, 28);
	put(t, 4, 1);
	put(t, 4, 1);
	put(t, 4, 48);
	mapping(t, 0, 0, 0x1008, AT_SMMU, 1);
	put(t, 8, 0x80000000);
	put(t, 8, 0x20000);
	put(t, 4, 0);
	/* a type of the future */
	node(t, 40, 16, 0, 9, 9);
	finish(t);
	return t;
}

static iom_acpi_table *parse(GByteArray *t, GError **error)
{
	return iom_acpi_parse(t->data, t->len, "table", error);
}

static void iort_nodes(void)
{
	g_autoptr(GByteArray) t = iort();
	iom_acpi_table *table = parse(t, NULL);
	const iom_acpi_node *n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CHECK_EQ(iom_acpi_table_kind(table), IOM_ACPI_IORT);
	CU_ASSERT_STRING_EQUAL(iom_acpi_oem(table), "ACME TABLE");
	CHECK_EQ(iom_acpi_n_nodes(table), 7);
	n = iom_acpi_node_at(table, 1);
	CHECK_EQ(n->kind, IOM_ACPI_SMMUV3);
	CHECK_EQ(n->base, 0x2b400000);
	CHECK_EQ(n->domain, 3);
	CHECK_EQ(n->own_mapping, 1);
	n = iom_acpi_node_at(table, 2);
	CHECK_EQ(n->offset, AT_ROOT);
	CHECK_EQ(n->segment, 2);
	CHECK_EQ(n->flags & 1, 1);
	CHECK_EQ(n->mappings->len, 3);
	n = iom_acpi_node_at(table, 3);
	CU_ASSERT_STRING_EQUAL(n->name, "\\_SB.DEV0");
	CHECK_EQ(iom_acpi_node_at(table, 4)->node, 1);
	n = iom_acpi_node_at(table, 5);
	CHECK_EQ(g_array_index(n->regions, iom_acpi_region, 0).last, 0x8001ffff);
	CHECK_EQ(iom_acpi_node_at(table, 6)->kind, IOM_ACPI_UNKNOWN);
	CU_ASSERT_PTR_NULL(iom_acpi_node_at(table, 7));
	iom_acpi_free(table);
}

static void iort_ids(void)
{
	static const struct {
		uint32_t segment, rid, found, iommu, id, device_id;
	} cases[] = {
		{ 2, 0x0000, IOM_ACPI_FOUND, 1, 0x1000, 0x81000 },
		{ 2, 0x00ff, IOM_ACPI_FOUND, 1, 0x10ff, 0x810ff },
		{ 2, 0x0100, IOM_ACPI_FOUND, 1, 0x2000, 0x82000 },
		{ 2, 0x07ff, IOM_ACPI_FOUND, 1, 0x26ff, 0x826ff },
		{ 2, 0x0800, IOM_ACPI_NOT_MAPPED, 0, 0, 0 },
		/* straight to the ITS: no SMMU */
		{ 2, 0x8001, IOM_ACPI_FOUND, IOM_ACPI_NO_NODE, 0x8001, 1 },
		{ 0, 0x0000, IOM_ACPI_NOT_MAPPED, 0, 0, 0 },
	};
	g_autoptr(GByteArray) t = iort();
	iom_acpi_table *table = parse(t, NULL);
	iom_acpi_path p;

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		CHECK_EQ(iom_acpi_requester(table, (uint16_t)cases[i].segment, cases[i].rid, &p),
			 cases[i].found);
		if (cases[i].found != IOM_ACPI_FOUND)
			continue;
		CHECK_EQ(p.iommu, cases[i].iommu);
		CHECK_EQ(p.id, cases[i].id);
		CHECK_EQ(p.its, 0);
		CHECK_EQ(p.device_id, cases[i].device_id);
	}
	CHECK_EQ(iom_acpi_component(table, "\\_SB.DEV0", 5, &p), IOM_ACPI_FOUND);
	CHECK_EQ(p.id, 0x41);
	CHECK_EQ(p.device_id, 0x80041);
	CHECK_EQ(iom_acpi_component(table, "\\_SB.DEV0", 10, &p), IOM_ACPI_NOT_MAPPED);
	CHECK_EQ(iom_acpi_component(table, "\\_SB.DEV1", 5, &p), IOM_ACPI_NOT_MAPPED);
	iom_acpi_free(table);
}

/* Counts that were not taken one off: the next range begins with the last id. */
static void overlap_by_one(void)
{
	g_autoptr(GByteArray) t = iort();
	iom_acpi_table *table;
	iom_acpi_path p;

	patch(t, AT_ROOT_MAPPINGS + 4, 4, 0x100);
	finish(t);
	table = parse(t, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CHECK_EQ(iom_acpi_requester(table, 2, 0x100, &p), IOM_ACPI_FOUND);
	CHECK_EQ(p.id, 0x2000);
	CHECK_EQ(iom_acpi_requester(table, 2, 0xff, &p), IOM_ACPI_FOUND);
	CHECK_EQ(p.id, 0x10ff);
	CU_ASSERT_TRUE(g_array_index(iom_acpi_node_at(table, 2)->mappings, iom_acpi_mapping, 0)
			       .overlapped);
	iom_acpi_free(table);
	/* firmware that is known for it: every count is whole */
	memcpy(t->data + 10, "HISI  HIP08   ", 14);
	patch(t, 24, 4, 0);
	finish(t);
	table = parse(t, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CHECK_EQ(iom_acpi_requester(table, 2, 0x7fe, &p), IOM_ACPI_FOUND);
	CHECK_EQ(iom_acpi_requester(table, 2, 0x7ff, &p), IOM_ACPI_NOT_MAPPED);
	iom_acpi_free(table);
}

/* Single: any id becomes one. */
static void single(void)
{
	g_autoptr(GByteArray) t = iort();
	iom_acpi_table *table;
	iom_acpi_path p;

	patch(t, AT_ROOT_MAPPINGS + 16, 4, 1);
	finish(t);
	table = parse(t, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CHECK_EQ(iom_acpi_requester(table, 2, 0x7345, &p), IOM_ACPI_FOUND);
	CHECK_EQ(p.id, 0x1000);
	iom_acpi_free(table);
}

static void refused(GByteArray *t, unsigned at, unsigned size, uint64_t value, const char *message)
{
	g_autofree uint8_t *saved = g_memdup2(t->data, t->len);
	GError *error = NULL;

	patch(t, at, size, value);
	if (at != 9 && at != 4)
		finish(t);
	CU_ASSERT_PTR_NULL(parse(t, &error));
	if (!error || g_strcmp0(error->message, message) != 0) {
		g_printerr("got  %s\nwant %s\n", error ? error->message : "nothing", message);
		CU_FAIL("message");
	}
	g_clear_error(&error);
	memcpy(t->data, saved, t->len);
}

static void iort_refused(void)
{
	g_autoptr(GByteArray) t = iort();

	refused(t, 0, 4, 0x54434146, "table: at 0x0: the signature of an IORT or a DMAR expected");
	refused(t, 4, 4, 0x1000,
		"table: at 0x4: the table says that it has 4096 bytes; there are "
		"504");
	refused(t, 9, 1, t->data[9] + 1u, "table: at 0x9: the checksum is 0x91, 0x90 expected");
	refused(t, 36, 4, 8, "table: at 0x1f8: the table ends before node 7 of 8");
	refused(t, 40, 4, 20, "table: at 0x28: nodes cannot begin at 0x14");
	refused(t, AT_ITS + 1, 2, 15, "table: at 0x31: a node of 15 bytes, where 16 to 456 can be");
	refused(t, AT_ITS + 16, 4, 0x40000001,
		"table: at 0x40: 1073741825 ITS identifiers do not fit in a node of 24 bytes");
	refused(t, AT_SMMU + 1, 2, 59,
		"table: at 0x49: a node of kind SMMUv3 with 59 bytes, at least 60 expected");
	refused(t, AT_SMMU + 8, 4, 0xfffffff0,
		"table: at 0x50: 4294967280 ID mappings from 0x44 on do not fit in a node of 108 "
		"bytes");
	refused(t, AT_SMMU + 64, 4, 2,
		"table: at 0x88: mapping 2 is that of the MSIs; there are 2");
	refused(t, AT_ROOT + 12, 4, 0xfffffff0,
		"table: at 0xbc: 3 ID mappings from 0xfffffff0 on do not fit in a node of 96 "
		"bytes");
	refused(t, AT_ROOT + 28, 4, 0x10000,
		"table: at 0xd0: segment 65536: at most 65535 expected");
	refused(t, AT_ROOT_MAPPINGS + 12, 4, AT_SMMU + 4, "table: at 0xe4: no node begins at 0x4c");
	/* a loop: a root complex that leads to itself */
	refused(t, AT_ROOT_MAPPINGS + 12, 4, AT_ROOT,
		"table: at 0xe4: ids of a node of kind root complex cannot go to one of kind root "
		"complex");
	refused(t, AT_SMMU + 68 + 12, 4, AT_SMMU,
		"table: at 0x98: ids of a node of kind SMMUv3 cannot go to one of kind SMMUv3");
	refused(t, AT_ROOT_MAPPINGS + 4, 4, 0x101,
		"table: at 0xec: ids from 0x100 on are mapped already by mapping 0");
	refused(t, AT_ROOT_MAPPINGS + 44, 4, 0x8000,
		"table: at 0x100: 32769 ids from 0x8000 on, to 0x0 on, do not exist");
	refused(t, AT_ROOT_MAPPINGS + 8, 4, 0xffffff80,
		"table: at 0xd8: 256 ids from 0x0 on, to 0xffffff80 on, do not exist");
	refused(t, AT_NAMED + 38, 6, UINT64_C(0x414141414141),
		"table: at 0x131: the name of the device does not end");
	refused(t, AT_PMCG + 28, 4, 1, "table: at 0x184: no node begins at 0x1");
	refused(t, AT_RMR + 20, 4, 3,
		"table: at 0x1b8: 3 memory ranges from 0x30 on do not fit in a node of 68 bytes");
	refused(t, AT_RMR + 48 + 8, 8, 0,
		"table: at 0x1d4: a range of memory that is empty or wraps");
}

/* ---- DMAR ---- */
static void scope(GByteArray *t, unsigned type, unsigned id, unsigned bus, unsigned steps,
		  const uint8_t *path)
{
	put(t, 1, type);
	put(t, 1, 6 + 2 * steps);
	put(t, 2, 0);
	put(t, 1, id);
	put(t, 1, bus);
	g_byte_array_append(t, path, 2 * steps);
}

#define PATH(...) \
	(const uint8_t[]) \
	{ \
		__VA_ARGS__ \
	}
enum { AT_GPU = 48, AT_ALL = AT_GPU + 16 + 8 + 10 + 8, AT_RMRR = AT_ALL + 16 + 8 };

/* A unit for one function, a path and a bridge; one for the rest; the others. */
static GByteArray *dmar(void)
{
	GByteArray *t = begin("DMAR");

	put(t, 1, 45);
	put(t, 1, 1);
	put(t, 10, 0);
	put(t, 2, 0);
	put(t, 2, 16 + 8 + 10 + 8);
	put(t, 2, 0);
	put(t, 2, 0);
	put(t, 8, 0xfed90000);
	scope(t, 1, 0, 0, 1, PATH(2, 0));
	scope(t, 1, 0, 0, 2, PATH(0x1c, 0, 3, 1));
	scope(t, 2, 0, 0, 1, PATH(1, 0));
	put(t, 2, 0);
	put(t, 2, 16 + 8);
	put(t, 2, 1 | 1u << 8);
	put(t, 2, 0);
	put(t, 8, 0xfed91000);
	scope(t, 3, 2, 0xf0, 1, PATH(0x1f, 0));
	put(t, 2, 1);
	put(t, 2, 24 + 8);
	put(t, 2, 0);
	put(t, 2, 0);
	put(t, 8, 0x7b000000);
	put(t, 8, 0x7b7fffff);
	scope(t, 1, 0, 0, 1, PATH(2, 0));
	put(t, 2, 2);
	put(t, 2, 8 + 8);
	put(t, 2, 0);
	put(t, 2, 0);
	scope(t, 2, 0, 0, 1, PATH(1, 0));
	put(t, 2, 3);
	put(t, 2, 20);
	put(t, 4, 0);
	put(t, 8, 0xfed91000);
	put(t, 4, 2);
	put(t, 2, 4);
	put(t, 2, 18);
	put(t, 4, 9u << 24);
	g_byte_array_append(t, (const uint8_t *)"\\_SB.I2C0", 10);
	put(t, 2, 5);
	put(t, 2, 8 + 8);
	put(t, 2, 1);
	put(t, 2, 0);
	scope(t, 1, 0, 0, 1, PATH(2, 0));
	put(t, 2, 77);
	put(t, 2, 4);
	finish(t);
	return t;
}

static void dmar_nodes(void)
{
	g_autoptr(GByteArray) t = dmar();
	iom_acpi_table *table = parse(t, NULL);
	const iom_acpi_node *n;
	const iom_acpi_scope *s;

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CHECK_EQ(iom_acpi_address_bits(table), 46);
	CHECK_EQ(iom_acpi_flags(table), 1);
	CHECK_EQ(iom_acpi_n_nodes(table), 8);
	n = iom_acpi_node_at(table, 0);
	CHECK_EQ(n->scopes->len, 3);
	CHECK_EQ(n->size, 4096);
	s = &g_array_index(n->scopes, iom_acpi_scope, 1);
	CHECK_EQ(s->path_length, 2);
	CHECK_EQ(s->path[1].device, 3);
	CHECK_EQ(s->path[1].function, 1);
	n = iom_acpi_node_at(table, 1);
	CHECK_EQ(n->flags, 1);
	CHECK_EQ(n->size, 8192);
	CHECK_EQ(g_array_index(n->scopes, iom_acpi_scope, 0).enumeration, 2);
	n = iom_acpi_node_at(table, 2);
	CHECK_EQ(g_array_index(n->regions, iom_acpi_region, 0).last, 0x7b7fffff);
	CHECK_EQ(iom_acpi_node_at(table, 4)->node, 1);
	CHECK_EQ(iom_acpi_node_at(table, 4)->domain, 2);
	n = iom_acpi_node_at(table, 5);
	CU_ASSERT_STRING_EQUAL(n->name, "\\_SB.I2C0");
	CHECK_EQ(g_array_index(n->identifiers, uint32_t, 0), 9);
	CHECK_EQ(iom_acpi_node_at(table, 6)->kind, IOM_ACPI_SATC);
	CHECK_EQ(iom_acpi_node_at(table, 7)->kind, IOM_ACPI_UNKNOWN);
	iom_acpi_free(table);
}

static iom_pci_node *add(iom_pci_topology *t, iom_pci_node *up, unsigned kind, unsigned device,
			 unsigned function, unsigned bus)
{
	iom_pci_node_config c = { .size = sizeof(c),
				  .parent = up,
				  .kind = (uint8_t)kind,
				  .device = (uint8_t)device,
				  .function = (uint8_t)function,
				  .secondary = (uint8_t)bus,
				  .subordinate = (uint8_t)bus };
	iom_pci_node *n = iom_pci_topology_add(t, &c, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	return n;
}

static void expect(const iom_pci_node *n, unsigned iommu, uint32_t id)
{
	unsigned got = 99;
	uint32_t requester = 0;

	CU_ASSERT_TRUE(iom_pci_node_iommu(n, &got, &requester));
	CHECK_EQ(got, iommu);
	CHECK_EQ(requester, id);
}

/* Paths and bridges follow the bus numbers of a topology. */
static void dmar_topology(void)
{
	g_autoptr(GByteArray) t = dmar();
	iom_acpi_table *table = parse(t, NULL);
	iom_pci_topology *topology = iom_pci_topology_new();
	iom_pci_node *gpu, *below, *bridge, *far, *other;
	iom_acpi_path p;

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	gpu = add(topology, NULL, IOM_PCI_INTEGRATED, 2, 0, 0);
	bridge = add(topology, NULL, IOM_PCI_ROOT_PORT, 1, 0, 4);
	below = add(topology, bridge, IOM_PCI_ENDPOINT, 0, 0, 0);
	far = add(topology, NULL, IOM_PCI_ROOT_PORT, 0x1c, 0, 9);
	other = add(topology, far, IOM_PCI_ENDPOINT, 0, 0, 0);
	far = add(topology, far, IOM_PCI_ENDPOINT, 3, 1, 0);
	CU_ASSERT_TRUE(iom_acpi_apply(table, topology, NULL));
	expect(gpu, 0, 0x10);
	expect(below, 0, 0x400);
	expect(bridge, 0, 0x08);
	expect(far, 0, 0x919);
	expect(other, 1, 0x900);
	/* without bus numbers: functions by number yes, what is behind bridges no */
	CHECK_EQ(iom_acpi_requester(table, 0, 0x10, &p), IOM_ACPI_FOUND);
	CHECK_EQ(p.iommu, 0);
	CHECK_EQ(p.id, 0x10);
	CHECK_EQ(iom_acpi_requester(table, 0, 0xf8, &p), IOM_ACPI_FOUND);
	CHECK_EQ(p.iommu, 1);
	CHECK_EQ(iom_acpi_requester(table, 0, 0x919, &p), IOM_ACPI_NEEDS_TOPOLOGY);
	CHECK_EQ(iom_acpi_requester(table, 1, 0x10, &p), IOM_ACPI_NOT_MAPPED);
	/* applied twice: a second unit for all */
	CU_ASSERT_FALSE(iom_acpi_apply(table, topology, NULL));
	iom_pci_topology_free(topology);
	iom_acpi_free(table);
}

static void iort_topology(void)
{
	g_autoptr(GByteArray) t = iort();
	iom_acpi_table *table = parse(t, NULL);
	iom_pci_topology *topology = iom_pci_topology_new();
	iom_pci_node_config c = { .size = sizeof(c), .segment = 2, .kind = IOM_PCI_INTEGRATED };
	iom_pci_node *n;
	unsigned iommu;
	uint32_t id;

	CU_ASSERT_TRUE(iom_acpi_apply(table, topology, NULL));
	c.device = 3;
	n = iom_pci_topology_add(topology, &c, NULL);
	expect(n, 1, 0x1018);
	c.bus = 1;
	n = iom_pci_topology_add(topology, &c, NULL);
	expect(n, 1, 0x2018);
	c.bus = 0x90;
	n = iom_pci_topology_add(topology, &c, NULL);
	CU_ASSERT_FALSE(iom_pci_node_iommu(n, &iommu, &id));
	CU_ASSERT_FALSE(iom_acpi_apply(table, topology, NULL));
	iom_pci_topology_free(topology);
	iom_acpi_free(table);
}

static void dmar_refused(void)
{
	g_autoptr(GByteArray) t = dmar();

	refused(t, 36, 1, 64, "table: at 0x24: addresses of 65 bits: at most 64 expected");
	refused(t, AT_GPU + 2, 2, 3,
		"table: at 0x32: a structure of 3 bytes, where 4 to 172 can be");
	refused(t, AT_GPU + 2, 2, 0,
		"table: at 0x32: a structure of 0 bytes, where 4 to 172 can be");
	refused(t, AT_GPU + 2, 2, 15,
		"table: at 0x32: a structure of kind DRHD with 15 bytes, at least 16 expected");
	refused(t, AT_GPU + 8, 8, 0x1234, "table: at 0x38: registers at 0x1234: a page expected");
	refused(t, AT_GPU + 8, 8, 0xfed91000,
		"table: at 0x62: registers at 0xfed91000 are those of the unit at 0x30 already");
	refused(t, AT_GPU + 4, 1, 1,
		"table: at 0x5e: segment 0 has a unit for all functions already, at 0x30");
	refused(t, AT_GPU + 17, 1, 7,
		"table: at 0x41: a device scope of 7 bytes, where 8 to 26 can be");
	refused(t, AT_GPU + 17, 1, 0,
		"table: at 0x41: a device scope of 0 bytes, where 8 to 26 can be");
	refused(t, AT_GPU + 17, 1, 24, "table: at 0x41: a path of 9 steps, at most 8 expected");
	refused(t, AT_GPU + 22, 1, 32, "table: at 0x46: there is no device 32 function 0");
	refused(t, AT_GPU + 2, 2, 16 + 8 + 10 + 4,
		"table: at 0x52: 4 bytes are left, too few for a device scope");
	refused(t, AT_RMRR + 16, 8, 0x7affffff,
		"table: at 0x7a: memory from 0x7b000000 to 0x7affffff: whole pages expected");
}

/* Any byte changed, with the sum made right again: read or refused, never more. */
static void any_damage(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(3);
	unsigned refusals = 0, tables = 0;

	for (unsigned i = 0; i < 40000; i++) {
		g_autoptr(GByteArray) t = i & 1 ? iort() : dmar();
		unsigned changes = (unsigned)g_rand_int_range(rand, 1, 4);
		iom_acpi_table *table;
		GError *error = NULL;
		iom_acpi_path p;

		while (changes--) {
			unsigned at = (unsigned)g_rand_int_range(rand, 36, (int)t->len);

			t->data[at] = (uint8_t)g_rand_int(rand);
		}
		if (!g_rand_int_range(rand, 0, 4))
			g_byte_array_set_size(t,
					      (guint)g_rand_int_range(rand, 48, (int)t->len + 1));
		finish(t);
		table = parse(t, &error);
		if (table) {
			iom_pci_topology *topology = iom_pci_topology_new();

			tables++;
			for (uint32_t rid = 0; rid < 0x10000; rid += 0x777)
				iom_acpi_requester(table, i & 2, rid, &p);
			(void)iom_acpi_apply(table, topology, NULL);
			iom_pci_topology_free(topology);
			iom_acpi_free(table);
		} else {
			refusals++;
			CU_ASSERT_TRUE(error && g_str_has_prefix(error->message, "table: at 0x") &&
				       !strchr(error->message, '\n'));
		}
		g_clear_error(&error);
	}
	CU_ASSERT_TRUE(refusals > 1000 && tables > 1000);
	for (unsigned n = 0; n < 48; n++) {
		g_autoptr(GByteArray) t = iort();

		CU_ASSERT_PTR_NULL(iom_acpi_parse(t->data, n, "table", NULL));
	}
}

static const iom_test tests[] = {
	{ "IORT: every kind of node", iort_nodes },
	{ "IORT: ids", iort_ids },
	{ "IORT: ranges that overlap by one", overlap_by_one },
	{ "IORT: single mappings", single },
	{ "IORT: into a topology", iort_topology },
	{ "IORT: what is refused", iort_refused },
	{ "DMAR: every kind of structure", dmar_nodes },
	{ "DMAR: into a topology", dmar_topology },
	{ "DMAR: what is refused", dmar_refused },
	{ "any damage", any_damage },
	{ 0 },
};
const iom_suite acpi_suite = { "acpi", tests };
