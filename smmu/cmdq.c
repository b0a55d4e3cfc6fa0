/* SPDX-License-Identifier: MIT */
/*
 * Command queues (4 Commands, 3.5.6 Enhanced command queues): fetching, the
 * table of commands and error reporting.
 */
#include "smmu/cmdq.h"

/* What a command needs to be legal. */
enum {
	NEED_S1 = 1u << 0,
	NEED_S2 = 1u << 1,
	NEED_HYP = 1u << 2,
	NEED_SEL2 = 1u << 3, /* and the Secure queue */
	NEED_EL3 = 1u << 4, /* Secure queue, without RME */
	NEED_ATS = 1u << 5,
	NEED_PRI = 1u << 6,
	NEED_STALL = 1u << 7,
	NEED_MPAM = 1u << 8,
	HAS_SSEC = 1u << 9,
	HAS_RANGE = 1u << 10,
};

typedef enum smmu_done (*command_fn)(const struct smmu_cmd *cmd);

struct command {
	uint8_t opcode;
	const char *name;
	const iom_layout *layout;
	unsigned needs;
	command_fn run;
};

static void notify_config(const struct smmu_cmd *cmd, uint32_t requester, uint32_t pasid)
{
	const iom_bus *bus = &cmd->s->iommu.bus;
	iom_invalidation inv = { .kind = IOM_INV_CONFIG,
				 .space = (uint8_t)smmu_cmd_stream_space(cmd),
				 .requester = requester,
				 .pasid = pasid,
				 .asid = IOM_INV_ANY,
				 .vmid = IOM_INV_ANY };

	if (bus->invalidated)
		bus->invalidated(bus->opaque, &inv);
}

static enum smmu_done run_cfgi_ste(const struct smmu_cmd *cmd)
{
	uint32_t sid = (uint32_t)smmu_cmd_CFGI_STE_get_StreamID(cmd->w);

	smmu_invalidate_ste(cmd->s, smmu_cmd_stream_space(cmd), sid, sid);
	notify_config(cmd, sid, IOM_NO_PASID);
	return SMMU_DONE;
}

static enum smmu_done run_cfgi_ste_range(const struct smmu_cmd *cmd)
{
	unsigned span = (unsigned)smmu_cmd_CFGI_STE_RANGE_get_Range(cmd->w) + 1;
	uint32_t sid = (uint32_t)smmu_cmd_CFGI_STE_RANGE_get_StreamID(cmd->w), mask;

	if (span == 32) { /* CMD_CFGI_ALL */
		smmu_invalidate_config(cmd->s, smmu_cmd_stream_space(cmd));
		notify_config(cmd, IOM_INV_ANY, IOM_NO_PASID);
		return SMMU_DONE;
	}
	mask = (uint32_t)iom_mask(span);
	smmu_invalidate_ste(cmd->s, smmu_cmd_stream_space(cmd), sid & ~mask, sid | mask);
	notify_config(cmd, IOM_INV_ANY, IOM_NO_PASID);
	return SMMU_DONE;
}

static enum smmu_done run_cfgi_cd(const struct smmu_cmd *cmd)
{
	uint32_t sid = (uint32_t)smmu_cmd_CFGI_CD_get_StreamID(cmd->w);
	uint32_t ssid = (uint32_t)smmu_cmd_CFGI_CD_get_SubstreamID(cmd->w);

	smmu_invalidate_cd(cmd->s, smmu_cmd_stream_space(cmd), sid, ssid);
	notify_config(cmd, sid, ssid);
	return SMMU_DONE;
}

/* 4.3.5: PARTID maps are kept with the STE only, which this need not drop. */
static enum smmu_done run_nothing(const struct smmu_cmd *cmd)
{
	(void)cmd;
	return SMMU_DONE;
}

static enum smmu_done run_resume(const struct smmu_cmd *cmd)
{
	bool abort = smmu_cmd_RESUME_get_Ab(cmd->w) || cmd->s->ids.term_model;

	smmu_stall_resume(cmd->s, smmu_cmd_stream_space(cmd),
			  (uint32_t)smmu_cmd_RESUME_get_StreamID(cmd->w),
			  (uint16_t)smmu_cmd_RESUME_get_STAG(cmd->w),
			  smmu_cmd_RESUME_get_Ac(cmd->w), abort);
	return SMMU_DONE;
}

static enum smmu_done run_stall_term(const struct smmu_cmd *cmd)
{
	smmu_stall_terminate(cmd->s, smmu_cmd_stream_space(cmd), false,
			     (uint32_t)smmu_cmd_STALL_TERM_get_StreamID(cmd->w));
	return SMMU_DONE;
}

