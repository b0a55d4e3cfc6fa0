/* SPDX-License-Identifier: MIT */
/* The two queues that user space reads: page faults, and events of a vIOMMU. */
#include "iommufd/engine/model.h"

#include <string.h>
#include <unistd.h>

#define DEPTH_MAX (1u << 19)

/* ------------------------------------------------------------------------
 * Page faults
 */
static void pgroup_free(iomfd_pgroup *g)
{
	g_array_unref(g->faults);
	g_free(g);
}

static void respond(iomfd_pgroup *g, uint32_t code)
{
	const struct iomfd_hwpt_pgfault *last =
		&g_array_index(g->faults, struct iomfd_hwpt_pgfault, g->faults->len - 1);

	if (g->dev->driver->page_response)
		g->dev->driver->page_response(g->dev,
					      last->flags & IOMFD_PGFAULT_PASID_VALID
						      ? last->pasid
						      : IOM_NO_PASID,
					      last->grpid, code);
	pgroup_free(g);
}

static bool complete(const iomfd_pgroup *g)
{
	return g_array_index(g->faults, struct iomfd_hwpt_pgfault, g->faults->len - 1).flags &
	       IOMFD_PGFAULT_LAST_PAGE;
}

/* Only whole groups are to be read. */
static void update_signal(iomfd_fault *f)
{
	bool any = false;

	for (GList *l = f->deliver.head; l && !any; l = l->next)
		any = complete(l->data);
	if (f->file)
		iomfd_file_signal(f->file, any);
}

int iomfd_do_fault_alloc(iomfd_call *call)
{
	struct iomfd_fault_alloc *cmd = call->cmd;
	iomfd_fault *f;
	int rc, fd;

	if (cmd->flags)
		return -EOPNOTSUPP;
	f = g_new0(iomfd_fault, 1);
	rc = iomfd_object_init(call->ctx, &f->obj, IOMFD_KIND_FAULT);
	if (rc) {
		g_free(f);
		return rc;
	}
	g_queue_init(&f->deliver);
	f->response = g_ptr_array_new();
	f->file = iomfd_file_new(call->engine, IOMFD_FILE_FAULT, f);
	f->obj.users++;
	iomfd_file_ref(call->ctx->file);
	fd = iomfd_fd_install(call->engine, f->file, true);
	if (fd < 0) {
		iomfd_file_unref(f->file);
		iomfd_object_abort(&f->obj);
		return fd;
	}
	cmd->out_fault_id = f->obj.id;
	cmd->out_fault_fd = (uint32_t)fd;
	rc = iomfd_respond(call);
	if (rc) {
		iomfd_fd_close(call->engine, fd);
		iomfd_object_abort(&f->obj);
		return rc;
	}
	iomfd_object_publish(&f->obj);
	return 0;
}

void iomfd_fault_free(iomfd_fault *f)
{
	iomfd_pgroup *g;

	while ((g = g_queue_pop_head(&f->deliver)))
		respond(g, IOMFD_PAGE_RESP_INVALID);
	for (guint i = 0; i < f->response->len; i++) {
		g = g_ptr_array_index(f->response, i);
		if (g)
			respond(g, IOMFD_PAGE_RESP_INVALID);
	}
	g_ptr_array_unref(f->response);
	g_free(f);
}

void iomfd_fault_auto_respond(iomfd_fault *f, uint64_t attach)
{
	for (guint i = g_queue_get_length(&f->deliver); i-- > 0;) {
		iomfd_pgroup *g = g_queue_peek_nth(&f->deliver, i);

		if (g->attach != attach)
			continue;
		g_queue_pop_nth(&f->deliver, i);
		respond(g, IOMFD_PAGE_RESP_INVALID);
	}
	for (guint i = 0; i < f->response->len; i++) {
		iomfd_pgroup *g = g_ptr_array_index(f->response, i);

		if (!g || g->attach != attach)
			continue;
		g_ptr_array_index(f->response, i) = NULL;
		respond(g, IOMFD_PAGE_RESP_INVALID);
	}
	update_signal(f);
}

/* The attachment that a request with this PASID, or without one, belongs to. */
static iomfd_attach *find_handler(iomfd_dev *dev, const struct iomfd_hwpt_pgfault *fault)
{
	iomfd_context *ctx = dev->owner;
	iomfd_group *g =
		ctx ? g_hash_table_lookup(ctx->groups, GUINT_TO_POINTER(dev->group)) : NULL;
	bool with_pasid = fault->flags & IOMFD_PGFAULT_PASID_VALID;
	iomfd_attach *a;

	if (!g)
		return NULL;
	a = iomfd_attach_find(g, with_pasid ? fault->pasid : IOMFD_NO_PASID);
	/* A driver whose user owns the PASID table reports all through the RID. */
	if (!a && with_pasid && dev->driver->user_pasid_table) {
		a = iomfd_attach_find(g, IOMFD_NO_PASID);
		if (a && !a->hwpt->domain->nested)
			return NULL;
	}
	return a && a->hwpt->domain->faults ? a : NULL;
}

