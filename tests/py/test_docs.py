# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages for users (README.md and docs/ without docs/dev): short, plain, their links lead somewhere, and each
command line of rxelab that they quote is one that the program takes."""
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
RXELAB = pathlib.Path(os.environ.get("RXELAB", TOP / "build/rxelab")).resolve()
LINES, SENTENCE, WORDS = 250, 30, 16000   # words of docs/ without docs/dev as wc -w counts them, code and tables too
# what sounds translated, or tells history
WORDINGS = (r"as seen", r"last code", r"not tried", r"\banew\b", r"\bours\b", r"for the time of", r"hangs on", r"asked who",
            r"is no (?:name|valid)", r"leave to use", r"which this system has not", r"nobody came")
# words that stand for values in a quoted command line
VALUES = {"I/N": "1/2", "FILE.json...": "r.json", "CONFIG": "c"}


def pages():
    found = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
    return [page for page in found if TOP / "docs/dev" not in page.parents]


def name(page):
    return str(page.relative_to(TOP))


def blocks(text):
    """A page as (is_code, lines), comments left out. Code: indented by four, unless in a list, or fenced."""
    parts, fenced = [], False
    for line in re.sub(r"(?s)<!--.*?-->", "", text).split("\n"):
        fence = line.startswith("```")
        code = fenced or fence or line.startswith("    ")
        fenced ^= fence
        if not parts or parts[-1][0] != code:
            parts.append((code, []))
        if not fence:
            parts[-1][1].append(line)
    return parts


def prose(text):
    return "\n".join("\n".join(lines) for code, lines in blocks(text) if not code)


def sentences(text):
    """Of prose: a cell of a table, an item of a list, a heading or what a full stop ends; code in it is one word."""
    text = re.sub(r"`[^`]*`", "code", re.sub(r"\]\([^)]*\)", "]", prose(text)))
    text = re.sub(r"\n(?=\s*([-#|]|\d+\. ))|\||\n\s*\n", "\n\n", text)
    for part in text.split("\n\n"):
        yield from (one.strip() for one in re.split(r"(?<=[.?!:;])\s+", part.replace("\n", " ")))


def words(text):
    return [word for word in text.split() if re.search(r"\w", word)]


def anchors(page):
    for title in re.findall(r"(?m)^#+ (.*)$", prose(page.read_text())):
        yield re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def command_lines(text):
    """What stands behind rxelab in each command line, as words."""
    quoted = [line for code, lines in blocks(text) if code for line in "\n".join(lines).replace("\\\n", " ").split("\n")]
    quoted += [inline.replace("\n", " ") for inline in re.findall(r"`((?:sudo )?rxelab [^`]*)`", prose(text))]
    for line in quoted:
        lexer = shlex.shlex(re.sub(r"^\s*host\d# ", "", line).replace("$(", "("), posix=True, punctuation_chars=True)
        lexer.commenters = "#"
        try:
            command = []
            for word in [*lexer, ";"]:
                if not re.fullmatch(r"[();<>|&]+", word):
                    command.append(word)
                    continue
                starts = [i for i, one in enumerate(command) if one.split("/")[-1] == "rxelab"]
                if starts and not set(command[:starts[0]]) - {"sudo", "eval", "podman", "run", "sh", "-c", "time"}:
                    yield command[starts[0] + 1:]
                command = []
        except ValueError:
            continue    # a quoted string over several lines


def filled(word):
    return VALUES.get(word) or re.sub(r"\b[A-Z][A-Z.]*\b", "1", word)


class Docs(unittest.TestCase):
    def each(self, judge):
        for page in pages():
            with self.subTest(name(page)):
                self.assertEqual(list(judge(page)), [])

    def test_there_are_pages(self):
        self.assertGreater(len(pages()), 25)

    def test_no_page_is_long(self):
        self.each(lambda page: [LINES for _ in [1] if page.read_text().count("\n") > LINES])

    def test_together_they_are_short(self):
        total = sum(len(page.read_text().split()) for page in pages() if page != TOP / "README.md")
        self.assertLessEqual(total, WORDS)

    def test_no_sentence_is_long(self):
        self.each(lambda page: [one for one in sentences(page.read_text()) if len(words(one)) > SENTENCE])

    def test_no_wording_sounds_translated(self):
        self.each(lambda page: re.findall("|".join(WORDINGS), re.sub("`[^`]*`", "", prose(page.read_text()))))

    def test_links_lead_somewhere(self):
        def broken(page):
            for link in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text())):
                path, _, anchor = link.partition("#")
                target = (page.parent / path) if path else page
                if link.startswith("http"):
                    continue
                if not target.exists() or anchor and anchor not in anchors(target):
                    yield link
        self.each(broken)

    def test_a_page_that_is_named_is_linked(self):
        """But in code, and as the program's argument."""
        self.each(lambda page: re.findall(r"(?<![\w/(\[`.-])(?:docs/)?[\w/-]+\.md\b(?![\])#`])", prose(page.read_text())))

    def test_command_lines_are_taken(self):
        seen = 0
        with tempfile.TemporaryDirectory() as folder:
            for page in pages():
                for line in command_lines(page.read_text()):
                    with self.subTest(f"{name(page)}: {' '.join(line)}"):
                        seen += self.taken(line, folder)
        self.assertGreater(seen, 120)

    def taken(self, line, folder):
        """With an unknown option at its end, the program complains of that one alone."""
        if not line or not re.match("[a-z]", line[0]) or "--rsh" in line or "..." in line:
            return 0
        end = line.index("--") if "--" in line else len(line)
        given = [filled(word) for word in line[:end]] + ["--no-such-option"]
        said = subprocess.run([str(RXELAB), *given], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              cwd=folder, timeout=60, check=False)
        if said.returncode != 2 or '"--no-such-option"' not in said.stderr:
            self.fail(f"{said.returncode}: {said.stderr}")
        return 1


class Developers(unittest.TestCase):
    def test_the_architecture_is_one_short_page(self):
        self.assertLessEqual(len((TOP / "docs/dev/architecture.md").read_text().splitlines()), 120)


class Readers(unittest.TestCase):
    """What is planted is found."""

    def test_sentences(self):
        text = "# A title\n\nOne two\nthree. Four `five six` seven\n\n    code is none\n\n| a b | c |\n- d e\n- f\n"
        self.assertEqual([one for one in sentences(text) if one],
                         ["# A title", "One two three.", "Four code seven", "a b", "c", "- d e", "- f"])

    def test_command_lines(self):
        text = ("    sudo rxelab up a.yaml --dry-run   # make\n    host1# rxelab down a && rxelab list\n"
                "    eval \"x\"\n\nText `rxelab exec A/B -- c` and `rxelab`.\n\n```sh\nx=1\nrxelab gc | cat\n```\n")
        self.assertEqual(list(command_lines(text)),
                         [["up", "a.yaml", "--dry-run"], ["down", "a"], ["list"], ["gc"], ["exec", "A/B", "--", "c"]])


if __name__ == "__main__":
    unittest.main()
