#!/usr/bin/env python3
"""A small matrix of real evacuations, each a trial of a recorder that runs beside them.

    matrix.py --name mtM --migtop PATH --rate 100mbit --speed 100M --loads 1,2 --runs 10 \\
        --memory 8 [--max-bandwidth BYTES] --config 1x100M --out session.jsonl.zst

One link of the given rate between two network namespaces (see evacuate.py, whose guests these are);
for every run and load fresh guests leave at once. Prints one line of JSON: how long each took by
QEMU's own account.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import evacuate  # noqa: E402


def migtop(a, *words):
    r = subprocess.run([a.migtop, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=60)
    if r.returncode:
        raise RuntimeError("migtop %s: %s" % (" ".join(words), r.stdout.strip()))


def record(lab, a):
    recorder = lab.spawn([a.migtop, "record", "-i", "out*", "--speed",
                          "out*=" + a.speed, "-o", a.out], "recorder", lab.src_ns)
    end = time.monotonic() + 30
    while True:
        try:
            migtop(a, "status")
            return recorder
        except RuntimeError:
            if time.monotonic() > end or recorder.poll() is not None:
                raise
            time.sleep(0.05)


def one(lab, a, load):
    """One evacuation; seconds from the first `migrate` to the last source that is done."""
    a.vms = load
    kept = len(lab.procs)
    vms = lab.start_vms()
    if a.max_bandwidth:
        for vm in vms:
            vm["src"].cmd("migrate-set-parameters", {"max-bandwidth": a.max_bandwidth})
    migtop(a, "mark", "start", "--set", "config=" + a.config, "--set", "vms=%d" % load)
    began = time.time()
    for vm in vms:
        vm["src"].send("migrate", {"uri": vm["uri"]})
    end = time.monotonic() + a.timeout
    while any(evacuate.ended(vm) is None for vm in vms):
        if time.monotonic() > end:
            raise RuntimeError("not done in %g s" % a.timeout)
        lab.pump(0.002)
    migtop(a, "mark", "stop")
    for vm in vms:
        if vm["src"].status != "completed":
            raise RuntimeError("a guest's migration is %s" % vm["src"].status)
        for side in ("src", "dst"):
            lab.sel.unregister(vm[side].sock)
            vm[side].sock.close()
    for p in lab.procs[kept:]:
        p.kill()
    for p in lab.procs[kept:]:
        p.wait()
    del lab.procs[kept:]
    return max(evacuate.ended(vm) for vm in vms) - began


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = ap.add_argument
    add("--name", required=True)
    add("--migtop", required=True, help="the program")
    add("--config", required=True, help="value of the trials' factor")
    add("--rate", required=True, help="of the link")
    add("--speed", required=True, help="the same as migtop writes it")
    add("--loads", default="1,2", help="guests that leave at once")
    add("--runs", type=int, default=10)
    add("--memory", type=int, default=8, help="MiB of each guest")
    add("--max-bandwidth", type=int, default=0, help="bytes a second of each guest; 0 for no cap")
    add("--timeout", type=float, default=60)
    add("--out", required=True, help="the session")
    a = ap.parse_args()
    a.links, a.quit = 1, False

    def stop(sig, _):
        raise SystemExit(128 + sig)
    for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(s, stop)
    lab = evacuate.Lab(a)
    try:
        lab.net_up()
        recorder = record(lab, a)
        loads = [int(n) for n in a.loads.split(",")]
        seconds = [[load, one(lab, a, load)] for _ in range(a.runs) for load in loads]
        recorder.terminate()
        if recorder.wait(30):
            raise RuntimeError("recorder: %s" % lab.errlog("recorder"))
        print(json.dumps(seconds))
    finally:
        lab.cleanup()


if __name__ == "__main__":
    main()
