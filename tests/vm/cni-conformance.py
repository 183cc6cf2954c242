#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command and every error of rxe-cni on a real kernel, chained behind Debian's macvlan, bridge and ptp; as TAP.

    cni-conformance.py PARENT traffic|life|exclusive|hosted

One process, since a start of Python takes a second under emulation. Looks at the machine by ip, rdma, /sys, /proc."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import traceback

from cni import Failed
from cni_pods import (CDI, HOSTED, MODE, PARENT, STATE, Pods, all_devices, attachments, devices, does, fails, inside, ipv4, network, not_ok, path,
                      pingpong, raw, rdma_name, run, same, states, within)

# ---- the cases ----

def two_pods(kind, version):
    """ADD, CHECK, traffic, DEL, DEL again behind one of Debian's plugins."""
    net, label = network(kind, version), f"{kind} {version}"
    with Pods("rxc1", "rxc2"):
        first = net.run(net.list["plugins"][0], "ADD", "c1", path("rxc1"), "eth0")
        ours = does(f"{label}: ADD", net.run, net.ours(), "ADD", "c1", path("rxc1"), "eth0", prevResult=first)
        same(f"{label}: prevResult is passed through unchanged", first, ours)
        net.cache.mkdir(parents=True, exist_ok=True)
        net._file("c1", "eth0").write_text(json.dumps(first))
        second = does(f"{label}: ADD of a second pod", net.add, "c2", path("rxc2"), "eth0")
        same(f"{label}: RXE on eth0 in each pod, ACTIVE", ["ACTIVE", "ACTIVE"],
             [devices(p).get("eth0", ("", ""))[1] for p in ("rxc1", "rxc2")])
        same(f"{label}: no RXE on a netdev of the host", {}, devices())
        does(f"{label}: CHECK", net.check, "c1", path("rxc1"), "eth0")
        pingpong(f"{label}: ibv_rc_pingpong between the pods", ("rxc1", ipv4(first)), ("rxc2", ipv4(second)))
        does(f"{label}: DEL", net.delete, "c1", path("rxc1"), "eth0")
        does(f"{label}: DEL again", net.delete, "c1", path("rxc1"), "eth0")
        same(f"{label}: only the other attachment is left", [f"net-{kind}/c2:eth0"], states())
        does(f"{label}: DEL without CNI_NETNS", net.delete, "c2", "", "eth0")
    same(f"{label}: no device and no state is left", (set(), []), (all_devices(), states()))


def every_version():
    """Each command in each version; macvlan, which knows none newer than 1.0.0, is asked in that."""
    for version in ("0.4.0", "1.0.0", "1.1.0"):
        net = network("macvlan", version)
        with Pods("rxc1"):
            made = net.run(net.list["plugins"][0], "ADD", "c1", path("rxc1"), "eth0", cniVersion=min(version, "1.0.0"))
            prev = {**made, "cniVersion": version, "dns": {"nameservers": ["10.80.0.1"], "search": ["a.test"]}}
            if version == "1.1.0":   # fields that are new there
                prev["interfaces"][0].update(mtu=1500, socketPath="/run/s", pciID="0000:00:00.0")
                prev["routes"] = [{"dst": "10.90.0.0/16", "mtu": 1400, "table": 100, "priority": 7, "scope": 0}]

            def ask(command, container="c1", **extra):
                return net.run(net.ours(), command, container, path("rxc1"), "eth0", prevResult=prev, **extra)
            same(f"{version}: ADD hands prevResult on as it came", prev, does(f"{version}: ADD", ask, "ADD"))
            same(f"{version}: CHECK is silent", None, does(f"{version}: CHECK", ask, "CHECK"))
            error = fails(f"{version}: ADD again", 101, ask, "ADD")
            same(f"{version}: the error is in that version", version, error.get("cniVersion"))
            same(f"{version}: VERSION", {"cniVersion": version, "supportedVersions": ["0.4.0", "1.0.0", "1.1.0"]}, ask("VERSION"))
            if version == "1.1.0":
                valid = {"cni.dev/valid-attachments": [{"containerID": "c1", "ifname": "eth0"}]}
                same(f"{version}: GC is silent", None, does(f"{version}: GC", net.run, net.ours(), "GC", **valid))
                same(f"{version}: STATUS is silent", None, does(f"{version}: STATUS", net.run, net.ours(), "STATUS"))
            else:
                fails(f"{version}: GC is not in it", 1, net.run, net.ours(), "GC")
                fails(f"{version}: STATUS is not in it", 1, net.run, net.ours(), "STATUS")
            same(f"{version}: DEL is silent", None, does(f"{version}: DEL", ask, "DEL"))
            does(f"{version}: DEL again", ask, "DEL")
            fails(f"{version}: CHECK after DEL", 103, ask, "CHECK")
            net.run(net.list["plugins"][0], "DEL", "c1", path("rxc1"), "eth0", cniVersion=min(version, "1.0.0"), prevResult=made)
        same(f"{version}: nothing is left", (set(), []), (all_devices(), states()))


