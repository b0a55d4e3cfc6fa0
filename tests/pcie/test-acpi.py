#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The acpi command seen from outside, against what iasl reads of the same tables.

Tables are compiled by iasl's own template generator and by a builder here. Without iasl the
comparison is left out and says so. IOM_ACPI_TABLES may name a folder of tables of real machines.

Usage: test-acpi.py IOMMULATE [unittest arguments]
"""
import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

IOMMULATE = ""
IASL = shutil.which("iasl")


def table(signature, body, oem=b"ACME  ", name=b"TABLE   "):
    data = bytearray(struct.pack("<4sIBB6s8sI4sI", signature, 36 + len(body), 1, 0, oem, name, 1,
                                 b"TEST", 1) + body)
    data[9] = -sum(data) & 0xFF
    return bytes(data)


def node(kind, revision, data, mappings=(), late=b""):
    at = 16 + len(data)
    raw = b"".join(struct.pack("<5I", *m) for m in mappings)
    return struct.pack("<BHBIII", kind, at + len(raw) + len(late), revision, 0, len(mappings),
                       at if mappings else 0) + data + raw + late


def iort():
    its = node(0, 0, struct.pack("<II", 1, 0))
    at_smmu = 48 + len(its)
    smmu = node(4, 1, struct.pack("<QIIQIIIIIII", 0x9050000, 1, 0, 0, 0, 106, 107, 109, 108, 0, 0),
                [(0, 0xFFFF, 0, 48, 0)])
    root = node(2, 1, struct.pack("<QIIB3x", 1, 1, 0, 64),
                [(0, 0x3FF, 0, at_smmu, 0), (0x400, 0xFBFF, 0x1400, at_smmu, 0)])
    name = b"\\_SB.GPU0\0\0"
    named = node(1, 2, struct.pack("<IQB", 0, 0, 40) + name, [(0, 7, 0x20000, at_smmu, 0)])
    body = struct.pack("<III", 4, 48, 0) + its + smmu + root + named
    return table(b"IORT", body)


def scope(kind, enumeration, bus, *path):
    return struct.pack("<BBHBB", kind, 6 + 2 * len(path), 0, enumeration, bus) + bytes(
        b for step in path for b in step)


def dmar():
    def structure(kind, data):
        return struct.pack("<HH", kind, 4 + len(data)) + data

    body = struct.pack("<BB10x", 38, 1)
    body += structure(0, struct.pack("<BBHQ", 0, 0, 0, 0xFED90000) + scope(1, 0, 0, (2, 0)))
    body += structure(0, struct.pack("<BBHQ", 1, 0, 0, 0xFED91000) +
                      scope(3, 2, 0xF0, (0x1F, 0)) + scope(4, 0, 0, (0x1E, 6)))
    body += structure(1, struct.pack("<HHQQ", 0, 0, 0x7D000000, 0x7DFFFFFF) + scope(1, 0, 0, (2, 0)))
    body += structure(2, struct.pack("<BBH", 0, 0, 0) + scope(2, 0, 0, (0x1C, 0), (0, 0)))
    body += structure(3, struct.pack("<IQI", 0, 0xFED91000, 1))
    return table(b"DMAR", body)


def disassembled(path):
    """Field names and values in the order of the table, as iasl -d has them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "table.dat")
        shutil.copy(path, copy)
        subprocess.run([IASL, "-d", copy], check=True, capture_output=True, cwd=folder)
        with open(os.path.join(folder, "table.dsl"), encoding="latin-1") as f:
            text = f.read()
    rows = re.findall(r"^(?:\[([0-9A-F]+)h[^\]]*\])?[ \t]+(.+?) : (.*)$", text, re.MULTILINE)
    return [(int(at or "0", 16), name.strip(), value.strip()) for at, name, value in rows]


