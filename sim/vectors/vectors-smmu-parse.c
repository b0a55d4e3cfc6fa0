/* SPDX-License-Identifier: MIT */
/* SMMUv3 translation vectors: from the cells of a row to what they mean. */
#include "sim/vectors/vectors-smmu.h"

#include <string.h>

/*
 * ID fields: where they are and what the base set of the vectors gives them.
 * Fields that the base set leaves out are zero, except the sizes of the queues,
 * which every implementation needs.
 */
typedef struct id_field {
	const char *name;
	const char *field;
	uint64_t base;
	uint64_t max;
} id_field;

static const id_field id_fields[] = {
	{ "AIDR", "AIDR", 3, 0xff },
	{ "S2P", "IDR0.S2P", 1, 1 },
	{ "S1P", "IDR0.S1P", 1, 1 },
	{ "TTF", "IDR0.TTF", 2, 3 },
	{ "COHACC", "IDR0.COHACC", 0, 1 },
	{ "BTM", "IDR0.BTM", 0, 1 },
	{ "HTTU", "IDR0.HTTU", 2, 3 },
	{ "DORMHINT", "IDR0.DORMHINT", 0, 1 },
	{ "Hyp", "IDR0.Hyp", 1, 1 },
	{ "ATS", "IDR0.ATS", 0, 1 },
	{ "NS1ATS", "IDR0.NS1ATS", 0, 1 },
	{ "ASID16", "IDR0.ASID16", 1, 1 },
	{ "MSI", "IDR0.MSI", 0, 1 },
	{ "SEV", "IDR0.SEV", 0, 1 },
	{ "ATOS", "IDR0.ATOS", 0, 1 },
	{ "PRI", "IDR0.PRI", 0, 1 },
	{ "VMW", "IDR0.VMW", 0, 1 },
	{ "VMID16", "IDR0.VMID16", 1, 1 },
	{ "CD2L", "IDR0.CD2L", 1, 1 },
	{ "VATOS", "IDR0.VATOS", 0, 1 },
	{ "TTENDIAN", "IDR0.TTENDIAN", 0, 3 },
	{ "ATSRECERR", "IDR0.ATSRECERR", 0, 1 },
	{ "STALL_MODEL", "IDR0.STALL_MODEL", 0, 3 },
	{ "TERM_MODEL", "IDR0.TERM_MODEL", 0, 1 },
	{ "ST_LEVEL", "IDR0.ST_LEVEL", 1, 3 },
	{ "SIDSIZE", "IDR1.SIDSIZE", 16, 32 },
	{ "SSIDSIZE", "IDR1.SSIDSIZE", 20, 20 },
	{ "PRIQS", "IDR1.PRIQS", 0, 19 },
	{ "EVENTQS", "IDR1.EVENTQS", 16, 19 },
	{ "CMDQS", "IDR1.CMDQS", 16, 19 },
	{ "ATTR_PERMS_OVR", "IDR1.ATTR_PERMS_OVR", 1, 1 },
	{ "ATTR_TYPES_OVR", "IDR1.ATTR_TYPES_OVR", 1, 1 },
	{ "HAD", "IDR3.HAD", 1, 1 },
	{ "PBHA", "IDR3.PBHA", 0, 1 },
	{ "XNX", "IDR3.XNX", 1, 1 },
	{ "PPS", "IDR3.PPS", 0, 1 },
	{ "MPAM", "IDR3.MPAM", 0, 1 },
	{ "FWB", "IDR3.FWB", 1, 1 },
	{ "STT", "IDR3.STT", 0, 1 },
	{ "RIL", "IDR3.RIL", 0, 1 },
	{ "BBML", "IDR3.BBML", 0, 3 },
	{ "E0PD", "IDR3.E0PD", 1, 1 },
	{ "PTWNNC", "IDR3.PTWNNC", 1, 1 },
	{ "DPT", "IDR3.DPT", 0, 1 },
	{ "PASIDTT", "IDR3.PASIDTT", 0, 1 },
	{ "EPAN", "IDR3.EPAN", 0, 1 },
	{ "S1PI", "IDR3.S1PI", 0, 1 },
	{ "S2PI", "IDR3.S2PI", 0, 1 },
	{ "S2PO", "IDR3.S2PO", 0, 1 },
	{ "THE", "IDR3.THE", 0, 1 },
	{ "MTEPERM", "IDR3.MTEPERM", 0, 1 },
	{ "AIE", "IDR3.AIE", 0, 1 },
	{ "OAS", "IDR5.OAS", 48, 56 },
	{ "GRAN4K", "IDR5.GRAN4K", 1, 1 },
	{ "GRAN16K", "IDR5.GRAN16K", 1, 1 },
	{ "GRAN64K", "IDR5.GRAN64K", 1, 1 },
	{ "DS", "IDR5.DS", 0, 1 },
	{ "D128", "IDR5.D128", 0, 1 },
	{ "VAX", "IDR5.VAX", 0, 3 },
	{ "STALL_MAX", "IDR5.STALL_MAX", 64, 0xffff },
};

