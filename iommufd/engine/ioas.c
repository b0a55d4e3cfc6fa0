/* SPDX-License-Identifier: MIT */
/* The ioctls of address spaces. */
#include "iommufd/engine/model.h"

#include <string.h>
#include <unistd.h>

#define MAP_FLAGS (uint32_t)(IOMFD_MAP_FIXED_IOVA | IOMFD_MAP_WRITEABLE | IOMFD_MAP_READABLE)

static iomfd_ioas *get_ioas(iomfd_call *call, uint32_t id)
{
	return (iomfd_ioas *)iomfd_object_get(call->ctx, id, IOMFD_KIND_IOAS);
}

int iomfd_do_ioas_alloc(iomfd_call *call)
{
	struct iomfd_ioas_alloc *cmd = call->cmd;
	iomfd_ioas *ioas;
	int rc;

	if (cmd->flags)
		return -EOPNOTSUPP;
	rc = iomfd_ioas_new(call->ctx, &ioas);
	if (rc)
		return rc;
	cmd->out_ioas_id = ioas->obj.id;
	rc = iomfd_respond(call);
	if (rc)
		iomfd_object_abort(&ioas->obj);
	else
		iomfd_object_publish(&ioas->obj);
	return rc;
}

int iomfd_do_ioas_iova_ranges(iomfd_call *call)
{
	struct iomfd_ioas_iova_ranges *cmd = call->cmd;
	uint32_t room = cmd->num_iovas;
	iomfd_ioas *ioas;
	GArray *holes;
	int rc = 0;

	if (cmd->reserved)
		return -EOPNOTSUPP;
	ioas = get_ioas(call, cmd->ioas_id);
	if (!ioas)
		return -ENOENT;
	cmd->out_iova_alignment = ioas->alignment;
	holes = iomfd_spans(ioas->reserved, 0, UINT64_MAX, true);
	for (guint i = 0; i < holes->len && i < room && !rc; i++) {
		const iomfd_range *h = &g_array_index(holes, iomfd_range, i);
		struct iomfd_iova_range out = { h->start, h->last };

		rc = iomfd_copy_out(cmd->allowed_iovas + i * sizeof(out), &out, sizeof(out));
	}
	cmd->num_iovas = holes->len;
	g_array_unref(holes);
	if (!rc)
		rc = iomfd_respond(call);
	if (!rc && cmd->num_iovas > room)
		rc = -EMSGSIZE;
	return rc;
}

static int load_allowed(GArray *allowed, uint64_t uptr, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct iomfd_iova_range in;
		iomfd_range r;

		if (iomfd_copy_in(&in, uptr + i * sizeof(in), sizeof(in)))
			return -EFAULT;
		if (in.start >= in.last || iomfd_ranges_hit(allowed, in.start, in.last))
			return -EINVAL;
		r = (iomfd_range){ in.start, in.last, NULL };
		g_array_append_val(allowed, r);
	}
	return 0;
}

int iomfd_do_ioas_allow_iovas(iomfd_call *call)
{
	struct iomfd_ioas_allow_iovas *cmd = call->cmd;
	GArray *allowed, *old;
	iomfd_ioas *ioas;
	int rc;

	if (cmd->reserved)
		return -EOPNOTSUPP;
	ioas = get_ioas(call, cmd->ioas_id);
	if (!ioas)
		return -ENOENT;
	allowed = g_array_new(FALSE, FALSE, sizeof(iomfd_range));
	rc = load_allowed(allowed, cmd->allowed_iovas, cmd->num_iovas);
	for (guint i = 0; !rc && i < allowed->len; i++) {
		const iomfd_range *r = &g_array_index(allowed, iomfd_range, i);

		if (iomfd_ranges_hit(ioas->reserved, r->start, r->last))
			rc = -EADDRINUSE;
	}
	old = rc ? allowed : ioas->allowed;
	if (!rc)
		ioas->allowed = allowed;
	g_array_unref(old);
	return rc;
}

