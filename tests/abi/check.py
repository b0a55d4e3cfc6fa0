#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the shared library exports of core, smmu and vtd is what symbols.txt lists.

The interfaces of the prefixes in OPEN are still growing and not frozen by a list.
"""
import subprocess
import sys

OPEN = ("iom_pci_", "iom_endpoint_", "iom_requesters_", "iom_ats_", "iom_acpi_", "iom_iommufd_",
        "iom_legacy_")


def main():
    library, listed = sys.argv[1], sys.argv[2]
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True,
                         text=True).stdout
    exported = {line.split()[2].split("@")[0] for line in out.splitlines()}
    exported = {name for name in exported if name.startswith("iom_")
                and not name.startswith(OPEN)}
    with open(listed, encoding="ascii") as f:
        wanted = {line.strip() for line in f if line.strip() and not line.startswith("#")}
    gone, new = sorted(wanted - exported), sorted(exported - wanted)
    for name in gone:
        print(f"{name}: was exported; programs that use it would no longer start")
    for name in new:
        print(f"{name}: new; add it to tests/abi/symbols.txt once its interface is meant to stay")
    print(f"{len(exported)} symbols, {len(gone)} gone, {len(new)} new")
    return 1 if gone or new else 0


if __name__ == "__main__":
    sys.exit(main())
