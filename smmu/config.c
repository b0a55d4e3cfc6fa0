/* SPDX-License-Identifier: MIT */
/*
 * The configuration: ID registers by field name, by offset, and the default.
 *
 * A trace may bring ID registers with bits whose feature has no effect that a
 * replay could see: IDR0.BTM (nobody broadcasts to the model), IDR3.BBML (the
 * model follows each descriptor as it is), PBHA and DORMHINT. They are kept and
 * read back. What would change an answer and is not modelled is refused by
 * iom_smmu_new().
 */
#include <string.h>

#include "smmu/internal.h"
#include "smmu/layouts/regs-realm.h"
#include "smmu/layouts/regs-secure.h"

/* The ID registers: name, where software reads them, where the configuration keeps them. */
static const struct id_register {
	const char *name;
	const iom_layout *layout; /* NULL: no fields, only as a whole */
	uint32_t offset;
	size_t field;
} id_registers[] = {
#define ID(NAME, OFFSET, FIELD) \
	{ \
#NAME, &smmu_##NAME##_layout, (OFFSET), offsetof(iom_smmu_config, FIELD) \
	}
	ID(IDR0, 0x00, idr[0]),
	ID(IDR1, 0x04, idr[1]),
	ID(IDR2, 0x08, idr[2]),
	ID(IDR3, 0x0c, idr[3]),
	ID(IDR4, 0x10, idr[4]),
	ID(IDR5, 0x14, idr[5]),
	ID(IIDR, 0x18, iidr),
	ID(AIDR, 0x1c, aidr),
	ID(IDR6, 0x190, idr[6]),
	ID(MPAMIDR, 0x130, mpamidr),
	ID(S_IDR0, 0x8000, s_idr[0]),
	ID(S_IDR1, 0x8004, s_idr[1]),
	ID(S_IDR2, 0x8008, s_idr[2]),
	ID(S_IDR3, 0x800c, s_idr[3]),
	{ "S_IDR4", NULL, 0x8010, offsetof(iom_smmu_config, s_idr[4]) },
	{ "R_IDR0", &smmu_R_IDR0_layout, UINT32_MAX, offsetof(iom_smmu_config, r_idr[0]) },
	{ "R_IDR1", &smmu_R_IDR1_layout, UINT32_MAX, offsetof(iom_smmu_config, r_idr[1]) },
	{ "R_IDR3", &smmu_R_IDR3_layout, UINT32_MAX, offsetof(iom_smmu_config, r_idr[3]) },
	{ "GBPA", &smmu_GBPA_layout, UINT32_MAX, offsetof(iom_smmu_config, gbpa) },
#undef ID
};

static uint32_t *id_value(iom_smmu_config *config, const struct id_register *r)
{
	return (uint32_t *)((char *)config + r->field);
}

