# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutants as data: reading them, finding their place, putting them in.

A file *.mutants has records of lines, with an empty line between two:

    mutant  NAME
    in      FILE FUNCTION       "-" for a script without functions, or a table
    old     what stands there: once in that function; any white space matches any other
    new     what stands there instead
    wrong   what a user would notice
    by      tests that must kill it, run first: tests/unit/test-X, tests/cli/X, tests/py/test_X
    vm      cases of tests/vm/cases, by the beginning of their names
"""
import hashlib
import pathlib
import re

KEYS = {"mutant": "name", "old": "old", "new": "new", "wrong": "wrong"}
LISTS = ("in", "by", "vm")


class Mistake(Exception):
    pass


class Mutant:
    def __init__(self, source):
        self.source = source  # FILE:LINE of its record, for messages
        self.name = self.old = self.new = self.wrong = ""
        self.place, self.by, self.vm = [], [], []

    @property
    def file(self):
        return self.place[0]

    @property
    def function(self):
        return self.place[1]

    def text(self):
        return "\n".join((self.name, *self.place, self.old, self.new))


def put(mutant, key, value):
    if key in LISTS:
        setattr(mutant, "place" if key == "in" else key, value.split())
    elif key in KEYS:
        setattr(mutant, KEYS[key], value)
    else:
        raise Mistake(f"{mutant.source}: \"{key}\" is not a key of a mutant")


def judge(mutant):
    name = mutant.name or mutant.source
    if not re.fullmatch(r"[a-z0-9-]+", mutant.name):
        raise Mistake(f"{name}: a name is of small letters, digits and \"-\"")
    if len(mutant.place) != 2 or not mutant.old or not mutant.wrong:
        raise Mistake(f"{name}: it needs in (FILE FUNCTION), old and wrong")
    if mutant.old == mutant.new:
        raise Mistake(f"{name}: it changes nothing")
    if not mutant.by and not mutant.vm:
        raise Mistake(f"{name}: neither a test nor a case is named that must kill it")


def read_file(path):
    mutant = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() + [""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if mutant:
                judge(mutant)
                yield mutant
            mutant = None
            continue
        mutant = mutant or Mutant(f"{path.name}:{number}")
        key, _, value = line.partition(" ")
        put(mutant, key, value.strip())


def read(folder):
    """All mutants of a folder, in the order of its files."""
    mutants, names = [], set()
    for path in sorted(pathlib.Path(folder).glob("*.mutants")):
        for mutant in read_file(path):
            if mutant.name in names:
                raise Mistake(f"{mutant.name}: two mutants have this name")
            names.add(mutant.name)
            mutants.append(mutant)
    return mutants


# ---- their place ----

def body_in_c(lines, function):
    """From the line with the name to the closing brace; prototypes are passed over."""
    for begin, line in enumerate(lines):
        if not re.match(rf"([A-Za-z_].*\W)?{re.escape(function)}\(", line):
            continue
        at = begin
        while at < len(lines) and not lines[at].startswith("{") and not lines[at].endswith(";"):
            at += 1
        if at < len(lines) and lines[at].startswith("{"):
            while at < len(lines) and not lines[at].startswith("}"):
                at += 1
            yield begin, at + 1


def body_in_shell(lines, function):
    for begin, line in enumerate(lines):
        if not line.startswith(f"{function}() "):
            continue
        end = begin
        while not lines[end].startswith("}") and not lines[end].endswith("; }"):
            end += 1
        yield begin, end + 1


def span(text, mutant):
    """Where the function begins and ends in the text of its file."""
    if mutant.function == "-":
        return 0, len(text)
    lines = text.splitlines()
    find = body_in_c if mutant.file.endswith((".c", ".h")) else body_in_shell
    found = list(find(lines, mutant.function))
    if len(found) != 1:
        raise Mistake(f"{mutant.name}: {mutant.file} has {len(found)} functions "
                      f"{mutant.function}, not one")
    offsets = [0]
    for line in text.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    return offsets[found[0][0]], offsets[found[0][1]]


def load(tree, mutant):
    path = pathlib.Path(tree, mutant.file)
    if not path.is_file():
        raise Mistake(f"{mutant.name}: there is no file {mutant.file}")
    return path.read_text(encoding="utf-8")


def function_text(tree, mutant):
    text = load(tree, mutant)
    begin, end = span(text, mutant)
    return text[begin:end]


def mutate(tree, mutant):
    """The text of its file with the fault in it."""
    text = load(tree, mutant)
    begin, end = span(text, mutant)
    pattern = r"\s+".join(re.escape(word) for word in mutant.old.split())
    found = list(re.finditer(pattern, text[begin:end]))
    if len(found) != 1:
        raise Mistake(f"{mutant.name}: \"{mutant.old}\" stands {len(found)} times, not once, in "
                      f"{mutant.function} of {mutant.file}")
    return (text[:begin + found[0].start()] + mutant.new + text[begin + found[0].end():])


# ---- which tests ----

def read_tests(path):
    """(beginning of a path, tests) of each line."""
    rows = []
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            prefix, *tests = line.split()
            rows.append((prefix, tests))
    return rows


def row_of(rows, word):
    return [test for prefix, tests in rows if prefix == word for test in tests]


def tests_of(mutant, rows):
    """Its own tests, then those of the longest beginning of its path that the table has."""
    fitting = [row for row in rows if mutant.file.startswith(row[0])]
    best = max(fitting, key=lambda row: len(row[0]), default=("", []))[1]
    return list(dict.fromkeys(mutant.by + best))


def digest(*texts):
    hashed = hashlib.sha256()
    for text in texts:
        hashed.update(text.encode() + b"\0")
    return hashed.hexdigest()[:16]
