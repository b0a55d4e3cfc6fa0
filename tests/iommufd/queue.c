/* SPDX-License-Identifier: MIT */
/* Fault queues and event queues, through poll() on real descriptors. */
#include "suites.h"

#include <poll.h>

typedef struct vrig {
	rig r;
	mock_ids mock;
	uint32_t viommu;
	struct iomfd_veventq_alloc q;
} vrig;

static short polled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&p, 1, 0);
	return p.revents;
}

static vrig vrig_new(uint32_t depth, uint32_t first)
{
	vrig v = { .r = rig_new(NULL) };
	uint32_t ioas = rig_ioas(&v.r);
	struct iomfd_viommu_alloc viommu = {
		.size = sizeof(viommu),
		.type = IOMFD_VIOMMU_TYPE_SELFTEST,
	};
	struct iomfd_vdevice_alloc vdev = { .size = sizeof(vdev), .virt_id = 0x77 };
	struct iomfd_test_cmd replace = {
		.size = sizeof(replace),
		.op = IOMFD_TEST_MOCK_DOMAIN_REPLACE,
	};

	v.mock = rig_mock(&v.r, ioas, 0);
	viommu.dev_id = v.mock.dev;
	viommu.hwpt_id =
		(uint32_t)rig_hwpt(&v.r, v.mock.dev, ioas, IOMFD_HWPT_NEST_PARENT, false, 0);
	CHECK_EQ(CALL(&v.r, 0x90, &viommu), 0);
	v.viommu = viommu.out_viommu_id;
	vdev.viommu_id = v.viommu;
	vdev.dev_id = v.mock.dev;
	CHECK_EQ(CALL(&v.r, 0x91, &vdev), 0);
	iom_iommufd_set_sequence(v.r.t, first);
	v.q = (struct iomfd_veventq_alloc){
		.size = sizeof(v.q),
		.viommu_id = v.viommu,
		.type = IOMFD_VEVENTQ_TYPE_SELFTEST,
		.veventq_depth = depth,
	};
	CHECK_EQ(CALL(&v.r, 0x93, &v.q), 0);
	replace.id = v.mock.stdev;
	replace.mock_domain_replace.pt_id =
		(uint32_t)rig_hwpt(&v.r, v.mock.dev, v.viommu, 0, true, 0);
	CHECK_EQ(CALL(&v.r, 0xa0, &replace), 0);
	return v;
}

static void trigger(vrig *v, unsigned n)
{
	struct iomfd_test_cmd cmd = { .size = sizeof(cmd), .op = IOMFD_TEST_TRIGGER_VEVENT };

	cmd.trigger_vevent.dev_id = v->mock.dev;
	while (n--)
		CHECK_EQ(CALL(&v->r, 0xa0, &cmd), 0);
}

static void test_events(void)
{
	vrig v = vrig_new(2, 0);
	int fd = (int)v.q.out_veventq_fd;
	uint32_t words[16] = { 0 };

	CHECK_EQ(polled(fd), 0);
	CHECK_EQ(iom_iommufd_read(v.r.t, fd, words, sizeof(words)), 0);
	CHECK_EQ(iom_iommufd_read(v.r.t, fd, words, 4), -EINVAL);
	trigger(&v, 4);
	CHECK_EQ(polled(fd), POLLIN);
	/* Two events, then one notice for the two that did not fit. */
	CHECK_EQ(iom_iommufd_read(v.r.t, fd, words, sizeof(words)), 12 + 12 + 8);
	CHECK_EQ(words[1], 0);
	CHECK_EQ(words[2], 0x77);
	CHECK_EQ(words[4], 1);
	CHECK_EQ(words[6], IOMFD_VEVENTQ_FLAG_LOST_EVENTS);
	CHECK_EQ(words[7], 3);
	CHECK_EQ(polled(fd), 0);
	/* A loss that was not read shows as a gap once another event fits. */
	trigger(&v, 3);
	CHECK_EQ(iom_iommufd_read(v.r.t, fd, words, 12), 12);
	trigger(&v, 1);
	CHECK_EQ(iom_iommufd_read(v.r.t, fd, words, sizeof(words)), 24);
	CHECK_EQ(words[1], 5);
	CHECK_EQ(words[4], 7);
	CHECK_EQ(rig_destroy(&v.r, v.q.out_veventq_id), -EBUSY);
	iom_iommufd_close(v.r.t, fd);
	CHECK_EQ(rig_destroy(&v.r, v.q.out_veventq_id), 0);
	rig_free(&v.r);
}

