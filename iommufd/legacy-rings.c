/* SPDX-License-Identifier: MIT */
/*
 * The rings of the old API: faults for the user, answers from the user. What a
 * user writes into a ring is only ever taken modulo its size.
 */
#include "iommufd/legacy.h"

#include <string.h>

enum { UNRECOVERABLE = 1, PAGE_REQUEST = 2 };
enum { FLAG_PASID = 1, FLAG_ADDR = 2 };
enum { PERM_READ = 1, PERM_WRITE = 2, PERM_EXEC = 4, PERM_PRIV = 8 };

struct iomfd_legacy_ring *iomfd_legacy_ring_new(unsigned entries, uint32_t entry_size)
{
	struct iomfd_legacy_ring *r = g_malloc0(64 + (size_t)entries * entry_size);

	r->entry_size = entry_size;
	r->nb_entries = entries;
	r->offset = 64;
	return r;
}

static iomfd_legacy_device *device_at(iom_legacy *l, unsigned index)
{
	return index < l->devices->len ? g_ptr_array_index(l->devices, index) : NULL;
}

static void *region(const iom_legacy *l, struct iomfd_legacy_ring *r, uint32_t entry, size_t *size)
{
	*size = r ? 64 + (size_t)l->config.ring_entries * entry : 0;
	return r;
}

void *iom_legacy_fault_region(iom_legacy *l, unsigned device, size_t *size)
{
	iomfd_legacy_device *d = device_at(l, device);

	return region(l, d ? d->faults : NULL, sizeof(struct iomfd_legacy_fault), size);
}

void *iom_legacy_response_region(iom_legacy *l, unsigned device, size_t *size)
{
	iomfd_legacy_device *d = device_at(l, device);

	return region(l, d ? d->responses : NULL, sizeof(struct iomfd_legacy_response), size);
}

/* False: full, and the fault is lost, as it was then. */
static bool put_fault(iom_legacy *l, iomfd_legacy_device *d, const struct iomfd_legacy_fault *f)
{
	uint32_t n = l->config.ring_entries, head = d->faults->host % n;
	uint32_t tail = __atomic_load_n(&d->faults->user, __ATOMIC_ACQUIRE) % n;

	if ((head + 1) % n == tail)
		return false;
	memcpy((uint8_t *)d->faults + 64 + head * sizeof(*f), f, sizeof(*f));
	__atomic_store_n(&d->faults->host, (head + 1) % n, __ATOMIC_RELEASE);
	return true;
}

/* Reasons of the old API by SMMUv3 event number. */
static uint32_t reason(unsigned event)
{
	switch (event) {
	case 0x08: /* C_BAD_SUBSTREAMID */
		return 3;
	case 0x0a: /* C_BAD_CD */
		return 2;
	case 0x10: /* F_TRANSLATION */
		return 5;
	case 0x11: /* F_ADDR_SIZE */
		return 8;
	case 0x12: /* F_ACCESS */
		return 7;
	case 0x13: /* F_PERMISSION */
		return 6;
	default:
		return 0;
	}
}

static int put_event(iom_legacy *l, const uint64_t event[4])
{
	bool ssv = event[0] >> 11 & 1;
	struct iomfd_legacy_fault f = {
		.type = UNRECOVERABLE,
		.word0 = reason(event[0] & 0xff),
		.word1 = FLAG_ADDR | (ssv ? FLAG_PASID : 0),
		.word2 = ssv ? event[0] >> 12 & 0xfffff : 0,
		.addr = event[2],
	};

	/* PnU, InD and RnW of the record. */
	f.perm = (event[1] >> 35 & 1 ? PERM_READ : PERM_WRITE) |
		 (event[1] >> 34 & 1 ? PERM_EXEC : 0) | (event[1] >> 33 & 1 ? PERM_PRIV : 0);
	for (guint i = 0; i < l->devices->len; i++) {
		iomfd_legacy_device *d = device_at(l, i);

		if (d->vsid == event[0] >> 32)
			return put_fault(l, d, &f);
	}
	return 0;
}

