#!/usr/bin/env python3
"""bondvm.py - run a command inside a small VM whose kernel has bonding, team, vlan and dummy.

For the lab tests (bond.rs) and for looking at a real bond by hand: a namespace has none where the
machine's own kernel was built without the driver.

Python 3 standard library only; needs qemu-system-x86 and busybox-static, and takes Debian's
own kernel package (apt-get download, once; dpkg -x into --cache). No KVM needed.

  bondvm.py -- cat /proc/net/bonding/bond0
  bondvm.py --bond 802.3ad --vlan 100 -- ip -br link
  bondvm.py --bond balance-rr --exe ./target/release/migtop -- migtop interfaces
  bondvm.py --bond active-backup --traffic 20M -- sh -c 'sleep 2; cat /proc/net/dev'
  bondvm.py --tty 80x24 --exe ./target/release/migtop -- timeout 3 migtop   # under a pseudo-terminal
  bondvm.py --shell                                            # a shell on the serial console

Inside: the root namespace is the "host" with NICs eth0..eth<N-1> (virtio, --nic-speed Mbit/s
reported), the namespace "peer" holds the other ends eth<N>..eth<2N-1>; link k joins eth<k> and
eth<N+k>. --bond MODE makes bond0 on the host out of all eth0..; the peer end is a bond0 of the
same kind (802.3ad: real LACP between the two; active-backup: a bridge). --team makes team0 of
--team-nics further veth pairs, --vlan ID makes bond0.ID (and the peer's), --dummy makes dummy0.
10.88.0.1 is the host's address on bond0 (eth0 without --bond), 10.88.0.2 the peer's.
Output of the command goes to stdout, its exit status is this script's (124: --timeout, 125: the
lab itself failed). Files under /out in the VM come back with --get DIR.
"""
import argparse
import ctypes
import glob
import gzip
import io
import lzma
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import tempfile
import time

MODULES = ("virtio_pci virtio_net virtio_console virtio_rng bonding team team_mode_roundrobin "
           "team_mode_activebackup team_mode_loadbalance dummy 8021q veth bridge macvlan ifb "
           "sch_netem sch_tbf sch_fq sch_htb sch_ingress act_mirred cls_matchall tcp_diag udp_diag inet_diag "
           "af_packet_diag unix_diag netlink_diag tcp_bbr tun")
BOOT = "virtio_pci virtio_net virtio_console virtio_rng"     # the rest is loaded on demand
TOOLS = ("ip", "tc", "ss", "ethtool", "bridge", "iperf3", "teamnl", "script")


def log(*a):
    if not QUIET:
        print("[bondvm]", *a, file=sys.stderr, flush=True)


QUIET = False


class Lab(Exception):
    pass


def sh(*args, cwd=None, timeout=300):
    r = subprocess.run(args, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=timeout)
    if r.returncode:
        raise Lab("%s: rc %d: %s" % (" ".join(args), r.returncode, r.stderr.strip()[-400:]))
    return r.stdout


# ------------------------------------------------------------------ kernel package
def kernel(cache, package, deb):
    """-> (directory the package is extracted in, release)"""
    done = sorted(glob.glob(os.path.join(cache, "kernel", "lib", "modules", "*")))
    if not done:
        os.makedirs(cache, exist_ok=True)
        if not deb:
            out = sh("apt-cache", "depends", package)
            m = re.search(r"Depends: (linux-image-\S+)", out)
            real = m[1] if m else package
            log("downloading", real)
            for old in glob.glob(os.path.join(cache, "linux-image*.deb")):
                os.unlink(old)
            sh("apt-get", "-qq", "download", real, cwd=cache)
            deb = glob.glob(os.path.join(cache, "linux-image*.deb"))[0]
        tmp = os.path.join(cache, "kernel.part")
        shutil.rmtree(tmp, ignore_errors=True)
        sh("dpkg", "-x", deb, tmp)
        os.rename(tmp, os.path.join(cache, "kernel"))
        done = sorted(glob.glob(os.path.join(cache, "kernel", "lib", "modules", "*")))
    if not done:
        raise Lab("no modules in the kernel package")
    return os.path.join(cache, "kernel"), os.path.basename(done[-1])


