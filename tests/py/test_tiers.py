# SPDX-License-Identifier: GPL-2.0-or-later
"""The machinery of the VM tier: what is planted in a guest's output must be seen.

No guest is booted: a script takes the place of rxelab, and says what a guest says."""
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")

# rxelab vm --kernel SUITE ... bash tests/vm/guest-run CASE...: each case passes, but for what
# lies in $FAKE/SUITE.CASE, which is said in place of its results ("die": the guest ends there)
RXELAB = r"""#!/bin/bash
[ "$1" = vm ] || { echo "$3 9.9.9"; exit; }
while [ "$1" != -- ]; do [ "$1" != --kernel ] || suite=$2; shift; done
until [[ $1 == */guest-run ]]; do shift; done
shift
echo "# kernel 9.9.9-test, 2 processors, expected plane: test"
verdict=good
for case; do
	echo "# case $case"
	said=$FAKE/$suite.$case
	if [ -e "$said" ]; then
		! grep -q '^die' "$said" || exit 255
		cat "$said"
		! grep -q '^not ok' "$said" || verdict=bad
	else
		echo "ok $case: it works"
	fi
	echo "# $case: ${#case} s"
	! grep -qs '^stop' "$said" || { echo "# stopped: a fault"; verdict=bad; break; }
done
echo "# verdict: $verdict"
[ $verdict = good ]
"""
ISSUE = """- case: 30-kill
  check: a kill
  kernels: 9.9.*
  evidence: the kernel forgets
"""


