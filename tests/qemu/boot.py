#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boot the rows of rows.py; start it through tools/qemu/boot-test."""
import argparse
import gzip
import hashlib
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import time

import rows

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = {"arm64": "aarch64", "x86": "x86_64"}
CONSOLE = {"arm64": "ttyAMA0", "x86": "ttyS0"}
BLOBS = ["/usr/share/seabios", "/usr/share/qemu"]
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


class Lab:
    def __init__(self, args):
        self.args = args
        self.dir = args.work
        self.results = []
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir + "/tftp")
        data = hashlib.sha256(b"iommulate").digest() * 9000
        with open(self.dir + "/tftp/file", "wb") as f:
            f.write(data)
        self.md5 = hashlib.md5(data).hexdigest()
        for name in ("nvme.img", "vd.img"):
            with open(f"{self.dir}/{name}", "wb") as f:
                f.truncate(64 << 20)

    def initrd(self, row):
        root = f"{self.dir}/{row.name}/root"
        os.makedirs(root + "/bin")
        os.makedirs(root + "/mods")
        parts = f"{self.args.parts}/{row.arch}"
        for name in ("busybox", "guest-io", "guest-vfio"):
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

    def boot(self, row, own):
        """One start of QEMU: its console, seconds of CPU it took, statistics."""
        folder = f"{self.dir}/{row.name}"
        os.makedirs(folder, exist_ok=True)
        tag = "own" if own else "ours"
        initrd = f"{folder}/initrd.gz"
        if not os.path.exists(initrd):
            self.initrd(row)
        binary = f"{self.args.qemu}/{'own/' if own else ''}qemu-system-{TARGET[row.arch]}"
        device = "arm-smmuv3" if row.arch == "arm64" else "intel-iommu"
        command = [binary, "-accel", "tcg", *row.machine, "-m", "512M", "-nographic", "-no-reboot",
                   "-kernel", f"{self.args.parts}/{row.arch}/kernel", "-initrd", initrd, "-append",
                   f"console={CONSOLE[row.arch]} quiet loglevel=3 {row.append}"]
        for blobs in BLOBS:
            command += ["-L", blobs]
        command += [d.format(dir=self.dir) for d in row.devices]
        if not own:
            extra = [f"statistics={folder}/statistics"]
            if row.verify:
                extra.append("verify=on")
            if row.trace:
                extra.append(f"trace={folder}/trace.iomt")
            if row.machine_file:
                with open(f"{folder}/machine", "w", encoding="ascii") as f:
                    f.write(row.machine_file)
                extra.append(f"machine={folder}/machine")
            for e in extra:
                command += ["-global", f"{device}.{e}"]
        with open(f"{folder}/command-{tag}", "w", encoding="utf-8") as f:
            f.write(" ".join(command) + "\n")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.time()
        if row.migrate and not own:
            code = self.migrate(command, folder, tag)
        else:
            code = self.wait(self.start(command, folder, tag))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(f"{folder}/console-{tag}", "rb") as f:
            text = f.read().decode("utf-8", "replace").replace("\r", "")
        with open(f"{folder}/stderr-{tag}", "rb") as f:
            stderr = f.read().decode("utf-8", "replace")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"code": code, "text": text, "stderr": stderr, "cpu": cpu,
                "seconds": time.time() - start, "folder": folder}

    @staticmethod
    def start(command, folder, tag, mode="wb"):
        with open(f"{folder}/console-{tag}", mode) as console, \
                open(f"{folder}/stderr-{tag}", mode) as errors:
            return subprocess.Popen(["nice", "-n", "10", *command], stdin=subprocess.DEVNULL,
                                    stdout=console, stderr=errors)

    def wait(self, process):
        try:
            return process.wait(self.args.timeout)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
            return "timeout"

    def migrate(self, command, folder, tag):
        """Stop at the guest's word, go on in another process from the saved state."""
        state, path = f"{folder}/state", f"{folder}/monitor"
        command = command + ["-qmp", f"unix:{path},server=on,wait=off"]
        process = self.start(command, folder, tag)
        end = time.time() + self.args.timeout
        while time.time() < end and process.poll() is None:
            with open(f"{folder}/console-{tag}", "rb") as f:
                if b"MIGRATE-NOW" in f.read():
                    break
            time.sleep(0.2)
        else:
            process.kill()
            process.wait()
            return "no MIGRATE-NOW"
        try:
            monitor = Monitor(path)
            monitor.ask("migrate", uri=f"exec:cat >{state}")
            while monitor.ask("query-migrate").get("status") not in ("completed", "failed"):
                time.sleep(0.2)
            status = monitor.ask("query-migrate")["status"]
            monitor.ask("quit")
        except (OSError, RuntimeError, ValueError) as e:
            process.kill()
            process.wait()
            return f"migration: {e}"
        self.wait(process)
        if status != "completed":
            return "migration " + status
        command += ["-incoming", f"exec:cat {state}"]
        return self.wait(self.start(command, folder, tag, "ab"))

    def version(self, arch):
        out = subprocess.run([f"{self.args.qemu}/qemu-system-{TARGET[arch]}", "--version"],
                             capture_output=True, text=True, check=True).stdout
        return tuple(int(n) for n in re.search(r"version (\d+)\.(\d+)", out).groups())

    @staticmethod
    def judge(row, run, own):
        """What is wrong with a run, as a list of lines."""
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
        kernel = tuple(int(n) for n in
                       re.search(r"KERNEL (\d+)\.(\d+)", text, re.M).groups())
        for pattern in row.expect:
            since, pattern = pattern if isinstance(pattern, tuple) else ((0, 0), pattern)
            if kernel < since:
                continue
            if not own and not re.search(pattern, log):
                wrong.append(f"the kernel log has no /{pattern}/")
        for line in log.splitlines():
            if re.match(r"<[0-4]>", line) and SUSPICIOUS.search(line) and \
                    not any(re.search(p, line) for p in rows.HARMLESS + row.allow):
                wrong.append("kernel: " + line)
        return wrong

    @staticmethod
    def statistics(run):
        path = run["folder"] + "/statistics"
        if not os.path.exists(path):
            return {}
        with open(path, encoding="ascii") as f:
            return {line.split()[0]: int(line.split()[1]) for line in f if line.strip()}

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
        run = self.boot(row, False)
        wrong = self.judge(row, run, False)
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
        if row.trace and not wrong:
            wrong += self.replay(row, run)
        if row.compare and not self.args.no_own and not wrong:
            self.compare(row, run, line)
        self.results.append((line, wrong))
        self.show(line, wrong)
        return not wrong

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
        commands = sum(v for k, v in line.items() if k.startswith("command-"))
        if "translations" in line:
            print(f"; {line['translations']} translations, {commands} commands, "
                  f"{line['faulted']} faults", end="")
        if "compared" in line:
            print(f", {line['compared']} compared, {line['interrupts']} interrupts, "
                  f"{line['mismatches']} mismatches", end="")
        print(flush=True)
        for w in wrong[:12]:
            print("     " + w, flush=True)
        if "own" in line:
            print("     QEMU's own model: " + line["own"], flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--qemu", required=True)
    parser.add_argument("--parts", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--timeout", type=int, default=400)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--no-own", action="store_true")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    lab = Lab(args)
    passed = failed = 0
    for row in rows.ROWS:
        if args.names and row.name not in args.names or \
                not args.names and not args.all and not row.quick:
            continue
        if lab.version(row.arch) < row.since:
            print(f"     {row.name}: needs QEMU {row.since[0]}.{row.since[1]}, not run", flush=True)
            continue
        if not os.path.exists(f"{args.parts}/{row.arch}/kernel"):
            print(f"     {row.name}: no {row.arch} kernel, not run", flush=True)
            continue
        if lab.row(row):
            passed += 1
        else:
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