static int finish_map(iomfd_call *call, iomfd_ioas *ioas, iomfd_pages *pages, uint64_t start_byte,
		      uint64_t length, uint64_t *iova, uint32_t flags)
{
	int rc;

	if (call->ctx->account == IOMFD_ACCOUNT_MM && pages->account == IOMFD_ACCOUNT_USER)
		pages->account = IOMFD_ACCOUNT_MM;
	rc = iomfd_ioas_map_pages(ioas, pages, start_byte, length, iova, flags & IOMFD_MAP_READABLE,
				  flags & IOMFD_MAP_WRITEABLE, !(flags & IOMFD_MAP_FIXED_IOVA));
	iomfd_pages_unref(pages);
	return rc;
}

int iomfd_do_ioas_map(iomfd_call *call)
{
	struct iomfd_ioas_map *cmd = call->cmd;
	uint64_t iova = cmd->iova;
	iomfd_pages *pages;
	iomfd_ioas *ioas;
	int rc;

	if ((cmd->flags & ~MAP_FLAGS) || cmd->reserved)
		return -EOPNOTSUPP;
	if (cmd->iova == UINT64_MAX || cmd->length == UINT64_MAX)
		return -EOVERFLOW;
	if (!(cmd->flags & (IOMFD_MAP_WRITEABLE | IOMFD_MAP_READABLE)))
		return -EINVAL;
	ioas = get_ioas(call, cmd->ioas_id);
	if (!ioas)
		return -ENOENT;
	rc = iomfd_pages_user(call->engine, cmd->user_va, cmd->length,
			      cmd->flags & IOMFD_MAP_WRITEABLE, &pages);
	if (rc)
		return rc;
	rc = finish_map(call, ioas, pages, cmd->user_va % IOMFD_PAGE, cmd->length, &iova,
			cmd->flags);
	if (rc)
		return rc;
	cmd->iova = iova;
	return iomfd_respond(call);
}

int iomfd_do_ioas_map_file(iomfd_call *call)
{
	struct iomfd_ioas_map_file *cmd = call->cmd;
	uint64_t iova = cmd->iova, last;
	bool write = cmd->flags & IOMFD_MAP_WRITEABLE;
	iomfd_pages *pages;
	iomfd_ioas *ioas;
	iomfd_file *file;
	int rc;

	if (cmd->flags & ~MAP_FLAGS)
		return -EOPNOTSUPP;
	if (cmd->iova == UINT64_MAX || cmd->length == UINT64_MAX)
		return -EOVERFLOW;
	if (!(cmd->flags & (IOMFD_MAP_WRITEABLE | IOMFD_MAP_READABLE)))
		return -EINVAL;
	ioas = get_ioas(call, cmd->ioas_id);
	if (!ioas)
		return -ENOENT;
	if (!cmd->length)
		return -EINVAL;
	if (iomfd_add_overflows(cmd->start, cmd->length - 1, &last))
		return -EOVERFLOW;
	file = iomfd_file_get(call->engine, cmd->fd);
	if (file && file->kind == IOMFD_FILE_DMABUF && call->engine->profile->dmabuf)
		rc = iomfd_pages_dmabuf(call->engine, file->data, cmd->start, cmd->length, write,
					&pages);
	else
		rc = iomfd_pages_file(call->engine, cmd->fd, cmd->start, cmd->length, write,
				      &pages);
	if (rc)
		return rc;
	rc = finish_map(call, ioas, pages, cmd->start % IOMFD_PAGE, cmd->length, &iova, cmd->flags);
	if (rc)
		return rc;
	cmd->iova = iova;
	return iomfd_respond(call);
}

