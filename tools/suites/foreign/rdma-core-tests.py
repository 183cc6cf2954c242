# SPDX-License-Identifier: GPL-2.0-or-later
"""rdma-core-tests.py FOLDER [--dev DEVICE] [--gid INDEX]: rdma-core's tests of verbs that lie in FOLDER, each told as the suites
tell a check: "ok", "not ok" with the last lines of its traceback, "skip". The exit status is 0 when all had their turn."""
import glob
import importlib
import os
import sys
import unittest


class Told(unittest.TestResult):
    """Say each test's end at once: what hangs or crashes is then the one after the last line."""

    def say(self, kind, test, detail="", mark=""):
        name = test.id().removeprefix("tests.")
        print(kind, name + mark)
        for line in detail.strip().splitlines()[-6:]:
            print("#", line)
        sys.stdout.flush()

    def addSuccess(self, test):
        self.say("ok", test)

    def addSkip(self, test, reason):
        self.say("skip", test, " ".join(reason.split()))

    def addFailure(self, test, err):
        self.say("not ok", test, self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err:
            self.say("not ok", subtest, self._exc_info_to_string(err, test))


folder = os.path.abspath(sys.argv.pop(1))
sys.path[:0] = [folder, os.path.dirname(folder)]
from args_parser import parser  # noqa: E402: it lies in the folder

parser.parse_args()
# the package's own __init__ imports the tests of every maker's devices
package = type(sys)("tests")
package.__path__ = [folder]
sys.modules["tests"] = package
suite = unittest.TestSuite()
for path in sorted(glob.glob(folder + "/test_*.py")):
    name = "tests." + os.path.basename(path)[:-3]
    try:
        suite.addTests(unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(name)))
    except ImportError as error:
        print("skip %s\n# %s" % (name, error))
told = Told()
suite.run(told)
sys.exit(not told.testsRun)
