# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/reference/lab.schema.json against every example and every bad lab file.

Needs python3-yaml and python3-jsonschema (Debian); without them the tests are skipped, which the runner counts."""
import json
import os
import pathlib
import re
import subprocess
import unittest

try:
    import jsonschema
    import yaml
except ImportError as error:
    jsonschema = yaml = None
    MISSING = str(error)

TOP = pathlib.Path(__file__).resolve().parents[2]

# What a schema cannot see: how keys and values stand to each other across the file, and doubled keys, which a YAML
# reader drops before the schema is asked. rxelab finds all of these.
BEYOND_A_SCHEMA = {
    "doubled-key",
    "macs-of-one", "networks-overlap",
    "subnet-host-bits", "subnet-none-alone", "subnet-too-small",
    "topology-leaves", "topology-subnet", "topology-vlans", "networks-without-parent",
}


def core_loader():
    """PyYAML reads YAML 1.1, where `yes` is a boolean and 52:54:00:12:34:56 a number; lab files are YAML 1.2."""
    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {}

    for tag, pattern, first in (
            ("bool", r"^(?:true|false)$", "tf"),
            ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
            ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
            ("float", r"^[-+]?[0-9]+\.[0-9]+$", "-+0123456789")):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))
    return Loader


@unittest.skipUnless(jsonschema, "python3-yaml or python3-jsonschema is missing: make deps")
class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads((TOP / "docs/reference/lab.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft7Validator(cls.schema)
        cls.loader = core_loader()

    def problems(self, path):
        """None: good. Otherwise a sentence."""
        try:
            lab = yaml.load(path.read_bytes(), Loader=self.loader)
        except (yaml.YAMLError, ValueError) as error:
            return f"not YAML: {error}"
        return "; ".join(error.message for error in self.validator.iter_errors(lab)) or None

    def test_every_example_is_valid(self):
        examples = sorted((TOP / "docs/reference/examples").glob("*.yaml"))
        self.assertGreater(len(examples), 5)
        for path in examples:
            with self.subTest(path.name):
                self.assertIsNone(self.problems(path))

    def test_bad_labs_are_refused(self):
        bad = sorted((TOP / "tests/bad-labs").glob("*.yaml"))
        self.assertGreater(len(bad), 30)
        for path in bad:
            if path.stem in BEYOND_A_SCHEMA:
                continue
            with self.subTest(path.name):
                self.assertIsNotNone(self.problems(path))

    def test_the_list_of_exceptions_is_exact(self):
        passed = {path.stem for path in (TOP / "tests/bad-labs").glob("*.yaml") if not self.problems(path)}
        self.assertEqual(passed, BEYOND_A_SCHEMA)

    def test_it_is_what_the_program_prints(self):
        rxelab = os.environ.get("RXELAB", TOP / "build/rxelab")
        keys = subprocess.run([rxelab, "__schema"], capture_output=True, check=True).stdout
        path = TOP / "docs/reference/lab.schema.json"
        made = subprocess.run([TOP / "tests/lab-schema", path], input=keys, capture_output=True, check=True).stdout
        self.assertEqual(path.read_bytes(), made, "the keys of a lab have changed: make schema")

    def test_every_key_of_the_schema_is_in_the_reference(self):
        text = (TOP / "docs/reference/lab-file.md").read_text()
        maps = [self.schema] + [self.schema["definitions"][name]
                                for name in ("impair", "network", "port", "container", "endpoint", "router", "count")]
        for properties in maps:
            for key in properties["properties"]:
                with self.subTest(key):
                    self.assertIn(f"`{key}`", text)


if __name__ == "__main__":
    unittest.main()