static void test_sequence_wraps(void)
{
	vrig v = vrig_new(4, 0x7fffffff);
	uint32_t words[16] = { 0 };

	trigger(&v, 2);
	CHECK_EQ(iom_iommufd_read(v.r.t, (int)v.q.out_veventq_fd, words, sizeof(words)), 24);
	CHECK_EQ(words[1], 0x7fffffff);
	CHECK_EQ(words[4], 0);
	rig_free(&v.r);
}

static void test_lost_on_demand(void)
{
	vrig v = vrig_new(4, 0);
	uint32_t words[16] = { 0 };

	iom_iommufd_lose_events(v.r.t, 1);
	trigger(&v, 2);
	CHECK_EQ(iom_iommufd_read(v.r.t, (int)v.q.out_veventq_fd, words, sizeof(words)), 12);
	CHECK_EQ(words[1], 1);
	rig_free(&v.r);
}

static int page_request(rig *r, uint32_t grpid, bool last)
{
	return iom_iommufd_page_request(r->t, 0, IOM_NO_PASID, grpid, 0x5000, IOM_WRITE, last);
}

static void test_faults(void)
{
	const iom_iommufd_device device = { .size = sizeof(device) };
	rig r = rig_new(NULL);
	struct iomfd_fault_alloc fault = { .size = sizeof(fault) };
	struct iomfd_hwpt_pgfault got[4];
	struct iomfd_hwpt_page_response answer = { 1, IOMFD_PAGE_RESP_SUCCESS };
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = r.fd };
	struct iomfd_vfio_attach attach = { .argsz = 12 };
	struct iomfd_vfio_detach detach = { .argsz = 8 };
	uint32_t ioas = rig_ioas(&r);
	int dev, fd;

	CU_ASSERT_TRUE(iom_iommufd_add_device(r.t, &device, NULL));
	dev = iom_iommufd_open(r.t, "vfio/devices/vfio0");
	CHECK_EQ(iom_iommufd_ioctl(r.t, dev, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&bind), 0);
	CHECK_EQ(CALL(&r, 0x8e, &fault), 0);
	fd = (int)fault.out_fault_fd;
	CHECK_EQ(page_request(&r, 1, true), -EINVAL);
	attach.pt_id = (uint32_t)rig_hwpt(&r, bind.out_devid, ioas, 0, false, fault.out_fault_id);
	CHECK_EQ(iom_iommufd_ioctl(r.t, dev, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				   (uintptr_t)&attach),
		 0);
	/* A group is delivered when its last request is there. */
	CHECK_EQ(page_request(&r, 1, false), 0);
	CHECK_EQ(polled(fd), POLLOUT);
	CHECK_EQ(page_request(&r, 1, true), 0);
	CHECK_EQ(polled(fd), POLLIN | POLLOUT);
	CHECK_EQ(iom_iommufd_read(r.t, fd, got, 40), -EINVAL);
	CHECK_EQ(iom_iommufd_read(r.t, fd, got, 41), -ESPIPE);
	CHECK_EQ(iom_iommufd_read(r.t, fd, got, sizeof(got)), 80);
	CHECK_EQ(got[0].cookie, got[1].cookie);
	CHECK_EQ(got[0].dev_id, bind.out_devid);
	CHECK_EQ(got[0].perm, 2);
	CHECK_EQ(iom_iommufd_write(r.t, fd, &answer, 8), 8);
	CHECK_EQ(iom_iommufd_write(r.t, fd, &answer, 8), -EINVAL);
	/* Detaching answers what is open. */
	CHECK_EQ(page_request(&r, 2, true), 0);
	CHECK_EQ(iom_iommufd_ioctl(r.t, dev, IOMFD_VFIO_DEVICE_DETACH_IOMMUFD_PT,
				   (uintptr_t)&detach),
		 0);
	CHECK_EQ(iom_iommufd_read(r.t, fd, got, sizeof(got)), 0);
	CHECK_EQ(polled(fd), POLLOUT);
	rig_free(&r);
}

static const iom_test tests[] = {
	{ "events, losses told and untold", test_events },
	{ "sequence numbers wrap at 2^31", test_sequence_wraps },
	{ "events lost on demand", test_lost_on_demand },
	{ "page faults by group", test_faults },
	{ 0 },
};
const iom_suite queue_suite = { "queue", tests };