static enum smmu_done run_pri_resp(const struct smmu_cmd *cmd)
{
	static const uint8_t codes[3] = { IOM_PRG_FAILURE, IOM_PRG_INVALID, IOM_PRG_SUCCESS };
	unsigned resp = (unsigned)smmu_cmd_PRI_RESP_get_Resp(cmd->w);
	const iom_bus *bus = &cmd->s->iommu.bus;
	iom_page_response r;

	if (resp == 3)
		return SMMU_ILL;
	if (!smmu_enabled(cmd->s, cmd->space))
		return SMMU_DONE;
	r = (iom_page_response){
		.requester = (uint32_t)smmu_cmd_PRI_RESP_get_StreamID(cmd->w),
		.pasid = smmu_cmd_PRI_RESP_get_SSV(cmd->w)
				 ? (uint32_t)smmu_cmd_PRI_RESP_get_SubstreamID(cmd->w)
				 : IOM_NO_PASID,
		.prg_index = (uint16_t)smmu_cmd_PRI_RESP_get_PRGIndex(cmd->w),
		.code = codes[resp],
	};
	if (bus->page_response)
		bus->page_response(bus->opaque, &r);
	return SMMU_DONE;
}

#define C(OPCODE, NAME, NEEDS, RUN) \
	{ \
		OPCODE, #NAME, &smmu_cmd_##NAME##_layout, (NEEDS), RUN \
	}
static const struct command commands[] = {
	C(0x01, PREFETCH_CONFIG, HAS_SSEC, smmu_cmd_prefetch_config),
	C(0x02, PREFETCH_ADDR, HAS_SSEC, smmu_cmd_prefetch_addr),
	C(0x03, CFGI_STE, HAS_SSEC, run_cfgi_ste),
	C(0x04, CFGI_STE_RANGE, HAS_SSEC, run_cfgi_ste_range),
	C(0x05, CFGI_CD, HAS_SSEC | NEED_S1, run_cfgi_cd),
	C(0x06, CFGI_CD_ALL, HAS_SSEC | NEED_S1, run_cfgi_ste),
	C(0x07, CFGI_VMS_PIDM, HAS_SSEC | NEED_MPAM, run_nothing),
	C(0x10, TLBI_NH_ALL, NEED_S1, smmu_cmd_tlbi),
	C(0x11, TLBI_NH_ASID, NEED_S1, smmu_cmd_tlbi),
	C(0x12, TLBI_NH_VA, NEED_S1 | HAS_RANGE, smmu_cmd_tlbi),
	C(0x13, TLBI_NH_VAA, NEED_S1 | HAS_RANGE, smmu_cmd_tlbi),
	C(0x18, TLBI_EL3_ALL, NEED_S1 | NEED_EL3, smmu_cmd_tlbi),
	C(0x1a, TLBI_EL3_VA, NEED_S1 | NEED_EL3 | HAS_RANGE, smmu_cmd_tlbi),
	C(0x20, TLBI_EL2_ALL, NEED_S1 | NEED_HYP, smmu_cmd_tlbi),
	C(0x21, TLBI_EL2_ASID, NEED_S1 | NEED_HYP, smmu_cmd_tlbi),
	C(0x22, TLBI_EL2_VA, NEED_S1 | NEED_HYP | HAS_RANGE, smmu_cmd_tlbi),
	C(0x23, TLBI_EL2_VAA, NEED_S1 | NEED_HYP | HAS_RANGE, smmu_cmd_tlbi),
	C(0x28, TLBI_S12_VMALL, NEED_S2, smmu_cmd_tlbi),
	C(0x2a, TLBI_S2_IPA, NEED_S2 | HAS_RANGE, smmu_cmd_tlbi),
	C(0x30, TLBI_NSNH_ALL, 0, smmu_cmd_tlbi),
	C(0x40, ATC_INV, NEED_ATS, smmu_cmd_atc_inv),
	C(0x41, PRI_RESP, NEED_PRI, run_pri_resp),
	C(0x44, RESUME, HAS_SSEC | NEED_STALL, run_resume),
	C(0x45, STALL_TERM, HAS_SSEC | NEED_STALL, run_stall_term),
	C(SMMU_OP_SYNC, SYNC, 0, smmu_cmd_sync),
	C(0x50, TLBI_S_EL2_ALL, NEED_S1 | NEED_SEL2, smmu_cmd_tlbi),
	C(0x51, TLBI_S_EL2_ASID, NEED_S1 | NEED_SEL2, smmu_cmd_tlbi),
	C(0x52, TLBI_S_EL2_VA, NEED_S1 | NEED_SEL2 | HAS_RANGE, smmu_cmd_tlbi),
	C(0x53, TLBI_S_EL2_VAA, NEED_S1 | NEED_SEL2 | HAS_RANGE, smmu_cmd_tlbi),
	C(0x58, TLBI_S_S12_VMALL, NEED_SEL2, smmu_cmd_tlbi),
	C(0x5a, TLBI_S_S2_IPA, NEED_SEL2 | HAS_RANGE, smmu_cmd_tlbi),
	C(0x60, TLBI_SNH_ALL, NEED_SEL2, smmu_cmd_tlbi),
};
#undef C
G_STATIC_ASSERT(G_N_ELEMENTS(commands) < IOM_MAX_COMMANDS);