static int pump_events(iom_legacy *l)
{
	uint32_t buf[40 * 16 / 4];
	int put = 0;
	ssize_t n;

	/* Bounded, so that a device that faults all the time does not hold us. */
	for (unsigned round = 0; l->config.events >= 0 && round < 64; round++) {
		n = iom_iommufd_read(l->config.transport, l->config.events, buf, sizeof(buf));
		if (n <= 0)
			break;
		for (size_t at = 0; at + 8 <= (size_t)n;) {
			bool lost = buf[at / 4] & IOMFD_VEVENTQ_FLAG_LOST_EVENTS;
			uint64_t event[4];

			if (!lost && at + 40 <= (size_t)n) {
				memcpy(event, &buf[at / 4 + 2], sizeof(event));
				put += put_event(l, event);
			}
			at += lost ? 8 : 40;
		}
	}
	return put;
}

static int put_request(iom_legacy *l, const struct iomfd_hwpt_pgfault *in)
{
	bool pasid = in->flags & IOMFD_PGFAULT_PASID_VALID;
	struct iomfd_legacy_fault f = {
		.type = PAGE_REQUEST,
		/* PASID and last page; on VT-d an answer must name the PASID. */
		.word0 = (in->flags & 3) | (pasid && !l->config.viommu ? 8 : 0),
		.word1 = in->pasid,
		.word2 = in->grpid,
		.perm = in->perm,
		.addr = in->addr,
	};
	const iomfd_legacy_open open = { in->grpid, pasid ? in->pasid : 0, in->cookie };

	for (guint i = 0; i < l->devices->len; i++) {
		iomfd_legacy_device *d = device_at(l, i);

		if (d->dev_id != in->dev_id)
			continue;
		if (in->flags & IOMFD_PGFAULT_LAST_PAGE)
			g_array_append_val(d->open, open);
		return put_fault(l, d, &f);
	}
	return 0;
}

static int pump_requests(iom_legacy *l)
{
	struct iomfd_hwpt_pgfault got[64];
	int put = 0;
	ssize_t n;

	for (unsigned round = 0; l->config.faults >= 0 && round < 64; round++) {
		n = iom_iommufd_read(l->config.transport, l->config.faults, got, sizeof(got));
		if (n <= 0)
			break;
		for (size_t i = 0; i < (size_t)n / sizeof(got[0]); i++)
			put += put_request(l, &got[i]);
	}
	return put;
}

static void answer(iom_legacy *l, iomfd_legacy_device *d, const struct iomfd_legacy_response *r)
{
	uint32_t pasid = r->flags & 1 ? r->pasid : 0;

	if (r->argsz < sizeof(*r) || r->version != 1)
		return;
	for (guint i = 0; i < d->open->len; i++) {
		iomfd_legacy_open open = g_array_index(d->open, iomfd_legacy_open, i);
		const struct iomfd_hwpt_page_response out = {
			open.cookie,
			r->code == 0 ? IOMFD_PAGE_RESP_SUCCESS : IOMFD_PAGE_RESP_INVALID,
		};

		if (open.grpid != r->grpid || open.pasid != pasid)
			continue;
		g_array_remove_index(d->open, i);
		iom_iommufd_write(l->config.transport, l->config.faults, &out, sizeof(out));
		return;
	}
}

static void pump_responses(iom_legacy *l, iomfd_legacy_device *d)
{
	uint32_t n = l->config.ring_entries;
	uint32_t head = __atomic_load_n(&d->responses->user, __ATOMIC_ACQUIRE) % n;
	uint32_t tail = d->responses->host % n;

	while (tail != head) {
		struct iomfd_legacy_response r;

		memcpy(&r, (uint8_t *)d->responses + 64 + tail * sizeof(r), sizeof(r));
		answer(l, d, &r);
		tail = (tail + 1) % n;
	}
	__atomic_store_n(&d->responses->host, tail, __ATOMIC_RELEASE);
}

int iom_legacy_pump(iom_legacy *l)
{
	for (guint i = 0; i < l->devices->len; i++)
		pump_responses(l, device_at(l, i));
	return pump_events(l) + pump_requests(l);
}
