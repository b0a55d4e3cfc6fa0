/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of a VFIO device: VFIO_DEVICE_GET_IRQ_INFO and SET_IRQS, with the checks
 * of the kernel's vfio-pci in its order. One of INTx, MSI and MSI-X is on at a time.
 */
#include "iommufd/engine/vfio-irq.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define NONE IOMFD_VFIO_PCI_IRQS

void iomfd_irqs_init(iomfd_irqs *q)
{
	q->type = NONE;
	q->error = q->request = q->unmask = -1;
	q->masked = q->pending = false;
	for (unsigned i = 0; i < IOMFD_MSIX_VECTORS; i++)
		q->vector[i] = -1;
}

static void put(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void off(iomfd_irqs *q)
{
	for (unsigned i = 0; i < IOMFD_MSIX_VECTORS; i++)
		put(&q->vector[i]);
	put(&q->unmask);
	q->masked = q->pending = false;
	q->type = NONE;
}

void iomfd_irqs_close(iomfd_irqs *q)
{
	off(q);
	put(&q->error);
	put(&q->request);
}

static unsigned count_of(unsigned index)
{
	switch (index) {
	case IOMFD_VFIO_PCI_MSI:
		return 1u << IOMFD_MSI_LG2;
	case IOMFD_VFIO_PCI_MSIX:
		return IOMFD_MSIX_VECTORS;
	default:
		return index < NONE ? 1 : 0;
	}
}

int iomfd_irqs_info(uint64_t arg)
{
	struct iomfd_vfio_irq_info info;

	if (iomfd_copy_in(&info, arg, sizeof(info)))
		return -EFAULT;
	if (info.argsz < sizeof(info) || info.index >= NONE)
		return -EINVAL;
	info.count = count_of(info.index);
	info.flags = IOMFD_VFIO_IRQ_EVENTFD;
	if (info.index == IOMFD_VFIO_PCI_INTX)
		info.flags |= IOMFD_VFIO_IRQ_MASKABLE | IOMFD_VFIO_IRQ_AUTOMASKED;
	else if (info.index != IOMFD_VFIO_PCI_MSIX)
		info.flags |= IOMFD_VFIO_IRQ_NORESIZE;
	return iomfd_copy_out(arg, &info, sizeof(info));
}

/* Our own descriptor of the program's eventfd; -EBADF, -EINVAL for anything else. */
static int take(int fd)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	char target[32] = "";
	int mine;

	if (fcntl(fd, F_GETFD) < 0)
		return -EBADF;
	if (readlink(path, target, sizeof(target) - 1) < 0 || !strstr(target, "[eventfd]"))
		return -EINVAL;
	mine = iomfd_private_fd(fd);
	return mine >= 0 ? mine : -EMFILE;
}

static bool signal_one(int fd)
{
	const uint64_t one = 1;

	return fd >= 0 && write(fd, &one, sizeof(one)) == sizeof(one);
}

/* What comes behind the header: nothing, a byte or a descriptor for each vector. */
typedef struct irq_set {
	struct iomfd_vfio_irq_set head;
	int32_t fds[IOMFD_MSIX_VECTORS];
	uint8_t bools[IOMFD_MSIX_VECTORS];
} irq_set;

static uint32_t data_type(const irq_set *s)
{
	return s->head.flags & IOMFD_VFIO_IRQ_SET_DATA_MASK;
}

static int check(const irq_set *s, size_t *each)
{
	const struct iomfd_vfio_irq_set *h = &s->head;
	unsigned count = count_of(h->index);

	if (h->argsz < sizeof(*h) || h->index >= NONE || h->count >= UINT32_MAX - h->start ||
	    (h->flags & ~(IOMFD_VFIO_IRQ_SET_DATA_MASK | IOMFD_VFIO_IRQ_SET_ACTION_MASK)) ||
	    h->start >= count || h->start + h->count > count)
		return -EINVAL;
	switch (data_type(s)) {
	case IOMFD_VFIO_IRQ_SET_DATA_NONE:
		*each = 0;
		break;
	case IOMFD_VFIO_IRQ_SET_DATA_BOOL:
		*each = 1;
		break;
	case IOMFD_VFIO_IRQ_SET_DATA_EVENTFD:
		*each = 4;
		break;
	default:
		return -EINVAL;
	}
	return *each && h->argsz - sizeof(*h) < h->count * *each ? -EINVAL : 0;
}