class Acpi(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, data):
        path = os.path.join(self.folder.name, "table")
        with open(path, "wb") as f:
            f.write(data)
        return path

    def run_acpi(self, *args):
        return subprocess.run([IOMMULATE, "acpi", *args], capture_output=True, timeout=60)

    def said(self, *args):
        run = self.run_acpi(*args)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stderr, b"")
        return run.stdout.decode()

    def test_text(self):
        text = self.said(self.file(iort()), "--id", "00:02.0", "--id", "0000:80:00.0",
                         "--id", "1:00:02.0", "--component", "\\_SB.GPU0=3")
        self.assertIn("SMMUv3, registers at 0x9050000", text)
        self.assertIn("00:02.0: SMMUv3 at 0x9050000, StreamID 0x10; ITS group [0x030], "
                      "DeviceID 0x10", text)
        self.assertIn("0000:80:00.0: SMMUv3 at 0x9050000, StreamID 0x9000", text)
        self.assertIn("1:00:02.0: behind no IOMMU of this table", text)
        self.assertIn("\\_SB.GPU0=3: SMMUv3 at 0x9050000, StreamID 0x20003", text)
        text = self.said(self.file(dmar()), "--id", "00:02.0", "--id", "05:00.0")
        self.assertIn("DMAR of ACME TABLE, addresses of 39 bits, interrupt remapping", text)
        self.assertIn("00:02.0: DRHD at 0xfed90000, source-id 0x10", text)
        self.assertIn("05:00.0: DRHD at 0xfed91000, source-id 0x500", text)
        self.assertIn("device 1c.0, then 00.0", text)

    def test_usage(self):
        good = self.file(dmar())
        for args in ([], [good, good], [good, "--id", "00:20.0"], [good, "--id", "nonsense"],
                     [good, "--id", "00:01.0x"], [good, "--component", "=1"],
                     [good, "--component", "A=x"], [good + "-not-there"]):
            run = self.run_acpi(*args)
            self.assertEqual(run.returncode, 2, args)
            self.assertEqual(run.stdout, b"", args)
            self.assertEqual(run.stderr.count(b"\n"), 1, run.stderr)

    def test_damaged(self):
        for data in (iort(), dmar()):
            for length in range(len(data)):
                run = self.run_acpi(self.file(data[:length])) if length % 11 == 0 else None
                if run:
                    self.assertEqual(run.returncode, 2)
                    self.assertEqual(run.stderr.count(b"\n"), 1, run.stderr)
            for at in range(0, len(data), 7):
                broken = bytearray(data)
                broken[at] ^= 0x81
                run = self.run_acpi(self.file(broken))
                self.assertEqual(run.returncode, 2)
                self.assertEqual(run.stdout, b"")
                self.assertRegex(run.stderr.decode(), r"^iommulate acpi: .*table: at 0x")

    def compare(self, path):
        """Every field that both know, in the order of the table."""
        read = json.loads(self.said(path, "--json"))
        rows = disassembled(path)
        values = {}
        for _, name, value in rows:
            values.setdefault(name, []).append(value)

        def numbers(name):
            return [int(v.split()[0], 16) for v in values.get(name, [])]

        if read["table"] == "IORT":
            known = [n for n in read["nodes"] if n["kind"] != "unknown"]
            mappings = [m for n in known for m in n["mappings"]]
            self.assertEqual([m["input"] for m in mappings], numbers("Input base"))
            self.assertEqual([m["count"] - 1 for m in mappings if not m["single"]],
                             [c for c, s in zip(numbers("ID Count"), numbers("Single Mapping"))
                              if not s])
            self.assertEqual([m["output"] for m in mappings], numbers("Output Base"))
            self.assertEqual([read["nodes"][m["node"]]["offset"] for m in mappings],
                             numbers("Output Reference"))
            self.assertEqual([n["segment"] for n in known if n["kind"] == "root complex"],
                             numbers("PCI Segment Number"))
            self.assertEqual([n["base"] for n in known if n["kind"] in ("SMMU", "SMMUv3")],
                             numbers("Base Address"))
            return
        self.assertEqual([n["offset"] for n in read["nodes"]],
                         [at for at, name, _ in rows if name == "Subtable Type"])
        self.assertEqual([n["type"] for n in read["nodes"]], numbers("Subtable Type"))
        self.assertEqual([n["base"] for n in read["nodes"] if n["kind"] == "DRHD"],
                         numbers("Register Base Address"))
        scopes = [s for n in read["nodes"] for s in n["scopes"]]
        self.assertEqual([s["kind"] for s in scopes], numbers("Device Scope Type"))
        self.assertEqual([s["bus"] for s in scopes], numbers("PCI Bus Number"))
        self.assertEqual([s["enumeration"] for s in scopes], numbers("Enumeration ID"))
        self.assertEqual([p for s in scopes for p in s["path"]],
                         [[int(x, 16) for x in v.split(",")] for v in values.get("PCI Path", [])])

    @unittest.skipUnless(IASL, "iasl is not there")
    def test_iasl_reads_the_same(self):
        self.compare(self.file(iort()))
        self.compare(self.file(dmar()))

    @unittest.skipUnless(IASL, "iasl is not there")
    def test_iasl_compiles(self):
        """A table that iasl makes: its own template with the references put right."""
        subprocess.run([IASL, "-T", "DMAR"], check=True, capture_output=True,
                       cwd=self.folder.name)
        source = os.path.join(self.folder.name, "dmar.asl")
        with open(source, encoding="latin-1") as f:
            text = f.read()
        text = text.replace("Register Base Address : 0000000000000000",
                            "Register Base Address : 00000000FED90000", 1)
        text = text.replace("End Address (limit) : 0000000000000000",
                            "End Address (limit) : 0000000000000FFF")
        with open(source, "w", encoding="latin-1") as f:
            f.write(text)
        subprocess.run([IASL, source], check=True, capture_output=True, cwd=self.folder.name)
        made = glob.glob(os.path.join(self.folder.name, "*.aml"))
        self.assertEqual(len(made), 1)
        self.compare(made[0])

    @unittest.skipUnless(os.environ.get("IOM_ACPI_TABLES"), "IOM_ACPI_TABLES names no folder")
    def test_real_tables(self):
        paths = []
        for path in sorted(glob.glob(os.path.join(os.environ["IOM_ACPI_TABLES"], "*"))):
            with open(path, "rb") as f:
                if f.read(4) in (b"IORT", b"DMAR"):
                    paths.append(path)
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(path):
                self.said(path)
                if IASL:
                    self.compare(path)


if __name__ == "__main__":
    IOMMULATE = sys.argv.pop(1)
    if not IASL:
        print("iasl is not there: tables are not compared with what it reads", file=sys.stderr)
    unittest.main()
