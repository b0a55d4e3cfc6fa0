/* SPDX-License-Identifier: MIT */
/*
 * The tokenizer. A line is looked at once: the event's name is hashed as its end
 * is searched, and the words in front of the numbers are searched in order, so
 * that a field an older or newer QEMU does not print is simply not found.
 */
#include "sim/import/qemu-event.h"

#include <string.h>

/*
 * Key words in the order of the line. A leading '#': the number is hexadecimal
 * without "0x". A leading '?': older or newer versions lack it.
 */
typedef struct event_format {
	const char *name;
	iom_qemu_id id;
	const char *keys[IOM_QEMU_MAX_FIELDS];
} event_format;

#define MMIO \
	{ \
		" addr:", " val:", " size:" \
	}
#define CONSUME \
	{ \
		" prod=", " cons=", "?prod.wrap=", "?cons.wrap=" \
	}
#define CONSUME_OUT \
	{ \
		" prod:", " cons:", "?prod_wrap:", "?cons_wrap:" \
	}
#define RANGE \
	{ \
		" vmid=", " asid=", " addr=", " tg=", " num_pages=", " ttl=", " leaf=" \
	}
#define LOOKUP \
	{ \
		" asid=", "?vmid=", " addr=" \
	}
#define CONTEXT \
	{ \
		" bus ", " devfn ", " high ", " low " \
	}
#define PAGE \
	{ \
		" sid ", " iova ", "pte ", " domain " \
	}