/*
 * Requests of a group wait in `partial` until its last one comes.
 */
int iomfd_report_fault(iomfd_dev *dev, const struct iomfd_hwpt_pgfault *fault)
{
	iomfd_attach *a = find_handler(dev, fault);
	iomfd_pgroup *group;
	iomfd_fault *f;

	if (!a)
		return -EINVAL;
	f = a->hwpt->fault;
	group = NULL;
	for (GList *l = f->deliver.head; l; l = l->next) {
		iomfd_pgroup *g = l->data;
		const struct iomfd_hwpt_pgfault *last =
			&g_array_index(g->faults, struct iomfd_hwpt_pgfault, g->faults->len - 1);

		if (g->dev == dev && last->grpid == fault->grpid &&
		    !(last->flags & IOMFD_PGFAULT_LAST_PAGE))
			group = g;
	}
	if (!group) {
		group = g_new0(iomfd_pgroup, 1);
		group->attach = a->serial;
		group->dev_id = a->first->obj.id;
		group->dev = dev;
		group->faults = g_array_new(FALSE, TRUE, sizeof(struct iomfd_hwpt_pgfault));
		g_queue_push_tail(&f->deliver, group);
	}
	g_array_append_val(group->faults, *fault);
	update_signal(f);
	return 0;
}

static uint32_t new_cookie(iomfd_fault *f, iomfd_pgroup *g)
{
	guint i;

	for (i = 1; i < f->response->len; i++) {
		if (!g_ptr_array_index(f->response, i))
			break;
	}
	if (i >= f->response->len)
		g_ptr_array_set_size(f->response, (gint)i + 1);
	g_ptr_array_index(f->response, i) = g;
	return i;
}

static int put_group(iomfd_pgroup *g, uint64_t buf)
{
	for (guint i = 0; i < g->faults->len; i++) {
		struct iomfd_hwpt_pgfault out =
			g_array_index(g->faults, struct iomfd_hwpt_pgfault, i);

		out.dev_id = g->dev_id;
		out.cookie = g->cookie;
		if (iomfd_copy_out(buf + i * sizeof(out), &out, sizeof(out)))
			return -EFAULT;
	}
	return 0;
}

ssize_t iomfd_fault_read(iomfd_fault *f, uint64_t buf, size_t n)
{
	const size_t record = sizeof(struct iomfd_hwpt_pgfault);
	size_t done = 0;
	int rc = 0;

	if (n % record)
		return -ESPIPE;
	for (GList *l = f->deliver.head; l;) {
		iomfd_pgroup *g = l->data;
		GList *next = l->next;

		if (!complete(g)) {
			l = next;
			continue;
		}
		if (done >= n || g->faults->len * record > n - done) {
			rc = done ? 0 : -EINVAL;
			break;
		}
		g->cookie = new_cookie(f, g);
		if (put_group(g, buf + done)) {
			g_ptr_array_index(f->response, g->cookie) = NULL;
			rc = -EFAULT;
			break;
		}
		g_queue_delete_link(&f->deliver, l);
		done += g->faults->len * record;
		l = next;
	}
	update_signal(f);
	return done ? (ssize_t)done : rc;
}

ssize_t iomfd_fault_write(iomfd_fault *f, uint64_t buf, size_t n)
{
	struct iomfd_hwpt_page_response r;
	size_t done = 0;
	int rc = 0;

	if (n % sizeof(r))
		return -ESPIPE;
	while (done < n) {
		iomfd_pgroup *g;

		rc = iomfd_copy_in(&r, buf + done, sizeof(r));
		if (rc)
			break;
		g = r.cookie < f->response->len && r.cookie
			    ? g_ptr_array_index(f->response, r.cookie)
			    : NULL;
		if (r.code > IOMFD_PAGE_RESP_INVALID || !g) {
			rc = -EINVAL;
			break;
		}
		g_ptr_array_index(f->response, r.cookie) = NULL;
		respond(g, r.code);
		done += sizeof(r);
	}
	return done ? (ssize_t)done : rc;
}

/* ------------------------------------------------------------------------
 * Events of a vIOMMU
 */
static iomfd_veventq *find_queue(const iomfd_viommu *v, uint32_t type)
{
	for (guint i = 0; i < v->veventqs->len; i++) {
		iomfd_veventq *q = g_ptr_array_index(v->veventqs, i);

		if (q->type == type)
			return q;
	}
	return NULL;
}

