/* SPDX-License-Identifier: MIT */
/*
 * The user API of Linux iommufd and of the parts of VFIO that go with it, as
 * structures of our own: 7.2's, and 7.3's IOAS_NOIOMMU_GET_PA. The names avoid
 * those of <linux/iommufd.h>, so that both can be included and compared.
 * uapi-layout.h lists every size and offset.
 */
#ifndef IOM_IOMMUFD_UAPI_H
#define IOM_IOMMUFD_UAPI_H

#include <stdint.h>
#include <sys/ioctl.h>

#define IOMFD_TYPE ';'
#define IOMFD_BASE 0x80
#define IOMFD_IO(nr) _IO(IOMFD_TYPE, (nr))
/* 64-bit members are aligned to 8 on every architecture. */
typedef uint64_t iomfd_u64 __attribute__((aligned(8)));

#define IOMFD_DESTROY IOMFD_IO(0x80)
#define IOMFD_IOAS_ALLOC IOMFD_IO(0x81)
#define IOMFD_IOAS_ALLOW_IOVAS IOMFD_IO(0x82)
#define IOMFD_IOAS_COPY IOMFD_IO(0x83)
#define IOMFD_IOAS_IOVA_RANGES IOMFD_IO(0x84)
#define IOMFD_IOAS_MAP IOMFD_IO(0x85)
#define IOMFD_IOAS_UNMAP IOMFD_IO(0x86)
#define IOMFD_OPTION IOMFD_IO(0x87)
#define IOMFD_VFIO_IOAS IOMFD_IO(0x88)
#define IOMFD_HWPT_ALLOC IOMFD_IO(0x89)
#define IOMFD_GET_HW_INFO IOMFD_IO(0x8a)
#define IOMFD_HWPT_SET_DIRTY_TRACKING IOMFD_IO(0x8b)
#define IOMFD_HWPT_GET_DIRTY_BITMAP IOMFD_IO(0x8c)
#define IOMFD_HWPT_INVALIDATE IOMFD_IO(0x8d)
#define IOMFD_FAULT_QUEUE_ALLOC IOMFD_IO(0x8e)
#define IOMFD_IOAS_MAP_FILE IOMFD_IO(0x8f)
#define IOMFD_VIOMMU_ALLOC IOMFD_IO(0x90)
#define IOMFD_VDEVICE_ALLOC IOMFD_IO(0x91)
#define IOMFD_IOAS_CHANGE_PROCESS IOMFD_IO(0x92)
#define IOMFD_VEVENTQ_ALLOC IOMFD_IO(0x93)
#define IOMFD_HW_QUEUE_ALLOC IOMFD_IO(0x94)
#define IOMFD_IOAS_NOIOMMU_GET_PA IOMFD_IO(0x95)
#define IOMFD_TEST_CMD IOMFD_IO(0xa0)

struct iomfd_destroy {
	uint32_t size;
	uint32_t id;
};

struct iomfd_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_ioas_id;
};

struct iomfd_iova_range {
	iomfd_u64 start;
	iomfd_u64 last;
};

struct iomfd_ioas_iova_ranges {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	iomfd_u64 allowed_iovas;
	iomfd_u64 out_iova_alignment;
};

struct iomfd_ioas_allow_iovas {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	iomfd_u64 allowed_iovas;
};

enum {
	IOMFD_MAP_FIXED_IOVA = 1u << 0,
	IOMFD_MAP_WRITEABLE = 1u << 1,
	IOMFD_MAP_READABLE = 1u << 2,
};

struct iomfd_ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	iomfd_u64 user_va;
	iomfd_u64 length;
	iomfd_u64 iova;
};

struct iomfd_ioas_map_file {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	int32_t fd;
	iomfd_u64 start;
	iomfd_u64 length;
	iomfd_u64 iova;
};

struct iomfd_ioas_copy {
	uint32_t size;
	uint32_t flags;
	uint32_t dst_ioas_id;
	uint32_t src_ioas_id;
	iomfd_u64 length;
	iomfd_u64 dst_iova;
	iomfd_u64 src_iova;
};

