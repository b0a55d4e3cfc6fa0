/* SPDX-License-Identifier: MIT */
/* Random calls on address spaces. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>

/* ------------------------------------------------------------------------
 * Address spaces
 */
void op_ioas_alloc(void)
{
	struct iomfd_ioas_alloc cmd = { .flags = mess32(0) };

	if (run("ioas_alloc", IOMFD_IOAS_ALLOC, &cmd, sizeof(cmd)) == 0)
		add(ioas_ids, &n_ioas, cmd.out_ioas_id);
}

void op_destroy(void)
{
	struct iomfd_destroy cmd = { .id = n_ids ? ids[below(n_ids)] : 1 };

	if (once_in(4))
		cmd.id = (uint32_t)below(40);
	/* A mock device that goes while PASIDs are attached is a leak in the kernel. */
	for (unsigned i = 0; i < n_pasids; i++) {
		struct iomfd_test_cmd detach = { .op = IOMFD_TEST_PASID_DETACH,
						 .id = pasids[i].stdev,
						 .size = sizeof(detach) };

		if (pasids[i].stdev != cmd.id)
			continue;
		detach.pasid.pasid = pasids[i].pasid;
		call(fd, "pasid_detach", IOMFD_TEST_CMD, &detach, sizeof(detach));
		pasids[i--] = pasids[--n_pasids];
	}
	cmd.size = sizeof(cmd);
	call(fd, "destroy", IOMFD_DESTROY, &cmd, sizeof(cmd));
}

/* A mapping that was made, and may still be there. */
bool pick_mapped(struct mapped *m)
{
	if (!n_mapped || once_in(3))
		return false;
	*m = mapped[below(n_mapped)];
	return true;
}

void remember_map(uint32_t ioas, uint64_t iova, uint64_t va, uint64_t length)
{
	mapped[n_mapped < 24 ? n_mapped++ : below(24)] = (struct mapped){ ioas, iova, va, length };
}

void remember_iova(uint64_t iova)
{
	iovas[n_iovas < 16 ? n_iovas++ : below(16)] = iova;
}

uint32_t map_flags(void)
{
	return mess32((uint32_t)(below(8) ? 6 : below(8)) | (below(3) ? 1 : 0));
}

void op_map(void)
{
	struct iomfd_ioas_map cmd = {
		.flags = map_flags(),
		.ioas_id = pick(ioas_ids, n_ioas),
		.reserved = mess32(0),
		.user_va = random_va(),
		.length = random_length(),
		.iova = random_iova(),
	};

	if (run("ioas_map", IOMFD_IOAS_MAP, &cmd, sizeof(cmd)) == 0) {
		remember_iova(cmd.iova);
		remember_map(cmd.ioas_id, cmd.iova, cmd.user_va, cmd.length);
	}
}

void op_map_file(void)
{
	struct iomfd_ioas_map_file cmd = {
		.flags = map_flags(),
		.ioas_id = pick(ioas_ids, n_ioas),
		.fd = once_in(3) ? pick_fd(dmabuf_fds, n_dmabuf) : mem_fd,
		.start = below(MEM_PAGES + 2) * 4096,
		.length = random_length(),
		.iova = random_iova(),
	};

	if (once_in(10))
		cmd.start += below(4096);
	if (once_in(20))
		cmd.fd = (int)below(390) - 10;
	if (cmd.fd >= 0 && cmd.fd < 3)
		cmd.fd = mem_fd;
	if (run("ioas_map_file", IOMFD_IOAS_MAP_FILE, &cmd, sizeof(cmd)) == 0) {
		remember_iova(cmd.iova);
		if (cmd.fd == mem_fd)
			remember_map(cmd.ioas_id, cmd.iova, MEM_FILE + cmd.start, cmd.length);
	}
}

