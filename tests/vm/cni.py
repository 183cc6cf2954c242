#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A container runtime's part of the CNI protocol (SPEC.md, section 3), small enough to be read: plugins of a list run
one after the other, each gets the result of the one before it, and the last result is kept for CHECK and DEL.

    cni.py add|del|check LIST CONTAINER NETNS IFNAME [NAME=VALUE;...]
    cni.py gc LIST [CONTAINER:IFNAME...]
    cni.py status|version LIST

LIST is a network configuration list. CNI_PATH has the plugins' folders, CNI_CACHE the folder for results. The answer
goes to standard output, the status is the plugin's."""
import json
import os
import pathlib
import subprocess
import sys


class Failed(Exception):
    """A plugin's error object."""

    def __init__(self, plugin, status, text):
        super().__init__(f"{plugin}: {text}")
        self.plugin = plugin
        self.status = status
        try:
            self.error = json.loads(text)
        except ValueError:
            self.error = {"code": None, "msg": text}

    @property
    def code(self):
        return self.error.get("code")


class Network:
    def __init__(self, conflist):
        self.list = conflist if isinstance(conflist, dict) else json.loads(pathlib.Path(conflist).read_text())
        self.path = os.environ.get("CNI_PATH", "/usr/lib/cni")
        self.cache = pathlib.Path(os.environ.get("CNI_CACHE", "/run/cni-cache"))

    def run(self, plugin, command, container="", netns="", ifname="", args="", **extra):
        """One plugin; its answer as an object, None if there was none."""
        config = {**plugin, "name": self.list["name"], "cniVersion": self.list["cniVersion"], **extra}
        environment = {"PATH": os.environ["PATH"], "CNI_COMMAND": command, "CNI_PATH": self.path}
        for name, value in (("CONTAINERID", container), ("NETNS", netns), ("IFNAME", ifname), ("ARGS", args)):
            if value:
                environment["CNI_" + name] = value
        for folder in self.path.split(":"):
            program = pathlib.Path(folder, plugin["type"])
            if program.exists():
                break
        else:
            raise FileNotFoundError(f"no plugin {plugin['type']} in {self.path}")
        done = subprocess.run([program], input=json.dumps(config), env=environment, stdout=subprocess.PIPE, text=True,
                              timeout=90, check=False)
        if done.returncode:
            raise Failed(plugin["type"], done.returncode, done.stdout)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def _file(self, container, ifname):
        return self.cache / f"{self.list['name']}-{container}-{ifname}"

    def result(self, container, ifname):
        """{"prevResult": ...} as ADD left it, or {}."""
        file = self._file(container, ifname)
        return {"prevResult": json.loads(file.read_text())} if file.exists() else {}

    def add(self, container, netns, ifname, args=""):
        extra = {}
        for plugin in self.list["plugins"]:
            extra = {"prevResult": self.run(plugin, "ADD", container, netns, ifname, args, **extra)}
        self.cache.mkdir(parents=True, exist_ok=True)
        self._file(container, ifname).write_text(json.dumps(extra["prevResult"]))
        return extra["prevResult"]

    def delete(self, container, netns, ifname, args=""):
        for plugin in reversed(self.list["plugins"]):
            self.run(plugin, "DEL", container, netns, ifname, args, **self.result(container, ifname))
        self._file(container, ifname).unlink(missing_ok=True)

    def check(self, container, netns, ifname, args=""):
        for plugin in self.list["plugins"]:
            self.run(plugin, "CHECK", container, netns, ifname, args, **self.result(container, ifname))

    def gc(self, attachments):
        valid = [{"containerID": c, "ifname": i} for c, i in attachments]
        for plugin in self.list["plugins"]:
            if plugin["type"] == "rxe-cni":   # Debian 12's own plugins do not know the command
                self.run(plugin, "GC", **{"cni.dev/valid-attachments": valid})

    def ours(self):
        return next(p for p in self.list["plugins"] if p["type"] == "rxe-cni")


def main(words):
    command, network, rest = words[0], Network(words[1]), words[2:]
    if command in ("add", "check"):
        answer = getattr(network, command)(*rest)
    elif command == "del":
        answer = network.delete(*rest)
    elif command == "gc":
        answer = network.gc([word.rsplit(":", 1) for word in rest])
    else:
        answer = network.run(network.ours(), command.upper())
    if answer is not None:
        print(json.dumps(answer, indent=1))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failed:
        print(json.dumps(failed.error, indent=1))
        print(failed, file=sys.stderr)
        sys.exit(failed.status)