static const event_format formats[] = {
	{ "smmuv3_read_mmio", IOM_QEMU_SMMU_READ, MMIO },
	{ "smmuv3_write_mmio", IOM_QEMU_SMMU_WRITE, MMIO },
	{ "smmuv3_cmdq_consume", IOM_QEMU_SMMU_CONSUME, CONSUME },
	{ "smmuv3_cmdq_consume_out", IOM_QEMU_SMMU_CONSUME_OUT, CONSUME_OUT },
	{ "smmuv3_cmdq_opcode", IOM_QEMU_SMMU_OPCODE, { NULL } },
	{ "smmuv3_cmdq_consume_error", IOM_QEMU_SMMU_CMD_ERROR, { NULL } },
	{ "smmuv3_cmdq_cfgi_ste", IOM_QEMU_SMMU_CFGI_STE, { " streamid" } },
	{ "smmuv3_cmdq_cfgi_ste_range", IOM_QEMU_SMMU_CFGI_STE_RANGE, { "?start=", "?end=" } },
	{ "smmuv3_cmdq_cfgi_cd", IOM_QEMU_SMMU_CFGI_CD, { "id" } },
	{ "smmuv3_cmdq_tlbi_nh", IOM_QEMU_SMMU_TLBI_NH, { "?vmid=" } },
	{ "smmuv3_cmdq_tlbi_nh_asid", IOM_QEMU_SMMU_TLBI_ASID, { " asid=" } },
	{ "smmuv3_cmdq_tlbi_s12_vmid", IOM_QEMU_SMMU_TLBI_VMID, { " vmid=" } },
	{ "smmuv3_cmdq_tlbi_nsnh", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmu_iotlb_inv_asid_vmid", IOM_QEMU_SMMU_INV_ASID_VMID, { " asid=", " vmid=" } },
	{ "smmu_iotlb_inv_all", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmu_iotlb_inv_asid", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmu_iotlb_inv_vmid", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmu_iotlb_inv_vmid_s1", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmu_iotlb_inv_iova", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmuv3_s1_range_inval", IOM_QEMU_SMMU_RANGE, RANGE },
	{ "smmuv3_range_inval", IOM_QEMU_SMMU_RANGE, RANGE },
	{ "smmuv3_config_cache_hit", IOM_QEMU_SMMU_CFG_HIT, { " sid" } },
	{ "smmuv3_config_cache_miss", IOM_QEMU_SMMU_CFG_MISS, { " sid" } },
	{ "smmuv3_config_cache_inv", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmu_config_cache_inv", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmu_configs_inv_sid_range", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmuv3_find_ste", IOM_QEMU_SMMU_FIND_STE, { "?id", " features:", " sid_split:" } },
	{ "smmuv3_find_ste_2lvl",
	  IOM_QEMU_SMMU_FIND_STE_2LVL,
	  { " strtab_base:", " l1ptr:", " l1_off:", " l2ptr:", " l2_off:", " max_l2_ste:" } },
	{ "smmuv3_get_ste", IOM_QEMU_SMMU_GET_STE, { " addr:" } },
	{ "smmuv3_get_cd", IOM_QEMU_SMMU_GET_CD, { " addr:" } },
	{ "smmuv3_decode_cd", IOM_QEMU_SMMU_DECODE_CD, { " oas=" } },
	{ "smmuv3_decode_cd_tt",
	  IOM_QEMU_SMMU_DECODE_TT,
	  { " TT[", ":tsz:", " ttb:", " granule_sz:", "?had:" } },
	{ "smmu_iotlb_lookup_hit", IOM_QEMU_SMMU_LOOKUP_HIT, LOOKUP },
	{ "smmu_iotlb_lookup_miss", IOM_QEMU_SMMU_LOOKUP_MISS, LOOKUP },
	{ "smmu_iotlb_cache_hit", IOM_QEMU_SMMU_LOOKUP_HIT, LOOKUP },
	{ "smmu_iotlb_cache_miss", IOM_QEMU_SMMU_LOOKUP_MISS, LOOKUP },
	{ "smmu_iotlb_insert",
	  IOM_QEMU_SMMU_INSERT,
	  { " asid=", "?vmid=", " addr=", " tg=", " level=" } },
	{ "smmu_get_pte",
	  IOM_QEMU_SMMU_GET_PTE,
	  { " baseaddr=", " index=", " pteaddr=", " pte=" } },
	{ "smmu_ptw_level",
	  IOM_QEMU_SMMU_PTW_LEVEL,
	  { "?stage=", " level=", " iova=", " subpage_sz=", " baseaddr=" } },
	{ "smmu_ptw_invalid_pte", IOM_QEMU_SMMU_PTW_INVALID, { " stage=", " level=", "?pte@=" } },
	{ "smmu_ptw_page_pte",
	  IOM_QEMU_SMMU_PTW_PAGE,
	  { " stage=", " level=", " iova=", " base@=", " pte@=", " pte=" } },
	{ "smmu_ptw_block_pte",
	  IOM_QEMU_SMMU_PTW_BLOCK,
	  { " stage=", " level=", " base@=", " pte@=", " pte=" } },
	{ "smmuv3_translate_success",
	  IOM_QEMU_SMMU_SUCCESS,
	  { " sid=", " iova=", " translated=", " perm=", "?stage=" } },
	{ "smmuv3_translate_bypass", IOM_QEMU_SMMU_BYPASS, { " sid=", " iova:" } },
	{ "smmuv3_translate_disable", IOM_QEMU_SMMU_DISABLE, { " sid=", " iova:" } },
	{ "smmuv3_translate_abort", IOM_QEMU_SMMU_ABORT, { " sid=", " iova:" } },
	{ "smmuv3_record_event", IOM_QEMU_SMMU_EVENT, { " sid=" } },
	{ "smmuv3_propagate_event", IOM_QEMU_SMMU_EVENT, { " sid=" } },
	{ "smmu_reset_exit", IOM_QEMU_SMMU_RESET, { NULL } },
	{ "smmuv3_trigger_irq", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmuv3_write_gerror", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmuv3_write_gerrorn", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmuv3_unhandled_cmd", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmuv3_notify_flag_add", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmuv3_notify_flag_del", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmuv3_inv_notifiers_iova", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmu_inv_notifiers_mr", IOM_QEMU_SMMU_INFO, { NULL } },
	{ "smmu_add_mr", IOM_QEMU_SMMU_INFO, { NULL } },

	{ "vtd_reg_write", IOM_QEMU_VTD_WRITE, { " addr ", " size ", " value " } },
	{ "vtd_reg_read", IOM_QEMU_VTD_READ, { " addr ", " size " } },
	{ "vtd_inv_qi_head", IOM_QEMU_VTD_QI_HEAD, { " head " } },
	{ "vtd_inv_desc", IOM_QEMU_VTD_DESC, { " high ", " low " } },
	{ "vtd_iotlb_cc_hit", IOM_QEMU_VTD_CC_HIT, CONTEXT },
	{ "vtd_iotlb_cc_update", IOM_QEMU_VTD_CC_UPDATE, CONTEXT },
	{ "vtd_iotlb_page_hit", IOM_QEMU_VTD_PAGE, PAGE },
	{ "vtd_iotlb_page_update", IOM_QEMU_VTD_PAGE, PAGE },
	{ "vtd_dmar_translate",
	  IOM_QEMU_VTD_TRANSLATE,
	  { "# dev ", "#:", "#.", " iova ", " gpa ", " mask " } },
	{ "vtd_translate_pt", IOM_QEMU_VTD_PASS_THROUGH, { " id ", " iova " } },
	{ "vtd_pt_enable_fast_path", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_dmar_fault", IOM_QEMU_VTD_FAULT, { " sid ", " fault ", " addr ", " write " } },
	{ "vtd_fault_disabled", IOM_QEMU_VTD_FAULT_OFF, { NULL } },
	{ "vtd_switch_address_space", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_reset_exit", IOM_QEMU_VTD_RESET, { NULL } },
	{ "vtd_inv_qi_tail", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_qi_fetch", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_qi_enable", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_qi_setup", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_wait_sw", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_wait_irq", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_wait_write_fail", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_iec", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_cc_global", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_cc_domain", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_cc_device", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_cc_devices", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_iotlb_global", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_iotlb_domain", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_iotlb_pages", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_iotlb_pasid_pages", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_iotlb_pasid", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_pasid_cache_gsi", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_pasid_cache_dsi", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_inv_desc_pasid_cache_psi", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_pasid_cache_gsi", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_pasid_cache_dsi", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_pasid_cache_psi", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_pasid_cache_devsi", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_pasid_cache_reset", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_context_cache_reset", IOM_QEMU_VTD_CC_RESET, { NULL } },
	{ "vtd_iotlb_reset", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_re_not_present", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_re_invalid", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_ce_not_present", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_ce_invalid", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_reg_dmar_root", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_reg_ir_root", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_reg_write_gcmd", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_reg_write_fectl", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_reg_write_iectl", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_reg_ics_clear_ip", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_dmar_enable", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_ir_enable", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_ir_irte_get", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_ir_remap", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_ir_remap_type", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_ir_remap_msi", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_ir_remap_msi_req", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_irq_generate", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_fsts_ppf", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_fsts_clear_ip", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_frr_new", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_warn_invalid_qi_tail", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_warn_ir_vector", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_warn_ir_trigger", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_replay_ce_valid", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_replay_ce_invalid", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_page_walk_level", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_page_walk_one", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_page_walk_one_skip_map", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_page_walk_one_skip_unmap", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_page_walk_skip_read", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_page_walk_skip_reserve", IOM_QEMU_VTD_INFO, { NULL } },
	{ "vtd_as_unmap_whole", IOM_QEMU_VTD_INFO, { NULL } },
};
G_STATIC_ASSERT(G_N_ELEMENTS(formats) < 255);

static inline uint32_t hash_step(uint32_t hash, char c)
{
	return (hash ^ (uint8_t)c) * 0x01000193u;
}

void iom_qemu_names_init(iom_qemu_names *names)
{
	memset(names, 0, sizeof(*names));
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		uint32_t hash = 0;

		for (const char *p = formats[i].name; *p; p++)
			hash = hash_step(hash, *p);
		hash ^= hash >> 15;
		while (names->slot[hash % IOM_QEMU_SLOTS])
			hash++;
		names->slot[hash % IOM_QEMU_SLOTS] = (uint8_t)(i + 1);
	}
}

static const event_format *find_name(const iom_qemu_names *names, const char *name, size_t len,
				     uint32_t hash)
{
	for (hash ^= hash >> 15; names->slot[hash % IOM_QEMU_SLOTS]; hash++) {
		const event_format *f = &formats[names->slot[hash % IOM_QEMU_SLOTS] - 1];

		if (strncmp(f->name, name, len) == 0 && f->name[len] == '\0')
			return f;
	}
	return NULL;
}

static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number at `p`, after blanks, '=' or ':'; returns its end or NULL. */
static const char *number(const char *p, bool hex, uint64_t *value)
{
	bool negative = false;
	const char *start;
	uint64_t v = 0;

	while (*p == ' ' || *p == '=' || *p == ':')
		p++;
	if (p[0] == '0' && (p[1] | 0x20) == 'x') {
		hex = true;
		p += 2;
	} else if (*p == '-') {
		negative = true;
		p++;
	}
	start = p;
	if (hex) {
		for (int d; (d = hex_digit(*p)) >= 0; p++)
			v = v << 4 | (unsigned)d;
	} else {
		for (; *p >= '0' && *p <= '9'; p++)
			v = v * 10 + (uint64_t)(*p - '0');
	}
	if (p == start)
		return NULL;
	*value = negative ? 0 - v : v;
	return p;
}

/* The text after the first `key` at or after `p`, or NULL. */
static const char *after_key(const char *p, const char *key)
{
	for (char first = key[0]; *p; p++) {
		size_t i = 1;

		if (*p != first)
			continue;
		while (key[i] && p[i] == key[i])
			i++;
		if (!key[i])
			return p + i;
	}
	return NULL;
}

static bool parse_numbers(const event_format *f, const char *args, iom_qemu_event *event)
{
	for (unsigned i = 0; i < IOM_QEMU_MAX_FIELDS && f->keys[i]; i++) {
		const char *key = f->keys[i];
		bool hex = key[0] == '#', optional = key[0] == '?';
		const char *p = after_key(args, key + (hex || optional));
		const char *end = p ? number(p, hex, &event->f[i]) : NULL;

		if (end) {
			args = end;
			event->have |= 1u << i;
		} else if (!optional) {
			return false;
		}
	}
	return true;
}

/*
 * What -msg timestamp=on puts in front: "TID@SECONDS.MICROSECONDS:" until 10.1,
 * an ISO 8601 time and a blank from 10.2 on.
 */
static const char *skip_prefix(const char *p)
{
	const char *q = p;

	if (*p < '0' || *p > '9')
		return p;
	while (*q >= '0' && *q <= '9')
		q++;
	if (*q == '@') {
		q++;
		while ((*q >= '0' && *q <= '9') || *q == '.')
			q++;
		return *q == ':' ? q + 1 : p;
	}
	if (*q == '-') {
		while (*q && *q != ' ')
			q++;
		return *q == ' ' ? q + 1 : p;
	}
	return p;
}

iom_qemu_line iom_qemu_parse(const iom_qemu_names *names, const char *line, size_t len,
			     iom_qemu_event *event)
{
	const char *name = skip_prefix(line), *p;
	bool underscore = false;
	uint32_t hash = 0;

	for (p = name; (*p >= 'a' && *p <= 'z') || *p == '_' || (*p >= '0' && *p <= '9'); p++) {
		underscore |= *p == '_';
		hash = hash_step(hash, *p);
	}
	/* Names of events are lower case and have a subsystem in front. */
	if (!underscore || (*p && *p != ' ' && *p != '\r') || *name < 'a' || *name > 'z')
		return IOM_QEMU_LINE_OTHER;

	const event_format *f = find_name(names, name, (size_t)(p - name), hash);

	if (!f) {
		event->text = name;
		event->text_len = (size_t)(p - name);
		return IOM_QEMU_LINE_UNKNOWN;
	}
	event->id = f->id;
	event->have = 0;
	event->text = p;
	event->text_len = len - (size_t)(p - line);
	if (!f->keys[0])
		return IOM_QEMU_LINE_EVENT;
	memset(event->f, 0, sizeof(event->f));
	return parse_numbers(f, p, event) ? IOM_QEMU_LINE_EVENT : IOM_QEMU_LINE_DAMAGED;
}
