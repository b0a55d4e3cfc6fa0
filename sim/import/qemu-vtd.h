/* SPDX-License-Identifier: MIT */
/*
 * A QEMU log of a VT-d unit: what the importer keeps between its lines.
 *
 * The log tells the answer of every access and the descriptors of the
 * invalidation queue, but no table word except leaves and context entries. The
 * driver model here writes those into the tables that the run left behind, and
 * makes up what is not there any more.
 */
#ifndef IOM_SIM_IMPORT_QEMU_VTD_H
#define IOM_SIM_IMPORT_QEMU_VTD_H

#include "sim/import/qemu-event.h"
#include "sim/import/sink.h"

/* A descriptor that was fetched; without words the log does not show its contents. */
typedef struct iom_vtd_seen_desc {
	uint32_t index;
	bool has_index, has_words;
	uint64_t low, high;
} iom_vtd_seen_desc;

/* A context entry as QEMU read it. */
typedef struct iom_vtd_seen_context {
	uint64_t low, high;
	bool valid;
	bool guessed; /* an access used another before this one was seen */
} iom_vtd_seen_context;

/* What the lines before an access said about it. */
typedef struct iom_vtd_seen_page {
	bool valid;
	uint16_t requester;
	uint16_t domain;
	uint64_t iova, entry;
} iom_vtd_seen_page;

typedef struct iom_qemu_vtd {
	iom_sink *sink;
	iom_tables *tables;
	const iom_import_options *options;

	/* Registers as the trace leaves them. */
	bool te;
	uint64_t qie; /* the bit of GCMD */
	uint64_t rtaddr, root; /* as written; as latched by SRTP */
	uint64_t iqa, iva;
	bool eim;
	/* The write that was logged last, whose consequences are being gathered. */
	bool pending;
	bool pending_unseen; /* it is not in the log, what it set off is */
	uint64_t pending_offset, pending_value;
	unsigned pending_size;
	GArray *descs; /* iom_vtd_seen_desc: fetched because of it */
	uint32_t next_head, first_head; /* of descriptors; a late log starts amid the queue */
	bool head_unknown; /* the queue is assumed, no descriptor was seen yet */
	bool head_lines;
	bool silent_before; /* the last descriptor but waits was one without words */

	GHashTable *contexts; /* source-id -> iom_vtd_seen_context */
	iom_vtd_seen_page page;
	bool pass_through;
	uint16_t pass_through_requester;

	/* The driver model. */
	GHashTable *owners; /* table page -> what it is used for */
	GHashTable *domains; /* domain-id -> leaves that are mapped */
	uint64_t next_page; /* the one made up last, they are taken downwards */
	bool first_stage; /* tables of first-stage form exist */

	/* What was used, for the capabilities. */
	bool device_tlb, page_response, large_input;
	uint64_t highest; /* address of a table or page */
} iom_qemu_vtd;

void iom_qemu_vtd_init(iom_qemu_vtd *q, iom_sink *sink, iom_tables *tables,
		       const iom_import_options *options);
void iom_qemu_vtd_clear(iom_qemu_vtd *q);
void iom_qemu_vtd_event(iom_qemu_vtd *q, const iom_qemu_event *e);
void iom_qemu_vtd_finish(iom_qemu_vtd *q);
static inline bool iom_qemu_vtd_scalable(const iom_qemu_vtd *q)
{
	return (q->root >> 10 & 3) == 1;
}
/* The queue is on, or is turned on with what the tables tell. */
void iom_qemu_vtd_need_queue(iom_qemu_vtd *q);
/* A register write of the importer's own or the log's. */
void iom_qemu_vtd_write(iom_qemu_vtd *q, uint64_t offset, uint64_t value, unsigned size);

/* ---- qemu-vtd-caps.c ---- */
/* Write the header, with the capabilities that what was seen needs. */
void iom_qemu_vtd_open(iom_qemu_vtd *q);

/* ---- qemu-vtd-queue.c ---- */
void iom_qemu_vtd_queue_event(iom_qemu_vtd *q, const iom_qemu_event *e);
/* Put the gathered descriptors into the queue, and do what the driver did before. */
void iom_qemu_vtd_place_descs(iom_qemu_vtd *q, uint32_t tail);
/* Invalidate everything: the importer changes what it had guessed. */
void iom_qemu_vtd_forget_guess(iom_qemu_vtd *q);
/* Bytes of a descriptor, number of slots of the queue. */
static inline unsigned iom_qemu_vtd_desc_bytes(const iom_qemu_vtd *q)
{
	return q->iqa >> 11 & 1 ? 32 : 16;
}
static inline uint32_t iom_qemu_vtd_queue_slots(const iom_qemu_vtd *q)
{
	return (0x1000u << (q->iqa & 7)) / iom_qemu_vtd_desc_bytes(q);
}

/* ---- qemu-vtd-driver.c ---- */
/* An access and its answer. */
typedef struct iom_vtd_mapping {
	uint16_t requester;
	uint64_t iova, gpa, mask;
	bool pass_through;
	bool has_entry; /* the leaf, and the domain, are known */
	uint64_t entry;
	uint16_t domain;
} iom_vtd_mapping;
/*
 * Make the tables answer so. Returns the permissions (IOM_READ | IOM_WRITE) that
 * they then grant.
 */
unsigned iom_qemu_vtd_map(iom_qemu_vtd *q, const iom_vtd_mapping *m);
/* Make an access fault for this reason. */
void iom_qemu_vtd_forbid(iom_qemu_vtd *q, uint16_t requester, uint64_t iova, bool write,
			 unsigned reason);
/* What the driver unmapped before it queued this descriptor. */
void iom_qemu_vtd_unmap(iom_qemu_vtd *q, uint64_t low, uint64_t high);
void iom_qemu_vtd_unmap_all(iom_qemu_vtd *q);
void iom_qemu_vtd_unmap_domain(iom_qemu_vtd *q, uint16_t domain);
void iom_qemu_vtd_unmap_pages(iom_qemu_vtd *q, uint16_t domain, uint64_t address,
			      unsigned mask_lg2);
void iom_qemu_vtd_driver_init(iom_qemu_vtd *q);
void iom_qemu_vtd_driver_clear(iom_qemu_vtd *q);

#endif
