"""bigimage.py - an image as people have them, made of what this machine has below /usr

Six layers of about 140 MB and 4,500 files each, which gzip to about 40 MB: programs, libraries, texts, links.  Small
files and large ones are taken in turn so that number and size come out together, whatever is installed.
"""
import hashlib
import json
import os
import subprocess
import tarfile

LAYERS, FILES, BYTES = 6, 4500, 140_000_000
LARGEST = 16_000_000


def files_below(top, wanted):
    """(size, path) of what can be read and is @wanted by size, in an order that does not depend on the file system"""
    for path, dirs, names in os.walk(top):
        dirs.sort()
        for name in sorted(names):
            full = os.path.join(path, name)
            try:
                size = os.lstat(full).st_size
            except OSError:
                continue
            if wanted(size) and (os.path.islink(full) or (os.path.isfile(full) and os.access(full, os.R_OK))):
                yield size, full


def choose(small, large):
    """the paths of one layer"""
    paths, size = [], 0
    while len(paths) < FILES:
        length, path = next(large if size * FILES < len(paths) * BYTES else small, (0, None))
        if not path:
            raise OSError("there is too little below /usr for a large image")
        paths.append(path)
        size += length
    return sorted(paths)


def digest(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while chunk := f.read(1 << 20):
            h.update(chunk)
    return "sha256:" + h.hexdigest()


def make_layers(out):
    """writes @out/layerN.tar; returns their paths"""
    mean = BYTES // FILES
    small = files_below("/usr", lambda size: size < mean)
    large = files_below("/usr", lambda size: mean <= size <= LARGEST)
    tars = []
    for n in range(LAYERS):
        tar = f"{out}/layer{n}.tar"
        names = b"\0".join(os.fsencode(p[1:]) for p in choose(small, large))
        subprocess.run(["tar", "--null", "--no-recursion", "-C", "/", "-cf", tar, "-T", "-"], check=True, input=names)
        tars.append(tar)
    return tars


def describe(kind, path):
    return {"mediaType": "application/vnd.oci.image." + kind, "digest": digest(path), "size": os.path.getsize(path)}


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f)
    return path


def make(out, name):
    """writes @out/layerN.tar, the same compressed, and an OCI archive of them; returns the tars and the archive"""
    tars = make_layers(out)
    for p in [subprocess.Popen(["gzip", "-6", "-n", "-k", tar]) for tar in tars]:
        if p.wait():
            raise OSError("gzip failed")
    machine = os.uname().machine
    config = write_json(out + "/config.json", {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine), "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in tars]}})
    blobs = {config: describe("config.v1+json", config)}
    blobs.update((tar + ".gz", describe("layer.v1.tar+gzip", tar + ".gz")) for tar in tars)
    manifest = write_json(out + "/manifest.json", {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": blobs[config],
        "layers": [blobs[tar + ".gz"] for tar in tars]})
    blobs[manifest] = describe("manifest.v1+json", manifest)
    index = write_json(out + "/index.json", {"schemaVersion": 2, "manifests": [
        dict(blobs[manifest], annotations={"org.opencontainers.image.ref.name": name})]})
    with tarfile.open(out + "/big.tar", "w") as archive:
        archive.add(write_json(out + "/oci-layout", {"imageLayoutVersion": "1.0.0"}), "oci-layout")
        archive.add(index, "index.json")
        for path, blob in blobs.items():
            archive.add(path, "blobs/" + blob["digest"].replace(":", "/"))
    return tars, out + "/big.tar"
