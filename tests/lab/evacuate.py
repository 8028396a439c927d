#!/usr/bin/env python3
"""A real evacuation: QEMU guests migrate live from one network namespace to another.

    evacuate.py --name mt1 --links 2 --rate 500mbit --vms 4 --memory 64 --out result.json

NAMEsrc and NAMEdst are namespaces, out<k> and in<k> the two ends of link k with 10.77.<k>.1 and
10.77.<k>.2, shaped by tbf. Every guest has a QEMU on either side; guest i goes over link i % LINKS
to TCP port 4400 + i. Everything is removed at the end, on a signal and after an error as well; only
own processes are killed.

The guest is a firmware of a few hundred bytes, given as machine code below: it fills all memory
above 1 MiB with pages that are not zero (QEMU sends zero pages as a few bytes), writes "MLOK" to
0x504 and counts timer ticks at 0x500.

With --quit the sources have a PID namespace of their own, as on a host of their own (its first
process is ML_SRC_PID to the hooks), and each quits when its migration has completed, as under libvirt.

--on-ready, --on-start and --on-stop run through the shell: when the guests are ready, --lead seconds
before the first "migrate", as long after the last guest has arrived.
"""
import argparse
import ctypes
import json
import os
import re
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROM_HEX = (
    "fa2e660f011618f10f20c00c010f22c066ea18f0ffff080066b810008ed88ec08ed0bc007000008b1d38f2ff"
    "ffa13cf2ffff8b1540f2ffffbf0000100039df731369c00d661900055ff36e3c890701d739df72edb011e620"
    "e6a0b020e621b028e6a1b004e621b002e6a1b001e621e6a1b0fee621b0ffe6a1b034e643a144f2ffffe64088"
    "e0e6400f011d28f2ffffc705f000e0feff010000c7055003e0fe00070000c705040500004b4f4c4d8b354cf2"
    "fffffbf48b0d48f2ffffe3f7ff0681c6001000003b3550f2ffff72068b354cf2ffff4975e783050805000001"
    "ebd550ff0500050000b020e62058cfc7050405000041424c4dfaf4ebfc8db426000000000000000000000000"
    "ffff0000009acf00ffff00000092cf00170000f1ffff6690") + "ebf00800008effff" * 32 + (
    "def00800008effff070120f1ffff66904d4c504152414d5300000004"
    "01000000400000009c2e0000000000000000100000000004")

TERMINAL = ("completed", "failed", "cancelled")
PORT0 = 4400
HOOK_S = 120


def build_rom(memory_mib, seed):
    """The firmware with its parameters: memory to fill, seed, one word per 64 bytes; no dirtying."""
    code = bytearray.fromhex(ROM_HEX)
    at = code.find(b"MLPARAMS") + 8
    end = memory_mib << 20
    struct.pack_into("<7I", code, at, end, seed & 0xffffffff, 64, 11932, 0, 1 << 20, end)
    rom = bytearray(b"\xff" * 65536)
    rom[0xf000:0xf000 + len(code)] = code
    rom[0xfff0:0xfff3] = b"\xe9" + struct.pack("<h", 0xf000 - 0xfff3)
    return bytes(rom)


def sh(*args, check=True):
    r = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=60)
    if check and r.returncode:
        raise RuntimeError("%s: rc %d: %s" % (" ".join(args), r.returncode, r.stderr.strip()))
    return r.stdout


def rate_bps(text):
    m = re.fullmatch(r"([0-9]+)([kmg])bit", text)
    if not m:
        raise SystemExit("bad rate %r (1gbit, 500mbit)" % text)
    return int(m[1]) * {"k": 10**3, "m": 10**6, "g": 10**9}[m[2]]


_libc = ctypes.CDLL(None, use_errno=True)


def child_setup():
    _libc.prctl(1, signal.SIGKILL)          # PR_SET_PDEATHSIG: die with the script
    os.setpgid(0, 0)                        # Ctrl-C reaches the script alone