void iom_smmu_config_init(iom_smmu_config *config)
{
	uint64_t w;

	memset(config, 0, sizeof(*config));
	config->size = sizeof(*config);
	w = 0;
	smmu_IDR0_set_S1P(&w, 1);
	smmu_IDR0_set_S2P(&w, 1);
	smmu_IDR0_set_TTF(&w, 2);
	smmu_IDR0_set_COHACC(&w, 1);
	smmu_IDR0_set_HTTU(&w, 2);
	smmu_IDR0_set_Hyp(&w, 1);
	smmu_IDR0_set_ATS(&w, 1);
	smmu_IDR0_set_ATSRECERR(&w, 1);
	smmu_IDR0_set_ASID16(&w, 1);
	smmu_IDR0_set_MSI(&w, 1);
	smmu_IDR0_set_SEV(&w, 1);
	smmu_IDR0_set_ATOS(&w, 1);
	smmu_IDR0_set_PRI(&w, 1);
	smmu_IDR0_set_VMW(&w, 1);
	smmu_IDR0_set_VMID16(&w, 1);
	smmu_IDR0_set_CD2L(&w, 1);
	smmu_IDR0_set_VATOS(&w, 1);
	smmu_IDR0_set_ST_LEVEL(&w, 1);
	config->idr[0] = (uint32_t)w;
	w = 0;
	smmu_IDR1_set_SIDSIZE(&w, 16);
	smmu_IDR1_set_SSIDSIZE(&w, 20);
	smmu_IDR1_set_CMDQS(&w, 19);
	smmu_IDR1_set_EVENTQS(&w, 19);
	smmu_IDR1_set_PRIQS(&w, 19);
	smmu_IDR1_set_ATTR_TYPES_OVR(&w, 1);
	smmu_IDR1_set_ATTR_PERMS_OVR(&w, 1);
	config->idr[1] = (uint32_t)w;
	w = 0;
	smmu_IDR3_set_HAD(&w, 1);
	smmu_IDR3_set_XNX(&w, 1);
	smmu_IDR3_set_PPS(&w, 0);
	smmu_IDR3_set_FWB(&w, 1);
	smmu_IDR3_set_RIL(&w, 1);
	smmu_IDR3_set_BBML(&w, 2);
	smmu_IDR3_set_E0PD(&w, 1);
	smmu_IDR3_set_PTWNNC(&w, 1);
	smmu_IDR3_set_PASIDTT(&w, 1);
	config->idr[3] = (uint32_t)w;
	w = 0;
	smmu_IDR5_set_OAS(&w, 5);
	smmu_IDR5_set_GRAN4K(&w, 1);
	smmu_IDR5_set_GRAN16K(&w, 1);
	smmu_IDR5_set_GRAN64K(&w, 1);
	smmu_IDR5_set_STALL_MAX(&w, 0x100);
	config->idr[5] = (uint32_t)w;
	config->aidr = 3;
	config->gbpa = 0x1000; /* SHCFG: use incoming */
	/* Effective only once Secure or Realm state exists. */
	config->s_idr[1] = 16;
	config->r_idr[0] = 1u << 24;
	iom_cache_config_preset(&config->cache, "default");
}

static gboolean set_field(iom_smmu_config *config, const struct id_register *r, const iom_field *f,
			  uint64_t value, GError **error)
{
	uint64_t word[2] = { *id_value(config, r), 0 };

	if (value > iom_mask(f->width)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "%s.%s is a field of %u bits; 0x%" G_GINT64_MODIFIER "x does not fit",
			    r->name, f->name, f->width, value);
		return FALSE;
	}
	iom_set_bits(word, f->lsb, f->width, value);
	*id_value(config, r) = (uint32_t)word[0];
	return TRUE;
}

/* "REGISTER.FIELD", "REGISTER" or a "FIELD" that only one register has. */
gboolean iom_smmu_config_set(iom_smmu_config *config, const char *name, uint64_t value,
			     GError **error)
{
	const struct id_register *found = NULL;
	const iom_field *field = NULL;
	const char *dot = strchr(name, '.');

	if (strcmp(name, "pmcg_groups") == 0) {
		config->pmcg_groups = (uint32_t)value;
		return TRUE;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(id_registers); i++) {
		const struct id_register *r = &id_registers[i];
		const iom_field *f;
		size_t n = strlen(r->name);

		if (strcmp(name, r->name) == 0) {
			if (value > UINT32_MAX) {
				g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
					    "%s is a register of 32 bits", name);
				return FALSE;
			}
			*id_value(config, r) = (uint32_t)value;
			return TRUE;
		}
		if (!r->layout)
			continue;
		if (dot) {
			if ((size_t)(dot - name) != n || strncmp(name, r->name, n) != 0)
				continue;
			f = iom_layout_find(r->layout, dot + 1);
		} else {
			/* A bare name means the Non-secure registers first. */
			if (r->offset >= 0x8000 && field)
				continue;
			f = iom_layout_find(r->layout, name);
		}
		if (!f || f->kind != IOM_FIELD_USE)
			continue;
		if (!field) {
			found = r;
			field = f;
		}
	}
	if (!field) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "'%s' is no ID register or ID register field of an SMMUv3", name);
		return FALSE;
	}
	return set_field(config, found, field, value, error);
}

gboolean iom_smmu_config_set_register(iom_smmu_config *config, uint64_t offset, uint64_t value)
{
	for (size_t i = 0; i < G_N_ELEMENTS(id_registers); i++) {
		if (id_registers[i].offset == offset) {
			*id_value(config, &id_registers[i]) = (uint32_t)value;
			return TRUE;
		}
	}
	return FALSE;
}
