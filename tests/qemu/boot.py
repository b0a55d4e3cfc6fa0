#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boot the rows of rows.py; start it through tools/qemu/boot-test."""
import argparse
import concurrent.futures
import gzip
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import rows

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = {"arm64": "aarch64", "x86": "x86_64"}
CONSOLE = {"arm64": "ttyAMA0", "x86": "ttyS0"}
BLOBS = ["/usr/share/seabios", "/usr/share/qemu"]
# From the firmware to the console, and nothing that a row does not name: SeaBIOS of Debian 12
# waits half a minute for the empty drive that newer QEMU has by default.
PLAIN = ["-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"]
SUSPICIOUS = re.compile(r"iommu|smmu|dmar|fault|call trace|bug:|warning|oops|iova|timeout|error",
                        re.I)


def cpio(tree):
    """The initramfs of a folder."""
    find = subprocess.run(["find", "."], cwd=tree, check=True, capture_output=True)
    out = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=tree, check=True,
                         input=find.stdout, capture_output=True)
    return gzip.compress(out.stdout, 1)


class Monitor:
    """QEMU's machine protocol, as far as a migration needs it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])


def read(path):
    with open(path, "rb") as f:
        return f.read().decode("utf-8", "replace")


def kernel_version(image):
    """As the boot header of an x86 image has it, or the words in an arm64 one."""
    with open(image, "rb") as f:
        data = f.read()
    at = 0x200 + int.from_bytes(data[0x20e:0x210], "little")
    text = data[at:at + 32] if data[0x202:0x206] == b"HdrS" else \
        data[data.find(b"Linux version ") + 14:][:32]
    found = re.match(rb"(\d+)\.(\d+)", text)
    return tuple(int(n) for n in found.groups()) if found else (0, 0)


class Process:
    """A program with its output in files; knows what processor time it took."""

    def __init__(self, command, folder, tag, mode="wb"):
        with open(f"{folder}/console-{tag}", mode) as console, \
                open(f"{folder}/stderr-{tag}", mode) as errors:
            self.process = subprocess.Popen(command, stdout=console,
                                            stdin=subprocess.DEVNULL, stderr=errors)
        self.code = None
        self.cpu = 0.0

    def poll(self, flags=os.WNOHANG):
        """True when it has ended."""
        if self.code is None:
            pid, status, usage = os.wait4(self.process.pid, flags)
            if pid:
                self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
                self.cpu = usage.ru_utime + usage.ru_stime
        return self.code is not None

    def wait(self, seconds):
        end = time.time() + seconds
        while not self.poll():
            if time.time() > end:
                return self.stop("timeout")
            time.sleep(0.05)
        return self.code

    def stop(self, why=None):
        """End it; `why` stands for its exit status."""
        if not self.poll():
            self.process.terminate()
            end = time.time() + 5
            while not self.poll() and time.time() < end:
                time.sleep(0.05)
            if self.code is None:
                self.process.kill()
                self.poll(0)
        if why:
            self.code = why
        return self.code


class Lab:
    def __init__(self, args):
        self.args = args
        self.dir = args.work
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir + "/tftp")
        data = hashlib.sha256(b"iommulate").digest() * 9000
        with open(self.dir + "/tftp/file", "wb") as f:
            f.write(data)
        self.md5 = hashlib.md5(data).hexdigest()
        self.printing = threading.Lock()
        self.repeated = []

    def initrd(self, row):
        root = f"{self.dir}/{row.name}/root"
        os.makedirs(root + "/bin")
        os.makedirs(root + "/mods")
        parts = f"{self.args.parts}/{row.arch}"
        for name in ("busybox", "guest-io", "guest-vfio", "guest-ats"):
            shutil.copy(f"{parts}/{name}", root + "/bin/" + name)
        if os.path.isdir(parts + "/mods"):
            for name in os.listdir(parts + "/mods"):
                shutil.copy(f"{parts}/mods/{name}", root + "/mods/")
        shutil.copy(HERE + "/guest-init.sh", root + "/init")
        os.chmod(root + "/init", 0o755)
        with open(root + "/work.sh", "w", encoding="ascii") as f:
            f.write(row.work)
        with open(root + "/file.md5", "w", encoding="ascii") as f:
            f.write(self.md5)
        path = f"{self.dir}/{row.name}/initrd.gz"
        with open(path, "wb") as f:
            f.write(cpio(root))
        shutil.rmtree(root)
        return path

    def command(self, row, own):
        """The command line of a start of QEMU."""
        folder = f"{self.dir}/{row.name}"
        binary = f"{self.args.qemu}/{'own/' if own else ''}qemu-system-{TARGET[row.arch]}"
        device = "arm-smmuv3" if row.arch == "arm64" else "intel-iommu"
        command = [binary, "-accel", "tcg", *row.machine, "-m", "512M", *PLAIN]
        if row.unit:
            command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x4",
                        "-kernel", f"{self.args.parts}/{row.unit}"]
        else:
            command += ["-kernel", f"{self.args.parts}/{row.arch}/kernel",
                        "-initrd", f"{folder}/initrd.gz", "-append",
                        f"console={CONSOLE[row.arch]} quiet loglevel=3 {row.append}"]
        if row.firmware:
            command += ["-bios", row.firmware]
        for blobs in BLOBS:
            command += ["-L", blobs]
        command += [d.format(dir=self.dir, row=folder) for d in row.devices]
        if own:
            return command
        extra = [f"statistics={folder}/statistics"]
        if row.verify:
            extra.append("verify=on")
        if row.listen:
            extra.append("listen=on")
        if row.trace:
            extra.append(f"trace={folder}/trace.iomt")
        if row.machine_file:
            with open(f"{folder}/machine", "w", encoding="ascii") as f:
                f.write(row.machine_file)
            extra.append(f"machine={folder}/machine")
        for e in extra:
            command += ["-global", f"{device}.{e}"]
        return command

    def boot(self, row, own):
        """One start of QEMU: its console, seconds of CPU it took, statistics."""
        folder = f"{self.dir}/{row.name}"
        os.makedirs(folder, exist_ok=True)
        tag = "own" if own else "ours"
        for name in ("nvme.img", "vd.img"):
            with open(f"{folder}/{name}", "wb") as f:
                f.truncate(64 << 20)
        if not row.unit and not os.path.exists(f"{folder}/initrd.gz"):
            self.initrd(row)
        command = self.command(row, own)
        with open(f"{folder}/command-{tag}", "w", encoding="utf-8") as f:
            f.write(" ".join(command) + "\n")
        start = time.time()
        backend = self.backend(row, folder) if row.vhost else None
        if row.migrate and not own:
            process = self.migrate(command, folder, tag, row.other_machine)
        else:
            process = Process(command, folder, tag)
            process.wait(self.args.timeout)
        run = {"code": process.code, "cpu": process.cpu, "seconds": time.time() - start,
               "folder": folder, "text": read(f"{folder}/console-{tag}").replace("\r", ""),
               "stderr": read(f"{folder}/stderr-{tag}")}
        if backend:
            backend.wait(20)
            run["vhost"] = read(f"{folder}/console-vhost")
        for name in ("nvme.img", "vd.img", "state"):
            if os.path.exists(f"{folder}/{name}"):
                os.unlink(f"{folder}/{name}")
        return run

    def backend(self, row, folder):
        """The process that serves a vhost-user device."""
        path = f"{folder}/vhost.sock"
        if os.path.exists(path):
            os.unlink(path)
        process = Process([f"{self.args.parts}/vhost-blk", path, f"{folder}/vd.img"], folder,
                          "vhost")
        end = time.time() + 20
        while not os.path.exists(path) and time.time() < end:
            time.sleep(0.05)
        return process

    def refuses(self, command, folder, machine):
        """A machine of other ID registers takes no saved state, and says why."""
        device = "arm-smmuv3" if "aarch64" in command[0] else "intel-iommu"
        with open(f"{folder}/other", "w", encoding="ascii") as f:
            f.write(machine)
        out = subprocess.run([*command, "-global", f"{device}.machine={folder}/other"],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=self.args.timeout, check=False)
        return out.returncode != 0 and re.search(r"iommulate: .*state is of", out.stderr)

    def migrate(self, command, folder, tag, other):
        """Stop at the guest's word, go on in another process from the saved state."""
        state, path = f"{folder}/state", f"{folder}/monitor"
        command = command + ["-qmp", f"unix:{path},server=on,wait=off"]
        process = Process(command, folder, tag)
        end = time.time() + self.args.timeout
        while "MIGRATE-NOW" not in read(f"{folder}/console-{tag}"):
            if time.time() > end or process.poll():
                process.stop("no MIGRATE-NOW")
                return process
            time.sleep(0.2)
        try:
            monitor = Monitor(path)
            monitor.ask("migrate", uri=f"exec:cat >{state}")
            while monitor.ask("query-migrate").get("status") not in ("completed", "failed"):
                time.sleep(0.2)
            status = monitor.ask("query-migrate")["status"]
            monitor.ask("quit")
        except (OSError, RuntimeError, ValueError) as e:
            process.stop(f"migration: {e}")
            return process
        process.wait(60)
        if status != "completed":
            process.code = "migration " + status
            return process
        command += ["-incoming", f"exec:cat {state}"]
        if not self.refuses(command, folder, other):
            process.code = "another machine took the saved state"
            return process
        after = Process(command, folder, tag, "ab")
        after.wait(self.args.timeout)
        after.cpu += process.cpu
        return after

    def version(self, arch):
        out = subprocess.run([f"{self.args.qemu}/qemu-system-{TARGET[arch]}", "--version"],
                             capture_output=True, text=True, check=True).stdout
        return tuple(int(n) for n in re.search(r"version (\d+)\.(\d+)", out).groups())

    @staticmethod
    def judge_unit(run):
        """A program of kvm-unit-tests says itself what it found."""
        text = run["text"]
        wrong = re.findall(r"^(FAIL: .*|\S.*assert.*)$", text, re.M)
        if run["code"] != 1: # isa-debug-exit, of status 0
            wrong.append(f"QEMU ended with {run['code']}: {text.strip()[-200:]}")
        if not re.search(r"^SUMMARY: \d+ tests$", text, re.M):
            wrong.append("tests failed or were skipped")
        return wrong

    def judge(self, row, run):
        """What is wrong with a run, as a list of lines."""
        if row.unit:
            return self.judge_unit(run)
        text, wrong = run["text"], []
        if run["code"] != 0:
            wrong.append(f"QEMU ended with {run['code']}: {run['stderr'].strip()[-300:]}")
        if "GUEST-END" not in text:
            wrong.append("the guest did not reach its end: " + text.strip()[-200:])
            return wrong
        for check in row.checks:
            found = re.search(rf"^CHECK {re.escape(check)} (.*)$", text, re.M)
            if not found or found.group(1) != "ok":
                wrong.append(f"{check}: {found.group(1) if found else 'not run'}")
        log = text.partition("DMESG-BEGIN\n")[2].partition("DMESG-END")[0]
        # A stall tells of a host that was busy elsewhere; the rest of the log still counts.
        log = re.sub(r"^<\d>[^\n]*rcu: INFO: [^\n]* stall.*?</TASK>\n", "", log,
                     flags=re.S | re.M)
        # Firmware leaves the cursor where it likes.
        kernel = re.search(r"KERNEL (\d+)\.(\d+)", text)
        if not kernel:
            return wrong + ["the guest does not say which kernel it is"]
        kernel = tuple(int(n) for n in kernel.groups())
        for pattern in row.expect:
            since, pattern = pattern if isinstance(pattern, tuple) else ((0, 0), pattern)
            if kernel < since:
                continue
            if not re.search(pattern, log):
                wrong.append(f"the kernel log has no /{pattern}/")
        allowed = rows.HARMLESS + row.allow + row.early
        for line in log.splitlines():
            if row.early and re.search(row.expect[0], line):
                allowed = rows.HARMLESS + row.allow
            if re.match(r"<[0-4]>", line) and SUSPICIOUS.search(line) and \
                    not any(re.search(p, line) for p in allowed):
                wrong.append("kernel: " + line)
        if row.vhost:
            counts = dict(re.findall(r"^(\S+) (\d+)$", run["vhost"], re.M))
            for name in ("requests", "misses", "invalidations"):
                if int(counts.get(name, 0)) == 0:
                    wrong.append(f"vhost: no {name}: {run['vhost'].strip()[-200:]}")
        return wrong

    @staticmethod
    def statistics(run):
        path = run["folder"] + "/statistics"
        if not os.path.exists(path):
            return {}
        return {line.split()[0]: int(line.split()[1]) for line in read(path).splitlines() if line}

    def replay(self, row, run):
        """The trace of the run through `iommulate replay`: no answer differs."""
        trace = run["folder"] + "/trace.iomt"
        out = subprocess.run([self.args.qemu + "/iommulate", "replay", trace],
                             capture_output=True, text=True, check=False)
        with open(run["folder"] + "/replay", "w", encoding="utf-8") as f:
            f.write(out.stdout + out.stderr)
        return [] if out.returncode == 0 else [
            f"replay of the trace ends with {out.returncode}: {(out.stdout + out.stderr)[-300:]}"]

    def row(self, row):
        """Boot a row and print what came of it; True when all is right."""
        run = self.boot(row, False)
        wrong = self.judge(row, run)
        st = self.statistics(run)
        line = {"row": row.name, "cpu": run["cpu"], "seconds": run["seconds"], **st}
        speed = re.search(r"^SPEED ([0-9.]+)$", run["text"], re.M)
        if speed:
            line["MB/s"] = float(speed.group(1))
        if not st:
            wrong.append("no statistics")
        elif row.verify:
            if st.get("mismatches", 1) != 0 or st.get("compared", 0) == 0:
                wrong.append(f"{st.get('mismatches')} mismatches in {st.get('compared')} compared: "
                             + run["stderr"].strip()[:400])
        if row.listen and (st.get("listener-wrong", 1) or not st.get("listener-checked")):
            wrong.append(f"listeners: {st.get('listener-wrong')} wrong of "
                         f"{st.get('listener-checked')}: " + run["stderr"].strip()[:400])
        wrong += [f"no {name}" for name in row.counts if st and not st.get(name)]
        if row.trace and not wrong:
            wrong += self.replay(row, run)
        if row.compare and not self.args.no_own and not wrong:
            self.compare(row, run, line)
        again = wrong and self.stalled(run) and row not in self.repeated
        with self.printing:
            self.show(line, wrong)
            if again:
                print("     the machine stood still; this row comes once more at the end",
                      flush=True)
                self.repeated.append(row)
        return not wrong

    @staticmethod
    def stalled(run):
        """Whether the host had no time for the guest, by the guest's own clock."""
        return run["code"] == "timeout" or \
            re.search(r"rcu.*(stall|starved)|soft lockup|blocked for more than", run["text"])

    def compare(self, row, run, line):
        """QEMU's own model and ours in turn; the best of each, since the host has other work."""
        best = {"ours": [run], "own": []}
        for turn in range(self.args.pairs):
            if turn:
                best["ours"].append(self.boot(row, False))
            best["own"].append(self.boot(row, True))
        for who, prefix in (("ours", ""), ("own", "own-")):
            good = [r for r in best[who] if "GUEST-END" in r["text"]]
            if not good:
                line["own"] = "did not come up"
                continue
            line[prefix + "cpu"] = min(r["cpu"] for r in good)
            for key, pattern in (("MB/s", r"^SPEED ([0-9.]+)$"), ("boot", r"^BOOTED ([0-9.]+)$")):
                values = [float(m.group(1)) for r in good
                          for m in [re.search(pattern, r["text"], re.M)] if m]
                if values:
                    line[prefix + key] = max(values) if key == "MB/s" else min(values)

    @staticmethod
    def show(line, wrong):
        print(f"{'ok  ' if not wrong else 'FAIL'} {line['row']}: {line['seconds']:.0f} s, "
              f"{line['cpu']:.1f} s CPU", end="")
        if "own-cpu" in line:
            print(f" (QEMU's own {line['own-cpu']:.1f})", end="")
        if "own-boot" in line:
            print(f", boot {line.get('boot', 0):.2f} s ({line['own-boot']:.2f})", end="")
        if "MB/s" in line:
            print(f", NVMe {line['MB/s']:.1f} MB/s", end="")
            if "own-MB/s" in line:
                print(f" (QEMU's own {line['own-MB/s']:.1f})", end="")
        commands = {k[8:]: v for k, v in line.items() if k.startswith("command-") and v}
        if "translations" in line:
            print(f"; {line['translations']} translations, {sum(commands.values())} commands, "
                  f"{line['faulted']} faults", end="")
        if "compared" in line:
            print(f", {line['compared']} compared, {line['interrupts']} interrupts, "
                  f"{line['mismatches']} mismatches", end="")
        if "listener-checked" in line:
            print(f"; listeners: {line['listener-maps']} mapped, {line['listener-unmaps']} unmapped, "
                  f"{line['listener-checked']} accesses, {line['listener-wrong']} wrong", end="")
        print(flush=True)
        if commands:
            print("     " + ", ".join(f"{k} {v}" for k, v in sorted(commands.items())), flush=True)
        for w in wrong[:12]:
            print("     " + w, flush=True)
        if "own" in line:
            print("     QEMU's own model: " + line["own"], flush=True)


    def obstacle(self, row):
        """Why a row cannot be run here; None when it can."""
        if self.version(row.arch) < row.since:
            return f"needs QEMU {row.since[0]}.{row.since[1]}"
        if row.unit:
            return None if os.path.exists(f"{self.args.parts}/{row.unit}") else \
                "IOM_KVM_UNIT_TESTS names no source tree"
        if row.firmware and not os.path.exists(row.firmware):
            return f"no {row.firmware}"
        image = f"{self.args.parts}/{row.arch}/kernel"
        if not os.path.exists(image):
            return f"no {row.arch} kernel"
        if kernel_version(image) < row.kernel:
            return f"needs Linux {row.kernel[0]}.{row.kernel[1]}"
        return None