def ptp():
    """One pod has no peer on its segment: the device and its GID are what can be seen."""
    net = network("ptp", "0.4.0")
    with Pods("rxc1"):
        does("ptp 0.4.0: ADD", net.add, "c1", path("rxc1"), "eth0")
        does("ptp 0.4.0: CHECK", net.check, "c1", path("rxc1"), "eth0")
        does("ptp 0.4.0: DEL", net.delete, "c1", path("rxc1"), "eth0")
    same("ptp: nothing is left", (set(), []), (all_devices(), states()))


def state_and_names():
    net = network("macvlan", cdiDir=CDI)
    args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web"
    with Pods("rxc1"):
        does("CDI: ADD", net.add, "c1", path("rxc1"), "eth0", args)
        modes = [oct(STATE.stat().st_mode & 0o777), oct((STATE / "net-macvlan").stat().st_mode & 0o777),
                 oct((STATE / "net-macvlan/c1:eth0").stat().st_mode & 0o777)]
        same("state: for root only", ["0o700", "0o700", "0o600"], modes)
        fails("ADD twice", 101, net.run, net.ours(), "ADD", "c1", path("rxc1"), "eth0", **net.result("c1", "eth0"))
        file = next(pathlib.Path(CDI).glob("*.json"))
        device = json.loads(file.read_text())["devices"][0]
        same("CDI: named after the pod", "default.web.eth0", device["name"])
        node = device["containerEdits"]["deviceNodes"][0]
        there = os.stat(node["path"]).st_rdev
        same("CDI: the node's number is the host's", (os.major(there), os.minor(there)), (node["major"], node["minor"]))
        file.unlink()
        fails("CHECK: the CDI file is gone", 108, net.check, "c1", path("rxc1"), "eth0")
        does("CDI: DEL", net.delete, "c1", path("rxc1"), "eth0")
        does("DEL of a container that never was", net.run, net.ours(), "DEL", "never", path("rxc1"), "eth0")
        does("DEL with a namespace that never was", net.run, net.ours(), "DEL", "never", "/run/netns/never", "eth0")
    same("CDI: the file is gone", [], list(pathlib.Path(CDI).iterdir()))


def refused_before_anything():
    good = {"CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_IFNAME": "eth0",
            "CNI_NETNS": "/run/netns/rxc1", "CNI_PATH": os.environ["CNI_PATH"]}
    prev = {"cniVersion": "1.0.0", "interfaces": [{"name": "eth0", "sandbox": path("rxc1")}], "ips": []}
    conf = {"cniVersion": "1.0.0", "name": "n", "type": "rxe-cni", "prevResult": prev}

    def ask(conf=conf, text=None, **env):
        words = {k: v for k, v in {**good, **env}.items() if v is not None}
        return raw(words, text if text is not None else json.dumps(conf).encode())
    with Pods("rxc1"):
        fails("version 0.3.1", 1, ask, {**conf, "cniVersion": "0.3.1"})
        error = fails("an unknown field", 2, ask, {**conf, "cdiDirr": "/x"})
        same("its key and value are told", True, '"cdiDirr"' in error.get("msg", "") and '"/x"' in error.get("msg", ""))
        error = fails("no CNI_CONTAINERID and no CNI_IFNAME", 4, ask, CNI_CONTAINERID=None, CNI_IFNAME=None)
        same("both are named", True, "CNI_CONTAINERID CNI_IFNAME" in error.get("msg", ""))
        fails("an unknown command", 4, ask, CNI_COMMAND="ERASE")
        fails("no such namespace", 4, ask, CNI_NETNS="/run/netns/never")
        fails("a file that is no namespace", 4, ask, CNI_NETNS="/etc/passwd")
        fails("the runtime's own namespace", 4, ask, CNI_NETNS="/proc/self/ns/net")
        fails("a configuration of 5 MiB", 5, ask, text=b" " * (5 << 20))
        fails("no JSON", 6, ask, text=b"\xff{")
        fails("no prevResult", 7, ask, {k: v for k, v in conf.items() if k != "prevResult"})
        fails("prevResult without the interface", 7, ask, CNI_IFNAME="eth7")
        fails("GC before 1.1.0", 1, ask, CNI_COMMAND="GC")
        fails("the interface is not there", 102, ask)
        fails("CHECK of what was not added", 103, ask, CNI_COMMAND="CHECK")
        same("VERSION", {"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0", "1.1.0"]},
             json.loads(raw({"CNI_COMMAND": "VERSION"}, b'{"cniVersion":"1.0.0"}')))
    same("nothing was made", (set(), []), (all_devices(), states()))