class Qmp:
    """One QMP connection, pumped by a shared selector; keeps events."""

    def __init__(self, lab, name, path, proc):
        self.lab, self.name, self.path, self.proc = lab, name, path, proc
        self.sock, self.buf, self.next_id = None, b"", 1
        self.waiting, self.events, self.status = {}, [], None
        self.quitting, self.info, self.gone = False, None, None

    def connect(self, timeout=120):
        end = time.monotonic() + timeout
        while True:
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                s.connect(self.path)
                break
            except OSError:
                s.close()
                if self.proc.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("%s: no QMP: %s" % (self.name, self.lab.errlog(self.name)))
                time.sleep(0.01)
        s.setblocking(False)
        self.sock = s
        self.lab.sel.register(s, selectors.EVENT_READ, self)
        self.cmd("qmp_capabilities")

    def send(self, execute, arguments=None, cb=None):
        i = self.next_id
        self.next_id += 1
        msg = {"execute": execute, "id": i}
        if arguments is not None:
            msg["arguments"] = arguments
        self.sock.sendall(json.dumps(msg).encode() + b"\n")
        self.waiting[i] = cb

    def cmd(self, execute, arguments=None, timeout=60):
        box = []
        self.send(execute, arguments, box.append)
        end = time.monotonic() + timeout
        while not box:
            if time.monotonic() > end:
                raise RuntimeError("%s: %s timed out" % (self.name, execute))
            self.lab.pump(0.05)
        if "error" in box[0]:
            raise RuntimeError("%s: %s: %s" % (self.name, execute, box[0]["error"]))
        return box[0]["return"]

    def readable(self):
        try:
            data = self.sock.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data and self.quitting:
            self.lab.sel.unregister(self.sock)
            return
        if not data:
            raise RuntimeError("%s is gone: %s" % (self.name, self.lab.errlog(self.name)))
        self.buf += data
        *lines, self.buf = self.buf.split(b"\n")
        for ln in lines:
            m = json.loads(ln)
            if "event" in m:
                self.events.append((time.time(), m))
                if m["event"] == "MIGRATION":
                    self.status = m["data"]["status"]
            else:
                cb = self.waiting.pop(m.get("id"), None)
                if cb:
                    cb(m)


class End:
    """Tells when a process has ended, by its pidfd."""

    def __init__(self, lab, q):
        self.lab, self.q, self.fd = lab, q, os.pidfd_open(q.proc.pid)
        lab.sel.register(self.fd, selectors.EVENT_READ, self)

    def readable(self):
        self.q.gone = time.time()
        self.lab.sel.unregister(self.fd)
        os.close(self.fd)


