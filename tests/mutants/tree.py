# SPDX-License-Identifier: GPL-2.0-or-later
"""A copy of the source tree and of what is built, where faults are put in, built and tried."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import mutants as data  # beside this file

TOP = pathlib.Path(__file__).resolve().parents[2]
KEPT = TOP / "build/mutants"
BUILD_LIMIT = 600  # seconds
PROGRAMS = ("build/rxelab", "build/rxe-cni", "build/census")
LIMITS = {"unit": 120, "cli": 300, "py": 300}
# it looks for the places of all mutants, in a tree where one of them is gone
NOT_OURS = ("tests/py/test_mutants",)


def all_tests(top):
    found = [f"tests/unit/{path.stem}" for path in sorted(top.glob("tests/unit/test-*.c"))]
    found += [f"tests/cli/{path.stem}" for path in sorted(top.glob("tests/cli/*.sh"))]
    found += [f"tests/py/{path.stem}" for path in sorted(top.glob("tests/py/test_*.py"))]
    return [test for test in found if test not in NOT_OURS]


def source_of(test):
    return TOP / (test + {"unit": ".c", "cli": ".sh", "py": ".py"}[test.split("/")[1]])


class Tree:
    """A copy of this tree and what is built of it, where a mutant can be put in and tried."""

    def __init__(self, folder):
        self.folder = folder / "tree"
        self.folder.mkdir()
        (folder / "tmp").mkdir()
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "RXELAB_DEADLINE")}
        self.environment |= {"TMPDIR": str(folder / "tmp"), "RXELAB_LOGS": str(folder / "log"),
                             "RXELAB": str(self.folder / "build/rxelab")}
        left_out = ["./.git", "./build-*", "./build/log", "./build/mutants", "./build/module"]
        pack = subprocess.Popen(["tar", "-c", *(f"--exclude={name}" for name in left_out), "."],
                                cwd=TOP, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", self.folder], stdin=pack.stdout, check=True)
        if pack.wait():
            raise data.Mistake("the tree cannot be copied")

    def command(self, limit, *command):
        """(exit status or None at the limit, what it said)"""
        process = subprocess.Popen(command, cwd=self.folder, env=self.environment, text=True,
                                   errors="replace", stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        try:
            said, _ = process.communicate(timeout=limit)
            return process.returncode, said
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]
        except BaseException:  # a signal to us: what we started must not go on
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise

    def build(self, *targets):
        status, said = self.command(BUILD_LIMIT, "make", f"-j{os.cpu_count()}", *targets)
        return None if status == 0 else said

    def build_for(self, tests):
        units = [f"build/{test.replace('unit/', '')}" for test in tests
                 if test.startswith("tests/unit/")]
        return self.build(*units, *(PROGRAMS if len(units) < len(tests) else ()))

    def passes(self, test):
        """Does what is built pass it?"""
        kind, name = test.split("/")[1:]
        command = {"unit": (f"build/tests/{name}",), "cli": ("bash", f"{test}.sh"),
                   "py": ("python3", "-B", "-m", "unittest", f"{test}.py")}[kind]
        return self.command(LIMITS[kind], *command)[0] == 0

    def put(self, file, text):
        (self.folder / file).write_text(text, encoding="utf-8")

    @contextlib.contextmanager
    def with_fault(self, mutant):
        """The tree as it was copied counts: ours may be edited meanwhile. What was compiled of the
        file without the fault is kept for afterwards, so that it is not compiled again."""
        file = self.folder / mutant.file
        made = self.folder / "build" / file.relative_to(self.folder).with_suffix(".o")
        original, status = data.load(self.folder, mutant), file.stat()
        kept = made.read_bytes() if made.exists() else None
        self.put(mutant.file, data.mutate(self.folder, mutant))
        try:
            yield
        finally:
            self.put(mutant.file, original)
            if kept:
                made.write_bytes(kept)
                os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    def keep(self, name):
        """Build the programs and keep them for a guest."""
        said = self.build(*PROGRAMS)
        if said:
            raise data.Mistake(f"{name}: it cannot be built:\n{said[-2000:]}")
        folder = KEPT / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for program in PROGRAMS:
            shutil.copy2(self.folder / program, folder)


@contextlib.contextmanager
def scratch_tree():
    with tempfile.TemporaryDirectory(prefix="rxelab-mutants.") as folder:
        os.chmod(folder, 0o755)  # some tests run programs as nobody
        yield Tree(pathlib.Path(folder))