def refused_by_the_kernel():
    net = network("macvlan", timeout=1)
    plain = {"cniVersion": "1.0.0", "interfaces": [{"name": "eth0", "sandbox": path("rxc1")}], "ips": []}

    def add(prev=plain):
        return net.run(net.ours(), "ADD", "c1", path("rxc1"), "eth0", prevResult=prev)
    with Pods("rxc1"):
        run("ip", "link", "add", "rxct0", "link", PARENT, "type", "ipvlan", "mode", "l2")
        run("ip", "link", "set", "rxct0", "netns", "rxc1", "name", "eth0")
        fails("an ipvlan", 102, add)
        inside("rxc1", "ip", "link", "del", "eth0")
        run("ip", "link", "add", "rxct0", "link", PARENT, "type", "macvlan", "mode", "bridge")
        run("ip", "link", "set", "rxct0", "netns", "rxc1", "name", "eth0")
        inside("rxc1", "ip", "link", "set", "eth0", "up")
        fails("an address that is not there", 106, add, {**plain, "ips": [{"address": "10.80.0.99/24", "interface": 0}]})
        same("and the device is undone", (set(), []), (all_devices(), states()))
        inside("rxc1", "ip", "link", "set", "eth0", "down")
        same("an interface that is down is no failure of ADD", plain, does("ADD while the interface is down", add))
        fails("but CHECK finds it", 105, net.run, net.ours(), "CHECK", "c1", path("rxc1"), "eth0", prevResult=plain)
        inside("rxc1", "ip", "link", "set", "eth0", "up")
        does("CHECK when it is up", net.run, net.ours(), "CHECK", "c1", path("rxc1"), "eth0", prevResult=plain)
        does("DEL of it", net.run, net.ours(), "DEL", "c1", path("rxc1"), "eth0")
        ours = rdma_name("net-macvlan", "c1", "eth0")
        run("ip", "link", "add", "rxct1", "link", PARENT, "type", "macvlan", "mode", "bridge")
        run("rdma", "link", "add", ours, "type", "rxe", "netdev", "rxct1")
        fails("the device's name is taken", 11, add)
        same("whose it is", {"rxct1": (ours, "DOWN")}, devices())
        run("ip", "link", "del", "rxct1")
        within(5, lambda: not all_devices())
        if MODE != "exclusive":
            inside("rxc1", "rdma", "link", "add", "foreign", "type", "rxe", "netdev", "eth0")
            fails("the interface has an RXE", 100, add)
            same("which is left alone", {"eth0": ("foreign", "ACTIVE")}, devices("rxc1"))
            does("DEL after the failed ADD", net.run, net.ours(), "DEL", "c1", path("rxc1"), "eth0")
            same("which is still left alone", {"foreign"}, all_devices())
            inside("rxc1", "rdma", "link", "delete", "foreign")
    within(5, lambda: not all_devices())
    same("nothing is left of it", (set(), []), (all_devices(), states()))


