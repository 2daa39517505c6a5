#!/usr/bin/env python3
"""artifact.py HOST/REPO TAG SPEC - push an artifact as another tool would, or worse; prints the manifest's digest

SPEC is JSON: {"type": artifactType, "config": {"type", "data"}, "files": [{"type", "data", "title", "size": a lie}], "index": true
for an index that names it instead}; all of it may be left out.
"""
import hashlib
import json
import sys
import urllib.request

OCI = "application/vnd.oci.image."


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def send(method, url, data=b"", kind="application/octet-stream"):
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": kind})
    with urllib.request.urlopen(request) as answer:
        return answer.headers


def blob(base, kind, data, title=None, size=None):
    where = send("POST", base + "blobs/uploads/")["Location"]
    send("PUT", where + ("&" if "?" in where else "?") + "digest=" + sha(data), data)
    d = {"mediaType": kind, "digest": sha(data), "size": len(data) if size is None else size}
    if title is not None:
        d["annotations"] = {"org.opencontainers.image.title": title}
    return d


def main():
    host, path = sys.argv[1].split("/", 1)
    base, tag, spec = "http://%s/v2/%s/" % (host, path), sys.argv[2], json.loads(sys.argv[3])
    config = spec.get("config", {"type": "application/vnd.oci.empty.v1+json", "data": "{}"})
    m = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
         "config": blob(base, config["type"], config["data"].encode()),
         "layers": [blob(base, f.get("type", "text/plain"), f["data"].encode(), f.get("title"), f.get("size"))
                    for f in spec.get("files", [])]}
    if "type" in spec:
        m["artifactType"] = spec["type"]
    data = json.dumps(m, indent=2).encode()
    if spec.get("index"):
        send("PUT", base + "manifests/" + sha(data), data, m["mediaType"])
        entry = {"mediaType": m["mediaType"], "digest": sha(data), "size": len(data)}
        data = json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [entry]}).encode()
        send("PUT", base + "manifests/" + tag, data, OCI + "index.v1+json")
        print(entry["digest"])
        return
    send("PUT", base + "manifests/" + tag, data, m["mediaType"])
    print(sha(data))


main()
