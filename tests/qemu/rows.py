# SPDX-License-Identifier: MIT
"""The boot tests: what is started, what the guest does, what its kernel may say."""

DISKS = [
    "-drive", "file={row}/nvme.img,if=none,id=n0,format=raw",
    "-drive", "file={row}/vd.img,if=none,id=v0,format=raw",
    "-netdev", "user,id=u0,tftp={dir}/tftp",
]
VIRTIO = ",iommu_platform=on,disable-legacy=on"
NVME = ["-device", "nvme,drive=n0,serial=abc"]
VBLK = ["-device", "virtio-blk-pci,drive=v0" + VIRTIO]
VNET = ["-device", "virtio-net-pci,netdev=u0,romfile=" + VIRTIO]
STANDARD = DISKS + NVME + VBLK + VNET
OTHERS = DISKS + NVME + [
    "-device", "virtio-scsi-pci,id=sc" + VIRTIO,
    "-device", "scsi-hd,drive=v0,bus=sc.0",
    "-device", "e1000e,netdev=u0,romfile=",
]
THREADS = DISKS + NVME + VNET + [
    "-object", "iothread,id=io0",
    "-device", "virtio-blk-pci,drive=v0,iothread=io0" + VIRTIO, "-smp", "2",
]
# The same disk, served by another process through vhost-user.
def vhost(port=(), options=""):
    return DISKS[:2] + DISKS[4:] + NVME + VNET + [
        *port,
        "-object", "memory-backend-memfd,id=mem,size=512M,share=on",
        "-machine", "memory-backend=mem",
        "-chardev", "socket,id=vu,path={row}/vhost.sock",
        "-device", "vhost-user-blk-pci,chardev=vu,num-queues=1" + VIRTIO + options,
    ]


EDU = STANDARD + ["-device", "edu,dma_mask=0xffffffff"]

STANDARD_WORK = """
check nvme nvme 65536 24
check nvme-small nvme 4096 64
check virtio-blk vda 65536 24
check virtio-blk-small vda 4096 64
N=$(pci_of nvme0n1) V=$(pci_of vda) E=$(pci_of eth0)
check nvme-group is_type $N {type}
check virtio-net fetch eth0
"""
STANDARD_CHECKS = "nvme nvme-small virtio-blk virtio-blk-small nvme-group virtio-net".split()
SPEED_WORK = STANDARD_WORK + """
echo "SPEED $(guest-io speed /dev/nvme0n1 131072 256)"
"""
# Everything at once, the virtio disk from a thread of its own.
BUSY_WORK = STANDARD_WORK + """
check nvme-busy nvme 8192 300 &
check virtio-blk-busy vda 8192 300 >/run/busy &
for r in 1 2 3; do check virtio-net-busy fetch eth0; done
wait
cat /run/busy
"""
BUSY_CHECKS = ["nvme-busy", "virtio-blk-busy", "virtio-net-busy"]
VFIO_WORK = STANDARD_WORK + """
D=$(basename $(dirname $(grep -l 0x11e8 $PCI/devices/*/device)))
echo vfio-pci >$PCI/devices/$D/driver_override
echo $D >$PCI/drivers_probe
G=$(basename $(readlink $PCI/devices/$D/iommu_group))
check vfio-driver [ "$(driver_of $D)" = vfio-pci ]
check vfio guest-vfio $G $D
check nvme-after nvme 4096 20
"""
ENDPOINT = STANDARD + ["-device", "iommulate-endpoint"]
ATS_WORK = STANDARD_WORK + """
D=$(basename $(dirname $(grep -l 0x11e9 $PCI/devices/*/device)))
echo vfio-pci >$PCI/devices/$D/driver_override
echo $D >$PCI/drivers_probe
check vfio-driver [ "$(driver_of $D)" = vfio-pci ]
guest-ats /dev/vfio/devices/$(ls $PCI/devices/$D/vfio-dev) MODEL
check nvme-after nvme 4096 20
"""
ATS_CHECKS = STANDARD_CHECKS + ["vfio-driver", "nvme-after"] + [
    "ats-" + c for c in "attach enabled unmapped translations pasid data rights notices "
                        "notices-pasid page-requests".split()]
