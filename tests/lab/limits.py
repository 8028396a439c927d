#!/usr/bin/env python3
"""Real migrations of which it is known what limits them, each recorded where it leaves from.

    limits.py --name mtL --migtop PATH --folder FOLDER [--cases egress,switch]

For each case a link of its own between two network namespaces, guests (see evacuate.py) that leave
over it with cubic, and a recorder in the source's namespace; the migration is its trial. Prints a
line of JSON for each: the case, its session, how long it took.

    egress      the source's own link is full
    shared      the same by four guests at once
    switch      a port of a switch in between is full; its queue is shallow
    capped      QEMU keeps to a max-bandwidth of half the link
    starved     the source's process runs 2 % of the time
    shallow     the destination's process runs 8 % of the time; receive buffers of 256 KiB
    deep        the destination's process runs 4 % of the time; receive buffers of up to 32 MiB
"""
import argparse
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import evacuate  # noqa: E402
import matrix  # noqa: E402

CASES = {
    "egress": {"rate": "500mbit", "speed": "500M", "memory": 640},
    "shared": {"rate": "500mbit", "speed": "500M", "memory": 160, "vms": 4},
    "switch": {"rate": "500mbit", "speed": "1G", "memory": 640, "switch": True},
    "capped": {"rate": "1gbit", "speed": "1G", "memory": 640, "max_bandwidth": 60 << 20},
    "starved": {"rate": "1gbit", "speed": "1G", "memory": 300, "src": 2},
    "shallow": {"rate": "1gbit", "speed": "1G", "memory": 128, "dst": 8, "rmem": 256 << 10},
    "deep": {"rate": "1gbit", "speed": "1G", "memory": 512, "dst": 4, "rmem": 32 << 20},
}
DEFAULTS = {"links": 1, "vms": 1, "max_bandwidth": 0, "switch": False, "src": 0, "dst": 0,
            "rmem": 6 << 20, "timeout": 120, "quit": False}


class Duty(threading.Thread):
    """Lets processes of ours run for `percent` of each period only: a slow sender or receiver."""

    def __init__(self, procs, percent, period=0.05):
        super().__init__(daemon=True)
        self.procs, self.on, self.period = procs, percent / 100, period
        self.end = threading.Event()

    def tell(self, sig):
        for p in self.procs:
            if p.poll() is None:
                os.kill(p.pid, sig)

    def run(self):
        while not self.end.is_set():
            self.tell(signal.SIGSTOP)
            self.end.wait(self.period * (1 - self.on))
            self.tell(signal.SIGCONT)
            self.end.wait(self.period * self.on)

    def stop(self):
        self.end.set()
        self.join(2)
        self.tell(signal.SIGCONT)


class Lab(evacuate.Lab):
    """One link, shaped at its own ends or in a switch in between."""

    def net_up(self):
        a, sh, names = self.a, evacuate.sh, [self.src_ns, self.dst_ns]
        switch = a.name + "sw"
        for ns in names + ([switch] if a.switch else []):
            sh("ip", "netns", "add", ns)
            self.made_ns.append(ns)
            sh("ip", "-n", ns, "link", "set", "lo", "up")
        if a.switch:
            sh("ip", "-n", switch, "link", "add", "name", "bridge0", "type", "bridge")
            for port, ns, dev in (("p0", self.src_ns, "out0"), ("p1", self.dst_ns, "in0")):
                sh("ip", "-n", switch, "link", "add", port, "type", "veth", "peer", "name", dev,
                   "netns", ns)
                sh("ip", "-n", switch, "link", "set", port, "master", "bridge0", "up")
                self.shape(switch, port, "10ms")
            sh("ip", "-n", switch, "link", "set", "bridge0", "up")
        else:
            sh("ip", "-n", self.src_ns, "link", "add", "out0", "type", "veth", "peer", "name",
               "in0", "netns", self.dst_ns)
            self.shape(self.src_ns, "out0", "20ms")
            self.shape(self.dst_ns, "in0", "20ms")
        for ns, dev, host in ((self.src_ns, "out0", 1), (self.dst_ns, "in0", 2)):
            sh("ip", "-n", ns, "addr", "add", "10.77.0.%d/24" % host, "dev", dev)
            sh("ip", "-n", ns, "link", "set", dev, "up")
            # Per route: a namespace may not make a restricted one its default.
            sh("ip", "-n", ns, "route", "replace", "10.77.0.0/24", "dev", dev, "src",
               "10.77.0.%d" % host, "congctl", "cubic")
        sh("ip", "netns", "exec", self.dst_ns, "sysctl", "-qw",
           "net.ipv4.tcp_rmem=4096 131072 %d" % a.rmem)
        self.ifaces = ["out0"]

    def shape(self, ns, dev, latency):
        rate = evacuate.rate_bps(self.a.rate)
        evacuate.sh("tc", "-n", ns, "qdisc", "add", "dev", dev, "root", "tbf", "rate",
                    "%dbit" % rate, "burst", str(max(131072, rate // 8000)), "latency", latency)


def process(qmp):
    """QEMU itself: `ip netns exec` becomes it."""
    return qmp.proc


def run(lab, a):
    lab.net_up()
    recorder = matrix.record(lab, a)
    vms = lab.start_vms()
    if a.max_bandwidth:
        for vm in vms:
            vm["src"].cmd("migrate-set-parameters", {"max-bandwidth": a.max_bandwidth})
    duties = [Duty([process(vm[side]) for vm in vms], percent)
              for side, percent in (("src", a.src), ("dst", a.dst)) if percent]
    # The cores and the links at rest.
    lab.wait(2.5)
    matrix.migtop(a, "mark", "start")
    began = time.time()
    for vm in vms:
        vm["src"].send("migrate", {"uri": vm["uri"]})
    for duty in duties:
        duty.start()
    try:
        end = time.monotonic() + a.timeout
        while any(evacuate.ended(vm) is None for vm in vms):
            if time.monotonic() > end:
                raise RuntimeError("not done in %g s" % a.timeout)
            lab.pump(0.01)
        took = time.time() - began
        matrix.migtop(a, "mark", "stop")
    finally:
        for duty in duties:
            duty.stop()
    states = [vm["src"].status for vm in vms]
    if states != ["completed"] * len(vms):
        raise RuntimeError("migrations are %s" % states)
    recorder.terminate()
    if recorder.wait(30):
        raise RuntimeError("recorder: %s" % lab.errlog("recorder"))
    return took


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    ap.add_argument("--name", required=True, help="of the namespaces")
    ap.add_argument("--migtop", required=True, help="the program")
    ap.add_argument("--folder", required=True, help="of the sessions")
    ap.add_argument("--cases", default=",".join(CASES))
    given = ap.parse_args()

    def stop(sig, _):
        raise SystemExit(128 + sig)
    for case in given.cases.split(","):
        # Cleaning up has them ignored.
        for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(s, stop)
        out = os.path.join(given.folder, case + ".jsonl.zst")
        a = argparse.Namespace(**{**DEFAULTS, **CASES[case], **vars(given), "out": out})
        lab = Lab(a)
        try:
            print(json.dumps({"case": case, "session": out, "seconds": run(lab, a)}), flush=True)
        finally:
            lab.cleanup()


if __name__ == "__main__":
    main()