G_STATIC_ASSERT(G_N_ELEMENTS(id_fields) <= IOM_SMMU_VECTOR_IDS);

void iom_smmu_vector_base_ids(iom_smmu_vector *vector)
{
	vector->n_ids = G_N_ELEMENTS(id_fields);
	for (unsigned i = 0; i < vector->n_ids; i++)
		vector->ids[i] =
			(iom_smmu_id){ id_fields[i].name, id_fields[i].field, id_fields[i].base };
}

static bool valid_oas(uint64_t bits)
{
	return bits == 32 || bits == 36 || bits == 40 || bits == 42 || bits == 44 || bits == 48 ||
	       bits == 52 || bits == 56;
}

static bool take_id(const iom_tsv_row *row, const char *column, const char *item, void *opaque,
		    GError **error)
{
	iom_smmu_vector *vector = opaque;
	char *key = NULL;
	uint64_t value;

	if (!iom_tsv_pair(row, column, item, &key, &value, error))
		return false;
	/* Both "SSIDSIZE" and "IDR1.SSIDSIZE" are good names. */
	for (unsigned i = 0; i < G_N_ELEMENTS(id_fields); i++) {
		if (strcmp(id_fields[i].name, key) != 0 && strcmp(id_fields[i].field, key) != 0)
			continue;
		g_free(key);
		if (value > id_fields[i].max ||
		    (strcmp(id_fields[i].name, "OAS") == 0 && !valid_oas(value)))
			return iom_tsv_fail(row, column, error, "'%s': the value is not possible",
					    item);
		vector->ids[i].value = value;
		return true;
	}
	iom_tsv_fail(row, column, error, "'%s' is not an ID register field", key);
	g_free(key);
	return false;
}

/* A field that a vector may set, in its register. */
typedef struct register_field {
	const char *name;
	uint16_t offset; /* of the register in iom_smmu_registers */
	uint8_t bytes; /* size there: 4 or 8 */
	uint8_t lsb;
	uint8_t width;
	uint8_t shift; /* the vector gives the value << shift */
} register_field;

#define REG32(name, lsb, width) offsetof(iom_smmu_registers, name), 4, lsb, width, 0
#define REG64(name, lsb, width, shift) offsetof(iom_smmu_registers, name), 8, lsb, width, shift

static const register_field register_fields[] = {
	{ "CR0", REG32(cr0, 0, 32) },
	{ "SMMUEN", REG32(cr0, 0, 1) },
	{ "PRIQEN", REG32(cr0, 1, 1) },
	{ "EVENTQEN", REG32(cr0, 2, 1) },
	{ "CMDQEN", REG32(cr0, 3, 1) },
	{ "ATSCHK", REG32(cr0, 4, 1) },
	{ "VMW", REG32(cr0, 6, 3) },
	{ "CR1", REG32(cr1, 0, 32) },
	{ "CR2", REG32(cr2, 0, 32) },
	{ "E2H", REG32(cr2, 0, 1) },
	{ "RECINVSID", REG32(cr2, 1, 1) },
	{ "PTM", REG32(cr2, 2, 1) },
	{ "REC_CFG_ATS", REG32(cr2, 3, 1) },
	{ "GBPA", REG32(gbpa, 0, 31) },
	{ "STRTAB_BASE", REG64(strtab_base, 6, 50, 6) },
	{ "RA", REG64(strtab_base, 62, 1, 0) },
	{ "STRTAB_BASE_CFG", REG32(strtab_base_cfg, 0, 18) },
	{ "LOG2SIZE", REG32(strtab_base_cfg, 0, 6) },
	{ "SPLIT", REG32(strtab_base_cfg, 6, 5) },
	{ "FMT", REG32(strtab_base_cfg, 16, 2) },
};