# NVMe has no saved state in QEMU.
MOVED = DISKS + VBLK + VNET
MOVED_WORK = """
check virtio-blk vda 65536 24
check virtio-net fetch eth0
echo MIGRATE-NOW
check virtio-blk-across vda 8192 1500
check virtio-blk-after vda 65536 24
check virtio-net-after fetch eth0
check rebind-after unbind $(pci_of vda)
"""
MOVED_CHECKS = ["virtio-blk", "virtio-net", "virtio-blk-across", "virtio-blk-after",
                "virtio-net-after", "rebind-after"]
OTHERS_WORK = """
check nvme nvme 65536 24
scsi() { wait_for /dev/sda && guest-io verify /dev/sda "$@"; }
check virtio-scsi scsi 65536 24
check virtio-scsi-small scsi 4096 64
check e1000e fetch eth0
"""
REBIND_WORK = STANDARD_WORK + """
for r in 1 2 3; do
    unbind $N; bind $N nvme; check nvme-rebind-$r nvme 8192 40
done
unbind $V; bind $V virtio-pci; check virtio-blk-rebind vda 8192 40
unbind $N
check to-identity set_type $N identity
bind $N nvme; check nvme-identity nvme 16384 40
check virtio-blk-beside vda 16384 20
unbind $N
check to-lazy set_type $N DMA-FQ
bind $N nvme; check nvme-lazy nvme 16384 40
unbind $N
check to-strict set_type $N DMA
bind $N nvme; check nvme-strict nvme 16384 40
ip link set eth0 down
for d in $N $V $E; do echo 1 >$PCI/devices/$d/remove; done
dd if=/dev/zero of=/run/churn bs=64k count=256 2>/dev/null; rm /run/churn
echo 1 >$PCI/rescan
check nvme-rescan nvme 65536 20
check virtio-blk-rescan vda 65536 20
check virtio-net-rescan fetch eth0
"""
REBIND_CHECKS = STANDARD_CHECKS + """nvme-rebind-1 nvme-rebind-2 nvme-rebind-3 virtio-blk-rebind
to-identity nvme-identity virtio-blk-beside to-lazy nvme-lazy to-strict nvme-strict nvme-rescan
virtio-blk-rescan virtio-net-rescan""".split()
# edu is a DMA engine that a shell can drive; nothing is mapped for it.
FAULT_WORK = STANDARD_WORK + """
D=$(basename $(dirname $(grep -l 0x11e8 $PCI/devices/*/device)))
A=$(head -1 $PCI/devices/$D/resource | cut -d' ' -f1)
echo 1 >$PCI/devices/$D/enable
printf '\\006\\004' | dd of=$PCI/devices/$D/config bs=1 seek=4 conv=notrunc 2>/dev/null
poke() { devmem $(printf 0x%x $((A + $1))) 64 $2; }
edu() { poke 0x80 $1; poke 0x88 $2; poke 0x90 $3; poke 0x98 $4; sleep 0.5; }
echo "EDU $D"
edu 0xabcde000 0x40000 64 1
sleep 6 # the kernel prints ten messages in five seconds
edu 0x40000 0xabcdf000 64 3
sleep 1
check nvme-after nvme 4096 20
check virtio-blk-after vda 4096 20
"""

INTREMAP = r"DMAR-IR: Enabled IRQ remapping in (xapic|x2apic) mode"
SMMU_FOUND = r"arm-smmu-v3 \S+: (ias \d+-bit, )?oas \d+-bit"
VTD_FOUND = r"DMAR: Intel\(R\) Virtualization Technology for Directed I/O"
# What kernels say about any virtual machine, with or without an IOMMU.
HARMLESS = [
    r"IOMMU DebugFS SUPPORT HAS BEEN ENABLED|IOMMU data structures, which may compromise",
    r"Unstable clock detected",
    r"cacheinfo: Unable to detect cache hierarchy",
    r"KASLR disabled",
    r"pci_root.*PNP0A08",
    r"device-mapper|ACPI: (RSDP|SSDT|Early)|Spectre|MDS|TAA|Retbleed|RETBleed|SRSO|ITS:|VMSCAPE",
    r"Unknown kernel command line parameters",
    r"i8042|amd_pstate|mce: |hpet|clocksource|TSC|tsc|rtc|cryptomgr|PCI: OF|kvm",
    r"GICv3|sched|hrtimer|printk|random|process '.*' started with executable stack",
]
# A tick that comes late in the boot, after Linux cleared the I/O APIC and before it programmed
# the timer's pin, makes it mask and unmask an entry of zeros: the next tick is sent in
# compatibility format, which VT-d 5.1.4 blocks. Source-id and place of the DMAR table.
EARLY_TICK = [r"DMAR: DRHD: handling fault status reg",
              r"\[INTR-REMAP\] Request device \[(0000:)?ff:00.0\] fault index 0x0 "
              r"\[fault reason 0x25\]"]


