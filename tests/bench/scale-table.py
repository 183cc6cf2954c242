#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scale-table.py [FOLDER] <OUTPUT: tables from the "data" lines of scale.sh, every other line as it is, and the targets.

With FOLDER the curves' points are written to FOLDER/WHAT.dat, and gnuplot draws FOLDER/scale.svg.
"""
import statistics
import subprocess
import sys


COLOURS = {"floor": "#808080", "floor-at-once": "#1f77b4", "floor-at-once--expedite": "#80c0e0",
           "rxelab": "#c00000", "rxelab--expedite": "#e08000"}


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


def plot(data, folder):
    whats = sorted({what for what, _ in data})
    for what in whats:
        with open("%s/%s.dat" % (folder, what), "w", encoding="ascii") as out:
            for n in sorted(n for w, n in data if w == what):
                out.write("%d %s %s\n" % (n, " ".join(str(f([u / n * 1e3 for u, _, _ in data[what, n]]))
                          for f in (statistics.median, min, max)),
                          " ".join(str(f([d / n * 1e3 for _, d, _ in data[what, n]]))
                          for f in (statistics.median, min, max))))
    curves = ", ".join('"%s/%s.dat" using 1:%d:%d:%d with yerrorlines linecolor rgb "%s" dashtype %d pointtype 7 pointsize 0.5 '
                       'linewidth 1.5 title "%s %s"' %
                       (folder, what, c, c + 1, c + 2, COLOURS.get(what, "black"), dash, what.replace("--", " --"), name)
                       for what in whats for c, dash, name in ((2, 1, "up"), (5, 3, "down")) if what != "shell")
    script = ('set terminal svg size 800,480; set output "%s/scale.svg"; set logscale x; set xlabel "endpoints"; '
              'set ylabel "ms per endpoint"; set yrange [0:*]; set key outside; plot %s' % (folder, curves))
    subprocess.run(["gnuplot", "-e", script], check=True)
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