static bool set_register(iom_smmu_registers *registers, const register_field *f, uint64_t value)
{
	uint64_t mask = f->width == 64 ? UINT64_MAX : (UINT64_C(1) << f->width) - 1;
	char *at = (char *)registers + f->offset;
	uint64_t word = 0;

	if (value >> f->shift > mask || (value >> f->shift << f->shift) != value)
		return false;
	if (f->bytes == 4)
		word = *(uint32_t *)(void *)at;
	else
		word = *(uint64_t *)(void *)at;
	word = (word & ~(mask << f->lsb)) | value >> f->shift << f->lsb;
	if (f->bytes == 4)
		*(uint32_t *)(void *)at = (uint32_t)word;
	else
		*(uint64_t *)(void *)at = word;
	return true;
}

static bool take_register(const iom_tsv_row *row, const char *column, const char *item,
			  void *opaque, GError **error)
{
	iom_smmu_vector *vector = opaque;
	char *key = NULL;
	uint64_t value;

	if (!iom_tsv_pair(row, column, item, &key, &value, error))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(register_fields); i++) {
		if (strcmp(register_fields[i].name, key) != 0)
			continue;
		g_free(key);
		if (!set_register(&vector->registers, &register_fields[i], value))
			return iom_tsv_fail(row, column, error, "'%s': the value does not fit",
					    item);
		return true;
	}
	iom_tsv_fail(row, column, error, "'%s' is not a register or register field", key);
	g_free(key);
	return false;
}

static bool parse_access(const iom_tsv_row *row, iom_request *request, GError **error)
{
	static const struct {
		char letter;
		uint8_t access;
	} kinds[] = {
		{ 'R', IOM_READ },
		{ 'W', IOM_WRITE },
		{ 'X', IOM_READ | IOM_EXECUTE },
		{ 'A', IOM_READ | IOM_WRITE | IOM_ATOMIC },
	};
	const char *cell = iom_tsv_get(row, "access");

	if (strlen(cell) == 3 && cell[1] == '/' && (cell[2] == 'U' || cell[2] == 'P')) {
		for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
			if (cell[0] != kinds[i].letter)
				continue;
			request->access = kinds[i].access;
			if (cell[2] == 'P')
				request->flags |= IOM_REQ_PRIVILEGED;
			return true;
		}
	}
	return iom_tsv_fail(row, "access", error, "'%s': expected R, W, X or A, then /U or /P",
			    cell);
}

static bool parse_request(const iom_tsv_row *row, iom_request *request, GError **error)
{
	uint64_t sid, ssid;

	if (!iom_tsv_u64(row, "sid", &sid, error) ||
	    !iom_tsv_u64_or(row, "ssid", IOM_NO_PASID, &ssid, error) ||
	    !iom_tsv_u64(row, "addr", &request->address, error) ||
	    !parse_access(row, request, error))
		return false;
	if (sid > UINT32_MAX)
		return iom_tsv_fail(row, "sid", error,
				    "%#" G_GINT64_MODIFIER "x: StreamIDs have 32"
				    " bits",
				    sid);
	if (iom_tsv_has(row, "ssid") && ssid > 0xfffff)
		return iom_tsv_fail(row, "ssid", error,
				    "%#" G_GINT64_MODIFIER "x: SubstreamIDs have"
				    " 20 bits",
				    ssid);
	request->requester = (uint32_t)sid;
	request->pasid = (uint32_t)ssid;
	request->length = 1;
	return true;
}

