/* SPDX-License-Identifier: MIT */
/*
 * A vhost-user back end with one disk, behind the guest's IOMMU: every ring and buffer
 * address is an IOVA, which QEMU translates on request and takes back when the guest
 * invalidates it. A translation that outlives its page shows as wrong data in the guest.
 *
 *   vhost-blk SOCKET IMAGE      serves one connection, then prints what happened
 *
 * One thread: while it waits for a translation it goes on answering the front end, which
 * may hold the guest until an invalidation is acknowledged. A pointer is used at once and
 * never kept over such a wait.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/vhost_types.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* QEMU's docs/interop/vhost-user: requests of the front end. */
enum {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	SET_VRING_ERR = 14,
	GET_PROTOCOL_FEATURES = 15,
	SET_BACKEND_REQ_FD = 21,
	IOTLB_MSG = 22,
	GET_CONFIG = 24,
};

#define BACKEND_IOTLB_MSG 1
#define VERSION 1u
#define REPLY 4u
#define NEED_REPLY 8u
#define HAS_NO_FD 0x100u
#define F_PROTOCOL_FEATURES 30
#define PROTOCOL_FEATURES (1u << 3 | 1u << 5 | 1u << 9) /* REPLY_ACK, BACKEND_REQ, CONFIG */
#define FEATURES \
	(UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_ACCESS_PLATFORM | \
	 1u << F_PROTOCOL_FEATURES | 1u << VIRTIO_RING_F_INDIRECT_DESC | \
	 1u << VIRTIO_BLK_F_FLUSH | 1u << VIRTIO_BLK_F_SEG_MAX)

#define MAX_REGIONS 8
#define MAX_ENTRIES 4096
#define SECTOR 512u

typedef struct {
	uint32_t request, flags, size;
} __attribute__((packed)) Header;

typedef struct {
	Header h;
	union {
		uint64_t u64;
		struct {
			uint32_t index, num;
		} state;
		struct {
			uint32_t index, flags;
			uint64_t desc, used, avail, log;
		} addr;
		struct {
			uint32_t n, padding;
			struct {
				uint64_t guest, size, user, offset;
			} region[MAX_REGIONS];
		} memory;
		struct {
			uint32_t offset, size, flags;
			uint8_t bytes[256];
		} config;
		struct vhost_iotlb_msg iotlb;
		uint8_t bytes[512];
	} u;
} __attribute__((packed)) Message;

typedef struct {
	uint64_t iova, size, user;
	uint8_t perm;
} Entry;

static struct {
	uint64_t user, size;
	uint8_t *host;
} regions[MAX_REGIONS];
static Entry entries[MAX_ENTRIES];
static unsigned n_entries;
static struct {
	uint64_t desc, used, avail;
	uint32_t num;
	uint16_t last;
	int kick, call;
	bool started;
} ring = { .kick = -1, .call = -1 };
static int front = -1, back = -1, disk = -1;
static uint64_t sectors;
static uint64_t requests, misses, updates, invalidations, bytes_moved;
static bool closed;

static bool fail(const char *what)
{
	fprintf(stderr, "vhost-blk: %s: %s\n", what, strerror(errno));
	closed = true;
	return false;
}

/* ---- the front end's messages ---- */

static bool receive(int fd, Message *m, int *fds, unsigned *n_fds)
{
	char control[CMSG_SPACE(MAX_REGIONS * sizeof(int))];
	struct iovec iov = { &m->h, sizeof(m->h) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };

	*n_fds = 0;
	if (recvmsg(fd, &msg, MSG_WAITALL) != (ssize_t)sizeof(m->h)) {
		closed = true; /* QEMU has ended */
		return false;
	}
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_type == SCM_RIGHTS) {
			*n_fds = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(fds, CMSG_DATA(c), *n_fds * sizeof(int));
		}
	}
	memset(&m->u, 0, sizeof(m->u));
	/* Waits, even for no bytes. */
	if (m->h.size > sizeof(m->u) ||
	    (m->h.size && recv(fd, &m->u, m->h.size, MSG_WAITALL) != (ssize_t)m->h.size))
		return fail("message");
	return true;
}

