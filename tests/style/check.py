#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What every file of the repository has to keep: licence line, size, language, no foreign paths."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CODE = (".c", ".h", ".py", ".sh", ".build")
MAX_LINES = 700
# Spelt in pieces, so that this file does not find itself.
FOREIGN = re.compile("/" + r"work/|/" + r"tmp/[a-z]|\.\./" + "shared|deb" + r"\.debian\.org")


def tracked():
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    return [name for name in out.stdout.decode().split("\0") if name]


def main():
    problems = []
    for name in tracked():
        path = os.path.join(ROOT, name)
        if not os.path.isfile(path) or name.startswith("tests/data/"):
            continue
        with open(path, "rb") as f:
            raw = f.read()
        if b"\0" in raw:
            continue
        text = raw.decode("utf-8", "replace")
        script = text.startswith("#!")
        if (name.endswith(CODE) or script) and "SPDX-License-Identifier:" not in text[:300]:
            problems.append(f"{name}: no SPDX-License-Identifier line at the top")
        lines = text.count("\n")
        if name.endswith((".c", ".h")) and lines > MAX_LINES:
            problems.append(f"{name}: {lines} lines; split it (at most {MAX_LINES})")
        if name.endswith(".py") and not name.startswith("tests/"):
            problems.append(f"{name}: Python belongs in tests/")
        if not name.startswith(".ci/"):
            for number, line in enumerate(text.split("\n"), 1):
                if FOREIGN.search(line):
                    problems.append(f"{name}:{number}: a path or host of one machine")
    for problem in problems:
        print(problem)
    print(f"style: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