int iomfd_do_veventq_alloc(iomfd_call *call)
{
	struct iomfd_veventq_alloc *cmd = call->cmd;
	iomfd_veventq *q;
	iomfd_viommu *v;
	int rc, fd;

	if (cmd->flags || cmd->reserved || !cmd->type)
		return -EOPNOTSUPP;
	if (!cmd->veventq_depth ||
	    (call->engine->profile->invalidate_limits && cmd->veventq_depth > DEPTH_MAX))
		return -EINVAL;
	v = (iomfd_viommu *)iomfd_object_get(call->ctx, cmd->viommu_id, IOMFD_KIND_VIOMMU);
	if (!v)
		return -ENOENT;
	if (find_queue(v, cmd->type))
		return -EEXIST;
	q = g_new0(iomfd_veventq, 1);
	rc = iomfd_object_init(call->ctx, &q->obj, IOMFD_KIND_VEVENTQ);
	if (rc) {
		g_free(q);
		return rc;
	}
	g_queue_init(&q->deliver);
	q->type = cmd->type;
	q->depth = cmd->veventq_depth;
	q->sequence = call->engine->vevent_sequence & INT32_MAX;
	q->viommu = v;
	v->obj.users++;
	g_ptr_array_add(v->veventqs, q);
	q->file = iomfd_file_new(call->engine, IOMFD_FILE_VEVENTQ, q);
	q->obj.users++;
	iomfd_file_ref(call->ctx->file);
	fd = iomfd_fd_install(call->engine, q->file, true);
	if (fd < 0) {
		iomfd_file_unref(q->file);
		iomfd_object_abort(&q->obj);
		return fd;
	}
	cmd->out_veventq_id = q->obj.id;
	cmd->out_veventq_fd = (uint32_t)fd;
	rc = iomfd_respond(call);
	if (rc) {
		iomfd_fd_close(call->engine, fd);
		iomfd_object_abort(&q->obj);
		return rc;
	}
	iomfd_object_publish(&q->obj);
	return 0;
}

void iomfd_veventq_free(iomfd_veventq *q)
{
	g_ptr_array_remove(q->viommu->veventqs, q);
	q->viommu->obj.users--;
	g_queue_clear_full(&q->deliver, g_free);
	g_free(q);
}

static bool is_lost(const iomfd_vevent *e)
{
	return e->header.flags & IOMFD_VEVENTQ_FLAG_LOST_EVENTS;
}

/*
 * A full queue keeps one notice of loss at its tail, which the next event that
 * fits pushes out: then only the gap in the sequence tells.
 */
int iomfd_report_event(iomfd_viommu *v, uint32_t type, const void *data, uint32_t len)
{
	iomfd_veventq *q = find_queue(v, type);
	iomfd_vevent *e, *tail;

	if (!q)
		return -EOPNOTSUPP;
	e = g_new0(iomfd_vevent, 1);
	tail = g_queue_peek_tail(&q->deliver);
	if (tail && is_lost(tail))
		g_free(g_queue_pop_tail(&q->deliver));
	if (q->num_events == q->depth || v->obj.ctx->engine->lose_events) {
		if (v->obj.ctx->engine->lose_events)
			v->obj.ctx->engine->lose_events--;
		e->header.flags = IOMFD_VEVENTQ_FLAG_LOST_EVENTS;
	} else {
		e->len = MIN(len, (uint32_t)sizeof(e->data));
		memcpy(e->data, data, e->len);
		q->num_events++;
	}
	e->header.sequence = q->sequence;
	q->sequence = (q->sequence + 1) & INT32_MAX;
	g_queue_push_tail(&q->deliver, e);
	if (q->file)
		iomfd_file_signal(q->file, true);
	return 0;
}

ssize_t iomfd_veventq_read(iomfd_veventq *q, uint64_t buf, size_t n)
{
	const size_t header = sizeof(struct iomfd_vevent_header);
	size_t done = 0;
	int rc = 0;

	if (n < header)
		return -EINVAL;
	while (!g_queue_is_empty(&q->deliver)) {
		iomfd_vevent *e = g_queue_peek_head(&q->deliver);

		if (done >= n || header > n - done)
			break;
		if (header + e->len > n - done) {
			rc = done ? 0 : -EINVAL;
			break;
		}
		if (iomfd_copy_out(buf + done, &e->header, header) ||
		    iomfd_copy_out(buf + done + header, e->data, e->len)) {
			rc = -EFAULT;
			break;
		}
		done += header + e->len;
		if (!is_lost(e))
			q->num_events--;
		g_free(g_queue_pop_head(&q->deliver));
	}
	if (q->file)
		iomfd_file_signal(q->file, !g_queue_is_empty(&q->deliver));
	return done ? (ssize_t)done : rc;
}