def check_finds():
    net = network("macvlan", timeout=3)

    def check():
        net.check("c1", path("rxc1"), "eth0")
    with Pods("rxc1", "rxc2"):
        result = net.add("c1", path("rxc1"), "eth0")
        does("CHECK right after ADD", check)
        only = {**result, "interfaces": [{**result["interfaces"][0], "mac": "02:00:00:00:00:99"}]}
        fails("CHECK: another MAC", 102, net.run, net.ours(), "CHECK", "c1", path("rxc1"), "eth0", prevResult=only)
        fails("CHECK: another namespace", 103, net.run, net.ours(), "CHECK", "c1", path("rxc2"), "eth0", prevResult=result)
        own = result["ips"][0]["address"]
        inside("rxc1", "ip", "addr", "del", own, "dev", "eth0")
        fails("CHECK: the address is gone", 106, net.run, net.ours(), "CHECK", "c1", path("rxc1"), "eth0", prevResult=result)
        inside("rxc1", "ip", "addr", "add", own, "dev", "eth0")
        does("CHECK: the address is back", check)
        inside("rxc1", "ip", "link", "set", "eth0", "down")
        down = None
        try:
            net.run(net.ours(), "CHECK", "c1", path("rxc1"), "eth0", prevResult=result)
        except Failed as failed:
            down = failed.code
        same("CHECK: the interface is down: no port or no GID", True, down in (105, 106))
        inside("rxc1", "ip", "link", "set", "eth0", "up")
        does("CHECK: it is up again", check)
        inside("rxc1", "rdma", "link", "delete", devices("rxc1")["eth0"][0])
        fails("CHECK: the device is gone", 104, check)
        does("ADD anew after its device was deleted by hand", net.run, net.ours(), "ADD", "c1", path("rxc1"), "eth0",
             prevResult=result)
        does("CHECK again", check)
        does("DEL", net.delete, "c1", path("rxc1"), "eth0")
        fails("CHECK after DEL", 103, net.run, net.ours(), "CHECK", "c1", path("rxc1"), "eth0", prevResult=result)


def garbage():
    nets = [network("macvlan", timeout=3), network("macvlan", name="net-other", timeout=3)]
    new = {**nets[0].ours()}
    with Pods("rxc1", "rxc2", "rxc3"):
        for pod in ("1", "2", "3"):
            nets[0].add("c" + pod, path("rxc" + pod), "eth0")
        nets[1].add("c1", path("rxc1"), "eth1")
        for net in nets:
            net.list["cniVersion"] = "1.1.0"
        fails("GC without a list", 7, nets[0].run, new, "GC")
        same("GC without a list removes nothing", 4, len(states()))
        run("ip", "netns", "del", "rxc3")
        does("GC", nets[0].gc, [("c2", "eth0")])
        same("GC: only what is valid is left, and the other network's", ["net-macvlan/c2:eth0", "net-other/c1:eth1"], states())
        same("GC: the devices say so too", (False, True, True),
             ("eth0" in devices("rxc1"), "eth1" in devices("rxc1"), "eth0" in devices("rxc2")))
        does("GC with null for an empty list", nets[0].run, new, "GC", **{"cni.dev/valid-attachments": None})
        does("GC of the other network", nets[1].gc, [])
        for net in nets:
            net.list["cniVersion"] = "1.0.0"
        for net, pod, name in ((nets[0], "1", "eth0"), (nets[0], "2", "eth0"), (nets[0], "3", "eth0"), (nets[1], "1", "eth1")):
            net.delete("c" + pod, path("rxc" + pod), name)
    same("GC: nothing is left", (set(), []), (all_devices(), states()))


def at_once():
    """Pods that start together."""
    net = network("macvlan")
    names = [f"rxc{i}" for i in range(1, 7)]
    with Pods(*names):
        prev = {pod: net.run(net.list["plugins"][0], "ADD", pod, path(pod), "eth0") for pod in names}
        conf = {**net.ours(), "name": "net-macvlan", "cniVersion": "1.0.0"}
        program = next(p for p in (pathlib.Path(f, "rxe-cni") for f in net.path.split(":")) if p.exists())

        def start(command, pod):
            process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={
                "CNI_COMMAND": command, "CNI_CONTAINERID": pod, "CNI_NETNS": path(pod), "CNI_IFNAME": "eth0"})
            process.stdin.write(json.dumps({**conf, "prevResult": prev[pod]}))
            process.stdin.close()
            return process
        for command in ("ADD", "CHECK", "DEL"):
            running = [start(command, pod) for pod in names]
            said = [p.stdout.read() for p in running if p.wait()]
            same(f"six {command} at once", [], said)
        for pod in names:
            net.run(net.list["plugins"][0], "DEL", pod, path(pod), "eth0", prevResult=prev[pod])
    same("at once: nothing is left", (set(), []), (all_devices(), states()))