class Lab:
    def __init__(self, a):
        self.a = a
        self.src_ns, self.dst_ns = a.name + "src", a.name + "dst"
        self.sel = selectors.DefaultSelector()
        self.procs, self.made_ns, self.src_pid = [], [], None
        self.tmp = tempfile.mkdtemp(prefix="migtop-lab-")

    def spawn(self, argv, name, ns):
        enter = ["ip", "netns", "exec", ns]
        if ns == self.src_ns and self.src_pid:
            enter = ["nsenter", "-t", str(self.src_pid), "-m", "-n", "-p"]
        with open(os.path.join(self.tmp, name + ".err"), "wb") as err:
            p = subprocess.Popen(enter + argv, stdin=subprocess.DEVNULL,
                                 stdout=err, stderr=err, preexec_fn=child_setup)
        self.procs.append(p)
        return p

    def errlog(self, name):
        with open(os.path.join(self.tmp, name + ".err"), errors="replace") as f:
            return f.read()[-500:].strip()

    def pump(self, timeout):
        for key, _ in self.sel.select(timeout):
            key.data.readable()

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump(0.02)

    def net_up(self):
        a, rate = self.a, rate_bps(self.a.rate)
        for ns in (self.src_ns, self.dst_ns):
            sh("ip", "netns", "add", ns)
            self.made_ns.append(ns)
            sh("ip", "-n", ns, "link", "set", "lo", "up")
        for k in range(a.links):
            s, d = "out%d" % k, "in%d" % k
            sh("ip", "-n", self.src_ns, "link", "add", s, "type", "veth", "peer", "name", d,
               "netns", self.dst_ns)
            for ns, dev, host in ((self.src_ns, s, 1), (self.dst_ns, d, 2)):
                sh("tc", "-n", ns, "qdisc", "add", "dev", dev, "root", "tbf",
                   "rate", "%dbit" % rate, "burst", str(max(131072, rate // 8000)),
                   "latency", "20ms")
                sh("ip", "-n", ns, "addr", "add", "10.77.%d.%d/24" % (k, host), "dev", dev)
                sh("ip", "-n", ns, "link", "set", dev, "up")
        self.holder = self.spawn(["sleep", "infinity"], "holder", self.src_ns)
        self.ifaces = ["out%d" % k for k in range(a.links)]
        if a.quit:
            p = self.spawn(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sleep",
                            "infinity"], "first", self.src_ns)
            end = time.monotonic() + 10
            while not self.src_pid:
                self.src_pid = first_child(p.pid, "sleep")
                if time.monotonic() > end:
                    raise RuntimeError("no PID namespace: " + self.errlog("first"))
                time.sleep(0.01)

    def tx_bytes(self):
        """The source's counters, as the kernel has them now."""
        with open("/proc/%d/net/dev" % self.holder.pid) as f:
            rows = dict(ln.split(":", 1) for ln in f.read().splitlines()[2:])
        rows = {k.strip(): v.split() for k, v in rows.items()}
        return {i: int(rows[i][8]) for i in self.ifaces}

    def qemu_argv(self, name, sock, rom, incoming):
        v = ["qemu-system-x86_64", "-name", name, "-machine", "pc", "-accel", "tcg,tb-size=4",
             "-m", str(self.a.memory), "-smp", "1", "-nodefaults", "-no-user-config",
             "-display", "none", "-vga", "none", "-net", "none", "-bios", rom,
             "-qmp", "unix:%s,server=on,wait=off" % sock]
        return v + ["-incoming", "defer"] if incoming else v

    def start_vms(self):
        a, vms = self.a, []
        for i in range(a.vms):
            rom = os.path.join(self.tmp, "vm%d.rom" % i)
            with open(rom, "wb") as f:
                f.write(build_rom(a.memory, 0x9e3779b9 * (i + 1)))
            vm = {"i": i, "uri": "tcp:10.77.%d.2:%d" % (i % a.links, PORT0 + i)}
            for side, ns in (("src", self.src_ns), ("dst", self.dst_ns)):
                name = "vm%d-%s" % (i, side)
                path = os.path.join(self.tmp, name + ".qmp")
                p = self.spawn(self.qemu_argv(name, path, rom, side == "dst"), name, ns)
                vm[side] = Qmp(self, name, path, p)
            vms.append(vm)
        for vm in vms:
            for side in ("src", "dst"):
                q = vm[side]
                q.connect()
                q.cmd("migrate-set-capabilities",
                      {"capabilities": [{"capability": "events", "state": True}]})
                q.cmd("migrate-set-parameters", {"max-bandwidth": 1 << 40})
            vm["dst"].cmd("migrate-incoming", {"uri": vm["uri"]})
        for vm in vms:
            end = time.monotonic() + 120
            while self.guest_word(vm["src"], 0x504) != 0x4d4c4f4b:
                if time.monotonic() > end:
                    raise RuntimeError("guest %d did not fill its memory" % vm["i"])
                self.pump(0.05)
        return vms

    def guest_word(self, q, addr):
        r = q.cmd("human-monitor-command", {"command-line": "xp /1wx 0x%x" % addr})
        m = re.search(r":\s*(0x[0-9a-f]+)", r)
        return int(m[1], 16) if m else None

    def cleanup(self):
        for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(s, signal.SIG_IGN)
        for p in self.procs:
            p.kill()
        for p in self.procs:
            p.wait()
        for ns in self.made_ns:
            sh("ip", "netns", "del", ns, check=False)
        shutil.rmtree(self.tmp, ignore_errors=True)


def first_child(pid, name):
    """The process's child once it runs `name`; None until then."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            child = int(f.read().split()[0])
        with open("/proc/%d/comm" % child) as f:
            return child if f.read().strip() == name else None
    except (OSError, IndexError):
        return None


def hook(cmd, env):
    """Runs it; when it began and ended, and how."""
    began = time.time()
    rc = subprocess.run(cmd, shell=True, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                        env=dict(os.environ, **env), timeout=HOOK_S).returncode
    return {"began": began, "ended": time.time(), "rc": rc}


def ended(vm):
    """When the source said that it is done, by its own event."""
    times = [t for t, e in vm["src"].events
             if e["event"] == "MIGRATION" and e["data"]["status"] in TERMINAL]
    return times[0] if times else None


def evacuate(lab):
    a, vms = lab.a, lab.start_vms()
    env = {"ML_SRC_PID": str(lab.src_pid or lab.holder.pid),
           "ML_SRC_NS": lab.src_ns, "ML_IFACES": " ".join(lab.ifaces), "ML_VMS": str(a.vms)}
    res = {"ready": hook(a.on_ready, env), "tx_before": lab.tx_bytes()}
    res["on_start"] = hook(a.on_start, env)
    lab.wait(a.lead)
    waiting, end = list(vms), time.monotonic() + a.timeout
    while waiting or any(ended(vm) is None or (a.quit and not vm["src"].gone) for vm in vms):
        if time.monotonic() > end:
            raise RuntimeError("not done in %g s" % a.timeout)
        running = [vm for vm in vms if "began" in vm and ended(vm) is None]
        for vm in waiting[:(a.parallel or a.vms) - len(running)]:
            vm["began"] = time.time()
            vm["src"].send("migrate", {"uri": vm["uri"]})
            waiting.remove(vm)
        for vm in vms:
            q = vm["src"]
            if a.quit and ended(vm) and not q.quitting and q.status == "completed":
                q.quitting = True
                q.info = q.cmd("query-migrate")
                End(lab, q)
                q.send("quit")
        lab.pump(0.01)
    # It is over when the last guest runs where it has gone to.
    end = time.monotonic() + 10
    while time.monotonic() < end and not all(
            any(e["event"] == "RESUME" for _, e in vm["dst"].events) for vm in vms):
        lab.pump(0.01)
    lab.wait(a.lead)
    res["on_stop"] = hook(a.on_stop, env)
    res["tx_after"] = lab.tx_bytes()
    res["guests"] = []
    for vm in vms:
        info = vm["src"].info or vm["src"].cmd("query-migrate")
        word, alive, end = lab.guest_word(vm["dst"], 0x500), False, time.monotonic() + 10
        while not alive and time.monotonic() < end:
            lab.pump(0.02)
            alive = lab.guest_word(vm["dst"], 0x500) != word
        resumed = [t for t, e in vm["dst"].events if e["event"] == "RESUME"]
        res["guests"].append({
            "began": vm["began"], "ended": ended(vm), "resumed": resumed[0] if resumed else None,
            "gone": vm["src"].gone, "result": vm["src"].status, "alive": alive, "total_ms": info.get("total-time"),
            "downtime_ms": info.get("downtime"), "setup_ms": info.get("setup-time"),
            "transferred": info["ram"]["transferred"]})
    return res


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = ap.add_argument
    add("--name", required=True, help="of the namespaces; src and dst are added")
    add("--links", type=int, default=1, help="veth pairs between the two namespaces")
    add("--rate", default="1gbit", help="of each link, in each direction")
    add("--vms", type=int, default=4, help="guests to evacuate")
    add("--memory", type=int, default=64, help="MiB of each guest")
    add("--parallel", type=int, default=0, help="guests at a time; 0: all")
    add("--quit", action="store_true", help="sources quit when they are done")
    add("--lead", type=float, default=0, help="quiet seconds inside either hook")
    add("--timeout", type=float, default=120, help="seconds")
    add("--out", required=True, help="the result, JSON")
    add("--on-ready", default="true", metavar="CMD")
    add("--on-start", default="true", metavar="CMD")
    add("--on-stop", default="true", metavar="CMD")
    a = ap.parse_args()

    def stop(sig, _):
        raise SystemExit(128 + sig)
    for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(s, stop)
    lab = Lab(a)
    try:
        lab.net_up()
        res = evacuate(lab)
        res["qemu"] = sh("qemu-system-x86_64", "--version").splitlines()[0]
        with open(a.out, "w") as f:
            json.dump(res, f)
    finally:
        lab.cleanup()


if __name__ == "__main__":
    main()
