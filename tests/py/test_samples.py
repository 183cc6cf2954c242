# SPDX-License-Identifier: GPL-2.0-or-later
"""Today's program against the samples of earlier versions (tests/samples): lab files, options, exit
statuses, formats.

What needs a guest is compared by the cases 15-samples and 17-samples-full of tests/vm, ledgers by
tests/unit/test-samples.c."""
import json
import os
import pathlib
import re
import socket
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/samples"))
import samples  # noqa: E402

RXELAB = pathlib.Path(os.environ.get("RXELAB", TOP / "build/rxelab")).resolve()
# a lab that no machine can have
NO_LAB = ["up", "--name", "q", "--parent", "nosuch0", "--count", "2", "--json"]
# document of a guest -> what prints it on any machine, be it in other words
ANYWHERE = {"doctor": ["doctor", "--json"], "doctor-inside": ["doctor", "--inside", "--json"],
            "module-status": ["module", "status", "--json"], "up-failed": NO_LAB,
            "list": ["list", "--json"]}

# nothing behind these is looked at
LAST = {("exec", "rsh"), ("reattach", "hook")}


def forms(option, short, argument, value):
    """How an option may be given."""
    if option == "help":
        return []
    if not argument:
        return [[f"--{option}"]] + ([[f"-{short}"]] if short else [])
    long = [[f"--{option}={value}"], [f"--{option}", value]]
    return long + ([[f"-{short}", value]] if short else [])


def documents(version):
    return sorted(version.glob("*/json/*.json")) + sorted(version.glob("*/kept/*.json"))


class Samples(unittest.TestCase):
    def test_there_are_some(self):
        self.assertIn("0.1.0", [version.name for version in samples.versions()])

    def test_labs_options_statuses_and_formats_are_as_they_were(self):
        for version in samples.versions():
            with tempfile.TemporaryDirectory() as name:
                now = pathlib.Path(name)
                results = (version / "host/kept/kernels-test.json").read_text()
                lines = samples.status_lines(version / "host/status")
                samples.take_host(RXELAB, version / "labs", lines, results, now)
                for place in ("labs", "host"):
                    bad = samples.judge(samples.changes(version, place),
                                        samples.compare(version, place, now / place))
                    self.assertEqual(bad, [], f"not as in {version.name}")

    def test_what_any_machine_prints_has_the_same_keys(self):
        for version in samples.versions():
            for name, words in ANYWHERE.items():
                said = samples.run([RXELAB, *words]).stdout
                with self.subTest(f"{version.name}: {name}"):
                    if name == "list" and json.loads(said).get("status") == "fail":
                        continue   # it cannot look where there is no RXE
                    old = json.loads((version / f"netns/json/{name}.json").read_text())
                    found = samples.compare_json(name, old, json.loads(said), same=False)
                    self.assertEqual(list(found), [])

    def test_every_option_is_taken(self):
        for version in samples.versions():
            for command in (version / "host/commands").read_text().split():
                with self.subTest(f"{version.name}: {command}"):
                    self.taken(version, command)

    def taken(self, version, command):
        """None of its options is what is found wrong, but the one behind them."""
        text = (version / "host/help" / command).read_text()
        choices = samples.choices((version / "host/completion").read_text())
        gone = [samples.with_stars(finding) for finding, _ in samples.changes(version, "host")]
        given = []
        for option, (short, argument) in samples.options(text).items():
            finding = f"host/help/{command}: --{option} is gone"
            if (command, option) in LAST or any(re.match(one, finding) for one in gone):
                continue
            value = choices.get(f"{command} --{option}", ["1"])[0]
            given += [word for form in forms(option, short, argument, value) for word in form]
        said = samples.run([RXELAB, command, *given, "--no-such-option"])
        if said.returncode != 2 or '"--no-such-option"' not in said.stderr:
            self.fail(f"{command}: {said.returncode}: {said.stderr}")

    def test_every_key_is_documented(self):
        pages = ("json", "doctor", "module", "churn")
        text = " ".join((TOP / f"docs/reference/{page}.md").read_text() for page in pages)
        known = set(re.findall(r"\w+", text)) | set(re.findall(r"\w+(?:[.-]\w+)+", text))
        for version in samples.versions():
            for path in documents(version):
                found = samples.places(json.loads(path.read_text()))
                keys = {key for place in found.values() for key in place.keys} - {"*"}
                with self.subTest(f"{version.name}: {path.parent.parent.name}/{path.stem}"):
                    self.assertEqual(sorted(keys - known), [])

    def test_every_lab_key_will_be_in_the_next_samples(self):
        files = TOP.glob("tests/samples/labs/*.yaml"), TOP.glob("docs/reference/examples/*.yaml")
        text = " ".join(path.read_text() for some in files for path in some)
        schema = json.loads((TOP / "docs/reference/lab.schema.json").read_text())
        for keys in [schema, *schema["definitions"].values()]:
            for key in keys.get("properties", {}):
                self.assertRegex(text, rf"\b{key}:")

    def test_no_name_of_a_machine_is_in_them(self):
        names = [str(TOP), str(pathlib.Path.home()), "/root/"]
        names += [name for name in (socket.gethostname(),) if len(name) > 6]
        for version in samples.versions():
            for path in filter(pathlib.Path.is_file, version.rglob("*")):
                text = path.read_text()
                with self.subTest(f"{version.name}: {path.relative_to(version)}"):
                    self.assertEqual([name for name in names if name in text], [])