static bool send_message(int fd, Message *m, uint32_t size, uint32_t flags)
{
	size_t length = sizeof(m->h) + size;

	m->h.size = size;
	m->h.flags = VERSION | flags;
	return send(fd, m, length, MSG_NOSIGNAL) == (ssize_t)length || fail("reply");
}

static void set_memory(const Message *m, const int *fds, unsigned n_fds)
{
	for (unsigned i = 0; i < MAX_REGIONS; i++) {
		if (regions[i].host)
			munmap(regions[i].host, regions[i].size);
		memset(&regions[i], 0, sizeof(regions[i]));
		if (i >= m->u.memory.n || i >= n_fds)
			continue;
		regions[i].user = m->u.memory.region[i].user;
		regions[i].size = m->u.memory.region[i].size;
		regions[i].host = mmap(NULL, regions[i].size, PROT_READ | PROT_WRITE, MAP_SHARED,
				       fds[i], (off_t)m->u.memory.region[i].offset);
		if (regions[i].host == MAP_FAILED)
			fail("memory of the guest");
		close(fds[i]);
	}
}

static void drop(uint64_t iova, uint64_t size)
{
	uint64_t last = iova + size - 1;
	unsigned kept = 0;

	for (unsigned i = 0; i < n_entries; i++) {
		const Entry *e = &entries[i];

		if (e->iova > last || e->iova + e->size - 1 < iova)
			entries[kept++] = *e;
	}
	n_entries = kept;
}

static void iotlb(struct vhost_iotlb_msg m)
{
	if (m.type == VHOST_IOTLB_INVALIDATE) {
		invalidations++;
		drop(m.iova, m.size);
	} else if (m.type == VHOST_IOTLB_UPDATE) {
		updates++;
		drop(m.iova, m.size);
		if (n_entries == MAX_ENTRIES)
			n_entries = 0;
		entries[n_entries++] = (Entry){ m.iova, m.size, m.uaddr, m.perm };
	}
}

static void set_fd(int *where, const Message *m, const int *fds, unsigned n_fds)
{
	if (*where >= 0)
		close(*where);
	*where = n_fds && !(m->u.u64 & HAS_NO_FD) ? fds[0] : -1;
}

static void get_config(Message *m)
{
	struct virtio_blk_config config = { .capacity = sectors, .seg_max = 126 };
	uint32_t offset = m->u.config.offset, size = m->u.config.size;

	if (offset <= sizeof(config) && size <= sizeof(config) - offset)
		memcpy(m->u.config.bytes, (const uint8_t *)&config + offset, size);
	send_message(front, m, m->h.size, REPLY);
}

/* One message; an answer where the protocol or the front end wants one. */
static void serve(void)
{
	int fds[MAX_REGIONS];
	unsigned n_fds;
	Message m;

	if (!receive(front, &m, fds, &n_fds))
		return;
	switch (m.h.request) {
	case GET_FEATURES:
		m.u.u64 = FEATURES;
		send_message(front, &m, 8, REPLY);
		return;
	case GET_PROTOCOL_FEATURES:
		m.u.u64 = PROTOCOL_FEATURES;
		send_message(front, &m, 8, REPLY);
		return;
	case GET_CONFIG:
		get_config(&m);
		return;
	case GET_VRING_BASE:
		ring.started = false;
		m.u.state.num = ring.last;
		send_message(front, &m, 8, REPLY);
		return;
	case SET_MEM_TABLE:
		set_memory(&m, fds, n_fds);
		break;
	case SET_VRING_NUM:
		ring.num = m.u.state.num;
		break;
	case SET_VRING_ADDR:
		ring.desc = m.u.addr.desc;
		ring.used = m.u.addr.used;
		ring.avail = m.u.addr.avail;
		break;
	case SET_VRING_BASE:
		ring.last = (uint16_t)m.u.state.num;
		break;
	case SET_VRING_KICK:
		set_fd(&ring.kick, &m, fds, n_fds);
		ring.started = true;
		break;
	case SET_VRING_CALL:
		set_fd(&ring.call, &m, fds, n_fds);
		break;
	case SET_VRING_ERR:
		if (n_fds)
			close(fds[0]);
		break;
	case SET_BACKEND_REQ_FD:
		set_fd(&back, &m, fds, n_fds);
		break;
	case IOTLB_MSG:
		iotlb(m.u.iotlb);
		break;
	default:
		break;
	}
	if (m.h.flags & NEED_REPLY) {
		m.u.u64 = 0;
		send_message(front, &m, 8, REPLY);
	}
}

