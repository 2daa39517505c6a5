#!/usr/bin/env python3
"""bench.py BUILD TESTS [CASE...] - measures rl next to its peers and prints ratios

Each round runs every variant of a case once, so that whatever the machine does meanwhile hits all alike; the medians
are compared.  A peer that is not installed or does not work here is left out, with a note.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import images

RUNS = max(3, int(os.environ.get("RL_BENCH_RUNS", "20")))
BUILD, TESTS, WANTED = sys.argv[1], sys.argv[2], sys.argv[3:]
RL = os.path.join(BUILD, "rl")
CORES = os.cpu_count() or 1
NOTES = []
ROWS = []


class Place:
    """a scratch directory with a store, a podman image and an unpacked bundle"""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="rlb-")
        os.environ["RL_ROOT"] = self.dir + "/store"
        # what lives while containers run is on a tmpfs, for rl as for its peers
        self.run = tempfile.mkdtemp(prefix="rlb-", dir=os.environ.get("XDG_RUNTIME_DIR", self.dir))
        os.environ["RL_RUNROOT"] = self.run + "/rl"
        self.tar = self.dir + "/box.tar"
        subprocess.run(["sh", TESTS + "/helpers/mkrootfs.sh", self.tar], check=True)
        subprocess.run([RL, "import", self.tar, "box"], check=True, stdout=subprocess.DEVNULL)
        self.rootfs = self.dir + "/bundle/rootfs"
        os.makedirs(self.rootfs)
        subprocess.run(["tar", "-xf", self.tar, "-C", self.rootfs], check=True)
        self.podman = self.find_podman()
        self.crun = self.find_crun()
        self.bwrap = self.find_bwrap()

    def find_podman(self):
        if not shutil.which("podman"):
            return missing("podman", "not installed")
        base = ["podman", "--log-level=error", "--root", self.dir + "/podman", "--runroot", self.run + "/podman",
                "--cgroup-manager", "cgroupfs", "--events-backend", "file"]
        r = subprocess.run(base + ["import", "-q", self.tar, "box"], capture_output=True, text=True)
        if r.returncode == 0:
            r = subprocess.run(base + ["run", "--rm", "--network", "none", "box", "true"], capture_output=True, text=True)
        if r.returncode:
            return missing("podman", r.stderr.strip().splitlines()[-1] if r.stderr.strip() else "failed")
        return base

    def find_crun(self):
        if not shutil.which("crun"):
            return missing("crun", "not installed")
        bundle = os.path.dirname(self.rootfs)
        subprocess.run(["crun", "spec", "--rootless"], cwd=bundle, check=True)
        with open(bundle + "/config.json", encoding="utf-8") as f:
            config = json.load(f)
        config["process"]["terminal"] = False
        config["process"]["args"] = ["true"]
        with open(bundle + "/config.json", "w", encoding="utf-8") as f:
            json.dump(config, f)
        command = ["crun", "--root", self.run + "/crun", "run", "--bundle", bundle, "bench"]
        r = subprocess.run(command, capture_output=True, text=True)
        return command if r.returncode == 0 else missing("crun", r.stderr.strip())

    def find_bwrap(self):
        if not shutil.which("bwrap"):
            return missing("bwrap", "not installed")
        command = ["bwrap", "--unshare-all", "--bind", self.rootfs, "/", "--proc", "/proc", "--dev", "/dev", "true"]
        r = subprocess.run(command, capture_output=True, text=True)
        return command if r.returncode == 0 else missing("bwrap", r.stderr.strip())

    def done(self):
        subprocess.run([RL, "rm", "-fa", "-t", "0"], stdout=subprocess.DEVNULL, check=False)
        subprocess.run([RL, "rmi", "-fa"], stdout=subprocess.DEVNULL, check=False)
        if self.podman:
            subprocess.run(self.podman + ["rm", "-fa", "-t", "0"], capture_output=True, check=False)
            subprocess.run(["podman", "unshare", "rm", "-rf", self.dir], capture_output=True, check=False)
        shutil.rmtree(self.run, ignore_errors=True)
        shutil.rmtree(self.dir, ignore_errors=True)


def missing(program, why):
    NOTES.append(f"{program} is not measured: {why}")
    return None


def timed(command):
    """milliseconds, and the peak resident size in KiB"""
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=null)
    _, status, usage = os.wait4(pid, 0)
    took = (time.perf_counter() - start) * 1000
    if status:
        raise RuntimeError(f"{' '.join(command)} failed: {os.waitstatus_to_exitcode(status)}")
    return took, usage.ru_maxrss


def settle():
    """wait until nothing else runs: podman's clean-up after exec goes on when its command has ended, beside the next one"""
    quiet, end = 0, time.monotonic() + 0.5
    while quiet < 3 and time.monotonic() < end:
        time.sleep(0.003)
        with open("/proc/loadavg", encoding="ascii") as f:
            running = int(f.read().split()[3].split("/")[0])
        quiet = quiet + 1 if running <= 1 else 0