/* Each vector's flag of what is told with flags; all of them when nothing is. */
static bool chosen(const irq_set *s, unsigned i)
{
	return data_type(s) == IOMFD_VFIO_IRQ_SET_DATA_NONE || s->bools[i];
}

/* ------------------------------------------------------------------------
 * INTx
 */
static void unmask_intx(iomfd_irqs *q, bool intx_off)
{
	q->masked = false;
	/* Level: what waits is told again. */
	if (q->pending && !intx_off) {
		q->pending = false;
		q->masked = signal_one(q->vector[0]);
	}
}

static int mask(iomfd_irqs *q, const irq_set *s, bool on, bool intx_off)
{
	if (s->head.index != IOMFD_VFIO_PCI_INTX)
		return -ENOTTY;
	if (q->type != IOMFD_VFIO_PCI_INTX || s->head.start || s->head.count != 1)
		return -EINVAL;
	if (data_type(s) == IOMFD_VFIO_IRQ_SET_DATA_EVENTFD) {
		int fd = -1;

		if (on)
			return -ENOTTY;
		if (s->fds[0] >= 0) {
			fd = take(s->fds[0]);
			if (fd < 0)
				return fd;
		}
		put(&q->unmask);
		q->unmask = fd;
		return 0;
	}
	if (chosen(s, 0) && on)
		q->masked = true;
	else if (chosen(s, 0))
		unmask_intx(q, intx_off);
	return 0;
}

static int trigger_intx(iomfd_irqs *q, const irq_set *s, bool intx_off)
{
	int fd = -1;

	if (q->type == IOMFD_VFIO_PCI_INTX && !s->head.count &&
	    data_type(s) == IOMFD_VFIO_IRQ_SET_DATA_NONE) {
		off(q);
		return 0;
	}
	if ((q->type != IOMFD_VFIO_PCI_INTX && q->type != NONE) || s->head.count != 1)
		return -EINVAL;
	if (data_type(s) != IOMFD_VFIO_IRQ_SET_DATA_EVENTFD) {
		if (q->type != IOMFD_VFIO_PCI_INTX)
			return -EINVAL;
		if (chosen(s, 0) && !intx_off)
			signal_one(q->vector[0]);
		return 0;
	}
	if (s->fds[0] >= 0) {
		fd = take(s->fds[0]);
		if (fd < 0)
			return fd;
	}
	put(&q->vector[0]);
	q->vector[0] = fd;
	if (q->type == NONE)
		q->masked = q->pending = false;
	q->type = IOMFD_VFIO_PCI_INTX;
	return 0;
}

/* ------------------------------------------------------------------------
 * Messages, errors and requests
 */
static int set_block(iomfd_irqs *q, const irq_set *s)
{
	for (unsigned i = 0; i < s->head.count; i++) {
		int *slot = &q->vector[s->head.start + i], fd = -1;

		if (s->fds[i] >= 0)
			fd = take(s->fds[i]);
		/* The ones of this call go with the one that is wrong. */
		for (unsigned j = 0; fd < 0 && s->fds[i] >= 0 && j < i; j++)
			put(&q->vector[s->head.start + j]);
		if (fd < 0 && s->fds[i] >= 0)
			return fd;
		put(slot);
		*slot = fd;
	}
	return 0;
}

