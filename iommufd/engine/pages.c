/* SPDX-License-Identifier: MIT */
/*
 * Sets of pages, and who pins which. A page is pinned once a set however many
 * areas and accesses cover it, as in the kernel; here pinning means to fault
 * the page in and to count it. Pages of user memory are known by their address,
 * so memory that the program unmaps while it is pinned is gone.
 */
#include "iommufd/engine/model.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define TMPFS_MAGIC_NUMBER 0x01021994
#define HUGETLBFS_MAGIC_NUMBER 0x958458f6

static int pages_new(struct iomfd_engine *e, uint64_t start_byte, uint64_t length, bool writable,
		     iomfd_pages **out)
{
	iomfd_pages *p;

	if (length > SIZE_MAX - IOMFD_PAGE || length == 0)
		return -EINVAL;
	p = g_new0(iomfd_pages, 1);
	p->refs = 1;
	p->engine = e;
	p->writable = writable;
	p->fd = -1;
	/* As in the kernel, a sum that wraps leaves few pages, which the caller's
	 * own range check has refused before. */
	p->npages = (length + start_byte + IOMFD_PAGE - 1) / IOMFD_PAGE;
	p->account = e->capabilities & IOM_IOMMUFD_CAP_IPC_LOCK ? IOMFD_ACCOUNT_NONE
								: IOMFD_ACCOUNT_USER;
	p->pins = g_array_new(FALSE, FALSE, sizeof(iomfd_pin));
	g_ptr_array_add(e->page_sets, p);
	*out = p;
	return 0;
}

int iomfd_pages_user(struct iomfd_engine *e, uint64_t uptr, uint64_t length, bool writable,
		     iomfd_pages **out)
{
	uint64_t end, down = uptr & ~(IOMFD_PAGE - 1);
	int rc;

	if (iomfd_add_overflows(uptr, length, &end))
		return -EOVERFLOW;
	rc = pages_new(e, uptr - down, length, writable, out);
	if (rc)
		return rc;
	(*out)->type = IOMFD_PAGES_USER;
	(*out)->base = down;
	return 0;
}

int iomfd_pages_file(struct iomfd_engine *e, int fd, uint64_t start, uint64_t length, bool writable,
		     iomfd_pages **out)
{
	uint64_t down = start & ~(IOMFD_PAGE - 1);
	int rc, mine = iomfd_private_fd(fd);

	if (mine < 0)
		return -EBADF;
	rc = pages_new(e, start - down, length, writable, out);
	if (rc) {
		close(mine);
		return rc;
	}
	(*out)->type = IOMFD_PAGES_FILE;
	(*out)->fd = mine;
	(*out)->file_start = down;
	/*
	 * Whatever it is, it stays open while it is mapped. A context that is mapped
	 * into an address space of its own keeps itself, as in the kernel.
	 */
	(*out)->file = iomfd_file_get(e, fd);
	if ((*out)->file)
		iomfd_file_ref((*out)->file);
	return 0;
}

int iomfd_pages_dmabuf(struct iomfd_engine *e, iomfd_dmabuf *buf, uint64_t start, uint64_t length,
		       bool writable, iomfd_pages **out)
{
	uint64_t down = start & ~(IOMFD_PAGE - 1);
	int rc;

	if (buf->length <= start + length - 1 || length / IOMFD_PAGE >= UINT32_MAX)
		return -EINVAL;
	if (buf->foreign)
		return -EOPNOTSUPP;
	rc = pages_new(e, start - down, length, writable, out);
	if (rc)
		return rc;
	if (buf->revoked) {
		iomfd_pages_unref(*out);
		return -ENODEV;
	}
	(*out)->type = IOMFD_PAGES_DMABUF;
	(*out)->account = IOMFD_ACCOUNT_NONE;
	(*out)->base = (uint64_t)(uintptr_t)buf->memory + down;
	(*out)->file_start = down;
	(*out)->dmabuf = buf;
	buf->refs++;
	return 0;
}

iomfd_pages *iomfd_pages_ref(iomfd_pages *p)
{
	p->refs++;
	return p;
}