class Row:
    def __init__(self, name, arch, machine, append, **more):
        self.name = name
        self.arch = arch
        self.machine = machine
        self.append = append
        self.devices = more.get("devices", STANDARD)
        self.type = more.get("type", "DMA")
        self.work = more.get("work", STANDARD_WORK).replace("{type}", self.type)
        self.checks = more.get("checks", STANDARD_CHECKS)
        self.expect = more.get("expect", [])
        self.allow = more.get("allow", [])
        self.early = more.get("early", [])  # allowed until the kernel says expect[0]
        self.verify = more.get("verify", True)
        self.compare = more.get("compare", False)
        self.quick = more.get("quick", False)
        self.trace = more.get("trace", False)
        self.machine_file = more.get("machine_file")
        self.migrate = more.get("migrate", False)
        self.other_machine = more.get("other_machine")  # that cannot load the saved state
        self.listen = more.get("listen", False)
        self.vhost = more.get("vhost", False)
        self.counts = more.get("counts", [])  # statistics that are not zero
        self.firmware = more.get("firmware")
        self.unit = more.get("unit")  # a program of kvm-unit-tests instead of Linux
        self.since = more.get("since", (7, 2))  # version of QEMU
        self.kernel = more.get("kernel", (0, 0))  # version of Linux


# Of Debian's qemu-efi-aarch64: tables of ACPI reach the kernel by way of UEFI alone.
UEFI = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"


def arm(name, append="iommu.passthrough=0 iommu.strict=1", **more):
    machine = more.pop("board", ["-M", "virt,iommu=smmuv3,gic-version=3"]) + [
        "-cpu", more.pop("cpu", "max,pauth-impdef=on")]
    more["expect"] = [SMMU_FOUND] + more.get("expect", [])
    return Row(name, "arm64", machine, append, **more)


def pc(name, options, append, **more):
    machine = ["-M", "q35", "-cpu", more.pop("cpu", "qemu64"), "-vga", "none",
               "-device", "intel-iommu," + options]
    more["expect"] = [VTD_FOUND] + more.get("expect", [])
    more["early"] = EARLY_TICK
    # Ticks come late on a busy host, and the kernel would give up on the I/O APIC.
    return Row(name, "x86", machine, append + " no_timer_check", **more)


def unit(name, program, options):
    """As that project's list of tests starts it."""
    return Row(name, "x86", ["-M", "q35,kernel-irqchip=split", "-cpu", "max", "-smp", "4",
                             "-device", "intel-iommu," + options], "", unit=program,
               devices=["-device", "edu,addr=1"])


LEGACY = "iommu.passthrough=0 intel_iommu=on,sm_off iommu.strict=1"
SCALABLE = "iommu.passthrough=0 intel_iommu=on,sm_on iommu.strict=1"
ONLY_SECOND = "[id]\nECAP.FSTS = 0\nECAP.NEST = 0\n"
NO_RIL = "[id]\nIDR3.RIL = 0\n"
LINEAR = "[id]\nIDR0.ST_LEVEL = 0\nIDR1.SIDSIZE = 8\nIDR0.CD2L = 0\n"
ALMOST_NO_CACHE = "[cache]\n" + "".join(
    f"{c} = 1\n" for c in "config iotlb walk stage2 interrupt".split())

def smmu_event(address):
    """
    A translation fault of 00:04.0 as Linux 6.13 and later decode it. Earlier ones print
    words, and give a device without a driver no domain, but a stream that aborts silently.
    """
    return (6, 13), rf"event: F_TRANSLATION .*sid: 0x20 .*iova: 0x{address}"


# Its driver takes none, says so and denies it.
SMMU_PRI = [r"unexpected PRI request received", r"sid 0x.*ssid 0x"]
SMMU_EVENTS = [r"callbacks suppressed", r"arm-smmu-v3 \S+:\s+(event|0x|unpriv|\[)"]
# The firmware leaves its ring with the disk, and the back end looks at it once more when the
# kernel's driver resets the device; so it is with QEMU's model.
VHOST_FAULT = [r"DMAR: DRHD: handling fault",
               r"DMAR: \[DMA Read NO_PASID\] Request device \[(0000:)?(00:03|01:00).0. fault addr 0x1f"]
