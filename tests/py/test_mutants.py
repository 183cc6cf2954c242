# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/mutants: every mutant has its place in the sources; what decides about one is right."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import shutil
import sys
import tempfile
import unittest
import unittest.mock

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/mutants"))
import guest  # noqa: E402 # found by the line above
import mutants as data  # noqa: E402

SOURCE = """int f(int a);

static int g(int a)
{
	return a < 3 ? 1 : 0;
}

int f(int a)
{
	if (a &&
	    a < 3)
		return g(a);
	return 0;
}
"""


def mutant(old, function="f", file="x.c", name="one"):
    made = data.Mutant("here")
    made.name, made.place, made.old, made.new = name, [file, function], old, "planted"
    made.wrong, made.by = "something", ["tests/unit/test-x"]
    return made


class Data(unittest.TestCase):
    def test_every_mutant_has_its_place(self):
        for one in data.read(TOP / "tests/mutants"):
            try:
                data.mutate(TOP, one)
            except data.Mistake as mistake:
                self.fail(mistake)

    def test_every_test_and_case_is_there(self):
        tests = {str(path.relative_to(TOP).with_suffix(""))
                 for folder in ("unit", "cli", "py") for path in TOP.glob(f"tests/{folder}/*.*")}
        rows = data.read_tests(TOP / "tests/mutants/tests")
        for prefix, named in rows:
            self.assertTrue(prefix in ("alone", "root") or (TOP / prefix).is_dir(), prefix)
            self.assertFalse(set(named) - tests, prefix)
        for one in data.read(TOP / "tests/mutants"):
            self.assertFalse(set(one.by) - tests, one.name)
            for prefix in one.vm:
                self.assertTrue(guest.Guest.cases(TOP, [prefix]), one.name)

    def test_there_are_enough_everywhere(self):
        files = [one.file for one in data.read(TOP / "tests/mutants")]
        self.assertGreaterEqual(len(files), 60)
        for folder in ("base", "kernel", "lab", "plan", "ledger", "apply", "view"):
            self.assertTrue([file for file in files if file.startswith(f"netns/{folder}/")])
        for folder in ("verbs", "verify", "bench", "cni", "doctor", "kernels", "endpoint", "lab"):
            self.assertTrue([file for file in files if file.startswith(f"tools/{folder}/")])


class Place(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "x.c").write_text(SOURCE)
        (self.folder / "x.sh").write_text("f() { a; }\ng() {\n\ta\n}\na\n")

    def refused(self, one, says):
        with self.assertRaisesRegex(data.Mistake, f"^one: .*{says}"):
            data.mutate(self.folder, one)

    def test_only_that_function_changes(self):
        text = data.mutate(self.folder, mutant("a < 3", "g"))
        self.assertEqual(text, SOURCE.replace("a < 3", "planted", 1))

    def test_white_space_is_no_matter(self):
        text = data.mutate(self.folder, mutant("a && a < 3"))
        self.assertIn("if (planted)", text)

    def test_shell(self):
        for function, wanted in (("f", "f() { planted; }\ng() {\n\ta\n}\na\n"),
                                 ("g", "f() { a; }\ng() {\n\tplanted\n}\na\n")):
            self.assertEqual(data.mutate(self.folder, mutant("a", function, "x.sh")), wanted)

    def test_what_is_not_there_is_told_by_name(self):
        self.refused(mutant("a > 3"), "stands 0 times")
        self.refused(mutant("a", "f"), "stands 4 times")
        self.refused(mutant("a", "h"), "0 functions h")
        self.refused(mutant("a", "f", "y.c"), "no file y.c")

    def read(self, text):
        (self.folder / "x.mutants").write_text(text)
        return data.read(self.folder)

    def test_records(self):
        good = "mutant one\nin x.c f\nold  a  b\nnew\nwrong all\nvm 10\n"
        (one,) = self.read(f"# a comment\n\n{good}")
        self.assertEqual((one.name, one.old, one.new, one.vm), ("one", "a  b", "", ["10"]))
        for text, says in ((good.replace("vm 10\n", ""), "neither a test nor a case"),
                           (good.replace("wrong all\n", ""), "it needs"),
                           (good.replace("new", "new a  b"), "changes nothing"),
                           (good.replace("new", "line 7"), "not a key"),
                           (f"{good}\n{good}", "two mutants")):
            with self.assertRaisesRegex(data.Mistake, says):
                self.read(text)

    def test_its_own_tests_come_first(self):
        rows = [("", ["c"]), ("tools/", ["b", "a"]), ("tools/cni/", ["d"])]
        one = mutant("a", file="tools/x.c")
        one.by = ["a"]
        self.assertEqual(data.tests_of(one, rows), ["a", "b"])


def load_run():
    loader = importlib.machinery.SourceFileLoader("run_mutants", str(TOP / "tests/mutants/run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_mutants", loader))
    loader.exec_module(module)
    return module


