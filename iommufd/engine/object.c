/* SPDX-License-Identifier: MIT */
/*
 * Contexts and the table of their objects. Ids are the lowest free ones from 1
 * on. An id whose object is being made, and the tombstone of a virtual device,
 * are taken but name nothing.
 */
#include "iommufd/engine/model.h"

static iomfd_object taken; /* marks such an id; never written to */

int iomfd_object_reserve(iomfd_context *ctx, uint32_t *id)
{
	guint i;

	for (i = 1; i < ctx->slots->len; i++) {
		if (!g_ptr_array_index(ctx->slots, i))
			break;
	}
	if (i > ctx->engine->max_objects)
		return -EBUSY;
	if (i >= ctx->slots->len)
		g_ptr_array_set_size(ctx->slots, (gint)i + 1);
	g_ptr_array_index(ctx->slots, i) = &taken;
	*id = i;
	return 0;
}

void iomfd_object_release_id(iomfd_context *ctx, uint32_t id)
{
	g_ptr_array_index(ctx->slots, id) = NULL;
}

int iomfd_object_init(iomfd_context *ctx, iomfd_object *obj, iomfd_kind kind)
{
	obj->kind = kind;
	obj->users = 1;
	obj->ctx = ctx;
	return iomfd_step(ctx->engine) ? -ENOMEM : iomfd_object_reserve(ctx, &obj->id);
}

void iomfd_object_publish(iomfd_object *obj)
{
	g_ptr_array_index(obj->ctx->slots, obj->id) = obj;
}

iomfd_object *iomfd_object_get(iomfd_context *ctx, uint32_t id, iomfd_kind kind)
{
	iomfd_object *obj;

	if (id == 0 || id >= ctx->slots->len)
		return NULL;
	obj = g_ptr_array_index(ctx->slots, id);
	if (!obj || obj == &taken || (kind != IOMFD_KIND_ANY && obj->kind != kind))
		return NULL;
	return obj;
}

void iomfd_object_free(iomfd_object *obj)
{
	switch (obj->kind) {
	case IOMFD_KIND_DEVICE:
		iomfd_device_free((iomfd_device *)obj);
		break;
	case IOMFD_KIND_IOAS:
		iomfd_ioas_free((iomfd_ioas *)obj);
		break;
	case IOMFD_KIND_HWPT_PAGING:
	case IOMFD_KIND_HWPT_NESTED:
		iomfd_hwpt_free((iomfd_hwpt *)obj);
		break;
	case IOMFD_KIND_FAULT:
		iomfd_fault_free((iomfd_fault *)obj);
		break;
	case IOMFD_KIND_ACCESS:
		iomfd_access_free((iomfd_access *)obj);
		break;
	case IOMFD_KIND_VIOMMU:
		iomfd_viommu_free((iomfd_viommu *)obj);
		break;
	case IOMFD_KIND_VDEVICE:
		iomfd_vdevice_free((iomfd_vdevice *)obj);
		break;
	case IOMFD_KIND_VEVENTQ:
		iomfd_veventq_free((iomfd_veventq *)obj);
		break;
	case IOMFD_KIND_HW_QUEUE:
		iomfd_hw_queue_free((iomfd_hw_queue *)obj);
		break;
	case IOMFD_KIND_SELFTEST:
		iomfd_selftest_free(obj);
		break;
	default:
		break;
	}
}

void iomfd_object_abort(iomfd_object *obj)
{
	iomfd_context *ctx = obj->ctx;
	uint32_t id = obj->id;

	iomfd_object_free(obj);
	iomfd_object_release_id(ctx, id);
}

int iomfd_object_destroy(iomfd_context *ctx, uint32_t id, bool tombstone)
{
	iomfd_object *obj = iomfd_object_get(ctx, id, IOMFD_KIND_ANY);

	if (!obj)
		return -ENOENT;
	if (obj->users != 1)
		return -EBUSY;
	g_ptr_array_index(ctx->slots, id) = tombstone ? &taken : NULL;
	if (ctx->vfio_ioas == (iomfd_ioas *)obj)
		ctx->vfio_ioas = NULL;
	iomfd_object_free(obj);
	return 0;
}

int iomfd_do_destroy(iomfd_call *call)
{
	const struct iomfd_destroy *cmd = call->cmd;

	return iomfd_object_destroy(call->ctx, cmd->id, false);
}

iomfd_context *iomfd_context_new(struct iomfd_engine *e)
{
	iomfd_context *ctx = g_new0(iomfd_context, 1);

	ctx->engine = e;
	ctx->slots = g_ptr_array_new();
	g_ptr_array_add(ctx->slots, NULL);
	ctx->groups = g_hash_table_new(NULL, NULL);
	ctx->mmaps = g_array_new(FALSE, FALSE, sizeof(iomfd_mmap));
	ctx->account = IOMFD_ACCOUNT_USER;
	return ctx;
}

/* Leaves first, until nothing is left: users of objects go with their holders. */
void iomfd_context_free(iomfd_context *ctx)
{
	bool progress = true;

	while (progress) {
		progress = false;
		for (guint i = 1; i < ctx->slots->len; i++) {
			iomfd_object *obj = iomfd_object_get(ctx, i, IOMFD_KIND_ANY);

			if (!obj || obj->users != 1)
				continue;
			g_ptr_array_index(ctx->slots, i) = NULL;
			iomfd_object_free(obj);
			progress = true;
		}
	}
	g_ptr_array_unref(ctx->slots);
	g_hash_table_unref(ctx->groups);
	g_array_unref(ctx->mmaps);
	g_free(ctx);
}