struct iomfd_ioas_unmap {
	uint32_t size;
	uint32_t ioas_id;
	iomfd_u64 iova;
	iomfd_u64 length;
};

enum { IOMFD_OPTION_RLIMIT_MODE = 0, IOMFD_OPTION_HUGE_PAGES = 1 };
enum { IOMFD_OPTION_SET = 0, IOMFD_OPTION_GET = 1 };

struct iomfd_option {
	uint32_t size;
	uint32_t option_id;
	uint16_t op;
	uint16_t reserved;
	uint32_t object_id;
	iomfd_u64 val64;
};

enum { IOMFD_VFIO_IOAS_GET = 0, IOMFD_VFIO_IOAS_SET = 1, IOMFD_VFIO_IOAS_CLEAR = 2 };

struct iomfd_vfio_ioas {
	uint32_t size;
	uint32_t ioas_id;
	uint16_t op;
	uint16_t reserved;
};

enum {
	IOMFD_HWPT_NEST_PARENT = 1u << 0,
	IOMFD_HWPT_DIRTY_TRACKING = 1u << 1,
	IOMFD_HWPT_FAULT_ID_VALID = 1u << 2,
	IOMFD_HWPT_PASID = 1u << 3,
};

enum {
	IOMFD_HWPT_DATA_NONE = 0,
	IOMFD_HWPT_DATA_VTD_S1 = 1,
	IOMFD_HWPT_DATA_ARM_SMMUV3 = 2,
	IOMFD_HWPT_DATA_AMD_GUEST = 3,
};

enum { IOMFD_VTD_S1_SRE = 1, IOMFD_VTD_S1_EAFE = 2, IOMFD_VTD_S1_WPE = 4 };

struct iomfd_hwpt_vtd_s1 {
	iomfd_u64 flags;
	iomfd_u64 pgtbl_addr;
	uint32_t addr_width;
	uint32_t reserved;
};

struct iomfd_hwpt_arm_smmuv3 {
	iomfd_u64 ste[2];
};

struct iomfd_hwpt_amd_guest {
	iomfd_u64 dte[4];
};

struct iomfd_hwpt_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pt_id;
	uint32_t out_hwpt_id;
	uint32_t reserved;
	uint32_t data_type;
	uint32_t data_len;
	iomfd_u64 data_uptr;
	uint32_t fault_id;
	uint32_t reserved2;
};

enum {
	IOMFD_HW_INFO_NONE = 0,
	IOMFD_HW_INFO_INTEL_VTD = 1,
	IOMFD_HW_INFO_ARM_SMMUV3 = 2,
	IOMFD_HW_INFO_TEGRA241_CMDQV = 3,
	IOMFD_HW_INFO_AMD = 4,
};

enum { IOMFD_HW_INFO_FLAG_INPUT_TYPE = 1u << 0 };

enum {
	IOMFD_HW_CAP_DIRTY_TRACKING = 1u << 0,
	IOMFD_HW_CAP_PASID_EXEC = 1u << 1,
	IOMFD_HW_CAP_PASID_PRIV = 1u << 2,
	IOMFD_HW_CAP_ATS_NOT_SUPPORTED = 1u << 3,
};

struct iomfd_hw_info_vtd {
	uint32_t flags; /* bit 0: erratum 772415 */
	uint32_t reserved;
	iomfd_u64 cap_reg;
	iomfd_u64 ecap_reg;
};

struct iomfd_hw_info_arm_smmuv3 {
	uint32_t flags;
	uint32_t reserved;
	uint32_t idr[6];
	uint32_t iidr;
	uint32_t aidr;
};

struct iomfd_hw_info_tegra241_cmdqv {
	uint32_t flags;
	uint8_t version;
	uint8_t log2vcmdqs;
	uint8_t log2vsids;
	uint8_t reserved;
};