static int trigger_message(iomfd_irqs *q, const irq_set *s)
{
	unsigned index = s->head.index;
	int rc;

	if (q->type == index && !s->head.count && data_type(s) == IOMFD_VFIO_IRQ_SET_DATA_NONE) {
		off(q);
		return 0;
	}
	if (q->type != index && q->type != NONE)
		return -EINVAL;
	if (data_type(s) == IOMFD_VFIO_IRQ_SET_DATA_EVENTFD) {
		bool fresh = q->type == NONE;

		q->type = index;
		rc = set_block(q, s);
		if (rc && fresh)
			off(q);
		return rc;
	}
	if (q->type != index)
		return -EINVAL;
	for (unsigned i = 0; i < s->head.count; i++) {
		if (chosen(s, i))
			signal_one(q->vector[s->head.start + i]);
	}
	return 0;
}

static int trigger_single(int *slot, const irq_set *s)
{
	int fd = -1;

	switch (data_type(s)) {
	case IOMFD_VFIO_IRQ_SET_DATA_NONE:
		if (*slot < 0)
			return -EINVAL;
		if (s->head.count)
			signal_one(*slot);
		else
			put(slot);
		return 0;
	case IOMFD_VFIO_IRQ_SET_DATA_BOOL:
		if (!s->head.count)
			return -EINVAL;
		if (s->bools[0])
			signal_one(*slot);
		return 0;
	default:
		if (!s->head.count || s->fds[0] < -1)
			return -EINVAL;
		if (s->fds[0] >= 0) {
			fd = take(s->fds[0]);
			if (fd < 0)
				return fd;
		}
		put(slot);
		*slot = fd;
		return 0;
	}
}

static int trigger(iomfd_irqs *q, const irq_set *s, bool intx_off)
{
	switch (s->head.index) {
	case IOMFD_VFIO_PCI_INTX:
		return trigger_intx(q, s, intx_off);
	case IOMFD_VFIO_PCI_ERR:
		return trigger_single(&q->error, s);
	case IOMFD_VFIO_PCI_REQ:
		return trigger_single(&q->request, s);
	default:
		return trigger_message(q, s);
	}
}

int iomfd_irqs_set(iomfd_irqs *q, uint64_t arg, bool intx_off)
{
	irq_set s = { 0 };
	size_t each;
	int rc;

	if (iomfd_copy_in(&s.head, arg, sizeof(s.head)))
		return -EFAULT;
	rc = check(&s, &each);
	if (rc)
		return rc;
	if (each && iomfd_copy_in(each == 1 ? (void *)s.bools : s.fds, arg + sizeof(s.head),
				  s.head.count * each))
		return -EFAULT;
	switch (s.head.flags & IOMFD_VFIO_IRQ_SET_ACTION_MASK) {
	case IOMFD_VFIO_IRQ_SET_MASK:
		return mask(q, &s, true, intx_off);
	case IOMFD_VFIO_IRQ_SET_UNMASK:
		return mask(q, &s, false, intx_off);
	case IOMFD_VFIO_IRQ_SET_TRIGGER:
		return trigger(q, &s, intx_off);
	default:
		return -ENOTTY;
	}
}

static int raise_intx(iomfd_irqs *q, bool intx_off)
{
	struct pollfd p = { .fd = q->unmask, .events = POLLIN };
	uint64_t count;

	/* The eventfd that unmasks is looked at when it matters. */
	if (q->masked && q->unmask >= 0 && poll(&p, 1, 0) == 1 &&
	    read(q->unmask, &count, sizeof(count)) == sizeof(count))
		q->masked = false;
	if (q->masked || intx_off) {
		q->pending = true;
		return 0;
	}
	q->masked = signal_one(q->vector[0]);
	return q->masked;
}

int iomfd_irqs_raise(iomfd_irqs *q, unsigned index, unsigned vector, bool intx_off)
{
	if (vector >= count_of(index))
		return -EINVAL;
	if (index == IOMFD_VFIO_PCI_ERR)
		return signal_one(q->error);
	if (index == IOMFD_VFIO_PCI_REQ)
		return signal_one(q->request);
	if (q->type != index)
		return 0;
	return index == IOMFD_VFIO_PCI_INTX ? raise_intx(q, intx_off)
					    : signal_one(q->vector[vector]);
}
