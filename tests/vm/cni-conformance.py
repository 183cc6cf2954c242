#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command and every error of rxe-cni on a real kernel, chained behind Debian's macvlan, bridge and ptp; as TAP.

    cni-conformance.py PARENT traffic|life|exclusive|hosted

One process, since a start of Python takes a second under emulation. Looks at the machine by ip, rdma, /sys, /proc."""
import copy
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import traceback

from cni import Failed, Network

PARENT, MODE = sys.argv[1], sys.argv[2]
STATE = pathlib.Path("/run/rxelab-cni")
CDI = "/tmp/rxe-cni-cdi"


# ---- looking ----

def ok(name):
    print(f"ok {name}", flush=True)


def not_ok(name, *detail):
    print(f"not ok {name}", *(f"# {d}" for d in detail), sep="\n", flush=True)


def same(name, wanted, got):
    ok(name) if wanted == got else not_ok(name, f"wanted: {wanted}", f"got:    {got}")


def fails(name, code, call, *args, **kwargs):
    """It answers with an error object of this code that has all its members; returns the object."""
    try:
        call(*args, **kwargs)
    except Failed as failed:
        error = failed.error
        if failed.code == code and {"cniVersion", "code", "msg", "details"} == set(error) and error["msg"]:
            ok(f"{name}: {code}, {error['msg']}")
        else:
            not_ok(f"{name}: {code}", error)
        return error
    not_ok(f"{name}: {code}", "it succeeded")
    return {}


def does(name, call, *args, **kwargs):
    """It succeeds; returns its answer."""
    try:
        answer = call(*args, **kwargs)
    except Failed as failed:
        not_ok(name, failed.error)
        return None
    ok(name)
    return answer


def run(*words, check=True):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=check).stdout


def inside(pod, *words, check=True):
    return run("ip", "netns", "exec", pod, *words, check=check)


def devices(pod=None):
    """RXE devices whose netdev is in this namespace (None: here): {netdev: (device, state)}; in shared mode the others
    are listed too, without a netdev, and are left out."""
    words = (["ip", "netns", "exec", pod] if pod else []) + ["rdma", "link"]
    found = {}
    for line in run(*words).splitlines():
        words = line.split()
        if words[:1] == ["link"] and "netdev" in words:
            found[words[words.index("netdev") + 1]] = (words[1].split("/")[0], words[3])
    return found


def all_devices():
    return {line.split()[1].split("/")[0] for line in run("rdma", "link").splitlines() if line.startswith("link ")}


def within(seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def states():
    return sorted(str(p.relative_to(STATE)) for p in STATE.rglob("*") if p.is_file()) if STATE.exists() else []


# ---- making ----

NETS = {
    "macvlan": {"type": "macvlan", "master": PARENT, "mode": "bridge",
                "ipam": {"type": "host-local", "subnet": "10.80.0.0/24"}},
    "bridge": {"type": "bridge", "bridge": "rxcbr0", "isGateway": True,
               "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.82.0.0/24"}], [{"subnet": "fd82::/64"}]]}},
    "ptp": {"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.84.0.0/24"}},
}


def network(kind, version="1.0.0", name=None, **options):
    return Network({"cniVersion": version, "name": name or f"net-{kind}",
                    "plugins": [copy.deepcopy(NETS[kind]), {"type": "rxe-cni", **options}]})


def raw(words, text):
    """The plugin itself, with any environment and any bytes."""
    program = next(p for p in (pathlib.Path(f, "rxe-cni") for f in os.environ["CNI_PATH"].split(":")) if p.exists())
    done = subprocess.run([program], input=text, env={"PATH": os.environ["PATH"], **words}, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Failed("rxe-cni", done.returncode, done.stdout.decode())
    return done.stdout


class Pods:
    """Named namespaces that go at the end, whatever happened."""

    def __init__(self, *names):
        self.names = names

    def __enter__(self):
        for name in self.names:
            run("ip", "netns", "add", name)
            inside(name, "ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        for name in self.names:
            run("ip", "netns", "del", name, check=False)


def path(pod):
    return f"/run/netns/{pod}"


def gid_index(pod, device, address):
    """Index of the RoCE v2 GID of an IPv4 address, from the pod's own sysfs."""
    gid = "0000:0000:0000:0000:0000:ffff:%02x%02x:%02x%02x" % tuple(int(x) for x in address.split("."))
    text = inside(pod, "sh", "-c", f"cd /sys/class/infiniband/{device}/ports/1 && for i in 0 1 2 3 4 5 6 7; do "
                  "echo $i $(cat gids/$i) $(cat gid_attrs/types/$i 2>/dev/null); done", check=False)
    return next(line.split()[0] for line in text.splitlines() if gid in line and line.endswith("RoCE v2"))


