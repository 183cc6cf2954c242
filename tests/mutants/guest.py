# SPDX-License-Identifier: GPL-2.0-or-later
"""What survives the tests without a guest, in one guest: tests/mutants/boot, read as it comes."""
import re
import subprocess
import time

BEGINS = re.compile(r"# mutant ([a-z0-9-]+) (\S+): begins$")
ENDS = re.compile(r"# mutant ([a-z0-9-]+) (\S+): ends$")
DONE = re.compile(r"# mutant ([a-z0-9-]+): done$")
NONE = "none"  # the program without a mutant, which comes first


class Guest:
    def __init__(self, top, kept):
        self.top, self.kept = top, kept
        self.good = set()  # cases that pass without a mutant: these alone prove anything
        self.now = ""      # what is running, for who asks after a guest that died

    @staticmethod
    def cases(top, prefixes):
        names = sorted(path.stem for path in (top / "tests/vm/cases").glob("*.sh"))
        return [name for name in names if name.startswith(tuple(prefixes))]

    def plan(self, left):
        """A line for each mutant: its name, its cases. All cases without a mutant first."""
        cases = {mutant.name: self.cases(self.top, mutant.vm) for mutant in left}
        every = sorted({case for names in cases.values() for case in names})
        return "".join(f"{name} {' '.join(names)}\n"
                       for name, names in {NONE: every, **cases}.items())

    def lines(self, left):
        path = self.kept / "plan"
        path.write_text(self.plan(left))
        with subprocess.Popen([self.top / "tests/mutants/boot", path], text=True,
                              errors="replace", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE) as guest:
            yield from guest.stdout

    def case_ended(self, name, case, said):
        """The first failure that proves something, or None."""
        bad = [line.strip() for line in said if line.startswith("not ok ")]
        if name == NONE:
            if not bad and any(line.startswith("ok ") for line in said):
                self.good.add(case)
            else:
                print(f"# {case} does not pass without a mutant, so it proves nothing: "
                      f"{bad[0] if bad else 'it was skipped'}", flush=True)
            return None
        return bad[0][len("not ok "):] if bad and case in self.good else None

    def run(self, left):
        """(mutant, outcome, the failure, seconds) of each that came to its end."""
        mutants = {mutant.name: mutant for mutant in left}
        killed, said, tried, began = "", [], 0, time.monotonic()
        for line in self.lines(left):
            if begins := BEGINS.match(line):
                said, self.now = [], f"{begins[1]} {begins[2]}"
                print(f"# in a guest: {self.now}", flush=True)
            elif ends := ENDS.match(line):
                tried += ends[2] in self.good
                killed = killed or self.case_ended(ends[1], ends[2], said) or ""
            elif done := DONE.match(line):
                if done[1] in mutants and tried:
                    yield (mutants[done[1]], "killed" if killed else "survived", killed,
                           time.monotonic() - began)
                killed, tried, began, self.now = "", 0, time.monotonic(), ""
            else:
                said.append(line)
        if self.now:
            print(f"# the guest ended in {self.now}; what was not reached is tried by the next run")
