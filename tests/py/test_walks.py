# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/dev/hacking.md, walked: what tests/walks/*.patch add to a copy of the tree takes as few places as it says.

The copy has our objects, so that make builds only what the patches touch; without optimization."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
WALKS = TOP / "tests/walks"
UNIT = "test-lab-parse", "test-lab-write", "test-walk"


def touched(patch):
    return re.findall(r"^\+\+\+ b/(\S+)", (WALKS / patch).read_text(), re.M)


def copy_tree(to):
    """The sources, and of build/ what make would build otherwise; with their times."""
    def unneeded(folder, names):
        return [name for name in names if pathlib.Path(folder, name) == TOP / "build/tests" or
                not pathlib.Path(folder, name).is_dir() and "build" in pathlib.Path(folder).relative_to(TOP).parts[:1] and
                not name.endswith((".o", ".d", ".a"))]
    for name in "netns", "kmod-helpers", "tools", "docs", "tests", "build":
        shutil.copytree(TOP / name, to / name, symlinks=True, ignore=unneeded)
    shutil.copy2(TOP / "Makefile", to)


@unittest.skipUnless((TOP / "build/rxelab").exists(), "nothing is built")
@unittest.skipUnless(shutil.which("patch"), "patch is missing: make deps")
class Walks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.tree = pathlib.Path(folder.name)
        copy_tree(cls.tree)
        for patch in sorted(WALKS.glob("*.patch")):
            cls.run_in("patch", "-p1", "--batch", "-i", str(patch))
        cls.run_in("make", f"-j{os.cpu_count()}", "build/rxelab", *(f"build/tests/{name}" for name in UNIT))
        cls.run_in("make", "schema")

    @classmethod
    def run_in(cls, *words, status=0):
        env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
        done = subprocess.run(words, cwd=cls.tree, env={**env, "CFLAGS": "-O0"}, capture_output=True, text=True,
                              check=False)
        if done.returncode != status:
            raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def rxelab(self, *words, status=0):
        return self.run_in("build/rxelab", *words, status=status)

    def test_the_unit_tests_of_lab_and_operation_pass(self):
        for name in UNIT:
            with self.subTest(name):
                self.run_in(f"build/tests/{name}")

    def test_a_key_is_read_written_and_described(self):
        lab = "up", "--name", "q", "--parent", "none", "--count", "2", "--dry-run", "--format", "yaml"
        self.assertIn("\nrevision: 3\n", self.rxelab(*lab, "--revision", "3"))
        self.assertNotIn("revision", self.rxelab(*lab))
        said = self.rxelab("-v", *lab, "--revision", "0", status=2)
        self.assertRegex(said, r"--revision\b.*9999.* \[value-range\]\n")
        self.assertIn("--revision N", self.rxelab("up", "-h"))
        self.assertIn("*revision*", self.rxelab("__keys", "lab"))

    def test_the_schema_has_it(self):
        schema = json.loads((self.tree / "docs/reference/lab.schema.json").read_text())
        revision = schema["properties"]["revision"]
        self.assertEqual((revision["type"], revision["minimum"], revision["maximum"]), ("integer", 1, 9999))

    def test_places(self):
        """Three in C and one elsewhere for a key, two for a kind of operation; tests come on top."""
        for patch, code, other in ("lab-key.patch", 3, 1), ("op-kind.patch", 2, 0):
            names = [name for name in touched(patch) if not name.startswith("tests/")]
            in_code = [name for name in names if name.endswith((".c", ".h"))]
            with self.subTest(patch):
                self.assertLessEqual(len(in_code), code, names)
                self.assertLessEqual(len(names) - len(in_code), other, names)


if __name__ == "__main__":
    unittest.main()