class Choice(unittest.TestCase):
    """Which ones CI tries."""

    def setUp(self):
        self.run_mutants = load_run()
        self.every = [mutant("a", file=f"tools/{folder}/x.c", name=f"{folder}{n}")
                      for folder in ("cni", "bench") for n in range(20)]

    def choice(self, head, *changed, killers=None, root=True):
        killers = killers or {one.name: "tests/unit/test-x" for one in self.every}
        return [one.name for one in
                self.run_mutants.choose(self.every, 5, head, changed, killers, root)]

    def test_the_commit_decides(self):
        self.assertEqual(self.choice("1"), self.choice("1"))
        self.assertNotEqual(self.choice("1"), self.choice("2"))
        self.assertEqual(len(set(self.choice("1"))), 5)

    def test_what_the_change_touches_comes_first(self):
        names = self.choice("1", "tools/cni/add.c", "README.md")
        self.assertFalse([name for name in names if not name.startswith("cni")])

    def test_those_alone_that_were_killed_by_what_they_name(self):
        killers = {}
        for number, one in enumerate(self.every):
            one.by = [["tests/cli/x"], [], ["tests/py/test_x"], ["tests/cli/y"]][number % 4]
            if number % 8 < 4:  # of the others nothing is on record
                killers[one.name] = "tests/py/test_x" if number % 4 == 2 else "tests/cli/x"
        able = {one.name for one in self.every if one.by == ["tests/cli/x"]} & set(killers)
        self.assertTrue(self.choice("1", killers=killers))
        self.assertFalse(set(self.choice("1", killers=killers)) - able)

    def test_none_that_needs_root_without_it(self):
        for one in self.every:
            one.by = ["tests/cli/lock"]
        killers = {one.name: "tests/cli/lock" for one in self.every}
        self.assertEqual(len(self.choice("1", killers=killers)), 5)
        self.assertEqual(self.choice("1", killers=killers, root=False), [])

    def test_the_record_is_the_table_that_was_written(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_mutants.TOP = pathlib.Path(folder)
            self.assertEqual(self.run_mutants.on_record(self.every[:1]),
                             {"cni0": "tests/unit/test-x"})
            results = pathlib.Path(folder, "docs/dev/results")
            results.mkdir(parents=True)
            rows = [(self.every[0], "killed", "tests/unit/test-x"),
                    (self.every[1], "killed", "10: not up"), (self.every[2], "survived", "")]
            text = "\n".join(self.run_mutants.table_text(rows))
            (results / "mutants.txt").write_text(f"date: now\n\n{text}\n")
            self.assertEqual(self.run_mutants.on_record(self.every)["cni0"], "tests/unit/test-x")
            self.assertNotIn("cni2", self.run_mutants.on_record(self.every))


class FakeTree:
    """Of trees with nothing in them: in which tests fail, and which are built and run."""

    def __init__(self, folder, *red):
        self.folder, self.red, self.run = folder, red, []

    def with_fault(self, _):
        return contextlib.nullcontext()

    def build_for(self, tests):
        return None if tests else "nothing to build"

    def passes(self, test):
        self.run.append(test)
        return test not in self.red


class OnTrial(unittest.TestCase):
    """What is made of tests that fail, with a fault in the tree and without."""

    def setUp(self):
        self.module = load_run()
        self.one = mutant("a < 3", "g")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "x.c").write_text(SOURCE)

    def verdict(self, faulty=(), sound=(), depth=0):
        self.tree, self.clean = FakeTree(self.folder, *faulty), FakeTree(self.folder, *sound)
        results = self.module.Results(self.folder / "results")
        trial = self.module.Trial(self.tree, self.clean, results, depth)
        with contextlib.redirect_stdout(io.StringIO()):
            entry = trial.run(self.one)
        return entry and (entry["outcome"], entry["by"])

    def test_a_failure_kills_if_there_is_none_without_the_fault(self):
        test = "tests/unit/test-x"
        self.assertEqual(self.verdict([test]), ("killed", test))
        self.assertEqual(self.verdict(), ("survived", ""))
        self.assertEqual(self.clean.run, [])

    def test_what_is_red_anyway_proves_nothing(self):
        test = "tests/unit/test-x"
        self.assertIsNone(self.verdict([test], [test]))
        self.one.by.append("tests/unit/test-y")
        self.assertEqual(self.verdict([test], [test]), ("survived", ""))
        self.assertEqual(self.verdict([test, self.one.by[1]], [test]), ("killed", self.one.by[1]))

    def test_the_others_are_not_for_one_that_a_guest_alone_sees(self):
        (self.folder / "tests/unit").mkdir(parents=True)
        (self.folder / "tests/unit/test-z.c").touch()
        self.verdict(depth=2)
        self.assertEqual(self.tree.run, ["tests/unit/test-x", "tests/unit/test-z"])
        self.one.by, self.one.vm = [], ["10"]
        self.assertEqual(self.verdict(depth=2), ("survived", ""))
        self.assertEqual(self.tree.run, [])


