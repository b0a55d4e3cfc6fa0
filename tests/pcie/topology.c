/* SPDX-License-Identifier: MIT */
/* Ids, aliases, groups and ways of a machine with one of everything. */
#include "rig.h"

#include <string.h>

#define FULL \
	(IOM_PCI_ACS_VALIDATION | IOM_PCI_ACS_REQUEST_REDIRECT | IOM_PCI_ACS_COMPLETION_REDIRECT | \
	 IOM_PCI_ACS_UPSTREAM)

enum {
	RP0, /* 00:01.0 to A, with VFs */
	A,
	VF0,
	VF1,
	RP1, /* 00:02.0 to a switch with B and C */
	USP,
	DSP0,
	DSP1,
	B,
	C,
	RP2, /* 00:03.0, no ACS, to a device of two functions */
	D0,
	D1,
	RP3, /* 00:04.0 to a bridge with two PCI functions */
	BRIDGE,
	P0,
	P1,
	I0, /* integrated: one alone, and a device of two */
	I1,
	I2,
	N_NODES,
};

typedef struct machine {
	iom_pci_topology *t;
	iom_pci_node *n[N_NODES];
	iom_pci_config *c[N_NODES];
} machine;

typedef struct spec {
	int parent; /* -1: root bus; -2: a VF of A */
	unsigned kind, device, function, secondary, subordinate;
	bool acs;
} spec;

static const spec specs[N_NODES] = {
	[RP0] = { -1, IOM_PCI_ROOT_PORT, 1, 0, 1, 1, true },
	[A] = { RP0, IOM_PCI_ENDPOINT, 0, 0, 0, 0, false },
	[VF0] = { -2, IOM_PCI_ENDPOINT, 0, 0, 0, 0, false },
	[VF1] = { -2, IOM_PCI_ENDPOINT, 0, 1, 0, 0, false },
	[RP1] = { -1, IOM_PCI_ROOT_PORT, 2, 0, 2, 5, true },
	[USP] = { RP1, IOM_PCI_SWITCH_UPSTREAM, 0, 0, 3, 5, false },
	[DSP0] = { USP, IOM_PCI_SWITCH_DOWNSTREAM, 0, 0, 4, 4, true },
	[DSP1] = { USP, IOM_PCI_SWITCH_DOWNSTREAM, 1, 0, 5, 5, true },
	[B] = { DSP0, IOM_PCI_ENDPOINT, 0, 0, 0, 0, false },
	[C] = { DSP1, IOM_PCI_ENDPOINT, 0, 0, 0, 0, false },
	[RP2] = { -1, IOM_PCI_ROOT_PORT, 3, 0, 6, 6, false },
	[D0] = { RP2, IOM_PCI_ENDPOINT, 0, 0, 0, 0, false },
	[D1] = { RP2, IOM_PCI_ENDPOINT, 0, 1, 0, 0, false },
	[RP3] = { -1, IOM_PCI_ROOT_PORT, 4, 0, 7, 8, true },
	[BRIDGE] = { RP3, IOM_PCI_BRIDGE_TO_PCI, 0, 0, 8, 8, false },
	[P0] = { BRIDGE, IOM_PCI_CONVENTIONAL, 1, 0, 0, 0, false },
	[P1] = { BRIDGE, IOM_PCI_CONVENTIONAL, 2, 0, 0, 0, false },
	[I0] = { -1, IOM_PCI_INTEGRATED, 5, 0, 0, 0, false },
	[I1] = { -1, IOM_PCI_INTEGRATED, 6, 0, 0, 0, false },
	[I2] = { -1, IOM_PCI_INTEGRATED, 6, 1, 0, 0, false },
};

static iom_pci_config *function_of(const spec *s, unsigned i)
{
	static const uint8_t types[] = {
		[IOM_PCI_ENDPOINT] = 0,        [IOM_PCI_ROOT_PORT] = 4,
		[IOM_PCI_SWITCH_UPSTREAM] = 5, [IOM_PCI_SWITCH_DOWNSTREAM] = 6,
		[IOM_PCI_BRIDGE_TO_PCI] = 7,   [IOM_PCI_BRIDGE_TO_PCIE] = 8,
		[IOM_PCI_BRIDGE_PCI] = 7,      [IOM_PCI_CONVENTIONAL] = 0,
		[IOM_PCI_INTEGRATED] = 9,
	};
	iom_pci_function_config f;

	iom_pci_function_config_init(&f);
	f.port_type = types[s->kind];
	f.acs = s->acs ? FULL | IOM_PCI_ACS_BLOCKING | IOM_PCI_ACS_DIRECT : 0;
	if (i == A) {
		f.total_vfs = 8;
		f.first_vf_offset = 16;
		f.vf_stride = 4;
	}
	return iom_pci_function_new(&f);
}