def compare(variants, runs=RUNS, before=None):
    """variants: {name: command or None}; returns {name: median ms}"""
    variants = {k: v for k, v in variants.items() if v}
    times = {k: [] for k in variants}
    for k, v in variants.items():
        if before:
            before(k)
        timed(v)
    for _ in range(runs):
        for k, v in variants.items():
            if before:
                before(k)
            settle()
            times[k].append(timed(v)[0])
    return {k: statistics.median(v) for k, v in times.items()}


def row(work, got, budget, value, limit, detail):
    """value <= limit is within the budget; None: not measured"""
    verdict = "not measured" if value is None else "ok" if value <= limit else "OVER"
    ROWS.append((work, got, budget, verdict, detail))
    print(f"{work:<44} {got:<22} {budget:<26} {verdict:<13} {detail}", flush=True)


def against(work, medians, peer, share, text):
    """a row: rl's median as a share of a peer's"""
    detail = ", ".join(f"{k} {v:.2f} ms" for k, v in medians.items())
    if peer not in medians:
        row(work, "-", text, None, 0, detail)
        return
    ratio = medians["rl"] / medians[peer]
    got = f"{ratio:.2f} x {peer}" if ratio >= 0.5 else f"1/{1 / ratio:.1f} of {peer}"
    row(work, got, text, ratio, share, detail)


def case_version(_):
    m = compare({"rl": [RL, "--version"], "true": ["/bin/true"]}, RUNS * 3)
    row("rl --version", f"{m['rl']:.2f} ms", "<= 2 ms", m["rl"], 2, "")
    against("rl --version", m, "true", 3, "<= 3 x /bin/true")


def case_run(p):
    m = compare({
        "rl": [RL, "run", "--rm", "--network", "none", "box", "true"],
        "crun": p.crun, "bwrap": p.bwrap,
        "podman": p.podman and p.podman + ["run", "--rm", "--network", "none", "box", "true"]})
    against("run --rm --network none", m, "podman", 1 / 12, "<= 1/12 of podman")
    against("run --rm --network none", m, "crun", 1, "<= crun run of the rootfs")


def case_run_warm(p):
    """with another container running, R is joined instead of made"""
    subprocess.run([RL, "run", "-d", "--name", "warm", "--network", "none", "box", "sleep", "10000"], check=True,
                   stdout=subprocess.DEVNULL)
    m = compare({"rl": [RL, "run", "--rm", "--network", "none", "box", "true"], "crun": p.crun})
    subprocess.run([RL, "rm", "-f", "-t", "0", "warm"], check=True, stdout=subprocess.DEVNULL)
    against("the same while another container runs", m, "crun", 1, "<= crun run of the rootfs")


def case_slirp(p):
    m = compare({
        "rl": [RL, "run", "--rm", "box", "true"],
        "podman": p.podman and p.podman + ["run", "--rm", "--network", "slirp4netns", "box", "true"]})
    against("run --rm (slirp4netns)", m, "podman", 1 / 8, "<= 1/8 of podman")


def case_exec(p):
    start = ["run", "-d", "--name", "bench", "--network", "none", "box", "sleep", "10000"]
    subprocess.run([RL] + start, check=True, stdout=subprocess.DEVNULL)
    if p.podman:
        subprocess.run(p.podman + start, check=True, stdout=subprocess.DEVNULL)
    m = compare({"rl": [RL, "exec", "bench", "true"], "podman": p.podman and p.podman + ["exec", "bench", "true"]})
    against("exec NAME true", m, "podman", 1 / 20, "<= 1/20 of podman")
    subprocess.run([RL, "rm", "-f", "-t", "0", "bench"], check=True, stdout=subprocess.DEVNULL)
    if p.podman:
        subprocess.run(p.podman + ["rm", "-f", "-t", "0", "bench"], check=True, stdout=subprocess.DEVNULL)


def case_ps(p):
    have = 0
    for count, limit in ((10, 3), (1000, 40)):
        while have < count:
            subprocess.run([RL, "create", "--network", "none", "box", "true"], check=True, stdout=subprocess.DEVNULL)
            have += 1
        podman = None
        if p.podman and count == 10:
            for _ in range(count):
                subprocess.run(p.podman + ["create", "--network", "none", "box", "true"], check=True,
                               stdout=subprocess.DEVNULL)
            podman = p.podman + ["ps", "-a"]
        m = compare({"rl": [RL, "ps", "-a"], "podman": podman})
        detail = ", ".join(f"{k} {v:.2f} ms" for k, v in m.items())
        row(f"ps -a with {count} containers", f"{m['rl']:.2f} ms", f"<= {limit} ms", m["rl"], limit, detail)
    subprocess.run([RL, "rm", "-fa"], check=True, stdout=subprocess.DEVNULL)
    if p.podman:
        subprocess.run(p.podman + ["rm", "-fa"], check=True, stdout=subprocess.DEVNULL)


