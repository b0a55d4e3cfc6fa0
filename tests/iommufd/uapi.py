#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the layout of the user API with the headers of a kernel, if there are any.

The headers are those of $IOM_KERNEL_SOURCE (a kernel source tree, or its
include/uapi), else the compiler's own. Members that the headers do not have yet
are counted, not failures; a size or an offset that differs is one.
"""
import os
import re
import subprocess
import sys
import tempfile


def entries(path):
    for line in open(path, encoding="utf-8"):
        m = re.match(r"([SFM])\(([^)]*)\)", line)
        if not m:
            continue
        args = [a.strip() for a in m.group(2).split(",")]
        if m.group(1) == "S":
            yield ("struct", args[1], None, None, int(args[2]))
        elif m.group(1) == "M":
            yield ("member", "iommu_" + args[0], args[1], int(args[2]), int(args[3]))
        else:
            yield ("member", args[1], args[3], int(args[4]), int(args[5]))


def program(items):
    yield "#include <stddef.h>"
    yield "#include <linux/iommufd.h>"
    yield "#include <linux/vfio.h>"
    for kind, struct, member, offset, size in items:
        if kind == "struct":
            yield f'_Static_assert(sizeof(struct {struct}) == {size}, "DIFFERS {struct}");'
        else:
            yield (f'_Static_assert(offsetof(struct {struct}, {member}) == {offset} && '
                   f'sizeof(((struct {struct} *)0)->{member}) == {size}, '
                   f'"DIFFERS {struct}.{member}");')


def main():
    layout, cc = sys.argv[1], sys.argv[2:]
    tree = os.environ.get("IOM_KERNEL_SOURCE")
    flags = []
    with tempfile.TemporaryDirectory() as d:
        if tree:
            uapi = tree if os.path.isdir(f"{tree}/linux") else f"{tree}/include/uapi"
            os.mkdir(f"{d}/linux")
            for name in ("iommufd.h", "vfio.h"):
                text = open(f"{uapi}/linux/{name}", encoding="utf-8").read()
                with open(f"{d}/linux/{name}", "w", encoding="utf-8") as f:
                    f.write("#define __counted_by(n)\n" + re.sub(r"\b__user\b", "", text))
            flags = [f"-I{d}"]
        items = list(entries(layout))
        source = f"{d}/check.c"
        with open(source, "w", encoding="utf-8") as f:
            f.write("\n".join(program(items)) + "\n")
        done = subprocess.run(cc + flags + ["-fsyntax-only", "-fmax-errors=0", source],
                              capture_output=True, text=True)
    errors = done.stderr
    if "linux/iommufd.h: No such file" in errors:
        print("SKIPPED: no kernel header; set IOM_KERNEL_SOURCE to a kernel source tree")
        sys.exit(77)
    by_line = {}
    for number, text in re.findall(r"check\.c:(\d+):\d+: error: (.*)", errors):
        by_line.setdefault(int(number), []).append(text)
    wrong = [re.search(r"DIFFERS ([\w.]+)", " ".join(texts)).group(1)
             for texts in by_line.values() if texts[0].startswith("static assertion failed")]
    outside = [l for l in errors.splitlines() if ": error:" in l and "check.c:" not in l]
    for line in outside[:5]:
        print(line)
    print(f"{len(items) - len(by_line)} of {len(items)} sizes and members agree, "
          f"{len(by_line) - len(wrong)} are newer than the headers, {len(wrong)} differ: "
          f"{' '.join(wrong)}")
    sys.exit(1 if wrong or outside or len(by_line) == len(items) else 0)


if __name__ == "__main__":
    main()
