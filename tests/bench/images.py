"""images.py - what moves images, next to podman and to the least that any tool has to do

The least, called floor: `gzip -dc LAYER | tar x` for all layers at once, into a new directory on the same file system.
Each run has a store of its own: ext4 avoids inodes that were freed a short while ago, so what is made after
a removal takes several times as long.  All of them are removed in the end, which takes some 20 GB meanwhile.
"""
import os
import shutil
import socket
import statistics
import subprocess
import time

import bigimage


class Registry:
    """docker-registry on loopback, empty"""

    def __init__(self, place, name):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
            self.host = f"127.0.0.1:{port}"
        config = f"{place.dir}/{name}.yml"
        with open(config, "w", encoding="utf-8") as f:
            f.write("version: 0.1\nlog: {accesslog: {disabled: true}, level: error}\n"
                    f"storage: {{filesystem: {{rootdirectory: {place.dir}/{name}}}}}\nhttp: {{addr: '{self.host}'}}\n")
        self.process = subprocess.Popen(["docker-registry", "serve", config], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError("docker-registry does not answer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Images:
    """the image as an archive, as layers, and in a registry; stores made for single runs"""

    def __init__(self, bench, place):
        self.bench, self.place = bench, place
        self.dir = place.dir + "/images"
        self.times = {}
        self.peak = 0
        os.mkdir(self.dir)
        self.layers, self.archive = bigimage.make(self.dir, "docker.io/library/big:1")

    def tool(self, which, key):
        """the command line of rl or podman for the store @key"""
        if which == "rl":
            return [self.bench.RL, "--root", f"{self.dir}/rl-{key}"]
        command = list(self.place.podman)
        command[command.index("--root") + 1] = f"{self.dir}/podman-{key}"
        command[command.index("--runroot") + 1] = f"{self.place.run}/podman-{key}"
        return command

    def tools(self):
        return ["rl", "podman"] if self.place.podman else ["rl"]

    def time(self, work, which, command):
        os.sync()
        took, peak = self.bench.timed(command)
        self.times.setdefault(work, {}).setdefault(which, []).append(took)
        if which == "rl" and work == "pull":
            self.peak = max(self.peak, peak)

    def floor(self, key):
        script = 'for l in "$1"/layer*.gz; do mkdir -p "$2/${l##*/}"; ' \
                 '(gzip -dc "$l" | tar x --no-same-owner -C "$2/${l##*/}") & done; wait'
        for work in ("pull", "load"):
            self.time(work, "floor", ["sh", "-c", script, "sh", self.dir, f"{self.dir}/floor-{work}-{key}"])

    def medians(self, work):
        return {k: statistics.median(v) for k, v in self.times[work].items()}

    def rows(self, work, text, limits):
        m = self.medians(work)
        for peer, limit, budget in limits:
            self.bench.against(text, m, peer, limit, budget)


def taking_in(i, host, runs):
    insecure = {"rl": [], "podman": ["--tls-verify=false"]}
    for n in range(runs):
        for which in i.tools():
            i.time("pull", which, i.tool(which, f"pull-{n}") + ["pull", "-q"] + insecure[which] + [f"{host}/big:1"])
            i.time("load", which, i.tool(which, f"load-{n}") + ["load", "-q", "-i", i.archive])
        i.floor(n)


def giving_out(i, runs):
    """of the images that were loaded"""
    for n in range(runs):
        for which in i.tools():
            tool, out = i.tool(which, f"load-{n}"), f"{i.dir}/{which}-{n}.tar"
            i.time("save", which, tool + ["save", "-q", "--format", "oci-archive", "-o", out, "docker.io/library/big:1"])
            os.unlink(out)
            with Registry(i.place, f"{which}-{n}") as registry:
                insecure = ["--tls-verify=false"]
                i.time("push", which, tool + ["push", "-q"] + insecure + ["docker.io/library/big:1", registry.host + "/b:1"])


def committing(i, runs):
    """a container that wrote as much as one layer has"""
    for which in i.tools():
        tool = i.tool(which, "commit")
        subprocess.run(tool + ["import", "-q", i.place.tar, "box"], check=True, stdout=subprocess.DEVNULL)
        with open(i.layers[0], "rb") as tar:
            subprocess.run(tool + ["run", "-i", "--name", "c", "--network", "none", "box", "busybox", "tar", "x", "-C", "/tmp"],
                           check=True, stdin=tar)
    for n in range(runs):
        for which in i.tools():
            i.time("commit", which, i.tool(which, "commit") + ["commit", "-q", "c", f"made{n}"])


def removing(i, runs):
    for n in range(runs):
        for which in i.tools():
            i.time("rmi", which, i.tool(which, f"pull-{n}") + ["rmi", "-f", "-a"])


def run(bench, place):
    if not shutil.which("docker-registry"):
        bench.missing("images", "docker-registry is not installed")
        return
    runs = max(3, bench.RUNS // 4)
    free = shutil.disk_usage(place.dir).free
    if free < runs * (6 << 30):
        bench.missing("images", f"{free >> 30} GiB are free where the stores are made, {runs * 6} are needed")
        return
    i = Images(bench, place)
    with Registry(place, "registry") as registry:
        name = registry.host + "/big:1"
        subprocess.run(i.tool("rl", "first") + ["load", "-q", "-i", i.archive], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(i.tool("rl", "first") + ["push", "-q", "--tls-verify=false", "docker.io/library/big:1", name],
                       check=True, stdout=subprocess.DEVNULL)
        taking_in(i, registry.host, runs)
    least = ("floor", 1.2, "<= 1.2 x gzip -dc | tar x")
    half, same = ("podman", 0.5, "<= 1/2 of podman"), ("podman", 1, "<= podman")
    i.rows("pull", f"pull of 6 layers, 240 MB ({runs} runs)", [half, least])
    bench.row("the same: peak memory of a worker", f"{i.peak / 1024:.1f} MiB", "<= 64 MiB", i.peak, 65536, "")
    i.rows("load", "load of the same", [half, least])
    for work, what in (("save", giving_out), ("commit", committing), ("rmi", removing)):
        what(i, runs)
        i.rows(work, f"{work} of the same" if work != "commit" else "commit of 140 MB, 4500 files", [same])
        if work == "save":
            i.rows("push", "push of the same", [same])
