#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Import QEMU logs of real drivers, replay them, compare with counts of the logs' lines.

Usage: test-import.py IOMMULATE DATA [unittest arguments]

DATA holds folders with qemu-trace.log.xz and tables.txt.xz.
"""
import collections
import gzip
import json
import lzma
import os
import re
import subprocess
import sys
import tempfile
import unittest

IOMMULATE = ""
DATA = ""
CAPTURES = ("smmuv3-linux-mixed", "smmuv3-linux-stage2", "vtd-legacy-linux-mixed",
            "vtd-scalable-linux-mixed")
OUTCOME = re.compile(r"(smmuv3_translate_success|vtd_dmar_translate) ")
OPCODE = re.compile(r"smmuv3_cmdq_opcode <--- SMMU_CMD_(\w+)")
FETCH = re.compile(r"vtd_inv_qi_head ")
# What logs recorded with few events hold.
ESSENTIAL = re.compile(r"smmuv3_translate|smmuv3_\w*range_inval|smmuv3_cmdq|smmu_get_pte|"
                       r"smmuv3_write_mmio|vtd_dmar_translate|vtd_inv_desc |vtd_reg_write ")


def count(lines):
    outcomes, opcodes, fetches = 0, collections.Counter(), 0
    for line in lines:
        outcomes += OUTCOME.match(line) is not None
        fetches += FETCH.match(line) is not None
        match = OPCODE.match(line)
        if match:
            opcodes[match.group(1)] += 1
    return outcomes, dict(opcodes), fetches


class ImportTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def run_command(self, *args):
        return subprocess.run([IOMMULATE, *args], capture_output=True, text=True, check=False)

    def import_log(self, log, tables, *args):
        trace = self.path("trace")
        done = self.run_command("import", "qemu", log, "-o", trace,
                                *(("--tables", tables) if tables else ()), *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return trace, done.stderr

    def replay(self, trace, cache, threads=1):
        result = self.path("json")
        done = self.run_command("replay", trace, "--cache", cache, "--json", result,
                                "--threads", str(threads))
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
        with open(result, encoding="utf-8") as file:
            return json.load(file)

    def check(self, trace, lines, fetches_logged=True):
        outcomes, opcodes, fetches = count(lines)
        self.assertGreater(outcomes, 0)
        for cache in ("default", "off", "one", "options"):
            got = self.replay(trace, cache)
            self.assertEqual(got["dma"], outcomes, cache)
            self.assertEqual(got["translated"], outcomes, cache)
            self.assertEqual((got["mismatches"], got["faulted"], got["events"]), (0, 0, 0), cache)
            if opcodes:
                self.assertEqual({k: v for k, v in got["commands"].items() if v}, opcodes)
            elif fetches_logged:
                self.assertEqual(sum(got["commands"].values()), fetches)

    def capture(self, name):
        folder = os.path.join(DATA, "traces", name)
        with lzma.open(os.path.join(folder, "qemu-trace.log.xz"), "rt") as file:
            lines = file.readlines()
        return (os.path.join(folder, "qemu-trace.log.xz"),
                os.path.join(folder, "tables.txt.xz"), lines)

    def write(self, lines, name="log"):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(lines))
        return path

    def test_captures(self):
        for name in CAPTURES:
            with self.subTest(name):
                log, tables, lines = self.capture(name)
                trace, summary = self.import_log(log, tables)
                self.assertNotIn("unknown", summary)
                self.check(trace, lines)

    def test_threads(self):
        """Every answer is the recorded one with any number of threads and any caches."""
        for name in CAPTURES:
            log, tables, _ = self.capture(name)
            trace, _ = self.import_log(log, tables)
            for cache in ("default", "off", "one", "options"):
                single = self.replay(trace, cache)
                for threads in (2, 3, 4):
                    got = self.replay(trace, cache, threads)
                    for key in ("dma", "translated", "faulted", "compared", "mismatches",
                                "commands", "records"):
                        self.assertEqual(got[key], single[key], (name, cache, threads, key))
                    self.assertEqual([(d["requester"], d["dma"], d["translated"])
                                      for d in got["devices"]],
                                     [(d["requester"], d["dma"], d["translated"])
                                      for d in single["devices"]])
                    if got["totals"] == "exact":
                        self.assertEqual(got["table_reads"], single["table_reads"])
                        self.assertEqual(got["caches"], single["caches"])
                    else:
                        self.assertNotEqual(cache, "off")

    def test_prefetch_commands(self):
        """What Linux asks to be prefetched is there for the first access, and right."""
        machine = self.path("machine")
        with open(machine, "w", encoding="utf-8") as file:
            file.write("[machine]\nprefetch_commands = on\n")
        for name in CAPTURES[:2]:
            log, tables, _ = self.capture(name)
            trace, _ = self.import_log(log, tables)
            plain = self.replay(trace, "default")
            done = self.run_command("replay", trace, "--json", "-", "--machine", machine)
            self.assertEqual(done.returncode, 0, done.stdout[-2000:])
            got = json.loads(done.stdout)
            config, before = got["caches"]["config"], plain["caches"]["config"]
            self.assertEqual(config["prefetched"], got["commands"]["PREFETCH_CONFIG"])
            self.assertEqual(before["prefetched"], 0)
            self.assertEqual(config["misses"], before["misses"] - config["prefetched"])
            self.assertEqual((got["mismatches"], got["dma"]), (0, plain["dma"]))

    def test_same_input_same_bytes(self):
        for name in CAPTURES:
            log, tables, _ = self.capture(name)
            contents = []
            for _ in range(2):
                trace, _ = self.import_log(log, tables)
                with open(trace, "rb") as file:
                    contents.append(file.read())
            self.assertEqual(*contents)

    def test_cut_anywhere(self):
        for name in CAPTURES:
            _, tables, lines = self.capture(name)
            for part, off in ((3, 1), (11, 40), (50, 17)):
                with self.subTest(name, part=part):
                    text = "".join(lines[:len(lines) // part])[:-off]
                    trace, summary = self.import_log(self.write(text), tables)
                    self.assertIn("cut off", summary)
                    whole = [x for x in text.splitlines(True) if x.endswith("\n")]
                    if count(whole)[0]:
                        self.check(trace, whole)

    def test_prefixes_and_compression(self):
        for name in CAPTURES:
            _, tables, lines = self.capture(name)
            part = lines[:len(lines) // 4]
            stamped = [f"77@1700000000.{i % 1000000:06}:{x}" for i, x in enumerate(part)]
            iso = [f"2026-02-03T04:05:{i % 60:02}.678901Z {x}" for i, x in enumerate(part)]
            trace, _ = self.import_log(self.write(stamped), tables)
            self.check(trace, part)
            path = self.path("log.gz")
            with gzip.open(path, "wt") as file:
                file.write("".join(iso))
            trace, _ = self.import_log(path, tables)
            self.check(trace, part)

    def test_other_lines_between(self):
        for name in CAPTURES:
            _, tables, lines = self.capture(name)
            part = lines[:len(lines) // 4]
            mixed = []
            for i, line in enumerate(part):
                mixed.append(line)
                if i % 50 == 0:
                    mixed.append("pci_nvme_io_cmd cid 5 nsid 0x1 sqid 1 opc 0x2\n")
                    mixed.append("qemu-system: warning: something else\n")
            trace, summary = self.import_log(self.write(mixed), tables)
            self.assertIn("pci_nvme_io_cmd", summary)
            self.assertIn("no trace events", summary)
            self.check(trace, part)

    def test_few_events(self):
        for name in CAPTURES:
            with self.subTest(name):
                _, tables, lines = self.capture(name)
                few = [x for x in lines if ESSENTIAL.match(x)]
                trace, _ = self.import_log(self.write(few), tables)
                self.check(trace, few, fetches_logged=False)

    def test_without_tables(self):
        for name in CAPTURES:
            with self.subTest(name):
                log, _, lines = self.capture(name)
                trace, _ = self.import_log(log, None)
                self.check(trace, lines)

    def test_bad_input(self):
        log, tables, lines = self.capture(CAPTURES[0])
        other = self.capture(CAPTURES[2])[2]
        bad = self.write(["0x1000 0x1 pt\n", "0x1008 1\n"], "tables")
        cases = (
            ((self.write([], "empty"), "--tables", tables), "no event"),
            ((self.write(["plain text\n"] * 9, "text"), "--tables", tables), "no event"),
            ((log, "--tables", bad), f"{bad}:2: expected"),
            ((self.path("missing"), "--tables", tables), "missing"),
            ((log, "--tables", self.path("missing")), "missing"),
            ((self.write(lines[:99] + other[:99], "both"), "--tables", tables), "both:100:"),
        )
        trace = self.path("out")
        for args, why in cases:
            before = set(os.listdir(self.directory.name))
            done = self.run_command("import", "qemu", *args, "-o", trace)
            self.assertEqual(done.returncode, 2, why)
            self.assertIn(why, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertEqual(set(os.listdir(self.directory.name)), before)
        done = self.run_command("import", "qemu", log, "--tables", tables, "-o",
                                self.path("no/such/folder"))
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))

    def test_bad_usage(self):
        log, _, _ = self.capture(CAPTURES[0])
        for args in ((), ("qemu",), ("qemu", log), ("ftracing", log, "-o", "x"),
                     ("qemu", log, log, "-o", "x"), ("qemu", log, "-o", "x", "--haw", "99"),
                     ("qemu", log, "-o", "x", "--cap", "many")):
            done = self.run_command("import", *args)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), args)

    def test_capabilities_from_the_command_line(self):
        log, tables, _ = self.capture(CAPTURES[2])
        trace, _ = self.import_log(log, tables, "--cap", "0xd2008c222f0606", "--haw", "46")
        self.assertEqual(self.replay(trace, "default")["mismatches"], 0)


if __name__ == "__main__":
    IOMMULATE, DATA = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