def killed():
    """ADD killed at many instants; DEL leaves nothing, and ADD works again."""
    net, bad = network("macvlan", cdiDir=CDI), []
    program = next(p for p in (pathlib.Path(f, "rxe-cni") for f in net.path.split(":")) if p.exists())
    instants = [0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2] + ([0.3, 0.4, 0.5, 0.7, 0.9, 1.2] if HOSTED else [])
    with Pods("rxc1"):
        for instant in instants:
            prev = net.run(net.list["plugins"][0], "ADD", "c1", path("rxc1"), "eth0")
            conf = json.dumps({**net.ours(), "name": "net-macvlan", "cniVersion": "1.0.0", "prevResult": prev})
            with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env={
                    "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": path("rxc1"), "CNI_IFNAME": "eth0"}) as process:
                process.stdin.write(conf)
                process.stdin.close()
                time.sleep(instant)
                process.send_signal(signal.SIGKILL)
            net.run(net.ours(), "DEL", "c1", path("rxc1"), "eth0")
            left = (all_devices(), states(), list(pathlib.Path(CDI).glob("*.json")), ours_on_the_host())
            if any(left):
                bad.append((instant, left))
            net.run(net.list["plugins"][0], "DEL", "c1", path("rxc1"), "eth0", prevResult=prev)
        same(f"ADD killed after {instants} s, then DEL: nothing is left", [], bad)
        does("and ADD works", net.add, "c1", path("rxc1"), "eth0")
        does("and DEL", net.delete, "c1", path("rxc1"), "eth0")


def status():
    net = network("macvlan", "1.1.0")
    same("STATUS: ready, and silent", None, does("STATUS", net.run, net.ours(), "STATUS"))
    forbid = pathlib.Path("/etc/modprobe.d/rxe-cni-test.conf")
    net.list["cniVersion"] = "1.0.0"
    with Pods("rxc1"):
        net.add("c1", path("rxc1"), "eth0")
        inside("rxc1", "rdma", "link", "delete", devices("rxc1")["eth0"][0])
        forbid.write_text("blacklist rdma_rxe\n")
        gone = within(10, lambda: subprocess.run(["modprobe", "-r", "rdma_rxe"], check=False,
                                                 stderr=subprocess.DEVNULL).returncode == 0)
        same("rdma_rxe is unloaded", True, gone)
        net.list["cniVersion"] = "1.1.0"
        fails("STATUS: the module is forbidden, an attachment exists", 51, net.run, net.ours(), "STATUS")
        net.list["cniVersion"] = "1.0.0"
        does("DEL without the module", net.delete, "c1", path("rxc1"), "eth0")
        net.list["cniVersion"] = "1.1.0"
        fails("STATUS: the module is forbidden", 50, net.run, net.ours(), "STATUS")
    forbid.unlink()
    does("STATUS: ready again", net.run, net.ours(), "STATUS")
    same("STATUS leaves nothing", (set(), []), (all_devices(), states()))


def cannot():
    """A kernel whose RXE carries no traffic in namespaces: behind macvlan alone."""
    for kind in ("bridge", "ptp"):
        net = network(kind, "0.4.0")
        with Pods("rxc1"):
            fails(f"ADD behind {kind}", 50, net.add, "c1", path("rxc1"), "eth0")
            same("ADD leaves nothing", (set(), []), (all_devices(), states()))
            does("DEL", net.delete, "c1", path("rxc1"), "eth0")
    module_was_replaced()