struct iomfd_hw_info_amd {
	iomfd_u64 efr;
	iomfd_u64 efr2;
};

struct iomfd_hw_info {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t data_len;
	iomfd_u64 data_uptr;
	uint32_t data_type; /* in_data_type, out_data_type */
	uint8_t out_max_pasid_log2;
	uint8_t reserved[3];
	iomfd_u64 out_capabilities;
};

enum { IOMFD_DIRTY_TRACKING_ENABLE = 1 };

struct iomfd_hwpt_set_dirty_tracking {
	uint32_t size;
	uint32_t flags;
	uint32_t hwpt_id;
	uint32_t reserved;
};

enum { IOMFD_GET_DIRTY_BITMAP_NO_CLEAR = 1 };

struct iomfd_hwpt_get_dirty_bitmap {
	uint32_t size;
	uint32_t hwpt_id;
	uint32_t flags;
	uint32_t reserved;
	iomfd_u64 iova;
	iomfd_u64 length;
	iomfd_u64 page_size;
	iomfd_u64 data;
};

enum { IOMFD_INVALIDATE_VTD_S1 = 0, IOMFD_INVALIDATE_ARM_SMMUV3 = 1 };
enum { IOMFD_VTD_INV_LEAF = 1 };

struct iomfd_hwpt_vtd_s1_invalidate {
	iomfd_u64 addr;
	iomfd_u64 npages;
	uint32_t flags;
	uint32_t reserved;
};

struct iomfd_viommu_arm_smmuv3_invalidate {
	iomfd_u64 cmd[2];
};

struct iomfd_hwpt_invalidate {
	uint32_t size;
	uint32_t hwpt_id;
	iomfd_u64 data_uptr;
	uint32_t data_type;
	uint32_t entry_len;
	uint32_t entry_num;
	uint32_t reserved;
};

enum { IOMFD_PGFAULT_PASID_VALID = 1, IOMFD_PGFAULT_LAST_PAGE = 2 };

struct iomfd_hwpt_pgfault {
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pasid;
	uint32_t grpid;
	uint32_t perm;
	uint32_t reserved;
	iomfd_u64 addr;
	uint32_t length;
	uint32_t cookie;
};

enum { IOMFD_PAGE_RESP_SUCCESS = 0, IOMFD_PAGE_RESP_INVALID = 1 };

struct iomfd_hwpt_page_response {
	uint32_t cookie;
	uint32_t code;
};

struct iomfd_fault_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_fault_id;
	uint32_t out_fault_fd;
};

enum {
	IOMFD_VIOMMU_TYPE_DEFAULT = 0,
	IOMFD_VIOMMU_TYPE_ARM_SMMUV3 = 1,
	IOMFD_VIOMMU_TYPE_TEGRA241_CMDQV = 2,
};

struct iomfd_viommu_tegra241_cmdqv {
	iomfd_u64 out_vintf_mmap_offset;
	iomfd_u64 out_vintf_mmap_length;
};

struct iomfd_viommu_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t type;
	uint32_t dev_id;
	uint32_t hwpt_id;
	uint32_t out_viommu_id;
	uint32_t data_len;
	uint32_t reserved;
	iomfd_u64 data_uptr;
};

struct iomfd_vdevice_alloc {
	uint32_t size;
	uint32_t viommu_id;
	uint32_t dev_id;
	uint32_t out_vdevice_id;
	iomfd_u64 virt_id;
};

struct iomfd_ioas_change_process {
	uint32_t size;
	uint32_t reserved;
};

enum { IOMFD_VEVENTQ_FLAG_LOST_EVENTS = 1u << 0 };
enum {
	IOMFD_VEVENTQ_TYPE_DEFAULT = 0,
	IOMFD_VEVENTQ_TYPE_ARM_SMMUV3 = 1,
	IOMFD_VEVENTQ_TYPE_TEGRA241_CMDQV = 2,
};

