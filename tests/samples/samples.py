# SPDX-License-Identifier: GPL-2.0-or-later
"""Samples of what a version of rxelab printed, wrote and took: how those of a host are taken, and
how today's are compared with them.

A folder of samples (tests/samples/VERSION) has
  labs/           lab files, and what they meant: NAME.written (up --dry-run --format yaml) and
                  NAME.graph (graph --json)
  host/           what needs no RXE: commands, completion, help/COMMAND, json/, env/, status; kept/
                  is only read
  netns/ hosted/  what a guest with that plane gave: json/, env/, status, locks, and run/STATE:
                  /run/rxelab with labs that are up, exclusive or killed half-way
  changes         what is different today on purpose, a line each: "FINDING -- REASON"; * stands for
                  anything
status has a line for each command line: the exit status, a tab, the words.

As a program, samples.py PLACE NOW says as TAP what is not as in the samples of each version. NOW is
the folder of what was taken today; it may lack some."""
import collections
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
LIMIT = 60

# Objects whose keys are names that the kernel or the lab gave, not keys of the format.
MAPS = re.compile(r"\.counters(\.from|\.to)?$")
# Lists whose records must still have these values: tests and checks that scripts ask for by name.
NAMES = {"verify": ".results[].test", "bench": ".results[].test", "doctor": ".findings[].check"}
ENV_FORMATS = ("shell", "json", "lxc", "podman", "cdi", "udev")


def versions():
    return sorted(path for path in HERE.iterdir() if (path / "host").is_dir())


# ---- taking

def run(words, **more):
    return subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT,
                          check=False, **more)


def printed(words, wanted=0, **more):
    """Standard output of a command that must end with this status."""
    done = run(words, **more)
    if done.returncode != wanted:
        said = f"status {done.returncode}, not {wanted}: {done.stderr}"
        raise RuntimeError(f"{shlex.join(map(str, words))}: {said}")
    return done.stdout


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def take_labs(rxelab, source, out):
    """What each lab file means."""
    for lab in sorted(source.glob("*.yaml")):
        put(out / f"{lab.stem}.written",
            printed([rxelab, "up", lab, "--dry-run", "--format", "yaml"]))
        put(out / f"{lab.stem}.graph", printed([rxelab, "graph", "-f", lab, "--json"]))


def take_env(rxelab, labs, out):
    """Of two labs that are not up: one endpoint on its own, one in a container."""
    for lab, endpoint in (("keys-flat", "given"), ("keys-containers", "c")):
        for form in (*ENV_FORMATS, "hostfile"):
            whose = lab if form == "hostfile" else f"{lab}/{endpoint}"
            put(out / f"{lab}.{form}",
                printed([rxelab, "env", whose, "--format", form, "-f", labs / f"{lab}.yaml"]))


def take_status(rxelab, lines, folder):
    """Exit status of each command line, started in that folder."""
    done = [run([rxelab, *shlex.split(line)], cwd=folder) for line in lines]
    return "".join(f"{one.returncode}\t{line}\n" for one, line in zip(done, lines))


def take_help(rxelab, out):
    put(out / "commands", printed([rxelab, "__commands"]))
    put(out / "completion", printed([rxelab, "__completion"]))
    put(out / "help/rxelab", printed([rxelab, "-h"]))
    for command in printed([rxelab, "__commands"]).split():
        put(out / "help" / command, printed([rxelab, command, "-h"]))


def fake_cache(folder):
    """A cache with one kernel, which is never booted."""
    kernels = folder / "rxelab/kernels"
    put(kernels / "6.12.3-sample/vmlinuz", "none\n")
    put(kernels / "6.12.3-sample/.complete", "")
    (kernels / "6.12.3-sample/lib/modules/6.12.3-sample").mkdir(parents=True)
    put(kernels / "suites/trixie", "6.12.3-sample\n")
    return {**os.environ, "XDG_CACHE_HOME": str(folder)}


def baseline(results):
    """An earlier run in which one check failed, so that something has changed since."""
    earlier = json.loads(results)
    earlier["kernels"][0]["cases"][0]["checks"][0]["status"] = "fail"
    return json.dumps(earlier)


def take_json(rxelab, results, out):
    """Documents that any machine gives. results: what `kernels test --json` printed."""
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        environment = fake_cache(work / "cache")
        put(work / "results.json", results)
        put(work / "baseline.json", baseline(results))
        put(work / "tree/.config", "CONFIG_VETH=m\n")
        documents = {
            "kernels-list": (0, "list"),
            "kernels-suites": (0, "suites"),
            "kernels-config": (1, "config", work / "tree"),
            "kernels-show": (0, "show", work / "results.json",
                             "--baseline", work / "baseline.json"),
        }
        for document, (status, *words) in documents.items():
            text = printed([rxelab, "kernels", *words, "--json"], status, env=environment)
            put(out / f"{document}.json", text.replace(name, "/tmp/samples"))


