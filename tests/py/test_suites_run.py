# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/suites/run, which judges cases in a guest: what is planted in a case must be seen.

No guest and no kernel: dmesg, modprobe, ip and the census are scripts that have nothing to say."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SUITES = pathlib.Path(__file__).resolve().parents[2] / "tools/suites"
GOOD = "ok it works"


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.suites, self.programs = self.folder / "suites", self.folder / "bin"
        for made in (self.suites / "cases", self.programs):
            made.mkdir(parents=True)
        for name in ("run", "lib.sh", "kernel-lines"):
            shutil.copy(SUITES / name, self.suites)
        for name in ("rxelab", "dmesg", "modprobe", "ip", "rdma"):
            self.program(name, ":")
        # -m FILE SECONDS: nothing differs, unless a case says so
        self.program("census", f"[ \"$1\" != -m ] || ! grep . {folder.name}/left 2>/dev/null")

    def program(self, name, text):
        path = self.programs / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)

    def run_cases(self, *texts, **environment):
        """(exit status, what it said) of cases with these texts."""
        cases = []
        for number, text in enumerate(texts, 1):
            case = self.suites / f"cases/{os.getpid()}-{number}.sh"
            case.write_text(f"# a case\n. ./lib.sh\n{text}\n")
            self.addCleanup(shutil.rmtree, f"/tmp/rxelab-cases/{case.stem}", ignore_errors=True)
            cases.append(str(case))
        done = subprocess.run(
            ["bash", self.suites / "run", *cases], text=True, capture_output=True, check=False,
            env={"RXELAB_RESULTS": str(self.folder / "results"), "PATH": f"{self.programs}:{os.environ['PATH']}", "EXPECT_PLANE": "netns",
                 "RXELAB": str(self.programs / "rxelab"), "STRICT_DMESG": "1"} | environment)
        lines = (self.folder / "results").read_text().splitlines()
        self.checks = [line.split("\t") for line in lines
                       if line.split("\t")[0] in ("check", "judge")]
        return done.returncode, re.sub(rf"\b{os.getpid()}-", "case", done.stdout)

    def test_a_good_case(self):
        status, said = self.run_cases(GOOD)
        self.assertEqual(status, 0, said)
        for name in ("it works", "it leaves nothing behind",
                     "the kernel has nothing to complain of"):
            self.assertIn(f"ok case1: {name}\n", said)
        self.assertEqual(said.splitlines()[-1], "# verdict: good")

    def test_one_failure_is_the_verdict(self):
        for texts in ((GOOD, "not_ok planted"), ("not_ok planted", GOOD)):
            status, said = self.run_cases(*texts)
            self.assertEqual(status, 1, said)
            self.assertRegex(said, r"not ok case\d: planted\n")
            self.assertEqual(said.splitlines()[-1], "# verdict: bad")

    def test_a_case_that_skipped_itself_has_not_passed(self):
        status, said = self.run_cases("skip_case no time")
        self.assertEqual(status, 0, said)
        self.assertIn("skip case1: no time\n", said)
        self.assertFalse(re.findall(r"(?m)^ok .*", said))

    def test_a_reason_is_a_field_and_no_part_of_a_name(self):
        self.run_cases('skip "cm" "no QP1"; not_ok "[up] it is up" "it is down"; ok fine')
        self.assertEqual([check[:4] for check in self.checks if check[0] == "check"], [
            ["check", "skip", "cm", "no QP1"], ["check", "fail", "[up] it is up", "it is down"],
            ["check", "pass", "fine", ""]])

    def test_a_case_that_skips_itself_gives_its_reason(self):
        self.run_cases("skip_case no time")
        self.assertEqual(self.checks, [["check", "skip", "[case] the whole case", "no time"]])

    def test_tests_of_verify_are_told_by_their_names(self):
        self.program("rxelab", "printf '1..2\\nok 1 cm a b # SKIP no QP1\\nok 2 rc a b\\n# passed 1\\n'")
        self.run_cases("verified_all q")
        self.assertEqual([check[1:4] for check in self.checks if check[0] == "check"], [
            ["skip", "verify: cm", "no QP1"], ["pass", "verify: rc", ""],
            ["pass", "verify comes to its end", ""]])

    def test_what_the_runner_looked_at_has_an_id_without_figures(self):
        said = self.run_cases("ok it begins; sleep 60", CASE_LIMIT="1")[1]
        judged = [check[1:3] for check in self.checks if check[0] == "judge"]
        self.assertIn(["fail", "[limit] its limit of 1 s passed"], judged)
        self.assertTrue(all(re.match(r"\[[a-z-]+\] ", name) for _, name in judged), judged)
        self.assertNotRegex(said, r"\[[a-z-]+\]")

    def test_what_hangs_is_cut_off_and_named(self):
        status, said = self.run_cases("ok it begins; sleep 60", CASE_LIMIT="1")
        self.assertEqual(status, 1, said)
        self.assertIn("not ok case1: its limit of 1 s passed\n", said)

    def test_what_is_left_fails_its_case(self):
        status, said = self.run_cases(f"echo netdev planted >{self.folder}/left; {GOOD}")
        self.assertEqual(status, 1, said)
        self.assertIn("not ok case1: it leaves nothing behind\n# netdev planted\n", said)

    def test_what_the_kernel_says_fails_its_case(self):
        self.program("dmesg", f"[ ! -e {self.folder}/said ] || echo planted line")
        said_now = f"touch {self.folder}/said"
        self.assertEqual(self.run_cases(f"{said_now}; {GOOD}")[0], 1)
        self.assertEqual(self.run_cases(f"{said_now}; harmless 'planted'; {GOOD}")[0], 0)

    def test_an_exit_status_without_a_word(self):
        for text, wanted in (("exit 3", "exit status 3"), (":", "it says something")):
            status, said = self.run_cases(text)
            self.assertEqual(status, 1, said)
            self.assertIn(f"not ok case1: {wanted}\n", said)


class Ids(unittest.TestCase):
    """What tools/kernels/run.c makes of a check's text (rx_check_id), for the texts that stand in the suites."""

    @staticmethod
    def id_of(name):
        given = re.match(r"\[([^] ]+)\]", name)
        return given[1] if given else re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")

    def test_no_two_texts_of_a_case_are_one_id(self):
        words = 0
        for case in sorted(SUITES.glob("*/*.sh")):
            ids = {}
            for name in re.findall(r'^\s*(?:ok|not_ok|is|has|does|refuses|skip) "([^"$]+)"', case.read_text(), re.M):
                words += 1
                self.assertRegex(self.id_of(name), "^[a-z0-9-]+$", f"{case}: {name}")
                self.assertEqual(ids.setdefault(self.id_of(name), name), name, case)
        self.assertGreater(words, 150)


if __name__ == "__main__":
    unittest.main()