struct iomfd_vevent_header {
	uint32_t flags;
	uint32_t sequence;
};

struct iomfd_vevent_arm_smmuv3 {
	iomfd_u64 evt[4];
};

struct iomfd_vevent_tegra241_cmdqv {
	iomfd_u64 lvcmdq_err_map[2];
};

struct iomfd_veventq_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t veventq_depth;
	uint32_t out_veventq_id;
	uint32_t out_veventq_fd;
	uint32_t reserved;
};

enum { IOMFD_HW_QUEUE_TYPE_DEFAULT = 0, IOMFD_HW_QUEUE_TYPE_TEGRA241_CMDQV = 1 };

struct iomfd_hw_queue_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t index;
	uint32_t out_hw_queue_id;
	iomfd_u64 nesting_parent_iova;
	iomfd_u64 length;
};

struct iomfd_ioas_noiommu_get_pa {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	iomfd_u64 iova;
	iomfd_u64 length;
	iomfd_u64 out_phys;
};

/* ------------------------------------------------------------------------
 * VFIO: the device files (cdev) and type 1 compatibility
 */
#define IOMFD_VFIO_BASE 100
#define IOMFD_VFIO_IO(nr) _IO(IOMFD_TYPE, IOMFD_VFIO_BASE + (nr))
#define IOMFD_VFIO_GET_API_VERSION IOMFD_VFIO_IO(0)
#define IOMFD_VFIO_CHECK_EXTENSION IOMFD_VFIO_IO(1)
#define IOMFD_VFIO_SET_IOMMU IOMFD_VFIO_IO(2)
#define IOMFD_VFIO_GROUP_GET_STATUS IOMFD_VFIO_IO(3)
#define IOMFD_VFIO_GROUP_SET_CONTAINER IOMFD_VFIO_IO(4)
#define IOMFD_VFIO_GROUP_UNSET_CONTAINER IOMFD_VFIO_IO(5)
#define IOMFD_VFIO_GROUP_GET_DEVICE_FD IOMFD_VFIO_IO(6)
#define IOMFD_VFIO_DEVICE_GET_INFO IOMFD_VFIO_IO(7)
#define IOMFD_VFIO_DEVICE_GET_REGION_INFO IOMFD_VFIO_IO(8)
#define IOMFD_VFIO_DEVICE_GET_IRQ_INFO IOMFD_VFIO_IO(9)
#define IOMFD_VFIO_DEVICE_SET_IRQS IOMFD_VFIO_IO(10)
#define IOMFD_VFIO_DEVICE_RESET IOMFD_VFIO_IO(11)
/* On a device file; on a context the number is VFIO_IOMMU_GET_INFO's. */
#define IOMFD_VFIO_DEVICE_GET_PCI_HOT_RESET_INFO IOMFD_VFIO_IO(12)
#define IOMFD_VFIO_DEVICE_PCI_HOT_RESET IOMFD_VFIO_IO(13)
#define IOMFD_VFIO_IOMMU_GET_INFO IOMFD_VFIO_IO(12)
#define IOMFD_VFIO_IOMMU_MAP_DMA IOMFD_VFIO_IO(13)
#define IOMFD_VFIO_IOMMU_UNMAP_DMA IOMFD_VFIO_IO(14)
#define IOMFD_VFIO_DEVICE_BIND_IOMMUFD IOMFD_VFIO_IO(18)
#define IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT IOMFD_VFIO_IO(19)
#define IOMFD_VFIO_DEVICE_DETACH_IOMMUFD_PT IOMFD_VFIO_IO(20)

enum {
	IOMFD_VFIO_TYPE1_IOMMU = 1,
	IOMFD_VFIO_TYPE1v2_IOMMU = 3,
	IOMFD_VFIO_DMA_CC_IOMMU = 4,
	IOMFD_VFIO_TYPE1_NESTING_IOMMU = 6,
	IOMFD_VFIO_NOIOMMU_IOMMU = 8,
	IOMFD_VFIO_UNMAP_ALL = 9,
	IOMFD_VFIO_UPDATE_VADDR = 10,
};