def take_host(rxelab, inputs, lines, results, out):
    """inputs: the folder of the lab files."""
    take_labs(rxelab, inputs, out / "labs")
    take_help(rxelab, out / "host")
    take_env(rxelab, inputs, out / "host/env")
    take_json(rxelab, results, out / "host/json")
    put(out / "host/status", take_status(rxelab, lines, inputs))


def status_lines(path):
    """The command lines of a status file."""
    return [line.split("\t", 1)[1] for line in path.read_text().splitlines()]


# ---- comparing: each function gives findings, sentences without values that change from run to run

def kind(value):
    for name, types in (("null", type(None)), ("bool", bool), ("integer", int), ("number", float),
                        ("string", str), ("list", list), ("object", dict)):
        if isinstance(value, types):
            return name
    raise TypeError(value)


class Place:
    """What stood at one path of a document, all records of a list together."""

    def __init__(self):
        self.kinds = set()
        self.objects = 0
        self.keys = collections.Counter()
        self.values = set()


def places(value, path="", found=None):
    found = collections.OrderedDict() if found is None else found
    place = found.setdefault(path, Place())
    place.kinds.add(kind(value))
    if isinstance(value, dict):
        data = set(value) - {"from", "to"} if MAPS.search(path) else ()
        names = {key: "*" if key in data else key for key in value}
        place.objects += 1
        place.keys.update(set(names.values()))
        for key, member in value.items():
            places(member, f"{path}.{names[key]}", found)
    elif isinstance(value, list):
        for member in value:
            places(member, path + "[]", found)
    elif isinstance(value, str):
        place.values.add(value)
    return found


def compare_keys(path, old, new, same):
    for key in old.keys:
        always = old.keys[key] == old.objects
        # what only some records had must be somewhere, if machine and lab are the same
        if (always and new.keys[key] < new.objects) or (same and new.objects and not new.keys[key]):
            yield f"{path}.{key} is gone"


# figures that a run may lack: too few samples for a percentile, mostly waiting processors
MAY_BE_UNKNOWN = re.compile(r"\.(latency_us\.p999?|cpu_s_per_GB)$")


def compare_kinds(path, old, new, same):
    known = old.kinds - {"null"}
    same = same and not MAY_BE_UNKNOWN.search(path)
    if not known:
        return
    allowed = old.kinds | ({"integer"} if "number" in known else set())
    allowed |= set() if same else {"null"}
    for name in sorted(new.kinds - allowed):
        yield f"{path} is {name}"
    if same and new.kinds == {"null"}:
        yield f"{path} is never known"


def compare_json(name, old, new, same=True):
    """Keys and types. same: both are of the same machine and the same lab."""
    old, new = places(old), places(new)
    for path, before in old.items():
        after = new.get(path)
        if after:
            yield from compare_keys(path, before, after, same)
            yield from compare_kinds(path, before, after, same)
        elif same and path.endswith("[]") and path[:-2] in new:
            yield f"{path} is empty"
    if name in NAMES and same:
        for value in sorted(old[NAMES[name]].values - new[NAMES[name]].values):
            yield f"{NAMES[name]} {value} is gone"


