/* SPDX-License-Identifier: MIT */
/*
 * IORT (Arm DEN0049, IO Remapping Table). Nodes refer to each other by their
 * offsets; ids go from a root complex or a named component to an SMMU or straight to
 * an ITS group, and from an SMMU to an ITS group. So no way is longer than two
 * mappings, and nothing can loop: whatever refers to another kind of node is refused.
 */
#include "pcie/acpi-internal.h"

enum { NODE_BYTES = 16, MAPPING_BYTES = 20, RMR_BYTES = 20 };

enum { TYPE_ITS, TYPE_NAMED, TYPE_ROOT, TYPE_SMMU, TYPE_SMMUV3, TYPE_PMCG, TYPE_RMR };

static const struct {
	iom_acpi_node_kind kind;
	const char *what;
	unsigned least; /* bytes */
} types[] = {
	[TYPE_ITS] = { IOM_ACPI_ITS_GROUP, "ITS group", 20 },
	[TYPE_NAMED] = { IOM_ACPI_NAMED_COMPONENT, "named component", 30 },
	[TYPE_ROOT] = { IOM_ACPI_ROOT_COMPLEX, "root complex", 33 },
	[TYPE_SMMU] = { IOM_ACPI_SMMU, "SMMU", 60 },
	[TYPE_SMMUV3] = { IOM_ACPI_SMMUV3, "SMMUv3", 60 },
	[TYPE_PMCG] = { IOM_ACPI_PMCG, "PMCG", 32 },
	[TYPE_RMR] = { IOM_ACPI_RMR, "RMR", 28 },
};

/* Where a node is, until offsets have become numbers. */
typedef struct place {
	uint32_t at, length;
	iom_acpi_node *node;
} place;

static bool read_its(iom_acpi_table *t, const place *p, GError **error)
{
	uint32_t n = acpi_u32(t, p->at + 16);

	if (n > (p->length - 20) / 4) {
		return acpi_fail(t, p->at + 16, error,
				 "%u ITS identifiers do not fit in a node of %u bytes", n,
				 p->length);
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = acpi_u32(t, p->at + 20 + 4 * i);

		g_array_append_val(p->node->identifiers, id);
	}
	return true;
}

static bool read_named(iom_acpi_table *t, const place *p, GError **error)
{
	uint32_t end = acpi_u32(t, p->at + 8) ? acpi_u32(t, p->at + 12) : p->length;

	p->node->flags = acpi_u32(t, p->at + 16);
	if (!acpi_text(t, p->at + 29, p->at + MIN(end, p->length), &p->node->name))
		return acpi_fail(t, p->at + 29, error, "the name of the device does not end");
	return true;
}

static bool read_root(iom_acpi_table *t, const place *p, GError **error)
{
	uint32_t segment = acpi_u32(t, p->at + 28);

	if (segment > 0xffff)
		return acpi_fail(t, p->at + 28, error, "segment %u: at most 65535 expected",
				 segment);
	p->node->segment = (uint16_t)segment;
	p->node->flags = acpi_u32(t, p->at + 24);
	return true;
}

static bool read_smmuv3(iom_acpi_table *t, const place *p, GError **error)
{
	iom_acpi_node *n = p->node;
	bool wired = true, valid;

	(void)error;
	n->base = acpi_u64(t, p->at + 16);
	n->flags = acpi_u32(t, p->at + 24);
	n->model = acpi_u32(t, p->at + 40);
	for (unsigned i = 0; i < 4; i++) {
		n->interrupts[i] = acpi_u32(t, p->at + 44 + 4 * i);
		/* PRI's may be absent because there is no PRI */
		wired = wired && (n->interrupts[i] || i == 1);
	}
	if (p->length < 68)
		return true;
	n->domain = n->flags & 8 ? acpi_u32(t, p->at + 60) : 0;
	/* From revision 5 on a flag says so; before, interrupts that are not wired. */
	valid = n->revision >= 5 ? n->flags >> 4 & 1 : n->revision >= 1 && !wired;
	if (valid)
		n->own_mapping = acpi_u32(t, p->at + 64);
	return true;
}

static bool read_rmr(iom_acpi_table *t, const place *p, GError **error)
{
	uint32_t n = acpi_u32(t, p->at + 20), at = acpi_u32(t, p->at + 24);

	p->node->flags = acpi_u32(t, p->at + 16);
	if (at > p->length || n > (p->length - at) / RMR_BYTES) {
		return acpi_fail(t, p->at + 20, error,
				 "%u memory ranges from 0x%x on do not fit in a node of %u bytes",
				 n, at, p->length);
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t here = p->at + at + i * RMR_BYTES;
		uint64_t base = acpi_u64(t, here), size = acpi_u64(t, here + 8);
		iom_acpi_region region = { base, base + (size - 1) };

		if (!size || region.last < base)
			return acpi_fail(t, here, error,
					 "a range of memory that is empty or wraps");
		g_array_append_val(p->node->regions, region);
	}
	return true;
}