static bool parse_status(const iom_tsv_row *row, iom_smmu_vector *vector, GError **error)
{
	static const struct {
		const char *name;
		iom_status status;
	} names[] = {
		{ "OK", IOM_OK },
		{ "ABORT", IOM_ABORT },
		{ "RAZWI", IOM_RAZWI },
		{ "STALL", IOM_STALL },
	};
	const char *cell = iom_tsv_get(row, "expect");

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(cell, names[i].name) == 0) {
			vector->status = names[i].status;
			return true;
		}
	}
	return iom_tsv_fail(row, "expect", error, "'%s': expected OK, ABORT, RAZWI or STALL", cell);
}

/* Four words, separated by commas. */
static bool parse_words(const iom_tsv_row *row, const char *column, uint64_t words[4],
			GError **error)
{
	char **items = g_strsplit(iom_tsv_get(row, column), ",", -1);
	bool ok = g_strv_length(items) == 4;

	for (unsigned i = 0; ok && i < 4; i++)
		ok = iom_tsv_parse(g_strstrip(items[i]), &words[i]);
	g_strfreev(items);
	return ok ? true
		  : iom_tsv_fail(row, column, error,
				 "expected four 64-bit words, separated by commas");
}

static bool parse_event(const iom_tsv_row *row, iom_smmu_vector *vector, GError **error)
{
	memset(vector->event_mask, 0xff, sizeof vector->event_mask);
	if (!iom_tsv_has(row, "event_words")) {
		if (iom_tsv_has(row, "event"))
			return iom_tsv_fail(row, "event_words", error,
					    "missing, but column 'event' expects a record");
		return true;
	}
	vector->events = 1;
	if (!parse_words(row, "event_words", vector->event_words, error))
		return false;
	return !iom_tsv_has(row, "event_mask") ||
	       parse_words(row, "event_mask", vector->event_mask, error);
}

static bool parse_expectation(const iom_tsv_row *row, iom_smmu_vector *vector, GError **error)
{
	if (!parse_status(row, vector, error))
		return false;
	vector->has_oa = iom_tsv_has(row, "oa");
	vector->has_leaf = iom_tsv_has(row, "leaf_log2");
	vector->attrs = iom_tsv_has(row, "attrs") ? iom_tsv_get(row, "attrs") : NULL;
	return iom_tsv_u64_or(row, "oa", 0, &vector->oa, error) &&
	       iom_tsv_u64_or(row, "leaf_log2", 0, &vector->leaf_lg2, error) &&
	       parse_event(row, vector, error);
}

bool iom_smmu_vector_parse(const iom_tsv_row *row, iom_smmu_vector *vector, GError **error)
{
	memset(vector, 0, sizeof *vector);
	iom_smmu_vector_base_ids(vector);
	vector->registers = (iom_smmu_registers){
		.cr0 = 0x5, /* EVENTQEN, SMMUEN */
		.cr2 = 0x2, /* RECINVSID */
		.gbpa = 0x1000,
		.strtab_base = 0x40000000,
		.strtab_base_cfg = 6 << 6 | 8, /* linear, SPLIT 6, LOG2SIZE 8 */
	};
	vector->image = iom_memimage_new();
	if (iom_tsv_each(row, "idr", ";, ", take_id, vector, error) &&
	    iom_tsv_each(row, "regs", ";, ", take_register, vector, error) &&
	    parse_request(row, &vector->request, error) &&
	    iom_memimage_parse(vector->image, row, "memory", false, error) &&
	    iom_memimage_parse(vector->image, row, "mem_after", true, error) &&
	    iom_memimage_parse_aborts(vector->image, row, "abort_at", error) &&
	    parse_expectation(row, vector, error))
		return true;
	iom_smmu_vector_clear(vector);
	return false;
}

void iom_smmu_vector_clear(iom_smmu_vector *vector)
{
	iom_memimage_free(vector->image);
	vector->image = NULL;
}