void iomfd_pages_unref(iomfd_pages *p)
{
	if (--p->refs)
		return;
	g_ptr_array_remove_fast(p->engine->page_sets, p);
	if (p->type == IOMFD_PAGES_FILE) {
		if (p->base)
			munmap((void *)(uintptr_t)p->base, p->mapped);
		close(p->fd);
	}
	if (p->dmabuf)
		iomfd_dmabuf_unref(p->dmabuf);
	g_array_unref(p->pins);
	if (p->file)
		iomfd_file_unref(p->file);
	g_free(p);
}

/*
 * Make the file's pages reachable, the way the kernel pins pages of a memfd: up
 * to `last`, which must lie within the file. Our mapping covers the file as it
 * is now; once it has grown, and nothing is pinned, it is made anew.
 */
static int open_file(iomfd_pages *p, uint64_t last)
{
	uint64_t end = p->file_start + last * IOMFD_PAGE + IOMFD_PAGE - 1, length;
	struct statfs fs;
	struct stat st;
	void *host;

	if (fstatfs(p->fd, &fs) || fstat(p->fd, &st) ||
	    (fs.f_type != TMPFS_MAGIC_NUMBER && fs.f_type != HUGETLBFS_MAGIC_NUMBER) ||
	    !S_ISREG(st.st_mode) || end >= (uint64_t)st.st_size)
		return -EINVAL;
	if (p->base && last * IOMFD_PAGE < p->mapped)
		return 0;
	if (p->base) {
		if (p->npinned)
			return -ENOMEM;
		munmap((void *)(uintptr_t)p->base, p->mapped);
		p->base = 0;
	}
	length = MIN(p->npages,
		     ((uint64_t)st.st_size - p->file_start + IOMFD_PAGE - 1) / IOMFD_PAGE) *
		 IOMFD_PAGE;
	host = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, (off_t)p->file_start);
	if (host == MAP_FAILED)
		host = mmap(NULL, length, PROT_READ, MAP_SHARED, p->fd, (off_t)p->file_start);
	if (host == MAP_FAILED)
		return -EINVAL;
	p->base = (uint64_t)(uintptr_t)host;
	p->mapped = length;
	return 0;
}

static bool pinned(const iomfd_pages *p, uint64_t index, uint64_t *until)
{
	uint64_t next = UINT64_MAX;

	for (guint i = 0; i < p->pins->len; i++) {
		const iomfd_pin *pin = &g_array_index(p->pins, iomfd_pin, i);

		if (index >= pin->index && index <= pin->last) {
			*until = pin->last;
			return true;
		}
		if (pin->index > index)
			next = MIN(next, pin->index - 1);
	}
	*until = next;
	return false;
}

static int charge(iomfd_pages *p, uint64_t npages)
{
	struct iomfd_engine *e = p->engine;

	if (p->account != IOMFD_ACCOUNT_NONE) {
		if (p->account == IOMFD_ACCOUNT_MM &&
		    (e->capabilities & IOM_IOMMUFD_CAP_IPC_LOCK)) {
			/* __account_locked_vm() of a caller that may lock anything */
		} else if (e->locked_vm + npages > e->memlock_limit) {
			return -ENOMEM;
		}
		e->locked_vm += npages;
	}
	p->npinned += npages;
	return 0;
}

static void uncharge(iomfd_pages *p, uint64_t npages)
{
	if (p->account != IOMFD_ACCOUNT_NONE)
		p->engine->locked_vm -= npages;
	p->npinned -= npages;
}

int iomfd_pages_pin(iomfd_pages *p, uint64_t index, uint64_t last, const void *owner)
{
	iomfd_pin pin = { index, last, 1, owner };
	uint64_t fresh = 0, until;
	int rc = iomfd_step(p->engine);

	if (rc)
		return rc;
	/* An access to exactly the same pages shares the pin. */
	for (guint i = 0; !owner && i < p->pins->len; i++) {
		iomfd_pin *old = &g_array_index(p->pins, iomfd_pin, i);

		if (!old->owner && old->index == index && old->last == last) {
			old->users++;
			return 0;
		}
	}
	for (uint64_t at = index; at <= last; at = until + 1) {
		bool have = pinned(p, at, &until);

		until = MIN(until, last);
		if (have || p->type == IOMFD_PAGES_DMABUF)
			continue;
		if (p->type == IOMFD_PAGES_FILE) {
			rc = open_file(p, until);
			if (rc)
				return rc;
		}
		rc = iomfd_populate(p->base + at * IOMFD_PAGE, (until - at + 1) * IOMFD_PAGE,
				    p->writable && p->type == IOMFD_PAGES_USER);
		if (rc)
			return rc;
		fresh += until - at + 1;
	}
	rc = charge(p, fresh);
	if (rc)
		return rc;
	g_array_append_val(p->pins, pin);
	return 0;
}