def case_parallel(_):
    command = [RL, "run", "--rm", "--network", "none", "box", "true"]
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
    alone, together = [], []
    timed(command)
    for _ in range(RUNS):
        alone.append(timed(command)[0])
        start = time.perf_counter()
        pids = [os.posix_spawn(RL, command, os.environ, file_actions=null) for _ in range(16)]
        failed = sum(os.waitpid(pid, 0)[1] != 0 for pid in pids)
        together.append((time.perf_counter() - start) * 1000 / 16)
        if failed:
            raise RuntimeError(f"{failed} of 16 parallel runs failed")
    a, t = statistics.median(alone), statistics.median(together)
    ratio = t * CORES / a
    row("16 parallel run --rm, per run", f"{ratio:.2f} x alone", "<= 1.3 x alone / cores", ratio, 1.3,
        f"alone {a:.2f} ms, wall time per run {t:.2f} ms on {CORES} cores")


def private_kib(pid):
    total = 0
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        for line in f:
            if line.startswith(("Private_Clean:", "Private_Dirty:", "Private_Hugetlb:")):
                total += int(line.split()[1])
    return total


def case_memory(_):
    started = subprocess.run([RL, "run", "-d", "--name", "idle", "box", "sleep", "10000"], check=True,
                             capture_output=True, text=True).stdout.strip()
    time.sleep(5)  # idle is what has been so for some seconds
    with open(f"{os.environ['RL_RUNROOT']}/containers/{started}/state.json", encoding="utf-8") as f:
        monitor = json.load(f)["monitor"]
    children = subprocess.run(["pgrep", "-P", str(monitor), "slirp4netns"], capture_output=True, text=True, check=False)
    try:
        parts = {"monitor": private_kib(monitor)}
        for pid in children.stdout.split():
            parts["slirp4netns"] = private_kib(int(pid))
        total = sum(parts.values())
        row("idle container, slirp4netns: private memory", f"{total / 1024:.2f} MiB", "<= 1.5 MiB", total, 1536,
            ", ".join(f"{k} {v} KiB" for k, v in parts.items()))
    except OSError as e:
        row("idle container, slirp4netns: private memory", "-", "<= 1.5 MiB", None, 0, str(e))
    subprocess.run([RL, "rm", "-f", "-t", "0", "idle"], check=True, stdout=subprocess.DEVNULL)


def case_thousand(_):
    """not a budget: what very many containers at once cost"""
    count = int(os.environ.get("RL_BENCH_COUNT", "1000"))
    begin = time.perf_counter()
    for _ in range(count):
        subprocess.run([RL, "run", "-d", "--network", "none", "box", "sleep", "100000"], check=True, stdout=subprocess.DEVNULL)
    start = (time.perf_counter() - begin) * 1000 / count
    parts = {"monitor": [], "first process": []}
    for record in pathlib.Path(os.environ["RL_RUNROOT"], "containers").glob("*/state.json"):
        state = json.loads(record.read_text(encoding="utf-8"))
        parts["monitor"].append(private_kib(state["monitor"]))
        parts["first process"].append(private_kib(state["pid"]))
    memory = ", ".join(f"{k} {statistics.mean(v):.0f} KiB private" for k, v in parts.items())
    listing = min(timed([RL, "ps", "-a"])[0] for _ in range(RUNS))
    begin = time.perf_counter()
    subprocess.run([RL, "rm", "-fa", "-t", "0"], check=True, stdout=subprocess.DEVNULL)
    gone = time.perf_counter() - begin
    row(f"{count} containers up", f"{start:.1f} ms each", "none", start, float("inf"),
        f"{memory}; ps -a {listing:.1f} ms, removed in {gone:.1f} s")


def case_images(p):
    images.run(sys.modules[__name__], p)


CASES = {"version": case_version, "run": case_run, "warm": case_run_warm, "slirp": case_slirp, "exec": case_exec,
         "ps": case_ps, "parallel": case_parallel, "memory": case_memory, "images": case_images,
         "thousand": case_thousand}
# only when it is named: it takes minutes
ASKED = {"thousand"}


def main():
    place = Place()
    print(f"medians of {RUNS} runs, interleaved, {CORES} cores\n")
    print(f"{'work':<44} {'measured':<22} {'budget':<26} {'verdict':<13} medians")
    try:
        for name, case in CASES.items():
            if name not in WANTED and (WANTED or name in ASKED):
                continue
            try:
                case(place)
            except (RuntimeError, OSError, subprocess.CalledProcessError) as e:
                row(name, "-", "", None, 0, str(e))
    finally:
        place.done()
    for note in NOTES:
        print("note: " + note)
    over = [r for r in ROWS if r[3] == "OVER"]
    print(f"{len(ROWS)} measurements, {len(over)} over their budget, "
          f"{sum(r[3] == 'not measured' for r in ROWS)} not measured")


main()
