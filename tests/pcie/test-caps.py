#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The caps command seen from outside: what it prints, exit status, one line for each problem.

Usage: test-caps.py IOMMULATE [unittest arguments]
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest

IOMMULATE = ""


class Space:
    """4 KiB with a PCI Express capability, and extended headers where a test puts them."""

    def __init__(self, size=4096):
        self.data = bytearray(size)
        self.word(0x00, 0x56781234)
        self.word(0x04, 0x00100000)
        self.data[0x34] = 0x40
        self.word(0x40, 0x00020010)

    def word(self, at, value):
        struct.pack_into("<I", self.data, at, value)

    def cap(self, at, ident, version, following):
        self.word(at, ident | version << 16 | following << 20)
        return self

    def text(self, slot="01:00.0"):
        rows = [f"{slot} Device"]
        for at in range(0, len(self.data), 16):
            rows.append(f"{at:02x}: " + " ".join(f"{b:02x}" for b in self.data[at:at + 16]))
        return ("\n".join(rows) + "\n\n").encode()


def typical():
    s = Space().cap(0x100, 1, 1, 0x220).cap(0x220, 0x0D, 1, 0x150).cap(0x150, 0x0F, 1, 0x160)
    return s.cap(0x160, 0x13, 1, 0)


class Caps(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, data, name="dump"):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def run_caps(self, *args, stdin=b""):
        return subprocess.run([IOMMULATE, "caps", *args], input=stdin, capture_output=True,
                              timeout=60)

    def json(self, *args):
        done = self.run_caps("--json", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refused(self, *args, says, stdin=b""):
        done = self.run_caps(*args, stdin=stdin)
        self.assertEqual(done.returncode, 2, done)
        lines = done.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith("iommulate caps: "), lines)
        self.assertIn(says, lines[0])
        return done


class Reading(Caps):
    def test_text_raw_and_input(self):
        want = [0x100, 0x220, 0x150, 0x160]
        for name, data in (("text", typical().text()), ("raw", bytes(typical().data))):
            got = self.json(self.file(data, name))
            self.assertEqual([c["offset"] for c in got["extended"]["list"]], want)
            self.assertEqual(got["vendor"], 0x1234)
            self.assertIsNone(got["extended"]["defect"])
        done = self.run_caps("-", stdin=typical().text())
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"[150] 000f v1  Address Translation Services", done.stdout)
        self.assertIn(b"next lies below", done.stdout)

    def test_malformed(self):
        self.refused(self.file(b""), says="is empty")
        self.refused(self.file(b"not a dump\n"), says="no configuration space found")
        self.refused(self.file(bytes(20)), says="20 bytes cannot be a configuration space")
        self.refused(self.file(b"00: 00 zz\n"), says="byte 1 is not two hexadecimal digits")
        text = typical().text()
        cut = text[:text.index(b"\n70:") + 9]
        self.refused(self.file(cut), says="row 0x70: byte 1 is not two hexadecimal digits")
        self.refused("/nonexistent/dump", says="cannot open")
        self.refused(self.folder.name, says="")
        self.refused(says="expected one FILE")
        self.refused(self.file(b"\xff" * 256), says="does not answer")

    def test_broken_lists(self):
        for space, says in (
                (Space().cap(0x100, 1, 1, 0x100), "loops"),
                (Space().cap(0x100, 1, 1, 0x080), "0x080, where no capability"),
                (Space(320).cap(0x100, 1, 1, 0x150), "behind the end"),
                (Space().cap(0x100, 1, 1, 0x201).cap(0x200, 3, 1, 0), "reserved bits"),
                (Space().cap(0x100, 0xFFFF, 15, 0xFFF), "all ones")):
            self.refused(self.file(space.text()), says=says)

    def test_several_functions(self):
        both = self.file(typical().text("01:00.0") + Space().text("01:00.1"))
        self.refused(both, says="holds 2 functions")
        self.assertEqual(len(self.json(both, "--slot", "01:00.0")["extended"]["list"]), 4)
        self.assertEqual(len(self.json(both, "--slot", "01:00.1")["extended"]["list"]), 0)
        self.refused(both, "--slot", "02:00.0", says="has no function 02:00.0")

    def test_random_files(self):
        rand = random.Random(2)
        for _ in range(60):
            done = self.run_caps("-", "--pasid", "20",
                                 stdin=rand.randbytes(rand.choice((64, 256, 4096, 5000))))
            self.assertIn(done.returncode, (0, 2))
            self.assertLessEqual(len(done.stderr.splitlines()), 1)