static bool read_node(iom_acpi_table *t, const place *p, GError **error)
{
	switch (p->node->kind) {
	case IOM_ACPI_ITS_GROUP:
		return read_its(t, p, error);
	case IOM_ACPI_NAMED_COMPONENT:
		return read_named(t, p, error);
	case IOM_ACPI_ROOT_COMPLEX:
		return read_root(t, p, error);
	case IOM_ACPI_SMMU:
		p->node->base = acpi_u64(t, p->at + 16);
		p->node->size = acpi_u64(t, p->at + 24);
		p->node->model = acpi_u32(t, p->at + 32);
		p->node->flags = acpi_u32(t, p->at + 36);
		return true;
	case IOM_ACPI_SMMUV3:
		return read_smmuv3(t, p, error);
	case IOM_ACPI_PMCG:
		p->node->base = acpi_u64(t, p->at + 16);
		return true;
	case IOM_ACPI_RMR:
		return read_rmr(t, p, error);
	default:
		return true;
	}
}

/* The number of the node at an offset; NO_NODE: none begins there. */
static unsigned number_of(const GArray *places, uint32_t at)
{
	for (guint i = 0; i < places->len; i++) {
		if (g_array_index(places, place, i).at == at)
			return i;
	}
	return IOM_ACPI_NO_NODE;
}

static bool is_smmu(const iom_acpi_node *n)
{
	return n->kind == IOM_ACPI_SMMU || n->kind == IOM_ACPI_SMMUV3;
}

static bool may_lead(const iom_acpi_node *from, const iom_acpi_node *to)
{
	if (is_smmu(from) || from->kind == IOM_ACPI_PMCG)
		return to->kind == IOM_ACPI_ITS_GROUP;
	if (from->kind == IOM_ACPI_RMR)
		return is_smmu(to);
	return is_smmu(to) || to->kind == IOM_ACPI_ITS_GROUP;
}

/*
 * Two ranges of one node may not share ids, but for the last of one that is the first
 * of the next: then the count was written without taking one off.
 */
static bool check_overlap(const iom_acpi_table *t, const place *p, uint32_t here, GError **error)
{
	GArray *all = p->node->mappings;
	iom_acpi_mapping *m = &g_array_index(all, iom_acpi_mapping, all->len - 1);

	for (guint i = 0; i + 1 < all->len && !m->single; i++) {
		iom_acpi_mapping *o = &g_array_index(all, iom_acpi_mapping, i);
		uint64_t first = MAX(o->input_base, m->input_base);
		uint64_t last = MIN(o->input_base + o->count, m->input_base + m->count) - 1;
		iom_acpi_mapping *lower = o->input_base < m->input_base ? o : m;

		if (o->single || first > last)
			continue;
		if (first != last || lower->count < 2 || lower->overlapped ||
		    lower->input_base + lower->count - 1 != first) {
			return acpi_fail(t, here, error,
					 "ids from 0x%" G_GINT64_MODIFIER
					 "x on are mapped already by mapping %u",
					 first, i);
		}
		lower->count--;
		lower->overlapped = true;
	}
	return true;
}

static bool read_mapping(iom_acpi_table *t, const GArray *places, const place *p, uint32_t here,
			 GError **error)
{
	uint32_t reference = acpi_u32(t, here + 12);
	iom_acpi_mapping m = {
		.input_base = acpi_u32(t, here),
		.count = (uint64_t)acpi_u32(t, here + 4) + (t->counts_whole ? 0 : 1),
		.output_base = acpi_u32(t, here + 8),
		.output = number_of(places, reference),
		.single = acpi_u32(t, here + 16) & 1,
	};
	uint64_t most = p->node->kind == IOM_ACPI_ROOT_COMPLEX ? 0x10000 : UINT64_C(0x100000000);

	if (m.output == IOM_ACPI_NO_NODE)
		return acpi_fail(t, here + 12, error, "no node begins at 0x%x", reference);
	if (!may_lead(p->node, acpi_node(t, m.output))) {
		return acpi_fail(t, here + 12, error,
				 "ids of a node of kind %s cannot go to one of "
				 "kind %s",
				 p->node->what, acpi_node(t, m.output)->what);
	}
	if (!m.single && (!m.count || m.input_base + m.count > most ||
			  m.output_base + m.count > UINT64_C(0x100000000))) {
		return acpi_fail(t, here, error,
				 "%" G_GUINT64_FORMAT " ids from 0x%x on, to 0x%x on, do not exist",
				 m.count, m.input_base, m.output_base);
	}
	g_array_append_val(p->node->mappings, m);
	return check_overlap(t, p, here, error);
}

