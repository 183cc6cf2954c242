# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/run-style: a planted violation of each rule must be found, at its file and line."""
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
LICENCE = "/* SPDX-License-Identifier: GPL-2.0-or-later */\n"
# a tree that keeps every rule
CLEAN = {
    "Makefile": "# SPDX-License-Identifier: GPL-2.0-or-later\n",
    "netns/base/memory.c": LICENCE + "int memory(void)\n{\n\treturn 0;\n}\n",
    "netns/lab/lab.h": LICENCE + "struct rx_lab;\n",
    "netns/kernel/rtnl.h": LICENCE + "struct rx_link;\n",
    "tools/verbs/fabric.h": LICENCE + "#include <infiniband/verbs.h>\n",
    "tools/verify/verify.h": LICENCE + '#include "tools/verbs/fabric.h"\n',
    "tools/watch/screen.c": LICENCE + "#include <ncurses.h>\n",
    "tools/cmd-x.c": LICENCE + """struct options {
	bool dry;
};
static const struct rx_option options[] = {
	{"dry", 0},
};
static const char *const names[] = {"a", "b"};
static const char *name(int n)
{
	static void (*const checks[])(void) = {one, two};
	return names[n];
}
const struct rx_command rx_command_x = {.name = "x"};
""",
}
# rule, file, what is planted, the line of the finding
PLANTED = (
    ("files have at most 500 lines", "netns/base/long.c", LICENCE + "\n" * 500, 501),
    ("functions have at most 74 lines", "tests/unit/long.c",
     LICENCE + "int f(void)\n{\n" + "\tg();\n" * 74 + "}\n", 3),
    ("lines have at most 100 columns", "tools/wide.h", LICENCE + "\t" + "x" * 93 + "\n", 2),
    ("every file names its licence", "kmod-helpers/x.c", "int x;\n", 1),
    ("every folder lists its files", "netns/base/unlisted.c", LICENCE, 1),
    ("every folder lists its files", "tools/cli/a.h",
     LICENCE + "/* Here:\n *   a*      this\n *   gone.c  that */\n", 4),
    ("no shell", "tools/a.c", LICENCE + 'int f(void) { return system("ls"); }\n', 2),
    ("no shell", "tools/a.c", LICENCE + "\tstrcpy(a, b);\n", 2),
    ("no fixed sleep", "tests/unit/a.c", LICENCE + "\tusleep(3);\n", 2),
    ("no exit and no printing", "netns/base/a.c", LICENCE + "\n\texit(1);\n", 3),
    ("no exit and no printing", "netns/base/a.c", LICENCE + '\tprintf("x");\n', 2),
    ("no exit and no printing", "kmod-helpers/a.c", LICENCE + "\tfputs(a, stderr);\n", 2),
    ("nothing is left to be done", "tools/a.c", LICENCE + "/* TO" + "DO */\n", 2),
    ("nothing is left to be done", "tools/a.c", LICENCE + "/* FIX" + "ME */\n", 2),
    ("nothing is left to be done", "tools/a.c", LICENCE + "/* XX" + "X */\n", 2),
    ("nothing is left to be done", "tools/a.c", LICENCE + "/* not impl" + "emented */\n", 2),
    ("netns/kernel knows no lab", "netns/kernel/a.c", LICENCE + '#include "netns/lab/lab.h"\n', 2),
    ("netns/kernel knows no lab", "netns/kernel/a.h", LICENCE + "struct rx_lab;\n", 2),
    ("verbs are included by tools/verbs alone", "tools/verify/a.c",
     LICENCE + "#include <infiniband/verbs.h>\n", 2),
    ("verbs are included by tools/verbs alone", "netns/base/a.c",
     LICENCE + "#include <rdma/rdma_cma.h>\n", 2),
    ("verbs reach only what stands on tools/verbs", "tools/lab/a.c",
     LICENCE + '#include "tools/verify/verify.h"\n', 2),
    ("verbs are called by tools/verbs", "tools/verify/a.c", LICENCE + "\tibv_close_device(x);\n", 2),
    ("verbs are called by tools/verbs", "tools/bench/rdma-a.c",
     LICENCE + "\trdma_destroy_id(x);\n", 2),
    ("ncurses is included by tools/watch alone", "tools/cmd-a.c",
     LICENCE + "#include <ncurses.h>\n", 2),
    ("commands have no state", "tools/cmd-a.c", LICENCE + "static int count;\n", 2),
    ("commands have no state", "tools/cmd-a.c", LICENCE + "int count = 2;\n", 2),
    ("commands have no state", "tools/cmd-a.c", LICENCE + "static const char *name;\n", 2),
    ("commands have no state", "tools/cmd-a.c", LICENCE + "static struct {\n\tint a;\n} b;\n", 2),
    ("commands have no state", "tools/cmd-a.c",
     LICENCE + "int f(void)\n{\n\tstatic bool told;\n}\n", 4),
    ("includes point down", "netns/lab/a.c", LICENCE + '#include "tools/watch/screen.c"\n', 2),
    ("includes point down", "tools/nowhere/a.c", LICENCE + '#include "netns/lab/lab.h"\n', 2),
    ("no files include each other", "netns/lab/lab.h",
     LICENCE + '#include "netns/lab/lab2.h"\n', 2),
)


def write(tree, files):
    for name, text in files.items():
        path = pathlib.Path(tree, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run_style(tree):
    done = subprocess.run([TOP / "tests/run-style", tree], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout


class Style(unittest.TestCase):
    def test_a_clean_tree_passes(self):
        with tempfile.TemporaryDirectory() as tree:
            write(tree, CLEAN)
            status, said = run_style(tree)
        self.assertEqual(status, 0, said)
        self.assertNotIn("\n#", said)

    def test_each_rule_sees_what_is_planted(self):
        with tempfile.TemporaryDirectory() as tree:
            write(tree, CLEAN)
            write(tree, {"netns/lab/lab2.h": LICENCE + '#include "netns/lab/lab.h"\n'})
            names = []
            for number, (_, name, text, _) in enumerate(PLANTED):
                if name not in CLEAN:
                    name = f"{name[:-2]}-{number}{name[-2:]}"
                names.append(name)
                write(tree, {name: text})
            status, said = run_style(tree)
        self.assertEqual(status, 1, said)
        for name, (rule, _, _, line) in zip(names, PLANTED):
            with self.subTest(rule=rule, name=name):
                findings = said.partition(f"not ok {rule}")[2].partition("\nok ")[0]
                findings = findings.partition("\nnot ok ")[0]
                self.assertIn(f"\n# {name}:{line}: ", findings, said)
        unplanted = [line for line in said.splitlines() if line.startswith("ok ")]
        # objects have a test of their own; a new rule needs a row above
        self.assertEqual(unplanted, ["ok no objects need each other # skip nothing is built"])

    def test_objects_that_need_each_other(self):
        with tempfile.TemporaryDirectory() as tree:
            write(tree, CLEAN)
            for name, other in ("one", "two"), ("two", "one"):
                write(tree, {f"netns/base/{name}.c": LICENCE + f"int {other}(void);\n"
                             f"int {name}(void);\nint {name}(void)\n{{\n"
                             f"\treturn {other}();\n}}\n"})
                built = pathlib.Path(tree, "build/netns/base")
                built.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cc", "-c", "-O0", "-o", built / f"{name}.o",
                                f"netns/base/{name}.c"], cwd=tree, check=True)
            status, said = run_style(tree)
        self.assertEqual(status, 1, said)
        self.assertIn("not ok no objects need each other\n# netns/base/one.c:1: ", said)


if __name__ == "__main__":
    unittest.main()
