#!/usr/bin/env python3
"""badregistry.py - a registry on loopback that misbehaves; the repository's name says how

  badregistry.py --dir DIR [--size BYTES] [--layers N] [--cert FILE --key FILE] [--ping stall|crawl]

Writes DIR/port when it listens, and DIR/log: one line "METHOD PATH STATUS BYTES" for each request.
Every repository has one image of N layers of random bytes. Names:

  good  token  basic (user "u", password "p")  index (many platforms)  tags (three pages)
  stall  crawl (1 B/s)  reset (connection broken at every third)  noresume (broken, and no Range)  short
  500 (twice, then good)  503 (always)  429 (Retry-After 1, once)  429-long  redirect (loop)  cdn (another port,
  Authorization seen there is written to DIR/leak)  down (redirect to plain http)  wrongblob  wrongconfig  wrongsize  longer
  diffid  both  mediatype  ctype  schema1  foreign  unknown-layer  artifact  huge  deep  badjson  path-digest  wrongmanifest
  nested (an index in an index)  config-layers  denied  plain-realm  header-flood
  artifact-type (an artifact without a configuration)  in-toto (layers that are no file systems)  docker-foreign
  an index whose entry is wrong: index-size  index-type  index-path  index-upper (digest in capitals)  index-sha1
  index-negative  index-float  index-bytes (other bytes than its digest)  index-missing; and one that is wrong itself:
  index-both  index-object (manifests is no array)  index-many  index-string  index-mediatype  index-ctype  index-twice

Repositories whose name begins with "up-" take uploads and keep them; "up-basic" and "up-denied" as above. The others:
  up-good  up-chunked (pieces of 64 KiB at least are demanded)  up-small (413 beyond 300 kB)  up-reset (broken once in
  the middle of each blob)  up-noresume (the same, and the session is gone)  up-lost (the answer to what was stored is
  lost)  up-500 (twice, then good)  up-503  up-429  up-429-long  up-stall  up-crawl (reads 1 B/s)  up-redirect (loop)
  up-move (redirects bodies)  up-down (uploads go to plain http)  up-file (uploads go to a file: URL)  up-lies (another
  digest for blobs)  up-lies-manifest  up-silent (no digest)  up-forgets (no digest, and the manifest is gone)
  up-nowhere (no Location)  up-token-* (a token for exactly what is done).  Only up-other and up-token-* mount.
With --ping, "/v2/" is answered like the blobs of that name.
"/v1/search" answers terms with "star" in them, and "stall" and "crawl" like the blobs of that name; "/v2/_catalog" has four names on two pages.
DIR/scopes has a line for each token: the scopes that were asked for.
"""
import argparse
import base64
import gzip
import hashlib
import http.server
import io
import json
import os
import platform
import random
import socket
import ssl
import struct
import tarfile
import threading
import time
import urllib.parse
import zlib

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
OCI = "application/vnd.oci.image."
MANIFEST, INDEX = OCI + "manifest.v1+json", OCI + "index.v1+json"
state = {"counts": {}, "uploads": {}, "stored": {}}
lock = threading.Lock()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layer(seed, size):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("file%d" % seed)
        info.size = size
        tar.addfile(info, io.BytesIO(random.Random(seed).randbytes(size)))
    return out.getvalue()