class InGuest(unittest.TestCase):
    """What a guest says of survivors; no guest is booted."""

    def outcome(self, *lines):
        """{name: (outcome, failure)} of mutants a and b, whose case is 10-lab-netns."""
        with tempfile.TemporaryDirectory() as folder:
            one = guest.Guest(TOP, pathlib.Path(folder))
            one.lines = lambda left: (f"{line}\n" for line in lines)
            left = [mutant("a", name=name) for name in ("a", "b")]
            with contextlib.redirect_stdout(io.StringIO()):
                return {of.name: (outcome, by) for of, outcome, by, _ in one.run(left)}

    def case(self, name, *said):
        return [f"# mutant {name} 10: begins", *said, f"# mutant {name} 10: ends"]

    def test_a_failure_kills(self):
        found = self.outcome(*self.case("none", "ok 10: up"), "# mutant none: done",
                             *self.case("a", "ok 10: up"), "# mutant a: done",
                             *self.case("b", "not ok 10: up"), "# mutant b: done")
        self.assertEqual(found, {"a": ("survived", ""), "b": ("killed", "10: up")})

    def test_a_case_that_is_red_anyway_proves_nothing(self):
        for said in (["not ok 10: up"], ["skip 10: not for this kernel"]):
            found = self.outcome(*self.case("none", *said), "# mutant none: done",
                                 *self.case("a", "not ok 10: up"), "# mutant a: done")
            self.assertEqual(found, {})

    def test_what_was_not_reached_is_not_known(self):
        found = self.outcome(*self.case("none", "ok 10: up"), "# mutant none: done",
                             "# mutant a 10: begins", "not ok 10: up")
        self.assertEqual(found, {})

    def test_plan(self):
        one = mutant("a", name="a")
        one.vm = ["10", "87"]
        plan = guest.Guest(TOP, TOP).plan([one])
        self.assertEqual(plan, "none 10-lab-netns 87-topologies\na 10-lab-netns 87-topologies\n")


# rxelab vm ... -- COMMAND: the command is run here
RXELAB = """#!/bin/bash
until [ "$1" = -- ]; do shift; done
shift
exec "$@"
"""
# tools/suites/run CASE: it passes, but for what lies in $FAKE/MUTANT.CASE, which is said instead
SUITES_RUN = """#!/bin/bash
case=$(basename "$1" .sh)
said=$FAKE/$(basename "$(dirname "$RXELAB")").$case
echo "$case" >>"$FAKE/order"
cat "$said" 2>/dev/null || echo "ok $case: it works"
! grep -qs '^not ok' "$said"
"""


class Boot(unittest.TestCase):
    """From survivors to verdicts, by the scripts that a guest runs, in a tree of stubs."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        self.kept = self.top / "build/mutants"
        for made in ("tests/mutants", "tests/vm/cases", "tools/suites", "build/mutants"):
            (self.top / made).mkdir(parents=True)
        for name in ("tests/mutants/boot", "tests/mutants/guest-run", "tests/vm/host.sh"):
            shutil.copy(TOP / name, self.top / name)
        for name in ("10-a", "20-b"):
            (self.top / f"tests/vm/cases/{name}.sh").touch()
        (self.top / "tools/suites/run").write_text(SUITES_RUN)
        (self.top / "tools/suites/lib.sh").write_text('clean_slate() { echo tidy >>"$FAKE/order"; }\n')
        fake = self.top / "rxelab"
        fake.write_text(RXELAB)
        fake.chmod(0o755)
        environment = {"RXELAB": str(fake), "FAKE": folder.name, "RXELAB_LOGS": f"{folder.name}/log"}
        patched = unittest.mock.patch.dict(os.environ, environment)
        patched.start()
        self.addCleanup(patched.stop)

    def verdicts(self):
        left = []
        for name in ("a", "b"):
            left.append(mutant("a", name=name))
            left[-1].vm = ["10", "20"]
        with contextlib.redirect_stdout(io.StringIO()):
            return {of.name: (outcome, by)
                    for of, outcome, by, _ in guest.Guest(self.top, self.kept).run(left)}

    def order(self):
        return (self.top / "order").read_text().split()

    def test_the_first_failure_ends_a_mutant(self):
        (self.top / "a.10-a").write_text("not ok 10-a: planted\n")
        self.assertEqual(self.verdicts(), {"a": ("killed", "10-a: planted"), "b": ("survived", "")})
        self.assertEqual(self.order(), ["10-a", "20-b", "10-a", "tidy", "10-a", "20-b"])

    def test_a_case_that_is_red_anyway_is_left_out(self):
        (self.top / "none.10-a").write_text("not ok 10-a: as ever\n")
        (self.top / "b.20-b").write_text("not ok 20-b: planted\n")
        self.assertEqual(self.verdicts(), {"a": ("survived", ""), "b": ("killed", "20-b: planted")})
        self.assertEqual(self.order(), ["10-a", "tidy", "20-b", "20-b", "20-b", "tidy"])


if __name__ == "__main__":
    unittest.main()
