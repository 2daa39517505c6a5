#!/usr/bin/env python3
"""mkimage.py - images for the tests, in every format and with every fault

  mkimage.py oci DIR NAME LAYER.tar... [options]             an OCI layout
  mkimage.py oci-archive OUT.tar NAME LAYER.tar... [options]
  mkimage.py docker-archive OUT.tar NAME LAYER.tar... [options]
  mkimage.py push URL/NAME:TAG LAYER.tar... [options]        into a registry

  --config JSON     members of the image configuration's "config"
  --arch ARCH       instead of this machine's
  --compress KIND   gzip (default), zstd, xz or none; gzip-named (a header with all optional fields), gzip-stored (level 0),
                    gzip-members (several, one of them empty), zstd-frames (several, skippable ones behind them)
  --fault KIND      one of: blob-digest, config-digest, diff-id, size, truncated, layer-missing, both (layers beside
                    manifests), media-type, digest-path, manifest-json
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import platform
import ssl
import subprocess
import sys
import tarfile
import urllib.request

OCI = "application/vnd.oci.image."
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def compress(data, kind):
    half = len(data) // 2
    if kind == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if kind == "gzip-stored":
        return gzip.compress(data, 0)
    if kind == "gzip-named":  # FHCRC is left out: nobody writes it
        return b"\x1f\x8b\x08\x1c\0\0\0\0\0\xff" + b"\4\0more" + b"name\0" + b"comment\0" + gzip.compress(data, 9)[10:]
    if kind == "gzip-members":
        return b"".join(gzip.compress(part) for part in (data[:half], b"", data[half:half + 1], data[half + 1:]))
    if kind == "none":
        return data
    if kind == "zstd-frames":
        # none at the very beginning: skopeo takes such a stream for uncompressed, and compresses it again
        skip = b"\x5a\x2a\x4d\x18\4\0\0\0skip"
        return compress(data[:half], "zstd") + skip + compress(data[half:], "zstd") + skip
    return subprocess.run([kind, "-c", "-q"], input=data, stdout=subprocess.PIPE, check=True).stdout


def build(args):
    """returns (blobs {digest: bytes}, manifest bytes, config bytes, [tars], [layer digests])"""
    blobs, descs, diffs, tars = {}, [], [], []
    for path in args.layers:
        with open(path, "rb") as f:
            tar = f.read()
        blob = compress(tar, args.compress)
        tars.append(tar)
        diffs.append(digest(tar))
        suffix = {"none": ""}.get(args.compress, "+" + args.compress.split("-")[0])
        descs.append({"mediaType": OCI + "layer.v1.tar" + suffix, "digest": digest(blob), "size": len(blob)})
        blobs[digest(blob)] = blob
    if args.fault == "diff-id":
        diffs[0] = "sha256:" + "1" * 64
    config = {"Env": ["PATH=/bin:/usr/bin"], "Cmd": ["/bin/sh"]}
    config.update(json.loads(args.config))
    image = {"architecture": args.arch, "os": "linux", "created": "2024-01-01T00:00:00Z", "config": config,
             "rootfs": {"type": "layers", "diff_ids": diffs},
             "history": [{"created_by": "mkimage", "created": "2024-01-01T00:00:00Z"} for _ in diffs]}
    config_bytes = json.dumps(image).encode()
    config_desc = {"mediaType": OCI + "config.v1+json", "digest": digest(config_bytes), "size": len(config_bytes)}
    blobs[config_desc["digest"]] = config_bytes
    if args.fault == "blob-digest":
        data = blobs[descs[0]["digest"]]
        blobs[descs[0]["digest"]] = data[:-1] + bytes([data[-1] ^ 1])
    elif args.fault == "config-digest":
        blobs[config_desc["digest"]] = config_bytes.replace(b"mkimage", b"mkimagf")
    elif args.fault == "size":
        descs[0]["size"] += 1
    elif args.fault == "truncated":
        blobs[descs[0]["digest"]] = blobs[descs[0]["digest"]][:-100]
    elif args.fault == "layer-missing":
        del blobs[descs[0]["digest"]]
    elif args.fault == "digest-path":
        descs[0]["digest"] = "sha256:../../../../../../etc/passwd"
    manifest = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config_desc, "layers": descs}
    if args.fault == "both":
        manifest["manifests"] = [dict(config_desc, mediaType=OCI + "manifest.v1+json")]
    elif args.fault == "media-type":
        manifest["mediaType"] = OCI + "index.v1+json"
    manifest_bytes = json.dumps(manifest).encode()
    if args.fault == "manifest-json":
        manifest_bytes = manifest_bytes[:-10]
    return blobs, manifest_bytes, config_bytes, tars, diffs


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def oci_files(args):
    blobs, manifest, _, _, _ = build(args)
    desc = {"mediaType": OCI + "manifest.v1+json", "digest": digest(manifest), "size": len(manifest),
            "annotations": {"org.opencontainers.image.ref.name": args.name}}
    yield "oci-layout", b'{"imageLayoutVersion":"1.0.0"}'
    yield "index.json", json.dumps({"schemaVersion": 2, "manifests": [desc]}).encode()
    blobs[digest(manifest)] = manifest
    for key, data in blobs.items():
        yield "blobs/" + key.replace(":", "/"), data


def docker_files(args):
    _, _, config, tars, diffs = build(args)
    names = []
    for tar, diff in zip(tars, diffs):
        names.append(diff[7:] + "/layer.tar")
        if args.fault == "truncated":
            tar = tar[:-2000]
        if args.fault != "layer-missing":
            yield names[-1], tar
    config_name = digest(config)[7:] + ".json"
    yield config_name, config
    yield "manifest.json", json.dumps([{"Config": config_name, "RepoTags": [args.name], "Layers": names}]).encode()


def request(method, url, data=None, headers=None):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    req = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    return urllib.request.urlopen(req, context=context)


def push(args):
    base, name = args.out.rsplit("/v2/", 1)
    name, tag = name.rsplit(":", 1)
    base += "/v2/" + name
    blobs, manifest, _, _, _ = build(args)
    for key, data in blobs.items():
        with request("POST", base + "/blobs/uploads/") as reply:
            where = reply.headers["Location"]
        request("PUT", where + ("&" if "?" in where else "?") + "digest=" + key, data,
                {"Content-Type": "application/octet-stream"}).close()
    request("PUT", base + "/manifests/" + tag, manifest, {"Content-Type": OCI + "manifest.v1+json"}).close()
    print(digest(manifest))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("format", choices=["oci", "oci-archive", "docker-archive", "push"])
    p.add_argument("out")
    p.add_argument("rest", nargs="+")
    p.add_argument("--config", default="{}")
    p.add_argument("--arch", default=ARCH)
    p.add_argument("--compress", default="gzip", choices=["gzip", "gzip-members", "gzip-named", "gzip-stored", "zstd", "zstd-frames", "xz", "none"])
    p.add_argument("--fault", default="")
    args = p.parse_args()
    if args.format == "push":
        args.layers = args.rest
        push(args)
        return
    args.name, args.layers = args.rest[0], args.rest[1:]
    files = docker_files(args) if args.format == "docker-archive" else oci_files(args)
    if args.format == "oci":
        for name, data in files:
            write(os.path.join(args.out, name), data)
        return
    with tarfile.open(args.out, "w") as tar:
        for name, data in files:
            add(tar, name, data)


sys.exit(main())
