/* SPDX-License-Identifier: MIT */
/*
 * From an ioctl number to its handler: the rule of structures that grow, and
 * what kernels of different ages know.
 */
#include "iommufd/engine/model.h"

#include <string.h>

typedef struct ioctl_entry {
	int (*run)(iomfd_call *call);
	uint8_t size, min;
} ioctl_entry;

#define ENTRY(nr, type, least, fn) [nr - IOMFD_BASE] = { fn, sizeof(struct type), least }
static const ioctl_entry entries[] = {
	ENTRY(0x80, iomfd_destroy, 8, iomfd_do_destroy),
	ENTRY(0x81, iomfd_ioas_alloc, 12, iomfd_do_ioas_alloc),
	ENTRY(0x82, iomfd_ioas_allow_iovas, 24, iomfd_do_ioas_allow_iovas),
	ENTRY(0x83, iomfd_ioas_copy, 40, iomfd_do_ioas_copy),
	ENTRY(0x84, iomfd_ioas_iova_ranges, 32, iomfd_do_ioas_iova_ranges),
	ENTRY(0x85, iomfd_ioas_map, 40, iomfd_do_ioas_map),
	ENTRY(0x86, iomfd_ioas_unmap, 24, iomfd_do_ioas_unmap),
	ENTRY(0x87, iomfd_option, 24, iomfd_do_option),
	ENTRY(0x88, iomfd_vfio_ioas, 12, iomfd_do_vfio_ioas),
	ENTRY(0x89, iomfd_hwpt_alloc, 24, iomfd_do_hwpt_alloc),
	ENTRY(0x8a, iomfd_hw_info, 32, iomfd_do_get_hw_info),
	ENTRY(0x8b, iomfd_hwpt_set_dirty_tracking, 16, iomfd_do_set_dirty),
	ENTRY(0x8c, iomfd_hwpt_get_dirty_bitmap, 48, iomfd_do_get_dirty),
	ENTRY(0x8d, iomfd_hwpt_invalidate, 32, iomfd_do_invalidate),
	ENTRY(0x8e, iomfd_fault_alloc, 16, iomfd_do_fault_alloc),
	ENTRY(0x8f, iomfd_ioas_map_file, 40, iomfd_do_ioas_map_file),
	ENTRY(0x90, iomfd_viommu_alloc, 24, iomfd_do_viommu_alloc),
	ENTRY(0x91, iomfd_vdevice_alloc, 24, iomfd_do_vdevice_alloc),
	ENTRY(0x92, iomfd_ioas_change_process, 8, iomfd_do_change_process),
	ENTRY(0x93, iomfd_veventq_alloc, 28, iomfd_do_veventq_alloc),
	ENTRY(0x94, iomfd_hw_queue_alloc, 40, iomfd_do_hw_queue_alloc),
	ENTRY(0x95, iomfd_ioas_noiommu_get_pa, 40, iomfd_do_noiommu_get_pa),
	ENTRY(0xa0, iomfd_test_cmd, 68, iomfd_do_test),
};

/*
 * When what came: the version column of the uAPI's ioctl table. 7.2's set of
 * flags is complete; the others lack what came later.
 */
