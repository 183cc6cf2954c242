# SPDX-License-Identifier: GPL-2.0-or-later
"""An option means the same in every command: the name that several have has one letter, and takes a value in all of
them or in none. The table of these names is here; so is what differs, with the reason."""
import collections
import os
import pathlib
import subprocess
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/samples"))
import samples  # noqa: E402

RXELAB = pathlib.Path(os.environ.get("RXELAB", TOP / "build/rxelab")).resolve()
# name: (its letter, whether it takes a value)
SHARED = {
    "all": ("a", False), "append": ("", True), "baseline": ("", True), "cpus": ("", True), "dry-run": ("n", False),
    "file": ("f", True), "format": ("", True), "help": ("h", False), "interval": ("i", True), "json": ("", False),
    "kernel": ("k", True), "memory": ("m", True), "network": ("", True), "output": ("o", True), "pairs": ("", True),
    "parent": ("", True), "tests": ("", True), "timeout": ("t", True), "user": ("u", True), "verbose": ("v", False),
    "wide": ("", False),
}
# (command, name): what it means there
OTHER = {
    ("up", "count"): "how many endpoints; keys of a lab have no letters",
    ("watch", "count"): "readings", ("capture", "count"): "packets",
    ("watch", "filter"): "part of a name", ("capture", "filter"): "an expression of pcap-filter(7)",
    ("bench", "duration"): "of one measurement", ("capture", "duration"): "of the command; its letter is older than this table",
    ("bench", "rate"): "messages a second, as others call it", ("impair", "rate"): "bits a second, as tc does",
    ("watch", "show"): "which endpoints", ("impair", "show"): "what is impaired",
}
# a letter of two names, which no command has both of
LETTERS = {"k": {"kernel", "kill"}, "t": {"timeout", "duration"}, "w": {"watch", "write"}}


class Options(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.has = collections.defaultdict(dict)   # name -> command -> (letter, takes a value)
        for command in cls.said("__commands").split():
            for name, (letter, argument) in samples.options(cls.said(command, "-h")).items():
                cls.has[name][command] = (letter, bool(argument))

    @staticmethod
    def said(*words):
        return subprocess.run([str(RXELAB), *words], capture_output=True, text=True, check=True).stdout

    def test_many_are_found(self):
        self.assertGreater(len(self.has), 60)
        self.assertEqual(self.has["json"]["inspect"], ("", False))

    def test_one_name_is_one_option(self):
        for name, commands in sorted(self.has.items()):
            commands = {command: form for command, form in commands.items() if (command, name) not in OTHER}
            if len(commands) < 2:
                continue
            with self.subTest(name):
                self.assertIn(name, SHARED, f"several commands have --{name}: what does it mean?")
                self.assertEqual({command: form for command, form in commands.items() if form != SHARED[name]}, {})

    def test_one_letter_is_one_option(self):
        names = collections.defaultdict(set)
        for name, commands in self.has.items():
            for letter, _ in commands.values():
                names[letter].add(name)
        for letter, several in sorted(names.items()):
            if letter and several != LETTERS.get(letter, several):
                self.fail(f"-{letter}: {several}")
            if letter and letter not in LETTERS:
                self.assertEqual(len(several), 1, f"-{letter}: {several}")

    def test_the_exceptions_are_needed(self):
        for command, name in OTHER:
            with self.subTest(f"{command} --{name}"):
                self.assertIn(command, self.has[name])
        several = {name for name, commands in self.has.items() if len(commands) > 1}
        self.assertEqual(set(SHARED) - several, set())


if __name__ == "__main__":
    unittest.main()