/* ---- memory of the guest ---- */

static uint8_t *of_user(uint64_t user, uint64_t *length)
{
	for (unsigned i = 0; i < MAX_REGIONS; i++) {
		uint64_t offset = user - regions[i].user;

		if (regions[i].host && offset < regions[i].size) {
			if (*length > regions[i].size - offset)
				*length = regions[i].size - offset;
			return regions[i].host + offset;
		}
	}
	return NULL;
}

/*
 * Ask the front end, which answers on one channel and sends the entry on the other. The
 * answer to a question that a stopped ring gave up comes first.
 */
static bool miss(uint64_t iova, bool write)
{
	Message m = { .h.request = BACKEND_IOTLB_MSG };
	struct pollfd p[2] = { { front, POLLIN, 0 }, { back, POLLIN, 0 } };
	unsigned n_fds;
	int fds[MAX_REGIONS];
	static unsigned owed;

	misses++;
	m.u.iotlb = (struct vhost_iotlb_msg){ .iova = iova,
					      .perm = write ? VHOST_ACCESS_WO : VHOST_ACCESS_RO,
					      .type = VHOST_IOTLB_MISS };
	if (!send_message(back, &m, sizeof(m.u.iotlb), NEED_REPLY))
		return false;
	owed++;
	while (owed && !closed && ring.started && poll(p, 2, -1) > 0) {
		if (p[0].revents)
			serve();
		if (p[1].revents && receive(back, &m, fds, &n_fds))
			owed--;
	}
	return !owed && m.u.u64 == 0;
}

/* Where `iova` is now; at most *length bytes of it. NULL when there is no such page. */
static uint8_t *of_iova(uint64_t iova, uint64_t *length, bool write)
{
	uint8_t need = write ? VHOST_ACCESS_WO : VHOST_ACCESS_RO;

	for (int turn = 0; turn < 3; turn++) {
		for (unsigned i = n_entries; i-- > 0;) {
			const Entry *e = &entries[i];

			if (iova - e->iova >= e->size || !(e->perm & need))
				continue;
			if (*length > e->size - (iova - e->iova))
				*length = e->size - (iova - e->iova);
			return of_user(e->user + (iova - e->iova), length);
		}
		if (closed || !miss(iova, write))
			return NULL;
	}
	return NULL;
}

static bool copy(uint64_t iova, void *bytes, uint64_t length, bool write)
{
	uint8_t *at = bytes;

	while (length) {
		uint64_t n = length;
		uint8_t *host = of_iova(iova, &n, write);

		if (!host)
			return false;
		memcpy(write ? host : at, write ? at : host, n);
		iova += n;
		at += n;
		length -= n;
	}
	return true;
}

static bool transfer(uint64_t iova, uint64_t length, uint64_t at, bool to_guest)
{
	while (length) {
		uint64_t n = length;
		uint8_t *host = of_iova(iova, &n, to_guest);
		ssize_t done = !host      ? -1
			       : to_guest ? pread(disk, host, n, (off_t)at)
					  : pwrite(disk, host, n, (off_t)at);

		if (done != (ssize_t)n)
			return false;
		iova += n;
		at += n;
		length -= n;
		bytes_moved += n;
	}
	return true;
}

/* ---- the ring ---- */

typedef struct {
	struct vring_desc table[256];
	unsigned n;
} Chain;