static void set_acs(machine *m, unsigned i, unsigned control)
{
	unsigned at = iom_pci_find(m->c[i], IOM_PCI_EXTENDED, IOM_PCI_EXT_ACS);

	iom_pci_config_write(m->c[i], at + 6, 2, control);
}

static void machine_init(machine *m)
{
	memset(m, 0, sizeof(*m));
	m->t = iom_pci_topology_new();
	for (unsigned i = 0; i < N_NODES; i++) {
		const spec *s = &specs[i];
		iom_pci_node_config config = { .size = sizeof(config) };
		GError *error = NULL;

		if (s->parent != -2)
			m->c[i] = function_of(s, i);
		config.parent = s->parent >= 0 ? m->n[s->parent] : NULL;
		config.kind = (uint8_t)s->kind;
		config.device = (uint8_t)s->device;
		config.function = (uint8_t)s->function;
		config.secondary = (uint8_t)s->secondary;
		config.subordinate = (uint8_t)s->subordinate;
		config.config = m->c[i];
		config.pf = s->parent == -2 ? m->n[A] : NULL;
		config.vf_index = (uint16_t)s->function;
		m->n[i] = iom_pci_topology_add(m->t, &config, &error);
		CU_ASSERT_PTR_NOT_NULL_FATAL(m->n[i]);
		if (s->acs)
			set_acs(m, i, FULL);
	}
}

static void machine_clear(machine *m)
{
	iom_pci_topology_free(m->t);
	for (unsigned i = 0; i < N_NODES; i++)
		iom_pci_config_free(m->c[i]);
}

static void ids(void)
{
	static const uint16_t want[N_NODES][2] = {
		/* its own, and as the IOMMU sees it */
		[RP0] = { 0x0008, 0x0008 },    [A] = { 0x0100, 0x0100 },
		[VF0] = { 0x0110, 0x0110 },    [VF1] = { 0x0114, 0x0114 },
		[RP1] = { 0x0010, 0x0010 },    [USP] = { 0x0200, 0x0200 },
		[DSP0] = { 0x0300, 0x0300 },   [DSP1] = { 0x0308, 0x0308 },
		[B] = { 0x0400, 0x0400 },      [C] = { 0x0500, 0x0500 },
		[RP2] = { 0x0018, 0x0018 },    [D0] = { 0x0600, 0x0600 },
		[D1] = { 0x0601, 0x0601 },     [RP3] = { 0x0020, 0x0020 },
		[BRIDGE] = { 0x0700, 0x0700 }, [P0] = { 0x0808, 0x0800 },
		[P1] = { 0x0810, 0x0800 },     [I0] = { 0x0028, 0x0028 },
		[I1] = { 0x0030, 0x0030 },     [I2] = { 0x0031, 0x0031 },
	};
	unsigned at;
	machine m;

	machine_init(&m);
	for (unsigned i = 0; i < N_NODES; i++) {
		CHECK_EQ(iom_pci_node_id(m.n[i]), want[i][0]);
		CHECK_EQ(iom_pci_node_seen_as(m.n[i]), want[i][1]);
	}
	/* VFs that are enabled */
	at = iom_pci_find(m.c[A], IOM_PCI_EXTENDED, IOM_PCI_EXT_SRIOV);
	CHECK_EQ(iom_pci_node_vfs(m.n[A]), 0);
	iom_pci_config_write(m.c[A], at + 0x10, 2, 2);
	iom_pci_config_write(m.c[A], at + 8, 2, 1);
	CHECK_EQ(iom_pci_node_vfs(m.n[A]), 2);
	CHECK_EQ(iom_pci_node_vfs(m.n[B]), 0);
	/* software numbers the buses anew */
	iom_pci_config_write(m.c[RP0], 0x18, 4, 0x00202000);
	CHECK_EQ(iom_pci_node_id(m.n[A]), 0x2000);
	CHECK_EQ(iom_pci_node_id(m.n[VF1]), 0x2014);
	machine_clear(&m);
}