static const iomfd_profile profiles[] = {
	{ .name = "6.6",
	  .last_ioctl = 0x8a,
	  .hwpt_flags = 0,
	  .hwpt_alloc_size = 24,
	  .hw_info_size = 32 },
	{ .name = "6.12",
	  .last_ioctl = 0x8e,
	  .hwpt_flags = 0x7,
	  .hwpt_alloc_size = 48,
	  .hw_info_size = 40,
	  .hw_caps = IOMFD_HW_CAP_DIRTY_TRACKING },
	{ .name = "6.13",
	  .last_ioctl = 0x92,
	  .hwpt_flags = 0xf,
	  .hwpt_alloc_size = 48,
	  .hw_info_size = 40,
	  .viommu_alloc_size = 24,
	  .hw_caps = IOMFD_HW_CAP_DIRTY_TRACKING,
	  .vfio_arm = true },
	{ .name = "6.15",
	  .last_ioctl = 0x93,
	  .hwpt_flags = 0xf,
	  .hwpt_alloc_size = 48,
	  .hw_info_size = 40,
	  .viommu_alloc_size = 24,
	  .veventq_alloc_size = 28,
	  .hw_caps = 7,
	  .pasid = true,
	  .vfio_arm = true },
	{ .name = "6.17",
	  .last_ioctl = 0x94,
	  .hwpt_flags = 0xf,
	  .hwpt_alloc_size = 48,
	  .hw_info_size = 40,
	  .hw_info_flags = 1,
	  .viommu_alloc_size = 40,
	  .veventq_alloc_size = 28,
	  .hw_caps = 7,
	  .pasid = true,
	  .bind_token = true,
	  .vfio_arm = true },
	{ .name = "7.2",
	  .last_ioctl = 0x94,
	  .hwpt_flags = 0xf,
	  .hwpt_alloc_size = 48,
	  .hw_info_size = 40,
	  .hw_info_flags = 1,
	  .viommu_alloc_size = 40,
	  .veventq_alloc_size = 32,
	  .hw_caps = 15,
	  .pasid = true,
	  .bind_token = true,
	  .vfio_arm = true,
	  .dmabuf = true,
	  .invalidate_limits = true },
	{ .name = "7.3",
	  .last_ioctl = 0x95,
	  .hwpt_flags = 0xf,
	  .hwpt_alloc_size = 48,
	  .hw_info_size = 40,
	  .hw_info_flags = 1,
	  .viommu_alloc_size = 40,
	  .veventq_alloc_size = 32,
	  .hw_caps = 15,
	  .pasid = true,
	  .bind_token = true,
	  .vfio_arm = true,
	  .dmabuf = true,
	  .invalidate_limits = true,
	  .noiommu_cdev = true },
};

const iomfd_profile *iomfd_profile_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(profiles); i++) {
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	}
	return NULL;
}

static uint32_t profile_size(const iomfd_profile *p, unsigned nr, uint32_t full)
{
	switch (nr) {
	case 0x89:
		return p->hwpt_alloc_size;
	case 0x8a:
		return p->hw_info_size;
	case 0x90:
		return p->viommu_alloc_size;
	case 0x93:
		return p->veventq_alloc_size;
	default:
		return full;
	}
}

/* The number of slots of the kernel's table: what lies beyond goes to VFIO. */
static unsigned table_end(const struct iomfd_engine *e)
{
	return e->mock ? 0xa1 : e->profile->last_ioctl + 1u;
}

int iomfd_respond(iomfd_call *call)
{
	return iomfd_copy_out(call->arg, call->cmd, MIN(call->user_size, call->size));
}

static int injected(struct iomfd_engine *e, unsigned nr)
{
	for (guint i = 0; i < e->hooks->len; i++) {
		iomfd_hook *h = &g_array_index(e->hooks, iomfd_hook, i);
		int error = h->error;

		if (h->nr && h->nr != nr)
			continue;
		if (h->after--)
			continue;
		g_array_remove_index(e->hooks, i);
		return -error;
	}
	return 0;
}

int iomfd_ctx_ioctl(iomfd_context *ctx, unsigned cmd, uint64_t arg)
{
	struct iomfd_engine *e = ctx->engine;
	unsigned nr = _IOC_NR(cmd);
	uint64_t buffer[16];
	iomfd_call call = { .ctx = ctx, .engine = e, .arg = arg, .cmd = buffer };
	const ioctl_entry *entry;
	int rc;

	rc = injected(e, nr);
	if (rc)
		return rc;
	if (nr < IOMFD_BASE || nr >= table_end(e))
		return iomfd_vfio_ioctl(ctx, cmd, arg);
	rc = iomfd_copy_in(&call.user_size, arg, sizeof(call.user_size));
	if (rc)
		return rc;
	entry = nr - IOMFD_BASE < G_N_ELEMENTS(entries) ? &entries[nr - IOMFD_BASE] : NULL;
	if (!entry || !entry->run || IOMFD_IO(nr) != cmd ||
	    (nr > e->profile->last_ioctl && nr != 0xa0))
		return -ENOTTY;
	if (call.user_size < entry->min)
		return -EINVAL;
	call.size = profile_size(e->profile, nr, entry->size);
	memset(buffer, 0, sizeof(buffer));
	rc = iomfd_copy_struct_in(buffer, call.size, arg, call.user_size);
	if (rc)
		return rc;
	return entry->run(&call);
}