static bool read_chain(Chain *c, uint16_t head)
{
	struct vring_desc d;
	uint64_t table = ring.desc;
	uint32_t num = ring.num;
	unsigned index = head;

	c->n = 0;
	do {
		if (index >= num || c->n >= 256 ||
		    !copy(table + index * sizeof(d), &d, sizeof(d), false))
			return false;
		if (d.flags & VRING_DESC_F_INDIRECT) {
			table = d.addr;
			num = d.len / (uint32_t)sizeof(d);
			index = 0;
			d.flags = VRING_DESC_F_NEXT;
			continue;
		}
		c->table[c->n++] = d;
		index = d.next;
	} while (d.flags & VRING_DESC_F_NEXT);
	return c->n >= 2;
}

/* Header, data, one byte of status; false when an address led nowhere. */
static bool request(const Chain *c, uint32_t *written)
{
	const struct vring_desc *end = &c->table[c->n - 1];
	struct virtio_blk_outhdr header;
	uint8_t status = VIRTIO_BLK_S_OK;
	uint64_t at;

	if (c->table[0].len < sizeof(header) ||
	    !copy(c->table[0].addr, &header, sizeof(header), false))
		return false;
	at = header.sector * SECTOR;
	*written = 1;
	for (const struct vring_desc *d = &c->table[1]; d < end; d++) {
		bool to_guest = d->flags & VRING_DESC_F_WRITE;

		if (header.type != VIRTIO_BLK_T_IN && header.type != VIRTIO_BLK_T_OUT) {
			if (header.type != VIRTIO_BLK_T_GET_ID)
				status = VIRTIO_BLK_S_UNSUPP;
			continue;
		}
		if (to_guest != (header.type == VIRTIO_BLK_T_IN) || at + d->len > sectors * SECTOR)
			status = VIRTIO_BLK_S_IOERR;
		else if (!transfer(d->addr, d->len, at, to_guest))
			return false;
		at += d->len;
		*written += to_guest ? d->len : 0;
	}
	requests++;
	return copy(end->addr, &status, 1, true);
}

static void run_ring(void)
{
	uint16_t available, head, used_index;
	uint64_t one = 1;
	Chain chain;

	while (ring.started && !closed) {
		struct vring_used_elem elem = { 0 };
		uint64_t slot;

		if (!copy(ring.avail + 2, &available, 2, false) || available == ring.last)
			return;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		slot = ring.last % ring.num;
		if (!copy(ring.avail + 4 + 2 * slot, &head, 2, false))
			return;
		elem.id = head;
		if (!read_chain(&chain, head) || !request(&chain, &elem.len)) {
			fprintf(stderr, "vhost-blk: a request whose addresses lead nowhere\n");
			return;
		}
		if (!copy(ring.used + 4 + 8 * slot, &elem, sizeof(elem), true))
			return;
		__atomic_thread_fence(__ATOMIC_RELEASE);
		used_index = ++ring.last;
		if (!copy(ring.used + 2, &used_index, 2, true))
			return;
		if (ring.call >= 0 && write(ring.call, &one, 8) != 8)
			fail("interrupt");
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int listener;

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	disk = open(argv[2], O_RDWR);
	if (disk < 0 || fstat(disk, &st) < 0)
		return fail(argv[2]), 1;
	sectors = (uint64_t)st.st_size / SECTOR;
	strcpy(address.sun_path, argv[1]);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 1))
		return fail(argv[1]), 1;
	front = accept(listener, NULL, NULL);
	while (front >= 0 && !closed) {
		struct pollfd p[2] = { { front, POLLIN, 0 },
				       { ring.started ? ring.kick : -1, POLLIN, 0 } };
		uint64_t count;

		if (poll(p, 2, -1) < 0)
			break;
		if (p[0].revents)
			serve();
		if (p[1].revents && read(ring.kick, &count, 8) == 8)
			run_ring();
	}
	printf("requests %" PRIu64 "\nmisses %" PRIu64 "\nupdates %" PRIu64
	       "\ninvalidations %" PRIu64 "\nbytes %" PRIu64 "\n",
	       requests, misses, updates, invalidations, bytes_moved);
	return 0;
}