const char *smmu_command_name(unsigned index)
{
	return index < G_N_ELEMENTS(commands) ? commands[index].name : NULL;
}

/* 4.1.3: every condition of CERROR_ILL that only the ID registers and the queue decide. */
static bool possible(const smmu *s, unsigned space, const struct command *c)
{
	const struct smmu_ids *ids = &s->ids;
	bool secure = space == IOM_SPACE_SECURE, realm = space == IOM_SPACE_REALM;

	if ((c->needs & NEED_S1) && !ids->s1p)
		return false;
	if ((c->needs & NEED_S2) && !ids->s2p)
		return false;
	if ((c->needs & NEED_HYP) && !realm && !ids->hyp)
		return false;
	if ((c->needs & NEED_SEL2) && (!secure || !ids->sel2))
		return false;
	if ((c->needs & NEED_EL3) && (!secure || ids->rme))
		return false;
	if ((c->needs & NEED_ATS) && (realm ? !ids->r_ats : !ids->ats || (secure && ids->sams)))
		return false;
	if ((c->needs & NEED_PRI) && (realm ? !ids->r_pri : !ids->pri || (secure && ids->sams)))
		return false;
	return !(c->needs & NEED_MPAM) || ids->mpam;
}

void smmu_commands_init(smmu *s)
{
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
			if (possible(s, space, &commands[i]))
				s->command_at[space][commands[i].opcode] = (uint8_t)(i + 1);
		}
	}
}
G_STATIC_ASSERT(G_N_ELEMENTS(commands) < UINT8_MAX);

/* The rest of 4.1.3: what operands and registers decide. */
static bool operands_legal(const struct smmu_cmd *cmd, const struct command *c)
{
	if ((c->needs & HAS_SSEC) && cmd->space != IOM_SPACE_SECURE &&
	    smmu_cmd_CFGI_STE_get_SSec(cmd->w))
		return false;
	if ((c->needs & NEED_STALL) &&
	    (cmd->space == IOM_SPACE_REALM || smmu_stall_model(cmd->s, cmd->space) == 1))
		return false;
	return !(c->needs & HAS_RANGE) || smmu_cmd_range_legal(cmd->s, cmd->w);
}

static void show(const struct smmu_cmd *cmd, uint64_t address)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (commands[i].opcode == (cmd->w[0] & 0xff))
			iom_step_command(&cmd->s->iommu, commands[i].name, commands[i].layout,
					 address, cmd->w, 2);
	}
}

static __attribute__((noinline)) bool read_command(smmu *s, unsigned space, uint64_t address,
						   uint64_t *words)
{
	if (!smmu_gpc_check(s, space, address, SMMU_GPC_CMDQ) ||
	    iom_memory_read(s->iommu.bus.memory[space], address, words, 2 * sizeof(*words)) !=
		    IOM_MEM_OK)
		return false;
	words[0] = GUINT64_FROM_LE(words[0]);
	words[1] = GUINT64_FROM_LE(words[1]);
	return true;
}

static enum smmu_done run(struct smmu_cmd *cmd, uint64_t address)
{
	smmu *s = cmd->s;
	unsigned number = s->command_at[cmd->space][cmd->w[0] & 0xff];
	const struct command *c;
	enum smmu_done done;

	if (iom_observed(&s->iommu))
		show(cmd, address);
	if (!number)
		return SMMU_ILL;
	c = &commands[number - 1];
	if ((c->needs & (HAS_SSEC | NEED_STALL | HAS_RANGE)) && !operands_legal(cmd, c))
		return SMMU_ILL;
	done = c->run(cmd);
	if (done == SMMU_DONE)
		s->commands[number - 1]++;
	return done;
}

/*
 * Fetch and run commands from `cons` on until the queue is empty or stops. Returns the
 * index of the command that it stopped at.
 */