int iomfd_do_ioas_unmap(iomfd_call *call)
{
	struct iomfd_ioas_unmap *cmd = call->cmd;
	iomfd_ioas *ioas = get_ioas(call, cmd->ioas_id);
	uint64_t unmapped = 0, last;
	int rc;

	if (!ioas)
		return -ENOENT;
	if (cmd->iova == 0 && cmd->length == UINT64_MAX) {
		rc = iomfd_ioas_unmap_range(ioas, 0, UINT64_MAX, &unmapped);
	} else {
		if (cmd->iova == UINT64_MAX || cmd->length == UINT64_MAX)
			return -EOVERFLOW;
		if (!cmd->length)
			return -EINVAL;
		if (iomfd_add_overflows(cmd->iova, cmd->length - 1, &last))
			return -EOVERFLOW;
		rc = iomfd_ioas_unmap_range(ioas, cmd->iova, last, &unmapped);
		if (!rc && !unmapped)
			rc = -ENOENT;
	}
	if (rc)
		return rc;
	cmd->length = unmapped;
	return iomfd_respond(call);
}

/* Who maps is this process, always: the accounts stay where they are. */
int iomfd_do_change_process(iomfd_call *call)
{
	struct iomfd_ioas_change_process *cmd = call->cmd;

	if (cmd->reserved)
		return -EOPNOTSUPP;
	for (guint i = 0; i < call->ctx->slots->len; i++) {
		iomfd_ioas *ioas = get_ioas(call, i);

		if (!ioas)
			continue;
		for (iomfd_area *a = iomfd_area_first(ioas, 0, UINT64_MAX); a;
		     a = iomfd_area_next(ioas, a, UINT64_MAX)) {
			if (a->pages->type != IOMFD_PAGES_FILE)
				return -EINVAL;
		}
	}
	return 0;
}

static int option_rlimit(iomfd_call *call, struct iomfd_option *cmd)
{
	iomfd_context *ctx = call->ctx;

	if (cmd->object_id)
		return -EOPNOTSUPP;
	if (cmd->op == IOMFD_OPTION_GET) {
		cmd->val64 = ctx->account == IOMFD_ACCOUNT_MM;
		return 0;
	}
	if (cmd->op != IOMFD_OPTION_SET)
		return -EOPNOTSUPP;
	if (!(call->engine->capabilities & IOM_IOMMUFD_CAP_SYS_RESOURCE))
		return -EPERM;
	for (guint i = 1; i < ctx->slots->len; i++) {
		if (g_ptr_array_index(ctx->slots, i))
			return -EBUSY;
	}
	if (cmd->val64 > 1)
		return -EINVAL;
	ctx->account = cmd->val64 ? IOMFD_ACCOUNT_MM : IOMFD_ACCOUNT_USER;
	return 0;
}

static int option_huge_pages(iomfd_call *call, struct iomfd_option *cmd)
{
	iomfd_ioas *ioas = get_ioas(call, cmd->object_id);

	if (!ioas)
		return -ENOENT;
	if (cmd->op == IOMFD_OPTION_GET) {
		cmd->val64 = !ioas->no_large_pages;
		return 0;
	}
	if (cmd->op != IOMFD_OPTION_SET)
		return -EOPNOTSUPP;
	if (cmd->val64 > 1)
		return -EINVAL;
	return iomfd_ioas_set_large_pages(ioas, cmd->val64 == 1);
}

int iomfd_do_option(iomfd_call *call)
{
	struct iomfd_option *cmd = call->cmd;
	int rc;

	if (cmd->reserved)
		return -EOPNOTSUPP;
	if (cmd->option_id == IOMFD_OPTION_RLIMIT_MODE)
		rc = option_rlimit(call, cmd);
	else if (cmd->option_id == IOMFD_OPTION_HUGE_PAGES)
		rc = option_huge_pages(call, cmd);
	else
		return -EOPNOTSUPP;
	if (rc)
		return rc;
	return iomfd_copy_out(call->arg + offsetof(struct iomfd_option, val64), &cmd->val64,
			      sizeof(cmd->val64));
}