def make_image(args, repo):
    """returns {path below /v2/REPO/: (content type, bytes)}"""
    tars = [layer(zlib.crc32(repo.encode()) + i, args.size) for i in range(args.layers)]
    blobs = [gzip.compress(t, 1, mtime=0) for t in tars]
    diffs = [digest(t) for t in tars]
    if repo == "diffid":
        diffs[0] = "sha256:" + "1" * 64
    if repo == "config-layers":
        diffs.append(diffs[0])
    # layers and a configuration of its own for each repository: what one pull left must not answer the next
    config = json.dumps({"architecture": ARCH, "os": "linux", "author": repo,
                         "config": {"Cmd": ["/bin/sh"]}, "rootfs": {"type": "layers", "diff_ids": diffs}}).encode()
    kind = MANIFEST
    descs = [{"mediaType": OCI + "layer.v1.tar+gzip", "digest": digest(b), "size": len(b)} for b in blobs]
    man = {"schemaVersion": 2, "mediaType": kind, "layers": descs,
           "config": {"mediaType": OCI + "config.v1+json", "digest": digest(config), "size": len(config)}}
    files = {"blobs/" + digest(b): ["application/octet-stream", b] for b in blobs + [config]}
    if repo == "wrongblob":
        flip = bytearray(blobs[0])
        flip[-1] ^= 1
        files["blobs/" + descs[0]["digest"]][1] = bytes(flip)
    elif repo == "wrongconfig":
        files["blobs/" + digest(config)][1] = config.replace(b"linux", b"linuy")
    elif repo == "wrongsize":
        descs[0]["size"] += 100
    elif repo == "longer":
        files["blobs/" + descs[0]["digest"]][1] += b"x" * 1000
    elif repo == "both":
        man["manifests"] = []
    elif repo == "mediatype":
        man["mediaType"] = INDEX
    elif repo == "ctype":
        kind = "application/vnd.docker.distribution.manifest.v2+json"
    elif repo == "schema1":
        man = {"schemaVersion": 1, "name": repo, "tag": "latest", "fsLayers": [], "history": []}
        kind = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    elif repo == "foreign":
        descs[0]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    elif repo == "unknown-layer":
        descs[0]["mediaType"] = "application/x-mystery"
    elif repo == "artifact":
        man["config"]["mediaType"] = "application/vnd.cncf.helm.config.v1+json"
    elif repo == "artifact-type":
        man["artifactType"] = "application/vnd.example.sbom"
        man["config"]["mediaType"] = "application/vnd.oci.empty.v1+json"
    elif repo == "in-toto":
        descs[0]["mediaType"] = "application/vnd.in-toto+json"
    elif repo == "docker-foreign":
        descs[1]["mediaType"] = OCI + "layer.nondistributable.v1.tar+gzip"
        descs[1]["urls"] = ["http://127.0.0.1:9/layer"]
    elif repo == "path-digest":
        descs[0]["digest"] = "sha256:../../../../etc/passwd"
    data = json.dumps(man).encode()
    if repo == "huge":
        data += b" " * (5 << 20)
    elif repo == "deep":
        data = b'{"schemaVersion":2,"layers":' + b"[" * 100000 + b"]" * 100000 + b"}"
    elif repo == "badjson":
        data = data[:-7]
    files["manifests/" + digest(data)] = [kind, data]
    top, top_kind = data, kind
    if repo in ("index", "nested") or repo.startswith("index-"):
        entries = [{"mediaType": INDEX if repo == "nested" else kind, "digest": digest(data), "size": len(data),
                    "platform": {"os": "linux", "architecture": ARCH}},
                   {"mediaType": kind, "digest": digest(b"other"), "size": 5,
                    "platform": {"os": "linux", "architecture": "riscv64"}}]
        if repo == "nested":
            entries[0]["mediaType"] = kind
            inner = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
            files["manifests/" + digest(inner)] = [INDEX, inner]
            entries = [dict(entries[0], digest=digest(inner), size=len(inner))]
        top, top_kind = bad_index(repo, entries, files, man)
        files["manifests/" + digest(top)] = [top_kind, top]
    files["manifests/latest"] = [top_kind, top]
    if repo == "wrongmanifest":
        files["manifests/" + "sha256:" + "2" * 64] = [kind, data]
    return files