static uint32_t consume(smmu *s, unsigned space, int queue, const struct smmu_direct *d,
			uint32_t cons, uint32_t prod, enum smmu_cerror *error)
{
	bool plain = d->host && !s->iommu.bus.invalidated && !iom_observed(&s->iommu);
	uint64_t words[2];
	struct smmu_cmd cmd = { s, space, queue, words };

	*error = SMMU_CERROR_NONE;
	s->prefetches_left = SMMU_PREFETCHES;
	if (G_LIKELY(plain))
		cons = smmu_run_again(s, space, queue, d, cons, prod);
	while (G_UNLIKELY(cons != prod)) {
		uint64_t address = (d->base + ((uint64_t)(cons & d->mask >> 1) << 4)) &
				   iom_mask(s->ids.oas_bits);

		switch (read_command(s, space, address, words) ? run(&cmd, address) : SMMU_UNREAD) {
		case SMMU_DONE:
			break;
		case SMMU_WAIT:
			return cons;
		case SMMU_UNREAD:
			*error = SMMU_CERROR_ABT;
			return cons;
		case SMMU_ATC_FAILED:
			*error = SMMU_CERROR_ATC_INV_SYNC;
			return cons;
		default:
			*error = SMMU_CERROR_ILL;
			return cons;
		}
		cons = (cons + 1) & d->mask;
		if (plain)
			cons = smmu_run_again(s, space, queue, d, cons, prod);
	}
	return cons;
}

static const char *error_name(enum smmu_cerror error)
{
	return error == SMMU_CERROR_ILL   ? "CERROR_ILL"
	       : error == SMMU_CERROR_ABT ? "CERROR_ABT"
					  : "CERROR_ATC_INV_SYNC";
}

/* No more entries than the queue has: software's indexes do not contradict each other. */
static inline bool consistent(const struct smmu_direct *d, uint32_t cons, uint32_t prod)
{
	return ((prod - cons) & d->mask) <= (d->mask >> 1) + 1;
}

void smmu_cmdq_run(smmu *s, unsigned space)
{
	const struct smmu_direct *d;
	enum smmu_cerror error;
	uint32_t prod, cons;

	if (!(smmu_reg(s, space, SMMU_R_CR0) & SMMU_CR0_CMDQEN) ||
	    smmu_gerror_active(s, space, SMMU_GERROR_CMDQ))
		return;
	d = smmu_direct_of(s, space, smmu_reg(s, space, SMMU_R_CMDQ_BASE), &s->cmdq[space]);
	prod = (uint32_t)smmu_reg(s, space, SMMU_R_CMDQ_PROD) & d->mask;
	cons = (uint32_t)smmu_reg(s, space, SMMU_R_CMDQ_CONS) & d->mask;
	if (!consistent(d, cons, prod)) {
		iom_log(&s->iommu, "SMMUv3: CMDQ_PROD 0x%x is more than a queue ahead of CONS 0x%x",
			prod, cons);
		return;
	}
	if (cons == prod)
		return;
	cons = consume(s, space, -1, d, cons, prod, &error);
	/* 7.1: the reason is visible before the error becomes active. */
	smmu_reg_set(s, space, SMMU_R_CMDQ_CONS, (uint64_t)error << 24 | cons);
	if (error) {
		iom_log(&s->iommu, "SMMUv3: the command queue stops at entry 0x%x: %s", cons,
			error_name(error));
		smmu_gerror(s, space, SMMU_GERROR_CMDQ);
	}
}

void smmu_ecmdq_run(smmu *s, unsigned space, unsigned queue)
{
	struct smmu_ecmdq *e = &s->pi[space].ecmdq[queue];
	const struct smmu_direct *d;
	enum smmu_cerror error;
	uint32_t prod, cons;
	uint64_t flags;

	if (!smmu_ECMDQ_PRODn_get_EN(&e->prod) || !smmu_ECMDQ_CONSn_get_ENACK(&e->cons) ||
	    smmu_ECMDQ_PRODn_get_ERRACK(&e->prod) != smmu_ECMDQ_CONSn_get_ERR(&e->cons))
		return;
	d = smmu_direct_of(s, space, e->base, &s->ecmdq[space]);
	prod = (uint32_t)e->prod & d->mask;
	cons = (uint32_t)e->cons & d->mask;
	if (!consistent(d, cons, prod) || cons == prod)
		return;
	cons = consume(s, space, (int)queue, d, cons, prod, &error);
	flags = e->cons & (UINT64_C(1) << 31 | UINT64_C(1) << 23);
	__atomic_store_n(&e->cons, flags | (uint64_t)error << 24 | cons, __ATOMIC_RELEASE);
	if (error) {
		__atomic_store_n(&e->cons, e->cons ^ UINT64_C(1) << 23, __ATOMIC_RELEASE);
		smmu_gerror(s, space, SMMU_GERROR_CMDQP);
	}
}