def compare_values(old, new, path=""):
    """Everything that was there is there with the same value; there may be more keys."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key in new:
                yield from compare_values(value, new[key], f"{path}.{key}")
            else:
                yield f"{path}.{key} is gone"
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for before, after in zip(old, new):
            yield from compare_values(before, after, path + "[]")
    elif old != new:
        yield f"{path} is different"


def words_of(name, text):
    """What a reader of one of env's formats looks for. Numbers are the kernel's choice, and the
    program lies anywhere."""
    text = re.sub(r"\S*/rxelab ", "rxelab ", re.sub(r"\d+", "N", text))
    if name.endswith(".podman"):
        return shlex.split(text)
    return [line for line in text.splitlines() if not line.startswith("#")]


def compare_env(name, old, new, exact):
    if name.endswith((".json", ".cdi")):
        old, new = json.loads(old), json.loads(new)
        yield from compare_values(old, new) if exact else compare_json(name, old, new)
        return
    if exact and name.endswith((".shell", ".hostfile")):
        missing = [line for line in old.splitlines() if line not in new.splitlines()]
    else:
        missing = [word for word in words_of(name, old) if word not in words_of(name, new)]
    yield from (f"{word} is gone" for word in missing)


def options(text):
    """Of -h: {long name: (short name, argument)}."""
    text = text.partition("\noptions:\n")[2]
    found = re.findall(r"^\s+(?:-(\w), )?--([a-z0-9-]+)(?: (\S+))?(?:\s|$)", text, re.M)
    return {name: (short, argument) for short, name, argument in found}


def choices(completion):
    """Of the completion: {"COMMAND --OPTION": [word...]}."""
    return {f"{command} {option}": words.split() for command, option, words
            in re.findall(r'^\t(\w+):(--[\w-]+)\) values="(.*)" ;;$', completion, re.M)}


def compare_help(old, new):
    old, new = options(old), options(new)
    for name, (short, argument) in old.items():
        if name not in new:
            yield f"--{name} is gone"
            continue
        if short and short != new[name][0]:
            yield f"-{short} is gone"
        if bool(argument) != bool(new[name][1]):
            yield f"--{name} takes {'no' if argument else 'an'} argument"


def compare_completion(old, new):
    old, new = choices(old), choices(new)
    for option, words in old.items():
        yield from (f"{option} {word} is gone" for word in words if word not in new.get(option, []))


def compare_status(old, new):
    now = dict(line.split("\t", 1)[::-1] for line in new.splitlines())
    for line in old.splitlines():
        status, words = line.split("\t", 1)
        if now.get(words) != status:
            yield f"{words} ends with {now.get(words)}, not {status}"


def compare_file(place, path, old, new):
    """path: below the place."""
    if path.suffix == ".graph":
        return compare_values(json.loads(old), json.loads(new))
    if path.suffix == ".written":
        return [] if old == new else ["is different"]
    if path.parts[0] == "json":
        return compare_json(path.stem, json.loads(old), json.loads(new))
    if path.parts[0] == "env":
        return compare_env(path.name, old, new, place == "host")
    if path.parts[0] == "help":
        return compare_help(old, new)
    if path.name == "commands":
        return [f"{word} is gone" for word in old.split() if word not in new.split()]
    return {"completion": compare_completion, "status": compare_status}[path.name](old, new)


def compare(version, place, now):
    """{name: findings} of the samples of one place (labs, host, netns, hosted); now: the same place
    as of today. Of what is not there today: None."""
    source, found = version / place, {}
    for path in sorted(source.rglob("*")):
        below = path.relative_to(source)
        if path.is_dir() or path.suffix == ".yaml" or below.parts[0] in ("run", "locks", "kept"):
            continue
        name = f"{place}/{below.with_suffix('') if below.parts[0] == 'json' else below}"
        found[name] = None
        if (now / below).exists():
            texts = path.read_text(), (now / below).read_text()
            found[name] = list(compare_file(place, below, *texts))
    return found


def changes(version, place):
    """[(pattern, reason)] of what is different on purpose."""
    path = version / "changes"
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    entries = [line.rsplit(" -- ", 1) for line in lines]
    for entry in entries:
        if len(entry) != 2 or not entry[1].strip():
            raise ValueError(f"{path}: no reason: {entry[0]}")
    return [(pattern, reason) for pattern, reason in entries if pattern.startswith(place + "/")]


def with_stars(pattern):
    """Only the star is special: paths have brackets in them."""
    return ".*".join(map(re.escape, pattern.split("*"))) + r"\Z"


def judge(entries, found, partly=False):
    """What nobody meant, and entries of changes that nothing needs. partly: what is not there was
    not asked for."""
    match = {pattern: re.compile(with_stars(pattern)) for pattern, _ in entries}
    needed, bad = set(), []
    for name, findings in found.items():
        for finding in ["was not made"] if findings is None and not partly else findings or []:
            hits = [pattern for pattern in match if match[pattern].match(f"{name}: {finding}")]
            needed.update(hits)
            bad += [] if hits else [f"{name}: {finding}"]
        if findings is None and partly:
            needed.update(pattern for pattern in match
                          if re.match(with_stars(pattern.partition(": ")[0]), name))
    return bad + [f"changes: needed no more: {one}" for one in match if one not in needed]


def main(place, now):
    for version in versions():
        found = compare(version, place, pathlib.Path(now))
        bad = judge(changes(version, place), found, partly=True)
        for finding in bad:
            print(f"not ok as in {version.name}: {finding}")
        if not bad:
            print(f"ok as in {version.name}: {place}")


if __name__ == "__main__":
    main(*sys.argv[1:])