def bad_index(repo, entries, files, man):
    """the index of a repository, with its fault; returns (bytes, content type)"""
    one = entries[0]
    doc = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
    kind = INDEX
    if repo == "index-size":
        one["size"] += 1
    elif repo == "index-type":
        one["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
    elif repo == "index-path":
        one["digest"] = "sha256:../../../../../../etc/passwd"
    elif repo == "index-upper":
        one["digest"] = one["digest"].replace("sha256:", "SHA256:").upper()
    elif repo == "index-sha1":
        one["digest"] = "sha1:" + "1" * 40
    elif repo == "index-negative":
        one["size"] = -1
    elif repo == "index-float":
        one["size"] = 1.5
    elif repo == "index-bytes":
        files["manifests/" + one["digest"]] = [MANIFEST, json.dumps(dict(man, annotations={"a": "b"})).encode()]
    elif repo == "index-missing":
        del files["manifests/" + one["digest"]]
    elif repo == "index-both":
        doc.update(layers=man["layers"], config=man["config"])
    elif repo == "index-object":
        doc["manifests"] = {"0": one}
    elif repo == "index-many":
        doc["manifests"] = entries + [dict(entries[1], size=1)] * 10000
    elif repo == "index-string":
        doc["manifests"] = entries + ["sha256:" + "1" * 64]
    elif repo == "index-mediatype":
        doc["mediaType"] = MANIFEST
    elif repo == "index-ctype":
        kind = MANIFEST
    data = json.dumps(doc).encode()
    if repo == "index-twice":
        data = data[:-1] + b', "manifests": []}'
    return data, kind


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, status, sent):
        with lock, open(os.path.join(state["args"].dir, "log"), "a") as f:
            f.write("%s %s %s %d\n" % (self.command, self.path, status, sent))

    def answer(self, status, data=b"", kind="application/json", headers=()):
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        self.note(status, len(data))

    def count(self, key):
        with lock:
            state["counts"][key] = state["counts"].get(key, 0) + 1
            return state["counts"][key]

    def base(self):
        return "http%s://%s" % ("s" if state["args"].cert else "", self.headers["Host"])

    def allowed(self, repo):
        auth = self.headers.get("Authorization", "")
        if repo == "token" or repo == "plain-realm":
            realm = self.base() + "/token" if repo == "token" else "http://127.0.0.1:9/token"
            if auth != "Bearer sesame":
                self.answer(401, b"{}", headers=[("WWW-Authenticate",
                            'Bearer realm="%s",service="bad registry",scope="repository:token:pull"' % realm)])
                return False
        if repo.startswith("up-token"):
            need = "repository:%s:pull" % repo
            have = base64.b64decode(auth[7:]).decode().split() if auth.startswith("Bearer ") else []
            if not any(s.startswith(need) for s in have) or (
                    self.command != "GET" and self.command != "HEAD" and need + ",push" not in have):
                self.discard()
                self.answer(401, b"{}", headers=[("WWW-Authenticate", 'Bearer realm="%s/token",service="bad"' % self.base())])
                return False
        if repo in ("basic", "up-basic") and auth != "Basic dTpw":
            self.answer(401, b"{}", headers=[("WWW-Authenticate", 'Basic realm="bad"')])
            return False
        if repo in ("denied", "up-denied"):
            self.discard()
            self.answer(403, b'{"errors":[{"code":"DENIED","message":"no\\u001b[31m way"}]}')
            return False
        return True

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        raise ConnectionError

    def slowly(self, data, first, pause):
        self.wfile.write(data[:first])
        for i in range(first, len(data)):
            time.sleep(pause)
            self.wfile.write(data[i:i + 1])

    def sluggish(self, how, data):
        """an answer that stalls, or crawls with 1 B/s"""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.note(200, 1)
        self.slowly(data, 1, 3600 if how == "stall" else 1)

    def blob(self, repo, data):
        args = state["args"]
        start, status = 0, 200
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and repo != "noresume":
            start, status = int(asked[6:].rstrip("-")), 206
        body = data[start:]
        is_config = len(data) < 4096
        if repo == "redirect":
            return self.answer(307, headers=[("Location", self.path)])
        if repo == "cdn" and not is_config:
            return self.answer(307, headers=[("Location", "%s://127.0.0.1:%d/cdn/%s" % (
                "https" if args.cert else "http", state["cdn"], self.path.rsplit("/", 1)[1]))])
        if repo == "down":
            return self.answer(307, headers=[("Location", "http://127.0.0.1:9/x")])
        if repo == "500" and self.count(self.path) <= 2:
            return self.answer(500)
        if repo == "429" and self.count(self.path) <= 1:
            return self.answer(429, headers=[("Retry-After", "1")])
        if repo == "429-long":
            return self.answer(429, headers=[("Retry-After", "86400")])
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 206:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(data) - 1, len(data)))
        self.end_headers()
        if repo in ("stall", "crawl") and not is_config:
            self.note(status, 100)
            self.slowly(body, 100, 3600 if repo == "stall" else 1)
        if repo in ("reset", "noresume", "short") and not is_config and len(body) > len(data) // 3 + 1:
            part = body[:len(data) // 3 + 1]
            self.wfile.write(part)
            self.wfile.flush()
            self.note(status, len(part))
            if repo == "short":
                self.close_connection = True
                return None
            time.sleep(0.05)
            self.reset()
        self.wfile.write(body)
        self.note(status, len(body))

    def tags(self, repo):
        names = ["latest", "v1", "v2"] if repo == "tags" else ["latest"]
        at = 0
        if "last=" in self.path:
            at = names.index(self.path.split("last=")[1].split("&")[0]) + 1
        more = [("Link", '</v2/%s/tags/list?n=1&last=%s>; rel="next"' % (repo, names[at]))] if at + 1 < len(names) else []
        self.answer(200, json.dumps({"name": repo, "tags": names[at:at + 1]}).encode(), headers=more)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/token":
            return self.token(self.path.partition("?")[2])
        if path.startswith("/cdn/"):
            if self.headers.get("Authorization"):
                open(os.path.join(state["args"].dir, "leak"), "w").write(self.headers["Authorization"])
            return self.blob("good", image("cdn")["blobs/" + path[5:]][1])
        query = urllib.parse.parse_qs(self.path.partition("?")[2])
        if path == "/v2/" and state["args"].ping:
            return self.sluggish(state["args"].ping, b"{}" + b" " * 3600)
        if path == "/v1/search" and query["q"][0] in ("stall", "crawl"):
            return self.sluggish(query["q"][0], b'{"num_results": 0, "results": []}' + b" " * 3600)
        if path == "/v1/search" and "star" in query["q"][0]:
            found = [{"name": "star/%d" % i, "description": "number %d\u001b[31m\n" % i + "x" * 60, "star_count": i * 10,
                      "is_official": i == 2} for i in range(int(query["n"][0]) if query["q"] == ["star"] else 5)]
            return self.answer(200, json.dumps({"num_results": len(found), "results": found}).encode())
        if path == "/v2/_catalog":
            names = ["a/app", "b/other", "c/App2", "d/apple"]
            at = names.index(query["last"][0]) + 1 if "last" in query else 0
            more = [("Link", '</v2/_catalog?n=2&last=%s>; rel="next"' % names[at + 1])] if at + 2 < len(names) else []
            return self.answer(200, json.dumps({"repositories": names[at:at + 2]}).encode(), headers=more)
        parts = path.split("/", 3)
        if len(parts) < 4 or parts[1] != "v2":
            return self.answer(200 if path == "/v2/" else 404, b"{}")
        repo, rest = parts[2], parts[3]
        if not self.allowed(repo):
            return None
        if repo == "503":
            return self.answer(503)
        if repo == "header-flood":
            return self.answer(200, b"{}", headers=[("X-%d" % i, "y" * 4000) for i in range(80)])
        if rest == "tags/list":
            return self.tags(repo)
        if repo == "tags" and rest.startswith("manifests/v"):
            rest = "manifests/latest"
        if rest.startswith("blobs/uploads/"):
            return self.upload_status(repo, rest.rsplit("/", 1)[1])
        kind, data = (stored(repo) if repo.startswith("up-") else image(repo)).get(rest, (None, None))
        if data is None:
            return self.answer(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
        if rest.startswith("blobs/"):
            return self.blob(repo, data)
        return self.answer(200, data, kind)

    def token(self, query):
        scopes = urllib.parse.parse_qs(query).get("scope", [])
        with lock, open(os.path.join(state["args"].dir, "scopes"), "a") as f:
            f.write(" ".join(scopes) + "\n")
        if any("up-token" in s for s in scopes):
            return self.answer(200, json.dumps({"token": base64.b64encode(" ".join(scopes).encode()).decode()}).encode())
        return self.answer(200, b'{"token":"sesame"}')

    # --- uploads ---

    def length(self):
        return int(self.headers.get("Content-Length", 0))

    def discard(self):
        if self.command not in ("GET", "HEAD"):
            self.rfile.read(self.length())

    def do_HEAD(self):
        repo, rest = self.path.split("/", 3)[2:]
        if not self.allowed(repo):
            return None
        found = stored(repo).get(rest)
        if repo == "up-503":
            return self.answer(503)
        return self.answer(200 if found else 404, found[1] if found else b"")

    def do_POST(self):
        path, _, query = self.path.partition("?")
        if path == "/token":
            return self.token(self.rfile.read(self.length()).decode())
        repo = path.split("/")[2]
        self.discard()
        if not self.allowed(repo):
            return None
        query = urllib.parse.parse_qs(query)
        if repo == "up-503":
            return self.answer(503)
        if repo == "up-redirect":
            return self.answer(307, headers=[("Location", self.path)])
        if repo == "up-429" and self.count(repo) <= 1:
            return self.answer(429, headers=[("Retry-After", "1")])
        if repo == "up-429-long":
            return self.answer(429, headers=[("Retry-After", "86400")])
        source = query.get("from", [""])[0]
        blob = "blobs/" + query.get("mount", [""])[0]
        if source and blob in stored(source) and repo.startswith(("up-other", "up-token")):
            if repo.startswith("up-token") and ("repository:%s:pull" % source) not in base64.b64decode(
                    self.headers["Authorization"][7:]).decode().split():
                return self.answer(401, b"{}", headers=[("WWW-Authenticate", 'Bearer realm="%s/token"' % self.base())])
            stored(repo)[blob] = stored(source)[blob]
            return self.answer(201, headers=[("Location", "/v2/%s/%s" % (repo, blob))])
        name = "%016x" % random.getrandbits(64)
        state["uploads"][name] = bytearray()
        where = {"up-down": "http://127.0.0.1:9/x", "up-file": "file:///etc/passwd"}.get(
            repo, "/v2/%s/blobs/uploads/%s?state=x" % (repo, name))
        headers = [] if repo == "up-nowhere" else [("Location", where)]
        if repo == "up-chunked":
            headers.append(("OCI-Chunk-Min-Length", "65536"))
        return self.answer(202, headers=headers)

    def upload_status(self, repo, name):
        if name not in state["uploads"] or repo == "up-noresume":
            return self.answer(404)
        return self.answer(204, headers=[("Location", self.path), ("Range", "0-%d" % (len(state["uploads"][name]) - 1))])

    def take_body(self, repo, session):
        """the body into the session; False if that was all"""
        left = self.length()
        is_config = left < 4096
        if repo in ("up-stall", "up-crawl") and not is_config:
            self.note(0, 0)
            while True:
                if repo == "up-crawl":
                    self.rfile.raw.read(1)
                time.sleep(1)
        key = self.path.split("?")[0] if repo == "up-reset" else "%s %d" % (repo, left)
        if repo in ("up-reset", "up-noresume") and not is_config and self.count(key) == 1:
            session += self.rfile.read(left // 2)
            self.note(0, left // 2)
            self.reset()
        session += self.rfile.read(left)
        return left

    def do_PATCH(self):
        path = self.path.partition("?")[0]
        repo, name = path.split("/")[2], path.rsplit("/", 1)[1]
        session = state["uploads"].get(name)
        if repo == "up-small" and self.length() > 300000:
            self.discard()
            return self.answer(413)
        if session is None or not self.headers.get("Content-Range", "").startswith("%d-" % len(session)):
            self.discard()
            return self.answer(416 if session is not None else 404)
        self.note(0, self.take_body(repo, session))
        return self.answer(202, headers=[("Location", self.path), ("Range", "0-%d" % (len(session) - 1))])

    def do_PUT(self):
        path, _, query = self.path.partition("?")
        repo, rest = path.split("/", 3)[2:]
        if not self.allowed(repo):
            return None
        if repo == "up-500" and self.count(repo + query[-71:]) <= 2:
            self.discard()
            return self.answer(500)
        if rest.startswith("manifests/"):
            data = self.rfile.read(self.length())
            wrong = repo == "up-lies-manifest"
            if repo != "up-forgets":
                for name in (rest, "manifests/" + digest(data)):
                    stored(repo)[name] = (self.headers["Content-Type"], data)
            return self.answer(201, headers=[] if repo in ("up-silent", "up-forgets") else [
                ("Docker-Content-Digest", digest(b"other") if wrong else digest(data))])
        session = state["uploads"].get(path.rsplit("/", 1)[1])
        if repo == "up-move":
            self.discard()
            return self.answer(307, headers=[("Location", self.path + "&moved=1")])
        if repo == "up-small" and self.length() > 300000:
            self.discard()
            return self.answer(413)
        if session is None or (repo == "up-chunked" and self.length() > 65536):
            self.discard()
            return self.answer(404 if session is None else 400)
        self.note(0, self.take_body(repo, session))
        want = urllib.parse.parse_qs(query)["digest"][0]
        if digest(bytes(session)) != want:
            return self.answer(400, b'{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match"}]}')
        stored(repo)["blobs/" + want] = ("application/octet-stream", bytes(session))
        del state["uploads"][path.rsplit("/", 1)[1]]
        if repo == "up-lost":
            self.reset()
        return self.answer(201, headers=[("Docker-Content-Digest", digest(b"other") if repo == "up-lies" else want)])


def stored(repo):
    return state["stored"].setdefault(repo, {})


images = {}


def image(repo):
    with lock:
        if repo not in images:
            images[repo] = make_image(state["args"], repo)
        return images[repo]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


def serve(args):
    server = Server(("127.0.0.1", 0), Handler)
    if args.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert, args.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--dir", required=True)
    p.add_argument("--size", type=int, default=200000)
    p.add_argument("--layers", type=int, default=2)
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--ping", choices=("stall", "crawl"))
    args = state["args"] = p.parse_args()
    state["cdn"] = serve(args)
    port = serve(args)
    with open(os.path.join(args.dir, "port.tmp"), "w") as f:
        f.write(str(port))
    os.rename(os.path.join(args.dir, "port.tmp"), os.path.join(args.dir, "port"))
    threading.Event().wait()


main()
