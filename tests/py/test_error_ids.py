# SPDX-License-Identifier: GPL-2.0-or-later
"""The ids of errors: each that the program sets is in docs/reference/errors.md, and the other way
round. What is missing is printed as the lines to be added there."""
import pathlib
import re
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = "netns", "kmod-helpers", "tools"
ID = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
# set without a function that takes one: the name of several mistakes, the codes of CNI, an error as it begins
SET = (r'#define RX_SEVERAL "(%s)"', r'\bX\(\w+, \d+, "(%s)"\)', r'\bid = "(%s)"')


def sources():
    for folder in FOLDERS:
        for path in sorted((TOP / folder).rglob("*.[ch]")):
            yield path, path.read_text()


def arguments(text, at):
    """The arguments of the call whose parenthesis opens before at."""
    depth, start, found = 1, at, []
    while depth:
        char = text[at]
        if char == '"':
            at = re.compile(r'"(?:[^"\\]|\\.)*"', re.S).match(text, at).end()
            continue
        depth += (char in "([{") - (char in ")]}")
        if not depth or (char == "," and depth == 1):
            found.append(text[start:at])
            start = at + 1
        at += 1
    return found


def takers(texts):
    """Functions and macros that take an id and a sentence: name -> which argument it is."""
    found = {"rx_bad_word": 2}
    for text in texts:
        for match in re.finditer(r"\b(\w+)\(([^;{}()]*\bconst char \*id\b[^;{}()]*\bfmt\b[^;{}()]*)\)", text):
            parameters = match[2].split(",")
            found[match[1]] = next(n for n, p in enumerate(parameters) if p.strip() == "const char *id")
    return found


def ids_of(texts):
    functions = takers(texts)
    call = re.compile(r"\b(%s)\(" % "|".join(functions))
    for text in texts:
        for match in call.finditer(text):
            given = arguments(text, match.end())
            if len(given) > functions[match[1]]:
                yield from re.findall(f'"({ID})"', given[functions[match[1]]])
        for pattern in SET:
            yield from re.findall(pattern % ID, text)


class ErrorIds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.texts = [text for _, text in sources()]
        cls.used = set(ids_of(cls.texts))
        cls.listed = re.findall(rf"^`({ID})` \| \w", (TOP / "docs/reference/errors.md").read_text(), re.M)

    def test_many_are_found(self):
        self.assertGreater(len(self.used), 80)
        self.assertGreaterEqual(self.used, {"key-unknown", "value-range", "lab-gone", "option-unknown", "cni-config"})

    def test_every_id_is_documented(self):
        missing = sorted(self.used - set(self.listed))
        if missing:
            self.fail("add to docs/reference/errors.md, sorted, with the meaning:\n" +
                      "\n".join(f"`{name}` | " for name in missing))

    def test_every_documented_id_is_set(self):
        literals = set(re.findall(f'"({ID})"', "\n".join(self.texts)))
        gone = sorted(set(self.listed) - literals)
        if gone:
            self.fail("remove from docs/reference/errors.md:\n" + "\n".join(gone))

    def test_the_list_is_sorted(self):
        self.assertEqual(self.listed, sorted(set(self.listed)))


if __name__ == "__main__":
    unittest.main()