void op_copy(void)
{
	struct iomfd_ioas_copy cmd = {
		.flags = map_flags(),
		.dst_ioas_id = pick(ioas_ids, n_ioas),
		.src_ioas_id = pick(ioas_ids, n_ioas),
		.length = random_length(),
		.dst_iova = random_iova(),
		.src_iova = random_iova(),
	};

	struct mapped m;

	if (pick_mapped(&m)) {
		cmd.src_ioas_id = m.ioas;
		cmd.src_iova = m.iova;
		cmd.length = once_in(3) ? m.length / 2 : m.length;
	}
	if (once_in(20)) {
		cmd.flags |= 1u << 16;
		cmd.src_iova = below(4) | (below(4) << 43);
	}
	if (run("ioas_copy", IOMFD_IOAS_COPY, &cmd, sizeof(cmd)) == 0)
		remember_iova(cmd.dst_iova);
}

void op_unmap(void)
{
	struct iomfd_ioas_unmap cmd = {
		.ioas_id = pick(ioas_ids, n_ioas),
		.iova = random_iova(),
		.length = once_in(3) ? below(64) * 4096 : random_length(),
	};

	struct mapped m;

	if (pick_mapped(&m)) {
		cmd.ioas_id = m.ioas;
		cmd.iova = m.iova;
		cmd.length = m.length;
	}
	if (once_in(20)) {
		cmd.iova = 0;
		cmd.length = ~0ull;
	}
	run("ioas_unmap", IOMFD_IOAS_UNMAP, &cmd, sizeof(cmd));
}

void op_ranges(void)
{
	struct iomfd_ioas_iova_ranges cmd = {
		.ioas_id = pick(ioas_ids, n_ioas),
		.num_iovas = (uint32_t)below(10),
		.reserved = mess32(0),
		.allowed_iovas = once_in(30) ? MEM_HOLE : MEM_SCRATCH,
	};
	uint64_t *out = (uint64_t *)(uintptr_t)MEM_SCRATCH;

	memset(out, 0, 256);
	run("iova_ranges", IOMFD_IOAS_IOVA_RANGES, &cmd, sizeof(cmd));
	for (unsigned i = 0; i < 20 && out[i]; i++)
		note("  %llx", (unsigned long long)out[i]);
	note("\n");
}

void op_allow(void)
{
	struct iomfd_iova_range ranges[4];
	struct iomfd_ioas_allow_iovas cmd = {
		.ioas_id = pick(ioas_ids, n_ioas),
		.num_iovas = (uint32_t)below(4),
		.reserved = mess32(0),
	};
	uint64_t at = 0x1000000 * below(4);

	for (unsigned i = 0; i < 4; i++) {
		at += below(16) * 4096;
		ranges[i].start = at;
		ranges[i].last = at + below(64) * 4096 - !once_in(8);
		at = ranges[i].last + (once_in(12) ? 0 : 1);
		if (once_in(30))
			ranges[i].last = ~0ull;
	}
	cmd.allowed_iovas = data_at(ranges, sizeof(ranges));
	run("allow_iovas", IOMFD_IOAS_ALLOW_IOVAS, &cmd, sizeof(cmd));
}

void op_option(void)
{
	struct iomfd_option cmd = {
		.option_id = (uint32_t)(once_in(20)  ? below(5)
					: once_in(3) ? 0
						     : 1),
		.op = (uint16_t)(once_in(20) ? below(5) : below(2)),
		.reserved = (uint16_t)mess32(0),
		.val64 = once_in(20) ? below(5) : below(2),
	};

	if (cmd.option_id == 1 || once_in(10))
		cmd.object_id = pick(ioas_ids, n_ioas);
	run("option", IOMFD_OPTION, &cmd, sizeof(cmd));
}

void op_change_process(void)
{
	struct iomfd_ioas_change_process cmd = { .reserved = mess32(0) };

	run("change_process", IOMFD_IOAS_CHANGE_PROCESS, &cmd, sizeof(cmd));
}