class Planning(Caps):
    def test_pasid(self):
        got = self.json(self.file(typical().text()), "--pasid", "20,exec")["pasid"]
        self.assertTrue(got["shown"])
        self.assertEqual((got["offset"], got["after"], got["next"]), (0xFF8, 0x220, 0x150))
        self.assertTrue(got["reasons"])

    def test_result_is_a_dump(self):
        out = os.path.join(self.folder.name, "out")
        self.json(self.file(typical().text()), "--pasid", "16,priv", "--ats", "off", "-w", out)
        got = self.json(out)["extended"]["list"]
        self.assertEqual([c["offset"] for c in got], [0x100, 0x220, 0xFF8])
        with open(out, encoding="ascii") as f:
            row = [line for line in f if line.startswith("ff0:")]
        self.assertEqual(row[0].split()[9:], "1b 00 01 00 04 10 00 00".split())

    def test_offset(self):
        path = self.file(typical().text())
        got = self.json(path, "--pasid", "20", "--at", "0x800")["pasid"]
        self.assertEqual(got["offset"], 0x800)
        self.refused(path, "--pasid", "20", "--at", "0x150", says="overlaps ATS")
        self.refused(path, "--pasid", "20", "--at", "0x160", "--ats", "off",
                     says="overlaps the hidden PRI (0x160 to 0x16f)")
        self.refused(path, "--pasid", "20", "--at", "0x802", says="multiple of 4")

    def test_hidden(self):
        path = self.file(typical().text())
        got = self.json(path, "--pasid", "20", "--hidden", "0xff0+16")["pasid"]
        self.assertEqual(got["offset"], 0xFE8)
        got = self.json(path, "--pasid", "20", "--hidden", "0x300+8:1b")["pasid"]
        self.assertEqual(got["offset"], 0x300)

    def test_physical(self):
        device = typical()
        device.word(0xFF8, 1)
        got = self.json(self.file(typical().text()), "--pasid", "20", "--physical",
                        self.file(device.text(), "device"))["pasid"]
        self.assertEqual(got["offset"], 0xFF0)

    def test_nothing_shown(self):
        path = self.file(typical().text())
        for args, says in ((["--mediated"], "no host IOMMU information"),
                           (["--iommu-pasid", "0"], "does not support PASIDs")):
            got = self.json(path, "--pasid", "20", *args)["pasid"]
            self.assertFalse(got["shown"])
            self.assertIn(says, got["reasons"][-1])
        self.assertNotIn("pasid", self.json(path, "--pasid", "off"))

    def test_ats(self):
        path = self.file(typical().text())
        self.assertTrue(self.json(path, "--ats", "auto")["ats"]["shown"])
        self.assertTrue(self.json(path, "--ats", "on", "--host-ats", "yes")["ats"]["shown"])
        self.assertFalse(self.json(path, "--ats", "auto", "--host-ats", "no")["ats"]["shown"])
        self.assertFalse(self.json(path, "--no-iommu-ats")["ats"]["shown"])
        self.refused(path, "--ats", "on", "--host-ats", "no", says="ats=on cannot be had")

    def test_bad_options(self):
        path = self.file(typical().text())
        for args in (["--ats", "maybe"], ["--pasid", "21"], ["--pasid", "0"], ["--pasid", ""],
                     ["--pasid", "8,fast"], ["--at", "0x1000"], ["--at", "x"],
                     ["--hidden", "0x10+4"], ["--hidden", "0x200"], ["--host-ats", "x"],
                     ["--iommu-pasid", "21"], ["--nonsense"]):
            self.refused(path, *args, says="bad usage")


if __name__ == "__main__":
    IOMMULATE = sys.argv.pop(1)
    unittest.main()