def number_taken():
    """The ifindex that the attachment's netdev would get is another's in the pod; and the pod's own routes are kept."""
    net = network("macvlan", "1.0.0")

    def number(pod, name="eth0"):
        return int(inside(pod, "cat", f"/sys/class/net/{name}/ifindex"))
    with Pods("rxc1", "rxc2"):
        made = net.run(net.list["plugins"][0], "ADD", "c1", path("rxc1"), "eth0")
        inside("rxc1", "ip", "route", "add", "10.99.0.0/16", "via", "10.80.0.1", "dev", "eth0", "metric", "7")
        routes = sorted(inside("rxc1", "ip", "route").splitlines())
        does("ADD", net.run, net.ours(), "ADD", "c1", path("rxc1"), "eth0", prevResult=made)
        same("the pod's routes are as before", routes, sorted(inside("rxc1", "ip", "route").splitlines()))
        chosen = number("rxc1")
        net._file("c1", "eth0").parent.mkdir(parents=True, exist_ok=True)
        net._file("c1", "eth0").write_text(json.dumps(made))
        does("DEL", net.delete, "c1", path("rxc1"), "eth0")
        inside("rxc1", "ip", "link", "add", "taken", "index", str(chosen), "type", "dummy")
        one = net.add("c1", path("rxc1"), "eth0")
        two = net.add("c2", path("rxc2"), "eth0")
        lab = json.loads(run("rxelab", "inspect", attachments()[0]["lab"], "--json"))["endpoints"][0]
        same("another number is chosen, and recorded", (True, number("rxc1")), (lab["ifindex"] != chosen, lab["ifindex"]))
        same("the wire's netdev has it, too", number("rxc1"),
             int(pathlib.Path(f"/sys/class/net/{lab['wire_netdev']}/ifindex").read_text()))
        pingpong("ibv_rc_pingpong between the pods", ("rxc1", ipv4(one)), ("rxc2", ipv4(two)))
        for pod in "12":
            does("DEL", net.delete, "c" + pod, path("rxc" + pod), "eth0")
    same("nothing is left", (set(), [], []), (all_devices(), states(), ours_on_the_host()))


def ours_on_the_host():
    return [line.split()[1] for line in run("ip", "-o", "link").splitlines() if " rxl" in line] + \
        [line for line in run("ip", "rule").splitlines() if "rxl" in line or "0x7278" in line]


def module_was_replaced():
    """ADD with rxelab's module, then the node came up with the stock one: what the former made is made by hand here."""
    net, name = network("macvlan", "1.0.0"), rdma_name("net-macvlan", "c1", "eth0")
    with Pods("rxc1"):
        result = net.run(net.list["plugins"][0], "ADD", "c1", path("rxc1"), "eth0")
        inside("rxc1", "rdma", "link", "add", name, "type", "rxe", "netdev", "eth0")
        there = os.stat(path("rxc1"))
        (STATE / "net-macvlan").mkdir(mode=0o700, parents=True)
        STATE.chmod(0o700)
        (STATE / "net-macvlan/c1:eth0").write_text(json.dumps({
            "rxe-cni": 1, "netns": path("rxc1"), "netns_dev": there.st_dev, "netns_ino": there.st_ino, "rdma_dev": name,
            "index": 0, "made": True, "cdi": ""}))
        fails("CHECK", 107, net.run, net.ours(), "CHECK", "c1", path("rxc1"), "eth0", prevResult=result)
        does("DEL", net.run, net.ours(), "DEL", "c1", path("rxc1"), "eth0")
        net.run(net.list["plugins"][0], "DEL", "c1", path("rxc1"), "eth0", prevResult=result)
    same("nothing is left", (set(), []), (all_devices(), states()))


def exclusive():
    same("RDMA mode is exclusive", True, "netns exclusive" in run("rdma", "system"))
    two_pods("macvlan", "1.0.0")
    refused_by_the_kernel()
    killed()
    does("STATUS in exclusive mode", network("macvlan", "1.1.0").run, {"type": "rxe-cni"}, "STATUS")


CASES = {
    "traffic": [lambda: two_pods("macvlan", "1.0.0"), lambda: two_pods("bridge", "0.4.0"), ptp, every_version,
                refused_before_anything, refused_by_the_kernel],
    "life": [state_and_names, check_finds, garbage, at_once, killed, status],
    "exclusive": [exclusive],
    "hosted": [lambda: two_pods("macvlan", "1.0.0"), every_version, number_taken, refused_before_anything, cannot],
}

def clear():
    """After a failure, so that the next case starts clean."""
    for state in states():
        name, attachment = state.split("/")
        container, ifname = attachment.split(":")
        try:
            raw({"CNI_COMMAND": "DEL", "CNI_CONTAINERID": container, "CNI_IFNAME": ifname},
                json.dumps({"cniVersion": "1.0.0", "name": name}).encode())
        except Failed as failed:
            print(f"# clearing {state}: {failed}")
    shutil.rmtree("/var/lib/cni/networks", ignore_errors=True)


for case in CASES[MODE]:
    try:
        case()
    except Exception:   # a plugin of the chain, or a broken test: the other cases still run
        not_ok(f"{MODE}: {getattr(case, '__name__', 'case')} came to its end", *traceback.format_exc().splitlines())
        clear()