def main():
    parser = argparse.ArgumentParser(prog="boot-test")
    parser.add_argument("--qemu", required=True)
    parser.add_argument("--parts", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--timeout", type=int, default=400)
    parser.add_argument("--all", action="store_true", help="the whole table")
    parser.add_argument("--no-own", action="store_true",
                        help="do not start QEMU's own models for comparison")
    parser.add_argument("--pairs", type=int, default=2, help="runs of each for comparison")
    parser.add_argument("-j", "--jobs", type=int, default=1,
                        help="rows at a time; those that are timed stay alone")
    parser.add_argument("names", nargs="*", metavar="ROW")
    args = parser.parse_args()
    unknown = set(args.names) - {row.name for row in rows.ROWS}
    if unknown:
        parser.error("no such row: " + " ".join(sorted(unknown)))
    lab = Lab(args)
    chosen = []
    for row in rows.ROWS:
        if row.name in args.names or not args.names and (args.all or row.quick):
            obstacle = lab.obstacle(row)
            if obstacle:
                print(f"     {row.name}: not run, {obstacle}", flush=True)
            else:
                chosen.append(row)
    alone = [r for r in chosen if r.compare and not args.no_own]
    beside = [r for r in chosen if r not in alone]
    results = {r.name: lab.row(r) for r in alone}
    with concurrent.futures.ThreadPoolExecutor(max(args.jobs, 1)) as pool:
        results.update(zip([r.name for r in beside], pool.map(lab.row, beside)))
    for row in lab.repeated[:]:
        results[row.name] = lab.row(row)
    passed = list(results.values()).count(True)
    print(f"{passed} passed, {len(results) - passed} failed")
    return 0 if results and passed == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