struct iomfd_vfio_type1_info {
	uint32_t argsz;
	uint32_t flags; /* 1 PGSIZES, 2 CAPS */
	iomfd_u64 iova_pgsizes;
	uint32_t cap_offset;
	uint32_t pad;
};

struct iomfd_vfio_cap_header {
	uint16_t id;
	uint16_t version;
	uint32_t next;
};

struct iomfd_vfio_cap_iova_range {
	struct iomfd_vfio_cap_header header;
	uint32_t nr_iovas;
	uint32_t reserved;
};

struct iomfd_vfio_cap_dma_avail {
	struct iomfd_vfio_cap_header header;
	uint32_t avail;
};

enum { IOMFD_VFIO_DMA_MAP_READ = 1, IOMFD_VFIO_DMA_MAP_WRITE = 2 };

struct iomfd_vfio_dma_map {
	uint32_t argsz;
	uint32_t flags;
	iomfd_u64 vaddr;
	iomfd_u64 iova;
	iomfd_u64 dma_size;
};

enum { IOMFD_VFIO_DMA_UNMAP_ALL = 2 };

struct iomfd_vfio_dma_unmap {
	uint32_t argsz;
	uint32_t flags;
	iomfd_u64 iova;
	iomfd_u64 dma_size;
};

struct iomfd_vfio_group_status {
	uint32_t argsz;
	uint32_t flags; /* 1 VIABLE, 2 CONTAINER_SET */
};

struct iomfd_vfio_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
	uint32_t cap_offset;
	uint32_t pad;
};

enum { IOMFD_VFIO_DEVICE_FLAGS_RESET = 1, IOMFD_VFIO_DEVICE_FLAGS_PCI = 2 };

enum {
	IOMFD_VFIO_REGION_READ = 1,
	IOMFD_VFIO_REGION_WRITE = 2,
	IOMFD_VFIO_REGION_MMAP = 4,
};

struct iomfd_vfio_region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	iomfd_u64 size;
	iomfd_u64 offset;
};

enum {
	IOMFD_VFIO_PCI_INTX = 0,
	IOMFD_VFIO_PCI_MSI = 1,
	IOMFD_VFIO_PCI_MSIX = 2,
	IOMFD_VFIO_PCI_ERR = 3,
	IOMFD_VFIO_PCI_REQ = 4,
	IOMFD_VFIO_PCI_IRQS = 5,
};
enum {
	IOMFD_VFIO_IRQ_EVENTFD = 1,
	IOMFD_VFIO_IRQ_MASKABLE = 2,
	IOMFD_VFIO_IRQ_AUTOMASKED = 4,
	IOMFD_VFIO_IRQ_NORESIZE = 8,
};

struct iomfd_vfio_irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};

enum {
	IOMFD_VFIO_IRQ_SET_DATA_NONE = 1,
	IOMFD_VFIO_IRQ_SET_DATA_BOOL = 2,
	IOMFD_VFIO_IRQ_SET_DATA_EVENTFD = 4,
	IOMFD_VFIO_IRQ_SET_DATA_MASK = 7,
	IOMFD_VFIO_IRQ_SET_MASK = 8,
	IOMFD_VFIO_IRQ_SET_UNMASK = 16,
	IOMFD_VFIO_IRQ_SET_TRIGGER = 32,
	IOMFD_VFIO_IRQ_SET_ACTION_MASK = 56,
};

/* A byte or a descriptor for each vector follows. */
struct iomfd_vfio_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
};

enum { IOMFD_VFIO_BIND_TOKEN = 1 };

struct iomfd_vfio_bind {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
	iomfd_u64 token_uuid_ptr;
};

enum { IOMFD_VFIO_ATTACH_PASID = 1 };

struct iomfd_vfio_attach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
	uint32_t pasid;
};

struct iomfd_vfio_detach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pasid;
};

#endif
