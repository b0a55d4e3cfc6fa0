#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command seen from outside: exit status, messages, files, keys of the JSON.

Usage: test-cli.py IOMMULATE [unittest arguments]

The traces are written here, from docs/trace-format.md alone.
"""
import gzip
import html.parser
import json
import lzma
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import time
import unittest

IOMMULATE = ""
NO_PASID = 0xFFFFFFFF
REG_WRITE, REG_READ, MEM_WRITE, MEM_BLOCK, DMA, COMMAND, MARK = range(1, 8)
SMMUV3, VTD = 1, 2


def _crc_table():
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    return table


CRC_TABLE = _crc_table()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def record(kind, flags=0, expect=0, perm=0, requester=0, pasid=NO_PASID, length=0, address=0,
           value=0, payload=b""):
    padded = payload + bytes(-len(payload) % 32)
    return struct.pack("<BBBBIIIQQ", kind, flags, expect, perm, requester, pasid,
                       length or len(payload), address, value) + padded


def header(kind=SMMUV3, registers=(), regions=(), source="", flags=0):
    text = source.encode()
    body = b"".join(struct.pack("<QQ", *r) for r in (*registers, *regions)) + text
    body += bytes(-len(body) % 32)
    fixed = struct.pack("<8sHHIIIIIII20xI", b"\x89IOMTR\r\n", 1, 0, 64 + len(body), kind, 0,
                        len(registers), len(regions), len(text), flags, 0)
    return fixed[:60] + struct.pack("<I", crc32c(fixed + body)) + body


def chunk(data, first, dma, data_crc=None):
    if data_crc is None:
        data_crc = crc32c(data)
    slot = struct.pack("<B3xIIIQQ", 0xC0, 0, len(data) // 32, data_crc, first, dma)
    return slot[:4] + struct.pack("<I", crc32c(slot)) + slot[8:]


def end(slots, dma, chunks, chunk_crc):
    slot = struct.pack("<B3xIQQII", 0xC1, 0, slots, dma, chunks, chunk_crc)
    return slot[:4] + struct.pack("<I", crc32c(slot)) + slot[8:]


def trace(records, **options):
    """All records in one chunk."""
    data = b"".join(records)
    dma = sum(r[0] == DMA for r in records)
    slot = chunk(data, 0, 0) if data else b""
    return header(**options) + slot + data + end(len(data) // 32, dma, bool(data), crc32c(slot))


def bypass_trace(n=3, wrong=0, kind=SMMUV3):
    """An IOMMU out of reset translates nothing: each address is its own answer."""
    return trace([record(DMA, flags=0x81, expect=1, requester=8 * (i % 2 + 1), length=64,
                         address=0x40000000 + i * 0x1000,
                         value=0x40000000 + i * 0x1000 + (0x1000 if i < wrong else 0))
                  for i in range(n)], kind=kind, source="test-cli.py")


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.dir = self.directory.name

    def tearDown(self):
        self.directory.cleanup()

    def path(self, name):
        return os.path.join(self.dir, name)

    def put(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def run_it(self, *arguments, **options):
        return subprocess.run([IOMMULATE, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False, **options)

    def refused(self, *arguments, says=(), **options):
        """Exit status 2, nothing on standard output, one line that says `says`."""
        got = self.run_it(*arguments, **options)
        text = got.stderr.decode()
        self.assertEqual(got.returncode, 2, text)
        self.assertEqual(got.stdout, b"")
        self.assertEqual(text.count("\n"), 1, text)
        self.assertTrue(text.startswith("iommulate"), text)
        for word in (says,) if isinstance(says, str) else says:
            self.assertIn(word, text)
        return text


class Usage(CommandTest):
    def commands(self):
        text = self.run_it("--help").stdout.decode()
        names = re.findall(r"^  ([a-z]+) +\S", text.split("Commands:")[1], re.M)
        self.assertTrue({"info", "replay", "explain"} <= set(names), names)
        return names

    def test_help(self):
        for arguments in (["--help"], ["-h"], ["help"]):
            got = self.run_it(*arguments)
            self.assertEqual(got.returncode, 0)
            self.assertIn(b"Usage: iommulate COMMAND", got.stdout)
            self.assertEqual(got.stderr, b"")

    def test_help_of_each_command(self):
        for name in self.commands():
            for arguments in ([name, "--help"], [name, "-h"], ["help", name]):
                got = self.run_it(*arguments)
                self.assertEqual(got.returncode, 0, arguments)
                self.assertIn(b"iommulate " + name.encode(), got.stdout)
                self.assertEqual(got.stderr, b"")

    def test_version(self):
        got = self.run_it("--version")
        self.assertEqual(got.returncode, 0)
        self.assertRegex(got.stdout.decode(), r"^iommulate \d+\.\d+\.\d+\n$")

    def test_no_command(self):
        got = self.run_it()
        self.assertEqual(got.returncode, 2)
        self.assertIn(b"Usage:", got.stderr)

    def test_unknown(self):
        self.refused("frobnicate", says="unknown command 'frobnicate'")
        self.refused("--frobnicate", says="unknown option '--frobnicate'")
        self.refused("help", "frobnicate", says="unknown command 'frobnicate'")
        for name in self.commands():
            self.refused(name, "--frobnicate", says="--frobnicate")

    def test_arguments(self):
        good = self.put("t", bypass_trace())
        for arguments in (["info"], ["info", good, good], ["replay"], ["replay", "-", "-"],
                          ["replay", good, good, "--report", self.path("r")],
                          ["explain", good], ["explain", "--at", "0"],
                          ["explain", good, "--at", "x"], ["explain", good, "--at", "-1"],
                          ["replay", good, "--cache", "huge"], ["replay", good, "--threads", "0"],
                          ["replay", good, "--threads", "65"], ["replay", good, "--show", "-1"],
                          ["replay", good, "--threads", "x"]):
            self.refused(*arguments, says="bad usage")

    def test_full_output(self):
        good = self.put("t", bypass_trace())
        with open("/dev/full", "wb") as full:
            for arguments in (["info", good], ["replay", good], ["--help"]):
                got = subprocess.run([IOMMULATE, *arguments], stdout=full, check=False,
                                     stderr=subprocess.PIPE, timeout=60)
                self.assertEqual(got.returncode, 2)
                self.assertIn(b"cannot write", got.stderr)


class BadTraces(CommandTest):
    def all_commands(self, path, says):
        self.refused("info", path, says=says)
        self.refused("replay", path, says=says)
        self.refused("explain", path, "--at", "0", says=says)
        self.refused("replay", path, "--json", self.path("out.json"), "--report",
                     self.path("out.html"), says=says)
        self.assertFalse(os.path.exists(self.path("out.json")))
        self.assertFalse(os.path.exists(self.path("out.html")))

    def test_missing(self):
        self.all_commands(self.path("none"), says=("none: cannot open", "No such file"))

    def test_directory(self):
        self.all_commands(self.dir, says="is a directory")

    def test_empty(self):
        self.all_commands(self.put("empty", b""), says=("empty: ", "it is empty"))

    def test_text(self):
        self.all_commands(self.put("text", b"just some words\n" * 50), says="it is text")

    def test_foreign(self):
        with open(sys.executable, "rb") as file:
            data = file.read(100000)
        self.all_commands(self.put("elf", data), says="not an iommulate trace")
        self.all_commands(self.put("elf.gz", gzip.compress(data)), says="not an iommulate trace")

    def test_truncated(self):
        good = bypass_trace(100)
        for n in (10, 63, 64, 95, 96, 128, 1000, len(good) - 32, len(good) - 1):
            self.all_commands(self.put("cut", good[:n]),
                              says="cut: record " if n >= 96 else "cut: ")

    def test_truncated_names_the_record(self):
        good = bypass_trace(100)
        start = len(good) - 101 * 32
        self.all_commands(self.put("cut", good[:start + 40 * 32 + 5]),
                          says="record 40: the file ends here")

    def test_unknown_kind(self):
        for kind in (0, 12, 99, 0xC0):
            data = trace([record(DMA), record(DMA), record(kind)])
            self.all_commands(self.put("kind", data),
                              says=f"kind: record 2: unknown record kind {kind}")

    def test_damaged(self):
        good = bytearray(bypass_trace(100))
        good[len(good) - 60 * 32 + 20] ^= 0x40
        self.all_commands(self.put("bad", bytes(good)), says=("record 0: ", "records 0 to 99"))

    def test_version(self):
        data = bytearray(bypass_trace())
        data[8] = 2
        self.all_commands(self.put("v", bytes(data)), says="format version 2.0")

    def test_trailing(self):
        data = bypass_trace(5)
        self.all_commands(self.put("long", data + bytes(32)), says="long: record 5: ")

    def test_damaged_compression(self):
        data = lzma.compress(bypass_trace(2000))
        self.all_commands(self.put("t.xz", data[:len(data) // 2]), says="t.xz: record ")
        bad = bytearray(data)
        bad[len(bad) // 2] ^= 1
        self.all_commands(self.put("t.xz", bytes(bad)), says="t.xz: record ")

    def test_unreadable(self):
        path = self.put("secret", bypass_trace())
        os.chmod(path, 0)
        if os.access(path, os.R_OK):
            self.skipTest("this user may read everything")
        self.all_commands(path, says="Permission denied")


class Machines(CommandTest):
    def machine(self, text, says):
        machine = self.put("m.ini", text.encode())
        self.refused("replay", self.put("t", bypass_trace()), "--machine", machine,
                     says=("m.ini", *says))

    def test_bad(self):
        self.machine("hello", says=())
        self.machine("[engine]\nx=1\n", says=("[engine]", "expected [machine], [id] or [cache]"))
        self.machine("[machine]\nkind=amd\n",
                     says=("[machine] kind: 'amd', expected smmuv3 or vtd",))
        self.machine("[machine]\ncolour=blue\n", says=("[machine] colour: ", "expected kind"))
        self.machine("[machine]\nkind=vtd\n", says=("[machine] kind", "the trace is of smmuv3"))
        self.machine("[machine]\nprefetch_commands=1\n",
                     says=("[machine] prefetch_commands: '1', expected on or off",))
        self.refused("replay", self.put("v", bypass_trace(kind=VTD)), "--machine",
                     self.put("m.ini", b"[machine]\nprefetch_commands=on\n"),
                     says="prefetch_commands: on, but VT-d has no such commands")
        self.machine("[id]\nIDR0.S1P=yes\n", says=("[id] IDR0.S1P: 'yes', expected a number",))
        self.machine("[id]\nIDR0.NOSUCH=1\n", says=("[id] IDR0.NOSUCH: ",))
        self.machine("[id]\nIDR0.S1P=2\n", says=("[id] IDR0.S1P: ",))
        self.machine("[cache]\nl2=1\n", says=("[cache] l2: ", "expected config, iotlb"))
        self.machine("[cache]\niotlb=many\n", says=("[cache] iotlb: 'many', expected ENTRIES",))
        self.machine("[cache]\niotlb=64,4,best\n", says=("[cache] iotlb: ", "lru, plru"))
        self.machine("[cache]\niotlb=99999999999\n", says=("[cache] iotlb: ", "at most"))
        self.refused("replay", self.put("t", bypass_trace()), "--machine", self.path("none"),
                     says=("none", "No such file"))

    def test_bad_options(self):
        def cache(text, *says):
            self.machine("[cache]\n" + text + "\n", says=says)

        cache("iotlb.colour=3", "[cache] iotlb.colour: ", "expected partition, pin")
        cache("iotlb.3k=16", "[cache] iotlb.3k: ", "a size such as 4k")
        cache("iotlb.stage3.4k=16", "[cache] iotlb.stage3.4k: ")
        cache("iotlb.4k=all", "[cache] iotlb.4k: 'all', expected ENTRIES, WAYS, POLICY")
        cache("l3.sectors=2", "[cache] l3.sectors: unknown cache")
        cache("config.4k=16", "[cache] config: entries there have no size")
        cache("iotlb.sectors=3", "[cache] iotlb.sectors: '3', expected 1, 2, 4, 8 or 16")
        cache("iotlb.partition=5", "[cache] iotlb.partition: '5', expected shared, or requester")
        cache("iotlb.partition=requester, 1", "[cache] iotlb.partition: 1 partitions, expected 2")
        cache("iotlb.partition=requester, 9", "9 partitions need at least as many ways, there are 8")
        cache("iotlb.partition=pasid, 1:2, 1:3", "[cache] iotlb.partition: 0x1 is in two")
        cache("iotlb.partition=requester, 00:20.0:1", "[cache] iotlb.partition: ")
        cache("iotlb.partition=requester, 5-3:1", "[cache] iotlb.partition: ", "before they begin")
        cache("config.partition=domain, 2", "[cache] config.partition: ", "requester or pasid")
        cache("iotlb.pin=8:0x1000", "[cache] iotlb.pin: '8:0x1000', expected at most 16 of")
        cache("iotlb.pin=8:0x2000-0x1000", "[cache] iotlb.pin: ", "before it begins")
        cache("iotlb=16,1\niotlb.pin=8", "[cache] iotlb.pin: pins need at least two ways")
        cache("iotlb.pin_ways=8", "[cache] iotlb.pin_ways: 8 ways, expected less")
        cache("iotlb.prefetch=2,far", "[cache] iotlb.prefetch: '2,far', expected a number of")
        cache("iotlb.prefetch=17", "[cache] iotlb.prefetch: 17 pages, expected at most 16")
        cache("walk.prefetch=2", "[cache] walk.prefetch: only iotlb prefetches")
        cache("walk=64,4,oracle", "[cache] walk: policy oracle", "config and iotlb only")

    def test_oracle(self):
        machine = self.put("m.ini", b"[cache]\niotlb = 16, 0, oracle\nconfig = 4, 0, oracle\n")
        trace_path = self.put("t", bypass_trace())
        self.refused("replay", "-", "--machine", machine, input=bypass_trace(),
                     says=("-: policy oracle reads a trace twice", "expected a file"))
        got = self.run_it("replay", trace_path, "--machine", machine, "--json", "-")
        self.assertEqual(got.returncode, 0, got.stderr)
        iotlb = json.loads(got.stdout)["caches"]["iotlb"]
        self.assertEqual((iotlb["policy"], iotlb["partitions"]), ("oracle", []))

    def test_good(self):
        machine = self.put("m.ini", b"[machine]\nkind = smmuv3\n[id]\nIDR0.ATS = 0\n"
                                    b"[cache]\niotlb = 64, 4, plru  # small\nwalk=0\n")
        trace_path = self.put("t", bypass_trace())
        got = self.run_it("replay", trace_path, "--machine", machine, "--json", "-")
        self.assertEqual(got.returncode, 0, got.stderr)
        caches = json.loads(got.stdout)["caches"]
        self.assertEqual((caches["iotlb"]["entries"], caches["iotlb"]["ways"],
                          caches["iotlb"]["policy"]), (64, 4, "plru"))
        self.assertEqual(caches["walk"]["entries"], 0)
        got = self.run_it("replay", trace_path, "--machine", machine, "--json", "-", "--cache",
                          "one")
        self.assertEqual(json.loads(got.stdout)["caches"]["iotlb"]["entries"], 1)


class Page(html.parser.HTMLParser):
    """Tags that are opened are closed, and nothing comes from elsewhere."""
    VOID = {"meta", "br", "hr", "img", "link", "input"}

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.outside = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.outside += [v for k, v in attrs if k in ("src", "href") and v]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing")


class Replay(CommandTest):
    KEYS = {"iommu", "dma", "translated", "faulted", "mismatches", "stale", "commands", "events",
            "seconds", "dma_per_second", "table_reads", "caches", "devices"}

    def test_all_well(self):
        for kind, name in ((SMMUV3, "smmuv3"), (VTD, "vtd")):
            path = self.put("t", bypass_trace(10, kind=kind))
            out = self.path("out.json")
            got = self.run_it("replay", path, "--json", out, "--check-stale")
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertEqual(got.stderr, b"")
            self.assertIn(b"Every answer is the recorded one.", got.stdout)
            with open(out, encoding="utf-8") as file:
                figures = json.load(file)
            self.assertTrue(self.KEYS <= set(figures), self.KEYS - set(figures))
            self.assertEqual(figures["iommu"], name)
            self.assertEqual((figures["dma"], figures["translated"], figures["faulted"],
                              figures["mismatches"], figures["stale"], figures["events"]),
                             (10, 10, 0, 0, 0, 0))
            self.assertTrue({"config", "iotlb", "walk", "stage2"} <= set(figures["caches"]))
            for cache in figures["caches"].values():
                self.assertTrue({"hits", "misses", "evictions", "invalidated"} <= set(cache))
            self.assertEqual([(d["requester"], d["dma"], d["translated"], d["faulted"])
                              for d in figures["devices"]], [(8, 5, 5, 0), (16, 5, 5, 0)])
            os.unlink(out)

    def test_mismatch(self):
        path = self.put("t", bypass_trace(10, wrong=7))
        got = self.run_it("replay", path)
        self.assertEqual(got.returncode, 1)
        self.assertIn(b"7 answers differ", got.stdout)
        self.assertIn(b"record 0, DMA 0: StreamID 0x8 read at 0x40000000: "
                      b"expected 0x40001000, got 0x40000000", got.stdout)
        self.assertIn(b"and 2 more", got.stdout)
        got = self.run_it("replay", path, "--json", "-", "--show", "7")
        self.assertEqual(got.returncode, 1)
        figures = json.loads(got.stdout)
        self.assertEqual(figures["mismatches"], 7)
        self.assertEqual([d["record"] for d in figures["first_mismatches"]], list(range(7)))
        self.assertEqual(figures["first_mismatches"][1]["expected"], "0x40002000")

    def test_inputs(self):
        data = bypass_trace(10)
        for name, packed in (("t", data), ("t.xz", lzma.compress(data)),
                             ("t.gz", gzip.compress(data)), ("named-wrong.zst", data)):
            path = self.put(name, packed)
            self.assertEqual(self.run_it("replay", path).returncode, 0)
            self.assertEqual(self.run_it("replay", "-", input=packed).returncode, 0)

    def test_outputs_refused(self):
        path = self.put("t", bypass_trace())
        for option in ("--json", "--report"):
            self.refused("replay", path, option, self.path("no/dir/out"),
                         says="no/dir/out: cannot write")
            self.refused("replay", path, option, self.dir, says="cannot write")
        self.refused("replay", path, "--json", "-", "--report", "-", says="bad usage")
        self.assertEqual(os.listdir(self.dir), ["t"])
        if os.geteuid() != 0:
            os.chmod(self.dir, 0o555)
            self.refused("replay", path, "--json", self.path("out"), says="Permission denied")

    def test_full_device(self):
        path = self.put("t", bypass_trace())
        self.refused("replay", path, "--json", "/dev/full", says="No space left")

    def test_report(self):
        path = self.put("t<&>.trace", bypass_trace(500, wrong=3))
        out = self.path("out.html")
        got = self.run_it("replay", path, "--report", out)
        self.assertEqual((got.returncode, got.stderr), (1, b""))
        with open(out, encoding="utf-8") as file:
            text = file.read()
        page = Page()
        page.feed(text)
        self.assertEqual(page.open, [])
        self.assertEqual(page.outside, [])
        self.assertTrue({"table", "style"} <= page.seen)
        self.assertIn("t&lt;&amp;&gt;.trace", text)
        self.assertNotIn("http", text)

    def test_progress(self):
        """On a terminal a long run shows how far it is, and takes that away at the end."""
        block = record(DMA, requester=8, address=0x1000) * 2048
        crc = crc32c(block)
        main, other = pty.openpty()
        with subprocess.Popen([IOMMULATE, "replay", "-"], stdin=subprocess.PIPE, stderr=other,
                              stdout=subprocess.PIPE) as process:
            os.close(other)
            process.stdin.write(header())
            slots = b""
            for i in range(40):
                slot = chunk(block, i * 2048, i * 2048, crc)
                slots += slot
                process.stdin.write(slot + block)
                process.stdin.flush()
                time.sleep(0.02)
            process.stdin.write(end(40 * 2048, 40 * 2048, 40, crc32c(slots)))
            process.stdin.close()
            self.assertIn(b"81,920 DMAs", process.stdout.read())
            self.assertEqual(process.wait(), 0)
        shown = b""
        try:
            # A terminal hands its text out in pieces, and ends with an error.
            while piece := os.read(main, 100000):
                shown += piece
        except OSError:
            pass
        os.close(main)
        self.assertRegex(shown, rb"\d+ DMAs")
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown[-40:])


class Threads(CommandTest):
    def test_same_figures(self):
        path = self.put("t", bypass_trace(3000, wrong=2))
        single = json.loads(self.run_it("replay", path, "--json", "-").stdout)
        self.assertEqual((single["threads"], single["totals"]), (1, "exact"))
        for threads in ("2", "4"):
            got = self.run_it("replay", path, "--json", "-", "--threads", threads)
            self.assertEqual(got.returncode, 1)
            figures = json.loads(got.stdout)
            self.assertEqual((figures["threads"], figures["totals"]), (2, "hits may differ"))
            for key in ("dma", "translated", "mismatches", "devices", "first_mismatches"):
                self.assertEqual(figures[key], single[key], key)
            got = self.run_it("replay", path, "--threads", threads)
            self.assertIn(b"requesters share caches", got.stdout)
        got = self.run_it("replay", path, "--threads", "2", "--cache", "off")
        self.assertIn(b"every figure is that of one thread", got.stdout)

    def test_several(self):
        first = self.put("a", bypass_trace(10))
        other = self.put("b", bypass_trace(30, wrong=4, kind=VTD))
        for threads in ("1", "2", "5"):
            got = self.run_it("replay", first, other, "--json", "-", "--threads", threads)
            self.assertEqual(got.returncode, 1)
            total = json.loads(got.stdout)
            self.assertEqual((total["iommu"], total["dma"], total["mismatches"]), ("mixed", 40, 4))
            self.assertEqual([(t["iommu"], t["dma"], t["mismatches"]) for t in total["traces"]],
                             [("smmuv3", 10, 0), ("vtd", 30, 4)])
            got = self.run_it("replay", first, other, "--threads", threads)
            self.assertIn(b"All 2 traces: 40 DMAs", got.stdout)
        self.refused("replay", first, self.path("none"), "--threads", "2", says="none: cannot open")


class Memory(CommandTest):
    """A trace of hundreds of megabytes needs no more memory than a short one."""
    LIMIT = 120 << 10  # KiB, with room for what sanitizers take
    SLOTS = 65536

    def pour(self, file, chunks):
        data = b"".join(record(DMA, requester=8 * (i % 2 + 1), address=0x1000 * (i % 64))
                        for i in range(64)) * (self.SLOTS // 64)
        crc, slots = crc32c(data), b""
        file.write(header())
        for i in range(chunks):
            slot = chunk(data, i * self.SLOTS, i * self.SLOTS, crc)
            slots += slot
            file.write(slot + data)
        file.write(end(chunks * self.SLOTS, chunks * self.SLOTS, chunks, crc32c(slots)))

    def most_memory(self, process, chunks):
        """Wait for a replay; its maximum resident set in KiB."""
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertIn(f"{chunks * self.SLOTS:,} DMAs".encode(), out)
        return usage.ru_maxrss

    def test_pipe(self):
        for threads in ("1", "2"):
            with subprocess.Popen([IOMMULATE, "replay", "-", "--threads", threads],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
                self.pour(process.stdin, 100)
                process.stdin.close()
                self.assertLess(self.most_memory(process, 100), self.LIMIT)

    def test_mapped(self):
        path = self.path("long")
        with open(path, "wb") as file:
            self.pour(file, 100)
        with subprocess.Popen([IOMMULATE, "replay", path], stdout=subprocess.PIPE) as process:
            self.assertLess(self.most_memory(process, 100), self.LIMIT)


class Info(CommandTest):
    def test_info(self):
        path = self.put("t", trace(
            [record(REG_WRITE, length=4, address=0x20, value=0),
             record(MEM_WRITE, length=8, address=0x40000000, value=1),
             record(MEM_BLOCK, address=0x40001000, payload=b"x" * 100),
             record(MARK, value=7, payload="Phase zwei \u2713".encode()),
             record(DMA, requester=0x18, address=0x1000, length=0x20),
             record(DMA, requester=0x18, address=0x9000, length=0x10)],
            registers=[(0, 0x4840027), (4, 0x0E739D10), (0x14, 0x75)],
            regions=[(0x40000000, 0x40000000)], source="a test"))
        got = self.run_it("info", path)
        text = got.stdout.decode()
        self.assertEqual((got.returncode, got.stderr), (0, b""))
        for line in (r"Arm SMMUv3 trace, format 1\.0", r"Source +a test",
                     r"0x40000000 to 0x7fffffff, 1 GiB", r"IDR0 +at 0 +0x4840027", r"S1P=0x1",
                     r"register write +1\n", r"memory block +1 +of 100 bytes", r"DMA +2\n",
                     r"in 11 slots", r"7 Phase zwei \u2713",
                     r"StreamID 0x18 +2 +0 +0x1000 to 0x900f"):
            self.assertRegex(text, line)


class Explain(CommandTest):
    def test_explain(self):
        path = self.put("t", bypass_trace(5, wrong=1))
        got = self.run_it("explain", path, "--at", "4")
        self.assertEqual((got.returncode, got.stderr), (0, b""))
        text = got.stdout.decode()
        self.assertIn("DMA 4 (record 4)", text)
        self.assertIn("0x40004000", text)
        self.assertIn("This is the recorded answer.", text)
        got = self.run_it("explain", path, "--at", "0")
        self.assertIn("differs from the recorded answer", got.stdout.decode())

    def test_beyond(self):
        path = self.put("t", bypass_trace(5))
        self.refused("explain", path, "--at", "5", says=("holds 5 DMAs", "no number 5"))


if __name__ == "__main__":
    IOMMULATE = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