static bool read_mappings(iom_acpi_table *t, const GArray *places, const place *p, GError **error)
{
	uint32_t n = acpi_u32(t, p->at + 8), at = acpi_u32(t, p->at + 12);

	if (p->node->kind == IOM_ACPI_UNKNOWN || p->node->kind == IOM_ACPI_ITS_GROUP)
		return true;
	if (n && (at < NODE_BYTES || at > p->length || n > (p->length - at) / MAPPING_BYTES)) {
		return acpi_fail(t, p->at + 8, error,
				 "%u ID mappings from 0x%x on do not fit in a node of %u bytes", n,
				 at, p->length);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!read_mapping(t, places, p, p->at + at + i * MAPPING_BYTES, error))
			return false;
	}
	if (p->node->own_mapping != IOM_ACPI_NO_NODE && p->node->own_mapping >= n) {
		/* Without mappings there is nothing it could mean. */
		if (n)
			return acpi_fail(t, p->at + 64, error,
					 "mapping %u is that of the MSIs; there are %u",
					 p->node->own_mapping, n);
		p->node->own_mapping = IOM_ACPI_NO_NODE;
	}
	if (p->node->kind == IOM_ACPI_PMCG) {
		p->node->node = number_of(places, acpi_u32(t, p->at + 28));
		if (p->node->node == IOM_ACPI_NO_NODE)
			return acpi_fail(t, p->at + 28, error, "no node begins at 0x%x",
					 acpi_u32(t, p->at + 28));
	}
	return true;
}

static bool read_places(iom_acpi_table *t, GArray *places, GError **error)
{
	uint32_t n = acpi_u32(t, 36), at = acpi_u32(t, 40);

	if (at < ACPI_HEADER_BYTES + 12 && n)
		return acpi_fail(t, 40, error, "nodes cannot begin at 0x%x", at);
	for (uint32_t i = 0; i < n; i++) {
		place p = { .at = at };
		unsigned type;

		if (at > t->length || t->length - at < NODE_BYTES)
			return acpi_fail(t, MIN(at, t->length), error,
					 "the table ends before node %u of %u", i, n);
		type = acpi_u8(t, at);
		p.length = acpi_u16(t, at + 1);
		if (p.length < NODE_BYTES || p.length > t->length - at)
			return acpi_fail(t, at + 1, error,
					 "a node of %u bytes, where %u to %u can be", p.length,
					 (unsigned)NODE_BYTES, t->length - at);
		if (type < G_N_ELEMENTS(types) && p.length < types[type].least)
			return acpi_fail(t, at + 1, error,
					 "a node of kind %s with %u bytes, at least %u expected",
					 types[type].what, p.length, types[type].least);
		p.node = type < G_N_ELEMENTS(types)
				 ? acpi_add(t, types[type].kind, types[type].what, at)
				 : acpi_add(t, IOM_ACPI_UNKNOWN, "unknown", at);
		p.node->type = (uint8_t)type;
		p.node->revision = (uint8_t)acpi_u8(t, at + 3);
		g_array_append_val(places, p);
		at += p.length;
	}
	return true;
}

bool iort_parse(iom_acpi_table *t, GError **error)
{
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(place));

	if (!read_places(t, places, error))
		return false;
	for (guint i = 0; i < places->len; i++) {
		if (!read_node(t, &g_array_index(places, place, i), error))
			return false;
	}
	for (guint i = 0; i < places->len; i++) {
		if (!read_mappings(t, places, &g_array_index(places, place, i), error))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------------
 * Asking
 */
static const iom_acpi_mapping *find(const iom_acpi_node *n, uint32_t id, uint32_t *out)
{
	for (guint i = 0; i < n->mappings->len; i++) {
		const iom_acpi_mapping *m = acpi_mapping(n, i);

		/* the SMMU's own MSIs are no requests of a device */
		if (i == n->own_mapping)
			continue;
		if (m->single) {
			*out = m->output_base;
			return m;
		}
		if (id >= m->input_base && id - m->input_base < m->count) {
			*out = m->output_base + (id - m->input_base);
			return m;
		}
	}
	return NULL;
}

iom_acpi_found iort_resolve(const iom_acpi_table *t, const iom_acpi_node *from, uint32_t id,
			    iom_acpi_path *path)
{
	const iom_acpi_mapping *m = find(from, id, &id);

	if (!m)
		return IOM_ACPI_NOT_MAPPED;
	if (is_smmu(acpi_node(t, m->output))) {
		path->iommu = m->output;
		path->id = id;
		m = find(acpi_node(t, m->output), id, &id);
	}
	if (m) {
		path->its = m->output;
		path->device_id = id;
	}
	return IOM_ACPI_FOUND;
}

bool iort_apply(const iom_acpi_table *t, iom_pci_topology *topology, GError **error)
{
	for (unsigned i = 0; i < t->nodes->len; i++) {
		const iom_acpi_node *n = acpi_node(t, i);

		for (guint k = 0; n->kind == IOM_ACPI_ROOT_COMPLEX && k < n->mappings->len; k++) {
			const iom_acpi_mapping *m = acpi_mapping(n, k);
			iom_pci_id_mapping map = {
				.segment = n->segment,
				.input_base = m->single ? 0 : m->input_base,
				.count = m->single ? 0x10000 : (uint32_t)m->count,
				.output_base = m->output_base,
				.single = m->single,
				.iommu = m->output,
			};

			if (is_smmu(acpi_node(t, m->output)) &&
			    !iom_pci_topology_map(topology, &map, error))
				return false;
		}
	}
	return true;
}