class Comparison(unittest.TestCase):
    """What is planted is found."""

    def found(self, wanted, function, *words, **more):
        self.assertEqual(list(getattr(samples, f"compare_{function}")(*words, **more)), wanted)

    def test_json(self):
        old = {"lab": "q", "list": [{"a": 1, "b": None}, {"a": 2, "b": "x", "c": 1.5}],
               "counters": {"one": 1}}
        more = {"lab": "q", "list": [{"a": 1, "b": None, "d": 4}, {"a": 2, "b": "x", "c": 2}],
                "counters": {"two": 1}}
        no_lab, no_list = {**old, "lab": None}, {**old, "list": []}
        self.found([], "json", "name", old, old)
        self.found([], "json", "name", old, more)
        self.found([".lab is null", ".lab is never known"], "json", "name", old, no_lab)
        self.found([], "json", "name", old, no_lab, same=False)
        self.found([".lab is integer"], "json", "name", old, {**old, "lab": 3}, same=False)
        self.found([".list[] is empty"], "json", "name", old, no_list)
        self.found([], "json", "name", old, no_list, same=False)
        for record, finding in (({"a": 1, "b": "x"}, ".list[].c is gone"),
                                ({"b": "x", "c": 1}, ".list[].a is gone")):
            self.found([finding], "json", "name", old, {**old, "list": [record]})
        self.found([".counters.* is string"], "json", "name", old, {**old, "counters": {"a": "b"}})
        self.found([".results[].test rc is gone"], "json", "verify",
                   {"results": [{"test": "rc"}]}, {"results": [{"test": "ud"}]})

    def test_values(self):
        old = {"a": [{"b": 1}]}
        self.found([], "values", old, {"a": [{"b": 1, "c": 2}]})
        self.found([".a[].b is different"], "values", old, {"a": [{"b": 2}]})
        self.found([".a[].b is gone"], "values", old, {"a": [{}]})

    def test_help(self):
        old = ("x\n\noptions:\n      --one K      text\n  -t, --two\n              text --three\n"
               "      --road a|b help\n")
        self.assertEqual(samples.options(old),
                         {"one": ("", "K"), "two": ("t", ""), "road": ("", "a|b")})
        self.found([], "help", old, old)
        self.found(["--one takes no argument", "-t is gone", "--road is gone"],
                   "help", old, "x\n\noptions:\n      --one        text\n  -u, --two\n")
        old = '\tup:--plane) values="auto netns" ;;\n'
        self.found([], "completion", old, old)
        self.found(["up --plane auto is gone"], "completion", old, old.replace("auto ", ""))

    def test_status_and_env(self):
        self.found([], "status", "2\tup x\n", "2\tup x\n0\tup y\n")
        self.found(["up x ends with 4, not 2"], "status", "2\tup x\n", "4\tup x\n")
        a, b, c = "export A=1\n", "export B=2\n", "export C=3\n"
        self.found([], "env", "q.shell", a + b, b + a + c, True)
        self.found(["export B=2 is gone"], "env", "q.shell", a + b, a + "export B=3\n", True)
        self.found([], "env", "q.podman", "--a 12 --b", "--b --a 7", False)
        self.found(["--a is gone", "N is gone"], "env", "q.podman", "--a 12 --b", "--b", False)

    def test_changes(self):
        entries = [("host/x: .a[].*", "reason")]
        gone = {"host/x": [".a[].b is gone"]}
        self.assertEqual(samples.judge(entries, gone), [])
        self.assertEqual(samples.judge(entries, {**gone, "host/y": ["z"]}), ["host/y: z"])
        unneeded = ["changes: needed no more: host/x: .a[].*"]
        self.assertEqual(samples.judge(entries, {"host/x": []}), unneeded)
        self.assertEqual(samples.judge(entries, {"host/x": []}, partly=True), unneeded)
        self.assertEqual(samples.judge(entries, {"host/x": None}, partly=True), [])
        self.assertEqual(samples.judge([], {"host/x": None}), ["host/x: was not made"])
        with tempfile.TemporaryDirectory() as name:
            version = pathlib.Path(name)
            samples.put(version / "changes", "# a\nhost/x: y -- why\nnetns/x: y -- why\n")
            self.assertEqual(samples.changes(version, "host"), [("host/x: y", "why")])
            samples.put(version / "changes", "host/x: y\n")
            self.assertRaises(ValueError, samples.changes, version, "host")


if __name__ == "__main__":
    unittest.main()