def sent(pod, device):
    """The device's own counter. In shared mode only the host's sysfs has it, in exclusive mode only the pod's."""
    file = pathlib.Path(f"/sys/class/infiniband/{device}/ports/1/hw_counters/sent_pkts")
    return int(file.read_text() if file.exists() else inside(pod, "cat", str(file)))


def pingpong(name, server, client):
    """Unmodified ibv_rc_pingpong with checked payload; both devices' own counters grow. Each: (pod, address)."""
    (spod, saddr), (cpod, caddr) = server, client
    sdev, cdev = devices(spod)["eth0"][0], devices(cpod)["eth0"][0]
    before = sent(spod, sdev), sent(cpod, cdev)

    def command(pod, device, address, *more):
        return ["ip", "netns", "exec", pod, "timeout", "40", "ibv_rc_pingpong", "-c", "-n", "100", "-d", device, "-g",
                gid_index(pod, device, address), *more]
    with subprocess.Popen(command(spod, sdev, saddr), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as one:
        if within(20, lambda: ":18515" in inside(spod, "ss", "-ltn")):
            two = subprocess.run(command(cpod, cdev, caddr, saddr), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True, check=False)
            said, status = two.stdout, two.returncode
        else:
            said, status = "the server does not listen", 99
            one.terminate()
        server_said = one.communicate()[0]
    after = sent(spod, sdev), sent(cpod, cdev)
    if status or one.returncode or min(after[0] - before[0], after[1] - before[1]) < 100:
        not_ok(name, said, server_said, f"{before} {after}")
    else:
        ok(f"{name} ({after[0] - before[0]} and {after[1] - before[1]} packets sent)")


def ipv4(result):
    return next(ip["address"].split("/")[0] for ip in result["ips"] if ":" not in ip["address"])


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
    instants = [0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2]
    with Pods("rxc1"):
        prev = net.run(net.list["plugins"][0], "ADD", "c1", path("rxc1"), "eth0")
        conf = json.dumps({**net.ours(), "name": "net-macvlan", "cniVersion": "1.0.0", "prevResult": prev})
        for instant in instants:
            with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env={
                    "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": path("rxc1"), "CNI_IFNAME": "eth0"}) as process:
                process.stdin.write(conf)
                process.stdin.close()
                time.sleep(instant)
                process.send_signal(signal.SIGKILL)
            net.run(net.ours(), "DEL", "c1", path("rxc1"), "eth0")
            left = (all_devices(), states(), list(pathlib.Path(CDI).glob("*.json")))
            if any(left):
                bad.append((instant, left))
        same(f"ADD killed after {instants} s, then DEL: nothing is left", [], bad)
        does("and ADD works", net.run, net.ours(), "ADD", "c1", path("rxc1"), "eth0", prevResult=prev)
        net._file("c1", "eth0").write_text(json.dumps(prev))
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
    """A kernel whose RXE carries no traffic in namespaces."""
    net = network("macvlan", "1.1.0")
    fails("STATUS", 50, net.run, net.ours(), "STATUS")
    net.list["cniVersion"] = "1.0.0"
    with Pods("rxc1"):
        fails("ADD", 50, net.add, "c1", path("rxc1"), "eth0")
        same("ADD leaves nothing", (set(), []), (all_devices(), states()))
        does("DEL", net.delete, "c1", path("rxc1"), "eth0")


def exclusive():
    same("RDMA mode is exclusive", True, "netns exclusive" in run("rdma", "system"))
    two_pods("macvlan", "1.0.0")
    refused_by_the_kernel()
    killed()
    does("STATUS in exclusive mode", network("macvlan", "1.1.0").run, {"type": "rxe-cni"}, "STATUS")


CASES = {
    "traffic": [lambda: two_pods("macvlan", "1.0.0"), lambda: two_pods("bridge", "0.4.0"), ptp, refused_before_anything,
                refused_by_the_kernel],
    "life": [state_and_names, check_finds, garbage, at_once, killed, status],
    "exclusive": [exclusive],
    "hosted": [refused_before_anything, cannot],
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