static void aliases(void)
{
	iom_pci_node_config quirk = { .size = sizeof(quirk),
				      .kind = IOM_PCI_ENDPOINT,
				      .segment = 3,
				      .bus = 0x40,
				      .device = 2,
				      .has_alias = true,
				      .alias_devfn = 0x11 };
	iom_pci_node *n;
	GArray *list;
	machine m;

	machine_init(&m);
	list = iom_pci_node_aliases(m.n[P1]);
	CHECK_EQ(list->len, 2);
	CHECK_EQ(g_array_index(list, uint32_t, 0), 0x0810);
	CHECK_EQ(g_array_index(list, uint32_t, 1), 0x0800);
	g_array_unref(list);
	list = iom_pci_node_aliases(m.n[B]);
	CHECK_EQ(list->len, 1);
	g_array_unref(list);
	n = iom_pci_topology_add(m.t, &quirk, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	list = iom_pci_node_aliases(n);
	CHECK_EQ(list->len, 2);
	CHECK_EQ(g_array_index(list, uint32_t, 0), 0x34010);
	CHECK_EQ(g_array_index(list, uint32_t, 1), 0x34011);
	g_array_unref(list);
	machine_clear(&m);
}

/* A bridge from PCI to PCI below it answers with its own id. */
static void bridges_in_a_row(void)
{
	iom_pci_node_config below = { .size = sizeof(below),
				      .kind = IOM_PCI_BRIDGE_PCI,
				      .device = 3,
				      .secondary = 9,
				      .subordinate = 9 };
	iom_pci_node_config leaf = { .size = sizeof(leaf),
				     .kind = IOM_PCI_CONVENTIONAL,
				     .device = 7 };
	iom_pci_node *n;
	GArray *list;
	machine m;

	machine_init(&m);
	/* BRIDGE has buses 8 to 8 only: make room */
	iom_pci_config_write(m.c[RP3], 0x1a, 1, 9);
	iom_pci_config_write(m.c[BRIDGE], 0x1a, 1, 9);
	below.parent = m.n[BRIDGE];
	leaf.parent = iom_pci_topology_add(m.t, &below, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(leaf.parent);
	n = iom_pci_topology_add(m.t, &leaf, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	list = iom_pci_node_aliases(n);
	CHECK_EQ(list->len, 3);
	CHECK_EQ(g_array_index(list, uint32_t, 0), 0x0938);
	CHECK_EQ(g_array_index(list, uint32_t, 1), 0x0818);
	CHECK_EQ(g_array_index(list, uint32_t, 2), 0x0800);
	g_array_unref(list);
	CHECK_EQ(iom_pci_node_seen_as(n), 0x0800);
	machine_clear(&m);
}

/* "RP0 | A | D0 D1": groups as text, nodes by number. */
static bool together(const machine *m, unsigned a, unsigned b)
{
	return iom_pci_node_group(m->n[a]) == iom_pci_node_group(m->n[b]);
}

static void groups(void)
{
	machine m;

	machine_init(&m);
	/* {RP2 D0 D1} {BRIDGE P0 P1} {I1 I2} and the other 12 alone */
	CHECK_EQ(iom_pci_topology_groups(m.t), 15);
	CU_ASSERT_TRUE(together(&m, RP2, D0) && together(&m, D0, D1));
	CU_ASSERT_TRUE(together(&m, BRIDGE, P0) && together(&m, P0, P1));
	CU_ASSERT_TRUE(together(&m, I1, I2));
	CU_ASSERT_FALSE(together(&m, RP3, BRIDGE));
	CU_ASSERT_FALSE(together(&m, A, VF0) || together(&m, VF0, VF1));
	CU_ASSERT_FALSE(together(&m, B, C) || together(&m, B, DSP0) || together(&m, DSP0, DSP1));
	/* one unguarded switch port lets its device at all that is below the switch */
	set_acs(&m, DSP0, 0);
	CHECK_EQ(iom_pci_topology_groups(m.t), 12);
	CU_ASSERT_TRUE(together(&m, B, C) && together(&m, B, DSP0) && together(&m, B, DSP1));
	CU_ASSERT_FALSE(together(&m, B, USP));
	/* each of the four controls is needed */
	for (unsigned bit = 0; bit < 7; bit++) {
		set_acs(&m, DSP0, FULL & ~(1u << bit));
		CHECK_EQ(iom_pci_topology_groups(m.t), FULL >> bit & 1 ? 12 : 15);
	}
	set_acs(&m, DSP0, FULL);
	/* an unguarded root port holds everything below together */
	set_acs(&m, RP1, 0);
	CHECK_EQ(iom_pci_topology_groups(m.t), 10);
	CU_ASSERT_TRUE(together(&m, RP1, USP) && together(&m, RP1, DSP1) && together(&m, RP1, C) &&
		       together(&m, RP1, B));
	set_acs(&m, RP1, FULL);
	set_acs(&m, RP0, 0);
	CHECK_EQ(iom_pci_topology_groups(m.t), 12);
	CU_ASSERT_TRUE(together(&m, RP0, A) && together(&m, A, VF0) && together(&m, A, VF1));
	machine_clear(&m);
}

/* BARs of 64 KiB at 1, 2, ... times 16 MiB, and windows around them. */
static uint64_t place(machine *m, unsigned i)
{
	uint64_t at = UINT64_C(0x80000000) + (uint64_t)i * 0x1000000;

	iom_pci_config_write(m->c[i], 0x10, 4, (uint32_t)at);
	iom_pci_config_write(m->c[i], 4, 2, 6);
	return at;
}

static void window(machine *m, unsigned port, unsigned first, unsigned last)
{
	uint32_t base = 0x8000 + first * 0x100, limit = 0x8000 + last * 0x100 + 0xf0;

	iom_pci_config_write(m->c[port], 0x20, 4, limit << 16 | base);
	iom_pci_config_write(m->c[port], 4, 2, 6);
}

static void routes(void)
{
	const iom_pci_node *peer;
	uint64_t b, c, d1, p1;
	machine m;

	machine_init(&m);
	b = place(&m, B);
	c = place(&m, C);
	d1 = place(&m, D1);
	p1 = place(&m, P1);
	window(&m, DSP0, B, B);
	window(&m, DSP1, C, C);
#define GOES(from, address, type, want) \
	CHECK_EQ(iom_pci_node_route(m.n[from], address, type, &peer), want)
	/* guarded: everything goes up, even to one's own */
	GOES(B, c, IOM_UNTRANSLATED, IOM_PCI_ROUTE_ROOT);
	GOES(B, b, IOM_UNTRANSLATED, IOM_PCI_ROUTE_ROOT);
	GOES(B, 0x1000, IOM_UNTRANSLATED, IOM_PCI_ROUTE_ROOT);
	CU_ASSERT_PTR_NULL(peer);
	/* translated requests go straight with Direct Translated P2P */
	GOES(B, c, IOM_TRANSLATED, IOM_PCI_ROUTE_ROOT);
	set_acs(&m, DSP0, FULL | IOM_PCI_ACS_DIRECT);
	GOES(B, c, IOM_TRANSLATED, IOM_PCI_ROUTE_PEER);
	CU_ASSERT_PTR_EQUAL(peer, m.n[C]);
	GOES(B, c, IOM_UNTRANSLATED, IOM_PCI_ROUTE_ROOT);
	GOES(B, c, IOM_TRANSLATION_REQUEST, IOM_PCI_ROUTE_ROOT);
	/* Translation Blocking */
	set_acs(&m, DSP0, FULL | IOM_PCI_ACS_BLOCKING);
	GOES(B, c, IOM_TRANSLATED, IOM_PCI_ROUTE_BLOCKED);
	GOES(B, 0x1000, IOM_TRANSLATION_REQUEST, IOM_PCI_ROUTE_BLOCKED);
	GOES(B, 0x1000, IOM_UNTRANSLATED, IOM_PCI_ROUTE_ROOT);
	/* no redirect */
	set_acs(&m, DSP0, IOM_PCI_ACS_VALIDATION);
	GOES(B, c, IOM_UNTRANSLATED, IOM_PCI_ROUTE_PEER);
	CU_ASSERT_PTR_EQUAL(peer, m.n[C]);
	/* without Upstream Forwarding what comes back is a violation */
	GOES(B, b, IOM_UNTRANSLATED, IOM_PCI_ROUTE_BLOCKED);
	/* Source Validation: a bus number that is not one of the root port's */
	set_acs(&m, DSP0, FULL);
	iom_pci_config_write(m.c[DSP0], 0x19, 2, 0x0909);
	GOES(B, 0x1000, IOM_UNTRANSLATED, IOM_PCI_ROUTE_BLOCKED);
	set_acs(&m, RP1, FULL & ~IOM_PCI_ACS_VALIDATION);
	GOES(B, 0x1000, IOM_UNTRANSLATED, IOM_PCI_ROUTE_ROOT);
	set_acs(&m, RP1, FULL);
	iom_pci_config_write(m.c[DSP0], 0x19, 2, 0x0404);
	/* inside a device, and on a PCI bus */
	GOES(D0, d1, IOM_UNTRANSLATED, IOM_PCI_ROUTE_PEER);
	CU_ASSERT_PTR_EQUAL(peer, m.n[D1]);
	GOES(P0, p1, IOM_UNTRANSLATED, IOM_PCI_ROUTE_PEER);
	CU_ASSERT_PTR_EQUAL(peer, m.n[P1]);
	/* a requester id that the bridge made is inside its port's buses */
	GOES(P0, 0x1000, IOM_UNTRANSLATED, IOM_PCI_ROUTE_ROOT);
	/* memory space off: nobody answers there */
	iom_pci_config_write(m.c[D1], 4, 2, 4);
	GOES(D0, d1, IOM_UNTRANSLATED, IOM_PCI_ROUTE_ROOT);
	machine_clear(&m);
}

static void who(const machine *m, unsigned i, bool found, unsigned iommu, uint32_t id)
{
	unsigned got = 99;
	uint32_t requester = 0;

	CHECK_EQ(iom_pci_node_iommu(m->n[i], &got, &requester), found);
	if (!found)
		return;
	CHECK_EQ(got, iommu);
	CHECK_EQ(requester, id);
}

static void iort(void)
{
	iom_pci_id_mapping low = { 0, 0x0000, 0x400, 0x10000, false, 7 };
	iom_pci_id_mapping one = { 0, 0x0800, 0x100, 0x55, true, 8 };
	iom_pci_id_mapping overlap = { 0, 0x3ff, 1, 0, false, 9 };
	iom_pci_id_mapping beyond = { 0, 0xff00, 0x101, 0, false, 9 };
	GError *error = NULL;
	machine m;

	machine_init(&m);
	who(&m, A, false, 0, 0);
	CU_ASSERT_TRUE(iom_pci_topology_map(m.t, &low, &error));
	CU_ASSERT_TRUE(iom_pci_topology_map(m.t, &one, &error));
	CU_ASSERT_FALSE(iom_pci_topology_map(m.t, &overlap, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "ids from 0x3ff on are mapped already"));
	g_clear_error(&error);
	CU_ASSERT_FALSE(iom_pci_topology_map(m.t, &beyond, &error));
	g_clear_error(&error);
	who(&m, A, true, 7, 0x10100);
	who(&m, VF1, true, 7, 0x10114);
	who(&m, B, false, 0, 0);
	who(&m, P0, true, 8, 0x55);
	who(&m, P1, true, 8, 0x55);
	machine_clear(&m);
}

static void dmar(void)
{
	iom_pci_scope all = { .kind = IOM_PCI_SCOPE_ALL, .iommu = 1 };
	iom_pci_scope a = { .kind = IOM_PCI_SCOPE_ENDPOINT,
			    .path_length = 2,
			    .path = { { 1, 0 }, { 0, 0 } },
			    .iommu = 2 };
	iom_pci_scope below = {
		.kind = IOM_PCI_SCOPE_BRIDGE, .path_length = 1, .path = { { 2, 0 } }, .iommu = 3
	};
	iom_pci_scope nearer = { .kind = IOM_PCI_SCOPE_BRIDGE,
				 .path_length = 3,
				 .path = { { 2, 0 }, { 0, 0 }, { 1, 0 } },
				 .iommu = 4 };
	iom_pci_scope nobody = { .kind = IOM_PCI_SCOPE_ENDPOINT,
				 .path_length = 2,
				 .path = { { 9, 0 }, { 0, 0 } },
				 .iommu = 5 };
	GError *error = NULL;
	machine m;

	machine_init(&m);
	CU_ASSERT_TRUE(iom_pci_topology_scope(m.t, &a, &error));
	CU_ASSERT_TRUE(iom_pci_topology_scope(m.t, &nobody, &error));
	CU_ASSERT_TRUE(iom_pci_topology_scope(m.t, &below, &error));
	who(&m, A, true, 2, 0x100);
	who(&m, VF0, true, 2, 0x110);
	who(&m, RP0, false, 0, 0);
	who(&m, B, true, 3, 0x400);
	who(&m, RP1, true, 3, 0x010);
	CU_ASSERT_TRUE(iom_pci_topology_scope(m.t, &nearer, &error));
	CU_ASSERT_TRUE(iom_pci_topology_scope(m.t, &all, &error));
	who(&m, B, true, 3, 0x400);
	who(&m, C, true, 4, 0x500);
	who(&m, I1, true, 1, 0x030);
	who(&m, P1, true, 1, 0x800);
	CU_ASSERT_FALSE(iom_pci_topology_scope(m.t, &all, &error));
	CU_ASSERT_PTR_NOT_NULL(error);
	g_clear_error(&error);
	a.path_length = 9;
	CU_ASSERT_FALSE(iom_pci_topology_scope(m.t, &a, &error));
	g_clear_error(&error);
	machine_clear(&m);
}

/* An endpoint sends as what its place and the firmware's tables make of it. */
static void endpoint_in_place(void)
{
	iom_pci_id_mapping mapping = { 0, 0x0400, 1, RIG_REQUESTER, false, 0 };
	rig *r = rig_new(IOM_KIND_SMMUV3, NULL);
	iom_dma_answer a;
	uint32_t requester;
	unsigned iommu;
	machine m;

	machine_init(&m);
	CU_ASSERT_TRUE(iom_pci_topology_map(m.t, &mapping, NULL));
	CU_ASSERT_TRUE_FATAL(iom_pci_node_iommu(m.n[B], &iommu, &requester));
	rig_map(r, 0, 0x1000, RIG_DATA, 0x1000, IOM_READ | IOM_WRITE, 12);
	rig_move(r, 0x300); /* no STE there */
	CHECK_EQ(rig_access(r, 0, 0x1000, IOM_READ, 0, &a), IOM_ABORT);
	rig_move(r, requester);
	CHECK_EQ(rig_access(r, 0, 0x1000, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.address, RIG_DATA);
	machine_clear(&m);
	rig_free(r);
}

static void refused(void)
{
	machine m;
	GError *error = NULL;

	machine_init(&m);
#define REFUSED(...) \
	do { \
		iom_pci_node_config bad = { .size = sizeof(bad), __VA_ARGS__ }; \
		CU_ASSERT_PTR_NULL(iom_pci_topology_add(m.t, &bad, &error)); \
		CU_ASSERT_PTR_NOT_NULL(error); \
		g_clear_error(&error); \
	} while (0)
	REFUSED(.device = 1); /* taken */
	REFUSED(.device = 32);
	REFUSED(.kind = 99);
	REFUSED(.parent = m.n[A]); /* no bridge */
	REFUSED(.parent = m.n[RP0], .kind = IOM_PCI_ROOT_PORT, .device = 1);
	REFUSED(.device = 9, .function = 8);
	REFUSED(.parent = m.n[RP0], .device = 1, .function = 9);
	REFUSED(.pf = m.n[B]); /* no SR-IOV */
	REFUSED(.parent = m.n[DSP0], .kind = IOM_PCI_BRIDGE_TO_PCI, .device = 1, .secondary = 9,
		.subordinate = 9);
	machine_clear(&m);
}

static const iom_test tests[] = {
	{ "requester ids", ids },
	{ "aliases", aliases },
	{ "bridges in a row", bridges_in_a_row },
	{ "isolation groups", groups },
	{ "where requests go", routes },
	{ "ID mappings of IORT", iort },
	{ "device scopes of DMAR", dmar },
	{ "an endpoint in its place", endpoint_in_place },
	{ "what cannot be added", refused },
	{ 0 },
};
const iom_suite topology_suite = { "topology", tests };