def module_index(root, rel):
    idx = {}
    for d, _, files in os.walk(os.path.join(root, "lib", "modules", rel)):
        for f in files:
            m = re.fullmatch(r"(.+)\.ko(\.xz|\.gz)?", f)
            if m:
                idx[m[1].replace("-", "_")] = os.path.join(d, f)
    return idx


def module_data(path):
    data = open(path, "rb").read()
    if path.endswith(".xz"):
        data = lzma.decompress(data)
    elif path.endswith(".gz"):
        data = gzip.decompress(data)
    return data


def module_order(idx, wanted):
    """dependency order, read from each module's own .modinfo -> [(name, data)]"""
    order, seen = [], {}

    def add(name):
        name = name.replace("-", "_")
        if name in seen:
            return
        seen[name] = 1
        if name not in idx:
            return                        # built in, or not in this kernel
        data = module_data(idx[name])
        m = re.search(rb"\x00depends=([^\x00]*)\x00", data)
        for dep in (m[1].decode().split(",") if m and m[1] else []):
            add(dep)
        order.append((name, data))
    for w in wanted:
        add(w)
    return order


# ------------------------------------------------------------------ initramfs (newc cpio)
class Cpio:
    def __init__(self):
        self.out, self.ino, self.dirs = io.BytesIO(), 1, set()

    def _put(self, name, mode, data=b"", rdev=(0, 0)):
        n = name.encode() + b"\0"
        self.ino += 1
        h = "070701" + "".join("%08X" % x for x in (
            self.ino, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(n), 0))
        b = h.encode() + n
        b += b"\0" * (-len(b) % 4)
        self.out.write(b + data + b"\0" * (-len(data) % 4))

    def dir(self, name):
        name = name.strip("/")
        if not name or name in self.dirs:
            return
        if "/" in name:
            self.dir(name.rsplit("/", 1)[0])
        self.dirs.add(name)
        self._put(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o755):
        name = name.strip("/")
        if "/" in name:
            self.dir(name.rsplit("/", 1)[0])
        self._put(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        name = name.strip("/")
        if "/" in name:
            self.dir(name.rsplit("/", 1)[0])
        self._put(name, stat.S_IFLNK | 0o777, target.encode())

    def node(self, name, major, minor):
        name = name.strip("/")
        self.dir(name.rsplit("/", 1)[0])
        self._put(name, stat.S_IFCHR | 0o600, b"", (major, minor))

    def bytes(self):
        self._put("TRAILER!!!", 0)
        b = self.out.getvalue()
        return b + b"\0" * (-len(b) % 512)


def needed_libs(path):
    """shared libraries of a dynamic executable of this machine (as ldd sees them)"""
    r = subprocess.run(["ldd", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.DEVNULL, text=True)
    return re.findall(r"(/\S+)\s+\(0x", r.stdout) if r.returncode == 0 else []


def add_exe(c, have, path, dest):
    c.file(dest, open(path, "rb").read())
    for lib in needed_libs(path):
        if lib not in have:
            have.add(lib)
            c.file(lib, open(os.path.realpath(lib), "rb").read())


INIT = r"""#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/sbin:/usr/bin:/bin HOME=/root TERM=xterm-256color LC_ALL=C.UTF-8
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm /run /tmp /out; mount -t devpts pts /dev/pts; mount -t tmpfs tmp /tmp
mount -t tmpfs run /run; mount -t tmpfs shm /dev/shm
mount -t debugfs dbg /sys/kernel/debug 2>/dev/null; mount -t bpf bpf /sys/fs/bpf 2>/dev/null
mkdir -p /sys/fs/cgroup; mount -t cgroup2 cg /sys/fs/cgroup 2>/dev/null
for m in @BOOT@; do /sbin/modprobe $m; done
for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/vport0p1 ] && break
  for p in /sys/class/virtio-ports/vport*; do [ -e $p/dev ] && break 2; done; sleep 0.1; done
O= ; C= ; G=
for p in /sys/class/virtio-ports/vport*; do
  d=/dev/$(basename $p); case "$(cat $p/name)" in migtop.out) O=$d;; migtop.ctl) C=$d;; migtop.get) G=$d;; esac; done
exec 9>$C
echo "init $(cut -d' ' -f1 /proc/uptime)" >&9
. /lab.env
/bin/sh /setup.sh >/run/setup.log 2>&1; echo "setup $? $(cut -d' ' -f1 /proc/uptime)" >&9
cat /run/setup.log > /dev/ttyS0
cd /root
if [ -n "$SHELL_MODE" ]; then
  setsid cttyhack /bin/sh < /dev/ttyS0 > /dev/ttyS0 2>&1; rc=$?
elif [ -n "$TTY" ]; then
  { echo 'stty cols '${TTY%x*}' rows '${TTY#*x}; echo '/bin/sh /cmd.sh; echo $? > /run/rc'; } > /run/tty.sh
  mkfifo /run/keys; /bin/sh /keys.sh > /run/keys & K=$!
  script -q -c '/bin/sh /run/tty.sh' /dev/null < /run/keys > $O 2>&1; rc=$(cat /run/rc 2>/dev/null || echo 125); kill $K
else
  /bin/sh /cmd.sh > $O 2>&1 < /dev/null; rc=$?
fi
[ -n "$G" ] && tar -C /out -cf $G . 2>/dev/null
echo "rc $rc $(cut -d' ' -f1 /proc/uptime)" >&9
sync; exec 9>&-
sleep 0.2
poweroff -f
"""

MODPROBE = r"""#!/bin/sh
# modprobe, also for the kernel's own request_module()
while case "$1" in -*) true;; *) false;; esac; do shift; done
m=$(echo "$1" | tr - _)
case $m in
  rtnl_link_bond) m=bonding;; rtnl_link_vlan) m=8021q;; rtnl_link_*) m=${m#rtnl_link_};;
  net_pf_16_proto_4_type_2_6|net_pf_16_proto_4_type_10_6) m=tcp_diag;;
  net_pf_16_proto_4_type_2_17|net_pf_16_proto_4_type_10_17) m=udp_diag;;
  net_pf_16_proto_4_type_17) m=af_packet_diag;; net_pf_16_proto_4_type_1) m=unix_diag;;
  net_pf_16_proto_4_type_16) m=netlink_diag;;
esac
line=$(/bin/grep "^$m " /lib/deps) || exit 1
shift; set -- ${line#* }
for d; do
  /bin/grep -q "^$d " /proc/modules || /bin/insmod /lib/mod/$d.ko $(/bin/cat /lib/mod/$d.args 2>/dev/null) || exit 1
done
"""

SETUP = r"""set -x
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ping_group_range 2>/dev/null
n=$NICS
ip netns add peer && P="ip -n peer" && X="ip netns exec peer"
$P link set lo up
i=0; while [ $i -lt $n ]; do ip link set eth$((n+i)) netns peer; i=$((i+1)); done
bond() { # namespace-prefix mode first count
  $1 sh -c 'echo +bond0 > /sys/class/net/bonding_masters; cd /sys/class/net/bond0/bonding
    echo '$2' > mode; echo 100 > miimon
    case '$2' in 802.3ad) echo fast > lacp_rate; echo layer3+4 > xmit_hash_policy;; balance-xor) echo layer3+4 > xmit_hash_policy;; esac
    i='$3'; while [ $i -lt '$(($3+$4))' ]; do ip link set eth$i down; echo +eth$i > slaves; i=$((i+1)); done
    ip link set bond0 up'
}
for m in $MODS; do modprobe $m; done
if [ -n "$BOND" ]; then
  modprobe bonding
  bond "" $BOND 0 $n; ip addr add 10.88.0.1/24 dev bond0; H=bond0
  if [ "$BOND" = active-backup ] || [ "$BOND" = balance-tlb ] || [ "$BOND" = balance-alb ]; then
    $P link add br0 type bridge; i=$n; while [ $i -lt $((2*n)) ]; do $P link set eth$i master br0 up; i=$((i+1)); done
    $P link set br0 up; $P addr add 10.88.0.2/24 dev br0; Q=br0
  else
    bond "ip netns exec peer" $BOND $n $n; $P addr add 10.88.0.2/24 dev bond0; Q=bond0
  fi
else
  i=0; while [ $i -lt $n ]; do ip addr add 10.88.$i.1/24 dev eth$i; ip link set eth$i up
    $P addr add 10.88.$i.2/24 dev eth$((n+i)); $P link set eth$((n+i)) up; i=$((i+1)); done; H=eth0; Q=eth$n
fi
if [ -n "$VLAN" ]; then
  ip link add link $H name $H.$VLAN type vlan id $VLAN; ip addr add 10.88.100.1/24 dev $H.$VLAN; ip link set $H.$VLAN up
  $P link add link $Q name $Q.$VLAN type vlan id $VLAN; $P addr add 10.88.100.2/24 dev $Q.$VLAN; $P link set $Q.$VLAN up
fi
if [ "$DUMMY" = 1 ]; then ip link add dummy0 type dummy; ip addr add 10.88.200.1/24 dev dummy0; ip link set dummy0 up; fi
if [ -n "$TEAM" ]; then
  ip link add team0 type team
  command -v teamnl >/dev/null && teamnl team0 setoption mode $TEAM
  i=0; while [ $i -lt ${TEAM_NICS:-2} ]; do
    ip link add tm$i type veth peer name tp$i netns peer; ip link set tm$i down; ip link set tm$i master team0; ip link set tm$i up
    $P link set tp$i up; $P addr add 10.88.150.$((10+i))/24 dev tp$i; i=$((i+1)); done
  ip addr add 10.88.150.1/24 dev team0; ip link set team0 up
fi
[ -n "$NETEM" ] && { i=0; while [ $i -lt $n ]; do tc qdisc add dev eth$i root netem $NETEM; i=$((i+1)); done; }
if [ -n "$WAIT_LINK" ]; then
  i=0; while [ $i -lt 60 ] && ! ping -c1 -W1 10.88.0.2 >/dev/null 2>&1; do sleep 0.1; i=$((i+1)); done; echo "link after $i tries"
  [ "$BOND" = 802.3ad ] && { i=0; while [ $i -lt 60 ] && [ "$(cat /sys/class/net/bond0/bonding/ad_num_ports)" != $n ]; do sleep 0.1; i=$((i+1)); done; echo "LACP after $i tries"; }
fi
[ -n "$SETUP_EXTRA" ] && sh -c "$SETUP_EXTRA"
if [ -n "$TRAFFIC" ]; then
  ip netns exec peer iperf3 -s -D >/dev/null 2>&1; sleep 0.3
  iperf3 -c 10.88.0.2 -t 86400 -b $TRAFFIC -P ${TRAFFIC_STREAMS:-2} >/run/iperf3.log 2>&1 &
fi
exit 0
"""


def quote(s):
    return "'" + s.replace("'", "'\\''") + "'"


def base_initramfs(cache, root, rel, wanted, refresh):
    key = "base-%s.cpio" % rel
    path = os.path.join(cache, key)
    busybox = shutil.which("busybox") or "/bin/busybox"
    tools = [(t, shutil.which(t, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"))
             for t in TOOLS]
    stamp = repr((wanted, tools, os.path.getmtime(__file__)))
    try:
        if not refresh and open(path + ".stamp").read() == stamp and os.path.exists(path):
            return path
    except OSError:
        pass
    if not os.path.exists(busybox) or needed_libs(busybox):
        raise Lab("needs busybox-static")
    c = Cpio()
    for d in ("proc sys dev tmp run root out etc var lib/mod bin sbin usr/bin usr/sbin var/run "
              "run/netns usr/lib").split():
        c.dir(d)
    c.node("dev/console", 5, 1)
    c.node("dev/null", 1, 3)
    c.file("bin/busybox", open(busybox, "rb").read())
    c.link("etc/mtab", "/proc/mounts")
    c.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", 0o644)
    c.file("etc/group", b"root:x:0:\n", 0o644)
    have = set()
    # busybox-static's own shell prefers its applets (its ip knows no netns), so /bin/sh is dash
    add_exe(c, have, shutil.which("dash") or "/bin/dash", "bin/sh")
    for name, p in tools:
        if p:
            add_exe(c, have, p, "usr/sbin/" + name)
    ti = "/usr/share/terminfo"
    for t in ("/lib/terminfo/x/xterm-256color", "/lib/terminfo/x/xterm", "/lib/terminfo/l/linux",
              ti + "/x/xterm-256color"):
        if os.path.exists(t):
            c.file(t, open(t, "rb").read(), 0o644)
    order = module_order(module_index(root, rel), wanted)
    for name, data in order:
        c.file("lib/mod/%s.ko" % name, data, 0o644)
    c.file("lib/mod/bonding.args", b"max_bonds=0", 0o644)
    c.file("lib/mod/dummy.args", b"numdummies=0", 0o644)
    c.file("lib/mod/ifb.args", b"numifbs=0", 0o644)
    idx = module_index(root, rel)
    c.file("lib/deps", "".join("%s\n" % " ".join(
        [n] + [d for d, _ in module_order(idx, [n])]) for n, _ in order).encode(), 0o644)
    c.file("sbin/modprobe", MODPROBE.encode())
    c.file("init", INIT.replace("@BOOT@", BOOT).encode())
    with open(path + ".part", "wb") as f:
        f.write(c.bytes())
    os.rename(path + ".part", path)
    with open(path + ".stamp", "w") as f:
        f.write(stamp)
    log("modules:", " ".join(n for n, _ in order))
    missing = [w for w in wanted if w.replace("-", "_") not in dict(order)]
    if missing:
        log("not modules of this kernel (built in or absent):", " ".join(missing))
    return path


def main():
    global QUIET
    ap = argparse.ArgumentParser(description=__doc__.split("\n\n")[0],
                                 formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    A = ap.add_argument
    A("--bond", default="", metavar="MODE", help="balance-rr, active-backup, 802.3ad, balance-xor...")
    A("--nics", type=int, default=2, help="virtio links between host and peer")
    A("--nic-speed", type=int, default=10000, help="Mbit/s that the NICs report (0: unknown)")
    A("--vlan", default="", metavar="ID")
    A("--dummy", action="store_true")
    A("--team", nargs="?", const="roundrobin", default="", metavar="MODE")
    A("--team-nics", type=int, default=2)
    A("--netem", default="", help="netem arguments on each host NIC, e.g. 'delay 10ms'")
    A("--setup", default="", metavar="SH", help="further shell commands before the command")
    A("--traffic", default="", metavar="RATE", help="iperf3 host -> peer at RATE per stream, e.g. 20M")
    A("--traffic-streams", type=int, default=2)
    A("--no-wait", action="store_true", help="do not wait for the link (ping, LACP) first")
    A("--exe", action="append", default=[], metavar="FILE", help="executable to put on the PATH")
    A("--add", action="append", default=[], metavar="FILE:DEST", help="further file")
    A("--get", default="", metavar="DIR", help="bring /out back into DIR")
    A("--tty", default="", metavar="COLSxROWS", help="run the command under a pseudo-terminal")
    A("--key", action="append", default=[], metavar="S:TEXT",
      help="with --tty: S seconds after the one before, type TEXT (printf escapes)")
    A("--shell", action="store_true", help="interactive shell on the serial console")
    A("--memory", type=int, default=256)
    A("--smp", type=int, default=1)
    A("--accel", default="tcg")
    A("--cpu", default="max", help="guest CPU model")
    A("--machine", default="q35")
    A("--timeout", type=float, default=120)
    A("--cache", default=os.path.join(tempfile.gettempdir(), "migtop-bondvm"), help="kernel package and base initramfs")
    A("--package", default="linux-image-cloud-amd64")
    A("--deb", default="", help="a kernel package file instead of a download")
    A("--module", action="append", default=[], help="load this module too (others on demand)")
    A("--refresh", action="store_true", help="rebuild the base initramfs")
    A("--console", action="store_true", help="guest console on stderr")
    A("--quiet", action="store_true")
    A("--nice", type=int, default=5)
    A("--qemu", default="qemu-system-x86_64")
    A("command", nargs="*")
    a = ap.parse_args()
    QUIET = a.quiet
    if not a.command and not a.shell:
        ap.error("a command, or --shell")

    def stop(sig, _):
        raise SystemExit(128 + sig)
    for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(s, stop)

    tmp, proc = tempfile.mkdtemp(prefix="migtop-vm%d-" % os.getpid()), None
    try:
        t_0 = time.monotonic()
        root, rel = kernel(a.cache, a.package, a.deb)
        wanted = MODULES.split() + a.module
        base = base_initramfs(a.cache, root, rel, wanted, a.refresh)
        img = os.path.join(root, "boot", "vmlinuz-" + rel)
        c, have = Cpio(), set()
        for e in a.exe:
            add_exe(c, have, e, "bin/" + os.path.basename(e))
        for x in a.add:
            p, d = x.rsplit(":", 1)
            c.file(d, open(p, "rb").read(), os.stat(p).st_mode & 0o777)
        env = {"NICS": a.nics, "BOND": a.bond, "VLAN": a.vlan, "DUMMY": int(a.dummy),
               "TEAM": a.team, "TEAM_NICS": a.team_nics, "NETEM": a.netem,
               "SETUP_EXTRA": a.setup, "TRAFFIC": a.traffic, "TRAFFIC_STREAMS": a.traffic_streams,
               "WAIT_LINK": "" if a.no_wait else 1, "TTY": a.tty,
               "SHELL_MODE": 1 if a.shell else "", "MODS": " ".join(a.module)}
        c.file("lab.env", "".join("export %s=%s\n" % (k, quote(str(v)))
                                  for k, v in env.items()).encode(), 0o644)
        c.file("setup.sh", SETUP.encode())
        keys = [k.split(":", 1) for k in a.key]
        c.file("keys.sh", ("".join("sleep %s; printf %s\n" % (float(t), quote(k)) for t, k in keys)
                           + "exec sleep 99999\n").encode())
        words = a.command
        c.file("cmd.sh", ("exec " + " ".join(quote(w) for w in words) + "\n").encode()
               if words else b"exec sh\n")
        initrd = os.path.join(tmp, "initrd")
        with open(initrd, "wb") as f:
            with open(base, "rb") as b:
                shutil.copyfileobj(b, f)
            f.write(c.bytes())
        out, ctl, get, con = (os.path.join(tmp, n) for n in ("out", "ctl", "get", "console"))
        for f in (out, ctl, get, con):
            open(f, "wb").close()
        argv = [a.qemu, "-name", "migtop-bondvm", "-machine", a.machine, "-accel", a.accel,
                "-cpu", a.cpu, "-smp", str(a.smp), "-m", str(a.memory), "-nodefaults",
                "-no-user-config", "-display", "none", "-vga", "none", "-no-reboot",
                "-kernel", img, "-initrd", initrd, "-append",
                "console=ttyS0 panic=-1 nokaslr mitigations=off tsc=reliable no_timer_check "
                "random.trust_cpu=on rcupdate.rcu_expedited=1 net.ifnames=0 "
                + ("quiet" if not a.console else ""),
                "-serial", "stdio" if a.shell else "file:" + con,
                "-device", "virtio-rng-pci", "-device", "virtio-serial-pci"]
        for n, f in (("out", out), ("ctl", ctl), ("get", get)):
            argv += ["-chardev", "file,id=%s,path=%s" % (n, f),
                     "-device", "virtserialport,chardev=%s,name=migtop.%s" % (n, n)]
        speed = ",speed=%d,duplex=full" % a.nic_speed if a.nic_speed else ""
        for side in (0, 1):
            for k in range(a.nics):
                i = side * a.nics + k
                argv += ["-netdev", "hubport,id=n%d,hubid=%d" % (i, k), "-device",
                         "virtio-net-pci,netdev=n%d,mac=52:54:00:77:%02x:%02x,romfile=%s"
                         % (i, side, k, speed)]
        libc = ctypes.CDLL(None)

        def setup():
            libc.prctl(1, signal.SIGKILL)
            if not a.shell:
                os.setpgid(0, 0)
            os.nice(a.nice)
        t_run = time.monotonic()
        err = open(os.path.join(tmp, "err"), "wb")
        proc = subprocess.Popen(argv, stdin=None if a.shell else subprocess.DEVNULL,
                                stdout=None if a.shell else err, stderr=err, preexec_fn=setup)
        fo, fc, fk = open(out, "rb"), open(ctl, "rb"), open(con, "rb")
        rc, marks, part = None, {}, b""
        while True:
            ended = proc.poll() is not None
            data = fo.read()
            if data:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            if a.console:
                sys.stderr.buffer.write(fk.read())
                sys.stderr.flush()
            part += fc.read()
            *lines, part = part.split(b"\n")
            for ln in lines:
                w = ln.decode(errors="replace").split()
                marks[w[0]] = (time.monotonic() - t_run, w[1:])
                if w[0] == "rc":
                    rc = int(w[1])
            if ended:
                break
            if time.monotonic() - t_run > a.timeout and not a.shell:
                log("timeout after %gs" % a.timeout)
                proc.kill()
                proc.wait()
                rc = 124
                a.console or sys.stderr.write(fk.read().decode(errors="replace")[-3000:])
                break
            time.sleep(0.02)
        if rc is None:
            sys.stderr.write(fk.read().decode(errors="replace")[-3000:])
            sys.stderr.write(open(os.path.join(tmp, "err"), errors="replace").read()[-1000:])
            raise Lab("the VM ended without an exit status")
        if rc != 124:
            if marks.get("setup", (0, ["0"]))[1][0] != "0":
                log("setup failed")
            if not QUIET and "init" in marks:
                log("kernel %s; prepared in %.2f s; init after %.2f s (guest clock %s), set up after %.2f s, "
                    "command done after %.2f s, VM gone after %.2f s; exit status %d" % (
                        rel, t_run - t_0, marks["init"][0], marks["init"][1][0], marks["setup"][0], marks["rc"][0],
                        time.monotonic() - t_run, rc))
            if a.get:
                os.makedirs(a.get, exist_ok=True)
                if os.path.getsize(get):
                    with tarfile.open(get) as t:
                        for m in t.getmembers():
                            if m.isfile() and ".." not in m.name.split("/") \
                                    and not m.name.startswith("/"):
                                t.extract(m, a.get)
        return rc
    except Lab as e:
        print("[bondvm]", e, file=sys.stderr)
        return 125
    finally:
        for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(s, signal.SIG_IGN)
        if proc and proc.poll() is None:
            proc.kill()
            proc.wait()
        shutil.rmtree(tmp, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