class Tiers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        fake = self.folder / "rxelab"
        fake.write_text(RXELAB)
        fake.chmod(0o755)
        self.expect("", "")
        self.env = {key: value for key, value in os.environ.items()
                    if not key.startswith(("RXELAB", "VM_JOBS", "KERNELS", "RECORD", "STRICT"))}
        self.env |= {"RXELAB": str(fake), "FAKE": folder.name, "RXELAB_LOGS": f"{folder.name}/log",
                     "RXELAB_EXPECTED": folder.name, "RXELAB_CHANGED": "", "STRICT_SKIPS": "1"}

    def expect(self, skips, issues):
        (self.folder / "expected-skips").write_text(skips)
        (self.folder / "known-issues.yaml").write_text(issues)

    def plant(self, suite, case, text):
        (self.folder / f"{suite}.{case}").write_text(text)

    def run_it(self, *command, **env):
        return self.feed("", *command, **env)

    def feed(self, text, *command, **env):
        done = subprocess.run(command, cwd=TOP, env=self.env | env, text=True, input=text,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def one(self, *cases, **env):
        return self.run_it("tests/run-vm", "trixie", *(cases or ("30", "60")), **env)

    def closing(self, output):
        return tuple(int(n) for n in CLOSING.match(output.splitlines()[-1]).groups())

    def test_all_well(self):
        status, said = self.one()
        self.assertEqual(status, 0, said)
        self.assertNotIn("told:", said)

    def test_red_case(self):
        self.plant("trixie", "30-kill", "not ok 30-kill: planted\n# why\n")
        status, said = self.one()
        self.assertEqual(status, 1)
        self.assertIn("not ok 30-kill: planted\n# why\n", said)

    def test_unexpected_skip(self):
        self.plant("trixie", "30-kill", "skip 30-kill: no time\n")
        status, said = self.one()
        self.assertEqual(status, 1)
        self.assertIn("not ok 30-kill: unexpected skip: no time", said)
        status, said = self.one(STRICT_SKIPS="")
        self.assertEqual(status, 0, "told, where packages may be missing")
        self.assertIn("# told: trixie: 30-kill: a skip that is not expected: no time", said)

    def test_expected_skip(self):
        self.plant("trixie", "30-kill", "skip 30-kill: no time\n")
        for kernel in ("trixie", "hosted", "*", "9.9.*"):
            self.expect(f"30-kill {kernel} no t*\n", "")
            status, said = self.one()
            self.assertEqual(status, 0, said)
            self.assertIn("\nskip 30-kill: no time\n", said)
            self.assertNotIn("told:", said)
        for line in ("30-kill netns no time", "60-recreate * no time", "30-kill * no space"):
            self.expect(line + "\n", "")
            self.assertEqual(self.one()[0], 1, line)

    def test_a_case_of_one_plane_is_expected_to_skip_in_the_other(self):
        wanted = set()
        for case in (TOP / "tests/vm/cases").glob("*.sh"):
            if plane := re.search("^for_plane (.*)$", case.read_text(), re.M):
                other = {"netns": "hosted", "hosted": "netns"}[plane[1]]
                wanted.add((case.stem, other, f"not for a kernel of the {other} plane"))
        lines = (TOP / "tests/vm/expected-skips").read_text().splitlines()
        listed = {tuple(line.split(None, 2)) for line in lines if "not for a kernel" in line}
        self.assertEqual(listed, wanted)

    def test_expected_skip_that_ran(self):
        self.expect("30-kill hosted no time\n10-lab-netns hosted not run here\n"
                    "30-kill netns another kernel's\n", "")
        status, said = self.one()
        self.assertEqual(status, 0)
        self.assertEqual(re.findall("^# told: .*", said, re.M),
                         ["# told: trixie: 30-kill: an expected skip that ran: no time"])

    def test_known_issue(self):
        self.expect("", ISSUE)
        self.plant("trixie", "30-kill", "not ok 30-kill: a kill\n")
        status, said = self.one()
        self.assertEqual(status, 0, said)
        self.assertIn("skip 30-kill: a kill: XFAIL, a known issue: the kernel forgets", said)
        self.plant("trixie", "30-kill", "not ok 30-kill: a kill\nnot ok 30-kill: another\n")
        self.assertEqual(self.one()[0], 1)
        self.plant("trixie", "30-kill", "ok 30-kill: a kill\n")
        status, said = self.one()
        self.assertEqual(status, 0)
        self.assertIn("told: trixie: 30-kill: a kill: XPASS", said)

    def test_known_issue_that_the_kernel_must_have_said(self):
        self.expect("", ISSUE.replace("a kill", "'*'") + "  said: '# .*underflow'\n")
        self.plant("trixie", "30-kill", "not ok 30-kill: a kill\n# refcount_t: underflow\n")
        status, said = self.one()
        self.assertEqual(status, 0, said)
        self.assertIn("skip 30-kill: a kill: XFAIL, a known issue: the kernel forgets", said)
        self.plant("trixie", "30-kill", "not ok 30-kill: a kill\n# wanted 3\n")
        status, said = self.one()
        self.assertEqual(status, 1, said)
        self.assertIn("not ok 30-kill: a kill\n", said)
        self.plant("trixie", "30-kill", "ok 30-kill: a kill\n")
        status, said = self.one()
        self.assertNotIn("told:", said)

    def test_guest_that_dies(self):
        self.plant("trixie", "30-kill", "die\n")
        status, said = self.one()
        self.assertEqual(status, 1)
        self.assertEqual(re.findall("^not ok .*", said, re.M), [
            "not ok vm trixie: the guest died", "not ok 30-kill: did not come to its end",
            "not ok 60-recreate: not reached"])

    def test_guest_that_is_not_fit_for_more(self):
        self.expect("", ISSUE)
        self.plant("trixie", "30-kill", "not ok 30-kill: a kill\nstop\n")
        status, said = self.one()
        self.assertEqual(status, 0, said)
        self.assertIn("# told: trixie: in a new guest: 60-recreate", said)
        self.assertEqual(re.findall("^# case .*", said, re.M), ["# case 30-kill", "# case 60-recreate"])
        self.plant("trixie", "60-recreate", "not ok 60-recreate: planted\nstop\n")
        self.assertEqual(self.one()[0], 1)

    def test_no_verdict(self):
        judge = ("python3", "tests/vm/judge.py", "--kernel", "trixie", "--plan", "30-kill")
        recorded = "# case 30-kill\nok 30-kill: it works\n# 30-kill: 3 s\n"
        for end, wanted in (("# verdict: good\n# status 0\n", 0), ("# status 0\n", 1), ("", 1),
                            ("# verdict: bad\n# status 1\n", 1),
                            ("# verdict: good\n# status 124\n", 1)):
            status, said = self.feed(recorded + end, *judge)
            self.assertEqual(status, wanted, said)

    def test_not_reached(self):
        past = str(int(time.time()) - 1)
        status, said = self.run_it("tests/run-tests", "style", "vm-ci", RXELAB_DEADLINE=past)
        self.assertEqual(status, 1)
        failed = said[said.index("== what failed"):]
        names = re.findall(r"^(.*): not ok (.*): not reached$", failed, re.M)
        self.assertIn(("vm full trixie", "96-mpi-full"), names)
        self.assertIn(("vm full trixie-backports", "10-lab-netns"), names)
        self.assertIn(("vm quick bookworm", "30-kill"), names)
        self.assertNotIn(("vm quick bookworm", "96-mpi-full"), names)
        self.assertIn("vm hosts trixie-backports: not ok hosts trixie-backports: not reached", said)
        self.assertIn("tests/run-style: not ok not reached", said)
        passed, failed, _ = self.closing(said)
        self.assertEqual(passed, 0)
        self.assertGreater(failed, len(names))

    def test_guests_side_by_side(self):
        self.plant("trixie", "30-kill", "not ok 30-kill: planted\n")
        self.plant("bookworm", "60-recreate", "skip 60-recreate: planted\n")
        status, said = self.run_it("tests/run-tests", "vm", VM_JOBS="2")
        self.assertEqual(status, 1)
        self.assertEqual(self.closing(said)[1:], (2, 0))
        self.assertIn("# quick trixie: not ok 30-kill: planted", said, "seen while the guest runs")
        failed = said[said.index("== what failed"):]
        self.assertIn("vm quick trixie: not ok 30-kill: planted", failed)
        self.assertIn("vm quick bookworm: not ok 60-recreate: unexpected skip: planted", failed)
        self.assertRegex(said, r"== what took longest\n +\d+ s +vm quick \S+: \d\d-")
        self.assertIn("vm quick bookworm: 9.9.9-test", said[said.index("== kernels"):])
        for suite in ("bookworm", "trixie", "trixie-backports"):
            whole = said[said.index(f"\n== quick {suite}\n"):]
            whole = whole[:whole.index("# verdict")].splitlines()[3:]
            between = [line for line in whole if line.startswith("# quick ")]
            self.assertFalse(between, "no other guest speaks in between")

    def test_skip_of_a_program(self):
        judge = ("python3", "tests/vm/judge.py", "--program", "tests/cli/x.sh")
        recorded = "ok 1 - good\nok 2 - graph # SKIP dot is missing\n"
        self.expect("tests/cli/x.sh here graph: dot is missing\n", "")
        for text, status in ((recorded, 0), (recorded + "skip more no dot\n", 1)):
            found, said = self.feed(text, *judge)
            self.assertEqual(found, status, said)

    def test_program_that_fails_without_a_word(self):
        for command, wanted in (("true", (1, 0, 0)), ("false", (0, 1, 0))):
            status, said = self.run_it("bash", "-c",
                                       f". tests/runner.sh; run planted 5 {command}; close_run")
            self.assertEqual(self.closing(said), wanted)
            self.assertEqual(status, wanted[1])

    def plan(self, changed, full="1"):
        said = self.run_it("tests/vm/plan", RXELAB_CHANGED=changed, RXELAB_TEST_FULL=full)[1]
        return said.split()

    def test_touched_first(self):
        every = self.plan("")
        self.assertEqual(every, sorted(every))
        cni = self.plan("tools/cni/del.c")
        self.assertEqual({name[:6] for name in cni[:4]}, {"95-cni"})
        self.assertEqual(sorted(cni), every, "the order alone changes")
        self.assertEqual(self.plan("tools/cni/del.c\ntests/vm/cases/85-impair.sh")[0], "85-impair")
        quick = self.plan("tools/cni/del.c", full="")
        self.assertFalse([name for name in quick if name.endswith("-full")])

    def test_data(self):
        """Every name in the data is a file's, a case's or a program's."""
        cases = [path.stem for path in (TOP / "tests/vm/cases").glob("*.sh")]
        for line in (TOP / "tests/vm/touches").read_text().splitlines():
            if not line.startswith("#"):
                path, *prefixes = line.split()
                self.assertTrue(list(TOP.glob(path.rstrip("/") + "*")), f"nothing begins with {path}")
                for prefix in prefixes:
                    self.assertTrue([case for case in cases if case.startswith(prefix)], line)
        for line in (TOP / "tests/vm/expected-skips").read_text().splitlines():
            if line and not line.startswith("#"):
                name = line.split(None, 2)[0]
                self.assertEqual(len(line.split(None, 2)), 3, line)
                self.assertTrue(name in cases or (TOP / name).exists(), line)

    def test_results(self):
        where = {"RXELAB_RESULTS_DIR": str(self.folder / "results")}
        self.assertIn("never run", self.run_it("tests/results", "list", **where)[1])
        outcome = "9 passed, 0 failed, 0 skipped"
        self.run_it("tests/results", "record", "hosts", "7.3", outcome, "5", **where)
        said = self.run_it("tests/results", "list", **where)[1]
        self.assertRegex(said, r"(?m)^hosts +0 days +\S+ +9 passed, 0 failed, 0 skipped$")
        status, _ = self.run_it("tests/results", "record", "no-such-part", "7.3", "", "5", **where)
        self.assertEqual(status, 2)

    def test_tables_are_recorded(self):
        """Each table of a boot becomes a file of its own, with its status and its rows."""
        fake = self.folder / "tables"
        fake.write_text("#!/bin/sh\ncat <<'END'\n# table many 9.9.1 many 64\n| 64 | 3.5 |\n"
                        "# ended many 0 12\n# table churn 9.9.1 churn 900\n# not so: up\n"
                        "# ended churn 1 7\nEND\nexit 1\n")
        fake.chmod(0o755)
        where = {"RXELAB_RESULTS_DIR": str(self.folder / "results"), "RXELAB": str(fake)}
        command = ("tests/run-reliability", "trixie", "many", "64", "--", "churn", "900")
        self.assertEqual(self.run_it(*command, **where)[0], 1)
        self.assertFalse((self.folder / "results").exists(), "nobody asked for it")
        self.assertEqual(self.run_it(*command, RECORD="1", **where)[0], 1)
        many, churn = ((self.folder / "results" / f"{name}-trixie.txt").read_text()
                       for name in ("many", "churn"))
        self.assertRegex(many, r"(?m)^kernel: +trixie, 9\.9\.1$")
        self.assertRegex(many, r"(?m)^outcome: +as it should be\nseconds: +12\n\n"
                               r"# tables: many 64\n\| 64 \| 3\.5 \|\n\Z")
        self.assertRegex(churn, r"(?m)^outcome: +failed, status 1\nseconds: +7$")


if __name__ == "__main__":
    unittest.main()
