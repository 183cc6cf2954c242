# SPDX-License-Identifier: GPL-2.0-or-later
"""What the conformance script of rxe-cni is written with: results as TAP, a look at the machine by ip, rdma, /sys and
/proc, networks, pods, traffic."""
import copy
import json
import os
import pathlib
import subprocess
import sys
import time

from cni import Failed, Network

PARENT, MODE = sys.argv[1], sys.argv[2]
HOSTED = os.environ.get("EXPECT_PLANE") == "hosted"
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
        if failed.code == code and {"cniVersion", "code", "id", "msg", "details"} == set(error) and error["msg"]:
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


def attachments():
    """What rxe-cni has written down."""
    return [json.loads((STATE / name).read_text()) for name in states()]


def devices(pod=None):
    """RXE devices whose netdev is in this namespace (None: here): {netdev: (device, state)}; in shared mode the others
    are listed too, without a netdev, and are left out. Where RXE works in the host's namespace alone, an attachment's
    is there, and counts as its pod's."""
    words = (["ip", "netns", "exec", pod] if pod and not HOSTED else []) + ["rdma", "link"]
    found = {}
    for line in run(*words).splitlines():
        words = line.split()
        if words[:1] == ["link"] and "netdev" in words:
            found[words[words.index("netdev") + 1]] = (words[1].split("/")[0], words[3])
    if not HOSTED:
        return found
    ours = {a["rdma_dev"]: a for a in attachments() if a["lab"]}
    if not pod:
        return {netdev: it for netdev, it in found.items() if it[0] not in ours}
    return {ours[it[0]]["ifname"]: it for it in found.values() if it[0] in ours and ours[it[0]]["netns"] == path(pod)}


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


def rdma_name(*words):
    """The name that rxe-cni gives to an attachment's device: FNV-1a over network, container and interface."""
    value = 0xcbf29ce484222325
    for word in words:
        for byte in (*word.encode(), 0xff):
            value = (value ^ byte) * 0x100000001b3 % 2**64
    return f"rxc.{value:016x}"
