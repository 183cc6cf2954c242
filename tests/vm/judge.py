#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge what a guest printed (or a program on this machine, with --program): TAP in, TAP out.

- A skip that expected-skips does not name fails with STRICT_SKIPS=1, and is told without. One that
  it names and that ran is told.
- A failure that known-issues.yaml names becomes a skip (XFAIL). A check that it names and that
  passed is told. An entry with "said" holds only if the case has a line that it finds, anywhere:
  what the case's checks said is judged when it has ended.
- A case of the plan without an end, a guest that died, or that did not say its verdict, fails.

What is told begins with "# told: ". The exit status is 1 if anything failed."""
import argparse
import os
import pathlib
import re
import sys
from fnmatch import fnmatchcase as match

DATA = pathlib.Path(os.environ.get("RXELAB_EXPECTED", pathlib.Path(__file__).resolve().parent))


def read_skips():
    """(case, kernel, reason) of every line of expected-skips."""
    lines = (DATA / "expected-skips").read_text().splitlines()
    return [tuple(line.split(None, 2)) for line in lines if line and not line.startswith("#")]


def read_issues():
    """What is in known-issues.yaml. PyYAML is wanted only where there are entries."""
    text = (DATA / "known-issues.yaml").read_text()
    if not re.search(r"^[^#\s]", text, re.M):
        return []
    import yaml
    return yaml.safe_load(text)


class Judge:
    def __init__(self, options):
        self.o = options
        self.strict = os.environ.get("STRICT_SKIPS") == "1"
        self.release = ""
        self.begun, self.ended = [], []
        self.current = None
        self.verdict = self.status = None
        self.failed = self.excused = 0
        self.skips, self.issues = read_skips(), read_issues()
        self.seen_skips, self.seen_issues, self.passed = set(), set(), []
        self.lines, self.waiting = [], []

    def here(self, patterns):
        """Does one of these words mean this kernel: its suite, its plane, its release?"""
        names = (self.o.kernel, self.o.plane, self.release)
        return any(match(name, word) for word in patterns.split() for name in names if name)

    def say(self, line):
        """Print it, in its place behind a failure that waits for the end of its case."""
        if self.waiting:
            self.waiting.append(lambda: self.say(line))
        else:
            print(line, flush=True)

    def fail(self, text):
        self.failed += 1
        self.say(f"not ok {text}")

    def tell(self, text):
        self.say(f"# told: {text}")

    def skip(self, line, case, why):
        for number, (name, kernel, reason) in enumerate(self.skips):
            if match(case, name) and self.here(kernel) and match(why, reason):
                self.seen_skips.add(number)
                self.say(line)
                return
        if self.strict:
            self.fail(f"{case}: unexpected skip: {why}")
        else:
            self.say(line)
            self.tell(f"{self.o.kernel}: {case}: a skip that is not expected: {why}")

    def issue_of(self, case, check):
        for number, issue in enumerate(self.issues):
            same = match(case, issue["case"]) and match(check, issue["check"])
            if same and self.here(issue["kernels"]):
                return number
        return None

    def failure(self, line, case, check):
        number = self.issue_of(case, check)
        if number is not None and "said" in self.issues[number]:
            self.waiting.append(lambda: self.verdict_of(line, case, check, number))
        else:
            self.verdict_of(line, case, check, number)

    def case_ended(self):
        """Judge the failures that waited for what else the case says, and print what followed."""
        waiting, self.waiting = self.waiting, []
        for say in waiting:
            say()
        self.lines = []

    def verdict_of(self, line, case, check, number):
        said = number is not None and self.issues[number].get("said")
        if number is None or said and not re.search(said, "\n".join(self.lines)):
            self.failed += 1
            self.say(line)
            return
        self.seen_issues.add(number)
        self.excused += 1
        self.say(f"skip {case}: {check}: XFAIL, a known issue: {self.issues[number]['evidence']}")

    def end_of(self, case):
        self.ended.append(case)
        self.case_ended()

    def comment(self, line):
        """What the runner in the guest says of itself; a case's own comments are only shown."""
        for pattern, take in (
                (r"# kernel ([^ ,]+)", lambda m: setattr(self, "release", m[1])),
                (r"# case (\S+)$", lambda m: self.begun.append(m[1])),
                (r"# (\S+): \d+ s$", lambda m: m[1] in self.begun and self.end_of(m[1])),
                (r"# verdict: (good|bad)$", lambda m: setattr(self, "verdict", m[1])),
                (r"# status (\d+)$", lambda m: setattr(self, "status", int(m[1])))):
            found = re.match(pattern, line)
            if found:
                take(found)
        self.say(line)

    def take(self, line):
        self.lines.append(line)
        skipped = re.match(r"ok \d* ?-? ?(.*?) *# *skip *(.*)", line, re.I)
        if skipped:
            why = ": ".join(filter(None, skipped.groups()))
            self.skip(line, self.o.program or self.o.kernel, why)
            return
        result = re.match(r"(ok|not ok|skip) (.*)", line)
        if not result:
            self.comment(line) if line.startswith("#") else self.say(line)
            return
        kind, text = result.groups()
        case, colon, check = text.partition(": ")
        if self.o.program or not colon:
            case, check = self.o.program or self.o.kernel, text
        if kind == "skip":
            self.skip(line, case, check)
        elif kind == "not ok":
            self.failure(line, case, check)
        else:
            self.passed.append((case, check))
            self.say(line)

    def guest_ended(self):
        what = f"vm {self.o.kernel}"
        if self.status == 124:
            self.fail(f"{what}: the guest was ended by its limit")
        elif self.status == 255:
            self.fail(f"{what}: the guest died")
        elif self.verdict is None:
            self.fail(f"{what}: no verdict (status {self.status})")
        elif (self.verdict == "bad" or self.status) and not self.failed and not self.excused:
            self.fail(f"{what}: verdict {self.verdict}, status {self.status}, but nothing failed")
        for case in self.o.plan.split():
            if case not in self.begun:
                self.fail(f"{case}: not reached")
            elif case not in self.ended:
                self.fail(f"{case}: did not come to its end")

    def stale(self):
        """Entries that this guest has shown to be wrong; what a program skips is the machine's."""
        for number, (name, kernel, reason) in enumerate(self.skips):
            if number not in self.seen_skips and self.here(kernel) and name in self.ended:
                self.tell(f"{self.o.kernel}: {name}: an expected skip that ran: {reason}")
        for case, check in self.passed:
            number = self.issue_of(case, check)
            if number is None or "said" in self.issues[number]:
                continue
            if number not in self.seen_issues:
                self.tell(f"{self.o.kernel}: {case}: {check}: XPASS, a known issue that passed: "
                          f"{self.issues[number]['evidence']}")

    def run(self):
        sys.stdin.reconfigure(errors="replace")
        sys.stdout.reconfigure(errors="replace")
        for line in sys.stdin:
            self.take(line.rstrip("\r\n"))
        self.case_ended()
        if not self.o.program:
            self.guest_ended()
        self.stale()
        return 1 if self.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kernel", default="here", help="the suite that was booted; here: none")
    parser.add_argument("--plane", default="")
    parser.add_argument("--plan", default="", help="the cases that must come to their end")
    parser.add_argument("--program", default="", help="a program on this machine printed it")
    return Judge(parser.parse_args()).run()


sys.exit(main())
