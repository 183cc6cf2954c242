#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scale-table.py [FOLDER] <OUTPUT: tables from the "data" lines of scale.sh, every other line as it is, and the targets.

With FOLDER gnuplot draws up and down of rxelab as FOLDER/scale.svg.
"""
import statistics
import subprocess
import sys


def read(lines):
    """{(what, n): [(up, down, kib or None), ...]}, seconds and KiB of the whole lab."""
    data = {}
    for line in lines:
        words = line.split()
        if not words or words[0] != "data" or len(words) != 7:
            sys.stdout.write(line)
            continue
        kib = None if words[6] == "-" else int(words[6])
        data.setdefault((words[1], int(words[2])), []).append((float(words[4]), float(words[5]), kib))
    return data


def spread(values, form="%.1f"):
    """Median, lowest and highest."""
    return (form + " (" + form + " to " + form + ")") % (statistics.median(values), min(values), max(values))


def tables(data):
    whats = sorted({what for what, _ in data})
    sizes = sorted({n for _, n in data})
    print("| N | program | up, ms per endpoint | down, ms per endpoint | memory, KiB per endpoint | runs |")
    print("|---|---|---|---|---|---|")
    for n in sizes:
        for what in whats:
            runs = data.get((what, n))
            if runs:
                kib = [k / n for _, _, k in runs if k is not None]
                print("| %d | %s | %s | %s | %s | %d |" % (n, what, spread([u / n * 1e3 for u, _, _ in runs]),
                      spread([d / n * 1e3 for _, d, _ in runs]), spread(kib, "%.0f") if kib else "", len(runs)))
    print()
    print("| N | what | up | down |")
    print("|---|---|---|---|")
    for n in sizes:
        for what in whats:
            for base in ("floor", "shell"):
                if what == base or (what, n) not in data or (base, n) not in data or what in ("floor", "shell") and base == "shell":
                    continue
                ratios = [statistics.median(r[i] for r in data[what, n]) / statistics.median(r[i] for r in data[base, n])
                          for i in (0, 1)]
                print("| %d | %s against %s | %.2f (1 / %.1f) | %.2f (1 / %.1f) |" %
                      (n, what, base, ratios[0], 1 / ratios[0], ratios[1], 1 / ratios[1]))


# What is to be reached, two processors under emulation: (row, figure(data, what) or None, target, whether more is better).
# what: "rxelab" for the stock kernel, "rxelab+helper" beside the helper; the floor is the stock kernel's for both.
UP, DOWN, KIB = range(3)


def middle(data, what, n, index):
    figures = [run[index] for run in data.get((what, n), ()) if run[index] is not None]
    return statistics.median(figures) / n if figures else None


def ratio(over, under):
    return None if over is None or not under else over / under


def against_floor(n, index, option=""):
    return lambda data, what: ratio(middle(data, what + option, n, index), middle(data, "floor", n, index))


def against_shell(n):
    """The loop runs at one size; its cost for an endpoint is the same at any."""
    def figure(data, what):
        loops = [size for name, size in data if name == "shell"]
        return ratio(middle(data, "shell", loops[0], UP) if loops else None, middle(data, what, n, UP))
    return figure


TARGETS = (
    [("up of %d against the floor" % n, against_floor(n, UP), 0.38, False) for n in (64, 250)] +
    [("up of %d --expedite against the floor" % n, against_floor(n, UP, "--expedite"), 0.30, False) for n in (64, 250)] +
    [("up of 4 against the floor", against_floor(4, UP), 1.3, False)] +
    [("down of %d against the floor" % n, against_floor(n, DOWN), 0.35, False) for n in (64, 250)] +
    [("shell loop against up of %d" % n, against_shell(n), target, True) for n, target in ((16, 12), (64, 22))] +
    [("memory of one of %d, KiB" % n, lambda data, what, n=n: middle(data, what, n, KIB), 700, False) for n in (64, 250)] +
    [("up of one of 1,000 against one of 250",
      lambda data, what: ratio(middle(data, what, 1000, UP), middle(data, what, 250, UP)), 1.25, False)])


def targets(data):
    """One row for each target; "-": these runs did not measure it."""
    print("| target | to reach | stock | with the helper |")
    print("|---|---|---|---|")
    for name, figure, wanted, more in TARGETS:
        cells = []
        for what in ("rxelab", "rxelab+helper"):
            got = figure(data, what)
            reached = got is not None and (got >= wanted if more else got <= wanted)
            cells.append("-" if got is None else "%.3g%s" % (got, "" if reached else ", missed"))
        print("| %s | %s %.3g | %s | %s |" % (name, "at least" if more else "at most", wanted, *cells))


def curve(data, column, shift):
    """Lines of gnuplot for up or down of rxelab: endpoints, and median, lowest and highest ms for each. shift keeps error bars apart."""
    for n in sorted(n for what, n in data if what == "rxelab"):
        each = [run[column] / n * 1e3 for run in data["rxelab", n]]
        yield "%g %g %g %g" % (n * shift, statistics.median(each), min(each), max(each))


def plot(data, folder):
    """What a user waits for; the floors are in the tables."""
    sizes = sorted(n for what, n in data if what == "rxelab")
    if not sizes:
        return
    script = ["$up << EOD", *curve(data, UP, 0.97), "EOD", "$down << EOD", *curve(data, DOWN, 1.03), "EOD",
              "set terminal svg size 800,420 font 'sans,14' background '#ffffff'", "set output '%s/scale.svg'" % folder,
              "set title 'How long up and down take for each endpoint'", "set xlabel 'endpoints in the lab (logarithmic)'",
              "set ylabel 'milliseconds for each endpoint'", "set logscale x 2",
              "set xtics (%s)" % ", ".join("'{0:,}' {0}".format(n) for n in sizes), "set xrange [%g:%g]" % (sizes[0] * 0.8, sizes[-1] * 1.25),
              "set yrange [0:*]", "set grid", "set key bottom right",
              "plot $up with yerrorbars lw 1.5 pt 7 ps 0.8 lc rgb '#2a6fb0' notitle, "
              "$down with yerrorbars lw 1.5 pt 4 ps 0.8 lc rgb '#b0602a' notitle, "
              "$up with linespoints lw 2 pt 7 ps 0.8 lc rgb '#2a6fb0' title 'rxelab up', "
              "$down with linespoints lw 2 pt 4 ps 0.8 dt 2 lc rgb '#b0602a' title 'rxelab down'"]
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)
    print("\ncurve: %s/scale.svg" % folder)


def main():
    data = read(sys.stdin)
    if not data:
        sys.exit("scale-table: no figures came")
    print()
    tables(data)
    print()
    targets(data)
    if len(sys.argv) > 1:
        plot(data, sys.argv[1])


if __name__ == "__main__":
    main()
