# SPDX-License-Identifier: GPL-2.0-or-later
"""The targets that make bench prints (tests/bench/scale-table.py): what is missed is called so, what was not measured, too."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TABLE = pathlib.Path(__file__).parent.parent / "bench/scale-table.py"


def rows(*lines):
    """{target: (to reach, stock, with the helper)} of what is printed for these lines of scale.sh."""
    text = "".join(line + "\n" for line in lines)
    said = subprocess.run([sys.executable, TABLE], input=text, text=True, capture_output=True, check=True).stdout
    after = said[said.index("| target |"):].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in after if line.startswith("|")]
    return {name: tuple(rest) for name, *rest in cells}


class Targets(unittest.TestCase):
    def test_reached_and_missed(self):
        found = rows("data floor 64 1 6.4 6.4 -", "data rxelab 64 1 3.2 1.28 128000",
                     "data rxelab+helper 64 1 1.92 3.2 12800")
        self.assertEqual(found["up of 64 against the floor"], ("at most 0.38", "0.5, missed", "0.3"))
        self.assertEqual(found["down of 64 against the floor"], ("at most 0.35", "0.2", "0.5, missed"))
        self.assertEqual(found["memory of one of 64, KiB"], ("at most 700", "2e+03, missed", "200"))

    def test_the_median_counts(self):
        found = rows(*("data floor 250 %d 10 10 -" % run for run in (1, 2, 3)),
                     *("data rxelab 250 %d %s 1 -" % run for run in ((1, 2), (2, 3), (3, 99))))
        self.assertEqual(found["up of 250 against the floor"][1], "0.3")
        self.assertEqual(found["memory of one of 250, KiB"][1], "-")

    def test_more_is_better_for_the_loop(self):
        found = rows("data shell 16 1 16 8 -", "data rxelab 16 1 1 1 -", "data rxelab 64 1 3.2 1 -")
        self.assertEqual(found["shell loop against up of 16"], ("at least 12", "16", "-"))
        self.assertEqual(found["shell loop against up of 64"][1], "20, missed")

    def test_what_was_not_measured(self):
        for name, cells in rows("data floor 64 1 6.4 6.4 -").items():
            self.assertEqual(cells[1:], ("-", "-"), name)

    def test_the_picture_is_for_users(self):
        text = "".join("data %s %d %d %s 1 -\n" % (what, n, run, seconds) for what in ("floor", "rxelab", "rxelab--expedite")
                       for n in (16, 1000) for run, seconds in ((1, 2), (2, 8), (3, 4)))
        with tempfile.TemporaryDirectory() as folder:
            gnuplot = pathlib.Path(folder, "gnuplot")
            gnuplot.write_text("#!/bin/sh\nexec cat >'%s/asked'\n" % folder, encoding="ascii")
            gnuplot.chmod(0o755)
            subprocess.run([sys.executable, TABLE, folder], input=text, text=True, capture_output=True, check=True,
                           env={**os.environ, "PATH": folder + ":" + os.environ["PATH"]})
            asked = pathlib.Path(folder, "asked").read_text(encoding="utf-8").splitlines()
        points = [[float(word) for word in line.split()[1:]] for line in asked[1:3]]
        self.assertEqual(points, [[250, 125, 500], [4, 2, 8]])   # median, lowest and highest ms of one
        self.assertIn("set xtics ('16' 16, '1,000' 1000)", asked)
        self.assertEqual([word.split("'")[1] for word in asked[-1].split(" title ")[1:]], ["rxelab up", "rxelab down"])


if __name__ == "__main__":
    unittest.main()