VTD_FAULTS = [r"DMAR: (DRHD: handling fault|\[DMA)"]

ROWS = [
    arm("smmuv3-speed", verify=False, compare=True, work=SPEED_WORK),
    arm("smmuv3", quick=True, trace=True),
    arm("smmuv3-rebind", work=REBIND_WORK, checks=REBIND_CHECKS),
    arm("smmuv3-lazy", "iommu.passthrough=0 iommu.strict=0", type="DMA-FQ"),
    arm("smmuv3-passthrough", "iommu.passthrough=1", type="identity"),
    arm("smmuv3-stage1", machine_file="[id]\nIDR0.S2P = 0\n"),
    arm("smmuv3-stage2", machine_file="[id]\nIDR0.S1P = 0\n", trace=True),
    arm("smmuv3-no-ril", machine_file=NO_RIL),
    arm("smmuv3-linear", machine_file=LINEAR),
    arm("smmuv3-acpi", "acpi=force iommu.passthrough=0 iommu.strict=1", firmware=UEFI,
        expect=[r"arm-smmu-v3 arm-smmu-v3\.0\.auto: (ias \d+-bit, )?oas"], # named so when IORT describes it
        allow=[r"IDR0.HTTU features.* overridden by FW configuration"]),
    arm("smmuv3-device", since=(10, 2),
        board=["-M", "virt,gic-version=3", "-device", "arm-smmuv3,primary-bus=pcie.0"]),
    arm("smmuv3-one-entry", machine_file=ALMOST_NO_CACHE),
    arm("smmuv3-others", devices=OTHERS, work=OTHERS_WORK,
        checks=["nvme", "virtio-scsi", "virtio-scsi-small", "e1000e"]),
    arm("smmuv3-threads", devices=THREADS, work=BUSY_WORK, checks=STANDARD_CHECKS + BUSY_CHECKS),
    arm("smmuv3-vhost", devices=vhost(), vhost=True, work=BUSY_WORK,
        checks=STANDARD_CHECKS + BUSY_CHECKS),
    arm("smmuv3-vhost-ats", vhost=True, since=(10, 1),
        devices=vhost(["-device", "pcie-root-port,id=rp,chassis=1"], ",ats=on,bus=rp"),
        work=BUSY_WORK, checks=STANDARD_CHECKS + BUSY_CHECKS, counts=["command-ATC_INV"]),
    arm("smmuv3-vfio", devices=EDU, work=VFIO_WORK,
        checks=STANDARD_CHECKS + ["vfio-driver", "vfio", "nvme-after"],
        expect=[smmu_event("20008000")], allow=SMMU_EVENTS),
    arm("smmuv3-ats", devices=ENDPOINT, work=ATS_WORK.replace("MODEL", "smmu"),
        checks=ATS_CHECKS, since=(10, 1), kernel=(6, 15), counts=["command-ATC_INV", "command-PRI_RESP"], trace=True,
        expect=[r"unexpected PRI request received"], allow=SMMU_PRI),
    arm("smmuv3-saved", devices=MOVED, work=MOVED_WORK, checks=MOVED_CHECKS, migrate=True,
        other_machine="[id]\nIDR0.S2P = 0\n"),
    arm("smmuv3-listen", listen=True),
    arm("smmuv3-fault", devices=EDU, work=FAULT_WORK,
        checks=STANDARD_CHECKS + ["nvme-after", "virtio-blk-after"],
        expect=[smmu_event("abcde000"),
                smmu_event("abcdf000")],
        allow=SMMU_EVENTS),
    pc("vtd-speed", "intremap=on", LEGACY, verify=False, compare=True,
       work=SPEED_WORK, expect=[INTREMAP]),
    pc("vtd-legacy", "intremap=on", LEGACY, quick=True, trace=True, expect=[INTREMAP]),
    pc("vtd-legacy-rebind", "intremap=on", LEGACY, work=REBIND_WORK, checks=REBIND_CHECKS),
    pc("vtd-legacy-39bit", "aw-bits=39", LEGACY),
    pc("vtd-legacy-57bit", "aw-bits=57", LEGACY),
    pc("vtd-legacy-caching-mode", "caching-mode=on", LEGACY),
    pc("vtd-no-intremap", "intremap=off", LEGACY),
    pc("vtd-lazy", "intremap=on", "iommu.passthrough=0 intel_iommu=on,sm_off iommu.strict=0",
       type="DMA-FQ"),
    pc("vtd-passthrough", "intremap=on", "iommu=pt intel_iommu=on,sm_off", type="identity"),
    pc("vtd-scalable-second", "x-scalable-mode=on", SCALABLE, machine_file=ONLY_SECOND,
       work=REBIND_WORK, checks=REBIND_CHECKS),
    pc("vtd-scalable-first", "x-scalable-mode=on,x-flts=on", SCALABLE,
       work=REBIND_WORK, checks=REBIND_CHECKS),
    pc("vtd-scalable-first-57bit", "x-scalable-mode=on,x-flts=on,aw-bits=57", SCALABLE),
    pc("vtd-one-entry", "intremap=on", LEGACY, machine_file=ALMOST_NO_CACHE),
    pc("vtd-others", "intremap=on", LEGACY, devices=OTHERS, work=OTHERS_WORK,
       checks=["nvme", "virtio-scsi", "virtio-scsi-small", "e1000e"]),
    pc("vtd-x2apic", "intremap=on,eim=on", LEGACY, cpu="qemu64,+x2apic", since=(9, 0),
       expect=[r"DMAR-IR: Enabled IRQ remapping in x2apic mode"]),
    pc("vtd-threads", "intremap=on", LEGACY, devices=THREADS, work=BUSY_WORK,
       checks=STANDARD_CHECKS + BUSY_CHECKS),
    pc("vtd-vhost", "intremap=on", LEGACY, devices=vhost(), vhost=True, work=BUSY_WORK,
       checks=STANDARD_CHECKS + BUSY_CHECKS, allow=VHOST_FAULT),
    pc("vtd-vhost-ats", "intremap=on,device-iotlb=on", LEGACY, vhost=True,
       devices=vhost(["-device", "pcie-root-port,id=rp,chassis=1"], ",ats=on,bus=rp"),
       work=BUSY_WORK, checks=STANDARD_CHECKS + BUSY_CHECKS,
       counts=["command-dev-iotlb"], allow=VHOST_FAULT),
    pc("vtd-vfio", "intremap=on", LEGACY, devices=EDU, work=VFIO_WORK,
       checks=STANDARD_CHECKS + ["vfio-driver", "vfio", "nvme-after"],
       expect=[r"\[DMA Write NO_PASID\] Request device \[(0000:)?00:04\.0\] fault addr 0x20008000"],
       allow=VTD_FAULTS),
    pc("vtd-ats", "intremap=on,device-iotlb=on,x-scalable-mode=on,x-flts=on", SCALABLE,
       devices=ENDPOINT, work=ATS_WORK.replace("MODEL", "vtd"), checks=ATS_CHECKS,
       since=(10, 1), kernel=(6, 15), trace=True,
       counts=["command-dev-iotlb", "command-pasid-dev-iotlb", "command-page-group-response"]),
    pc("vtd-saved", "intremap=on", LEGACY, devices=MOVED, work=MOVED_WORK, checks=MOVED_CHECKS,
       migrate=True, other_machine="[id]\nCAP.PSI = 0\n"),
    pc("vtd-listen", "intremap=on", LEGACY, listen=True),
    pc("vtd-listen-maps", "intremap=on,caching-mode=on", LEGACY, listen=True,
       work=REBIND_WORK, checks=REBIND_CHECKS),
    pc("vtd-fault", "intremap=on", LEGACY, devices=EDU, work=FAULT_WORK,
       checks=STANDARD_CHECKS + ["nvme-after", "virtio-blk-after"],
       expect=[r"\[DMA Read NO_PASID\] Request device \[(0000:)?00:04\.0\] fault addr 0xabcde000",
               r"\[DMA Write NO_PASID\] Request device \[(0000:)?00:04\.0\] fault addr 0xabcdf000"],
       allow=VTD_FAULTS),
    # It puts edu's source-id into the entry of the I/O APIC's line, and wants it checked.
    unit("vtd-kvm-unit-tests", "intel-iommu.flat",
         "intremap=on,eim=off,ioapic-source-id=0x0008"),
]