void iomfd_pages_unpin(iomfd_pages *p, uint64_t index, uint64_t last, const void *owner)
{
	uint64_t freed = 0, until;

	for (guint i = 0; i < p->pins->len; i++) {
		iomfd_pin *pin = &g_array_index(p->pins, iomfd_pin, i);

		if (pin->owner != owner || pin->index != index || pin->last != last)
			continue;
		if (--pin->users)
			return;
		g_array_remove_index_fast(p->pins, i);
		break;
	}
	for (uint64_t at = index; at <= last; at = until + 1) {
		bool have = pinned(p, at, &until);

		until = MIN(until, last);
		if (!have && p->type != IOMFD_PAGES_DMABUF)
			freed += until - at + 1;
	}
	uncharge(p, freed);
}

void iomfd_pages_move_pin(iomfd_pages *p, const void *from, const void *to, uint64_t index,
			  uint64_t last)
{
	iomfd_pin pin = { index, last, 1, to };

	for (guint i = 0; from && i < p->pins->len; i++) {
		if (g_array_index(p->pins, iomfd_pin, i).owner == from) {
			g_array_remove_index_fast(p->pins, i);
			break;
		}
	}
	g_array_append_val(p->pins, pin);
}

uint64_t iomfd_pages_host(const iomfd_pages *p, uint64_t byte)
{
	return p->base + byte;
}

int iomfd_pages_rw(iomfd_pages *p, uint64_t byte, void *data, uint64_t length, bool write,
		   bool slow)
{
	uint64_t index = byte / IOMFD_PAGE, last = (byte + length - 1) / IOMFD_PAGE;
	int rc;

	if (write && !p->writable)
		return -EPERM;
	if (p->type == IOMFD_PAGES_DMABUF)
		return -EINVAL;
	/* A single page is not pinned as the set's pages are, only looked up. */
	slow = slow && index != last;
	if (p->type != IOMFD_PAGES_USER || slow) {
		rc = iomfd_pages_pin(p, index, last, NULL);
		if (rc)
			return rc;
	}
	rc = write ? iomfd_copy_out(p->base + byte, data, length)
		   : iomfd_copy_in(data, p->base + byte, length);
	if (p->type != IOMFD_PAGES_USER || slow)
		iomfd_pages_unpin(p, index, last, NULL);
	return rc;
}

unsigned iomfd_pages_count_pins(struct iomfd_engine *e, uint64_t addr)
{
	iomfd_phys want, got;
	unsigned n = 0;
	uint64_t until;

	if (iomfd_phys_of(addr, false, &want))
		return 0;
	for (guint i = 0; i < e->page_sets->len; i++) {
		iomfd_pages *p = g_ptr_array_index(e->page_sets, i);

		if (p->npinned == 0)
			continue;
		if (p->type == IOMFD_PAGES_USER && want.inode == 0) {
			uint64_t index = (want.offset - p->base) / IOMFD_PAGE;

			if (want.offset >= p->base && index < p->npages && pinned(p, index, &until))
				n++;
			continue;
		}
		/* A shared file may be mapped at any address. */
		for (guint k = 0; want.inode && k < p->pins->len; k++) {
			const iomfd_pin *pin = &g_array_index(p->pins, iomfd_pin, k);
			uint64_t index = pin->index;

			if (iomfd_phys_of(p->base + index * IOMFD_PAGE, false, &got) ||
			    got.device != want.device || got.inode != want.inode)
				continue;
			if (want.offset >= got.offset &&
			    (want.offset - got.offset) / IOMFD_PAGE <= pin->last - pin->index) {
				n++;
				break;
			}
		}
	}
	return n;
}
