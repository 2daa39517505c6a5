#!/usr/bin/env python3
"""chunked.py check HOST/REPO TAG [LAYER] - that a layer on a registry is zstd:chunked, by the format's description alone
   chunked.py same HOST/REPO TAG HOST/REPO TAG - that two layers, by whatever programs, describe their entries alike
   chunked.py tar OUT.tar pax|gnu|twice|short|badname - an archive with an entry of each kind, or one that has no table

check fetches the manifest and the blob, decompresses it, and compares the table of contents, the tar-split and the footer
with the tar as Python's own reader sees it.
"""
import base64
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import urllib.request

KEY = "io.github.containers.zstd-chunked."
TYPES = {tarfile.REGTYPE: "reg", tarfile.LNKTYPE: "hardlink", tarfile.SYMTYPE: "symlink", tarfile.DIRTYPE: "dir",
         tarfile.FIFOTYPE: "fifo", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block"}


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.read()


def unzstd(data):
    return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def crc64_row(crc):
    for _ in range(8):
        crc = crc >> 1 ^ (0xd800000000000000 if crc & 1 else 0)
    return crc


CRC64 = [crc64_row(i) for i in range(256)]


def crc64(data):
    crc = 0xffffffffffffffff
    for byte in data:
        crc = CRC64[(crc ^ byte) & 255] ^ crc >> 8
    return struct.pack(">Q", crc ^ 0xffffffffffffffff)


def frame(blob, offset, length, name):
    """the skippable frame whose content is there"""
    magic, size = struct.unpack("<II", blob[offset - 8:offset])
    assert magic == 0x184d2a50 and size == length, name
    return blob[offset:offset + length]


def check_entry(member, entry, blob, tar):
    assert entry["type"] == TYPES[member.type], entry
    assert entry["name"].rstrip("/") == member.name, (entry, member.name)
    assert entry.get("linkName", "") == member.linkname, entry
    assert entry.get("mode", 0) == member.mode and entry.get("size", 0) == member.size, entry
    assert (entry.get("uid", 0), entry.get("gid", 0)) == (member.uid, member.gid), entry
    seconds, nano = entry["modtime"].split(".")
    whole = subprocess.run(["date", "-u", "-d", "@%d" % int(member.mtime), "+%Y-%m-%dT%H:%M:%S"],
                           stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    assert seconds == whole and abs(float("0." + nano[:-1]) - member.mtime % 1) < 1e-6, (entry, member.mtime)
    xattrs = {k[len("SCHILY.xattr."):]: base64.b64encode(v.encode("utf-8", "surrogateescape")).decode()
              for k, v in member.pax_headers.items() if k.startswith("SCHILY.xattr.")}
    assert entry.get("xattrs", {}) == xattrs, entry
    if not member.size:
        assert "digest" not in entry and "offset" not in entry, entry
        return
    data = unzstd(blob[entry["offset"]:entry["endOffset"]])
    assert data == tar[member.offset_data:member.offset_data + member.size] and sha(data) == entry["digest"], entry


def check_split(lines, tar):
    out, files = b"", {}
    for number, line in enumerate(lines):
        entry = json.loads(line)
        assert entry["position"] == number
        payload = base64.b64decode(entry["payload"]) if entry["payload"] else b""
        if entry["type"] == 2:
            out += payload
            continue
        assert entry["name"].rstrip("/") not in files
        data = tar[len(out):len(out) + entry.get("size", 0)]
        assert payload == (crc64(data) if data else b""), entry
        files[entry["name"].rstrip("/")] = len(data)
        out += data
    assert out == tar
    return files


def fetch(repo, tag, at):
    host, path = repo.split("/", 1)
    url = "http://%s/v2/%s/" % (host, path)
    manifest = json.loads(get(url + "manifests/" + tag, Accept="application/vnd.oci.image.manifest.v1+json"))
    layer = manifest["layers"][at]
    assert layer["mediaType"].endswith("tar+zstd"), layer
    blob = get(url + "blobs/" + layer["digest"])
    assert sha(blob) == layer["digest"] and len(blob) == layer["size"]
    return url, manifest, layer, blob


def entries(repo, tag):
    """what a table says of the files themselves; some programs cut them into chunks, and write members that are empty"""
    _, _, layer, blob = fetch(repo, tag, 0)
    # programs of the first years have the name without "github."
    where = next(v for k, v in layer["annotations"].items() if k.replace("io.containers.", "io.github.containers.") ==
                 KEY + "manifest-position")
    offset, length = map(int, where.split(":")[:2])
    out = []
    for entry in json.loads(unzstd(blob[offset:offset + length]))["entries"]:
        if entry["type"] != "chunk":
            # a fraction without zeros at its end, none where it is zero
            for key in ("modtime", "accesstime", "changetime"):
                if key in entry:
                    entry[key] = entry[key].rstrip("Z").rstrip("0").rstrip(".") if "." in entry[key] else entry[key].rstrip("Z")
            out.append({k: v for k, v in entry.items() if v and "ffset" not in k and not k.startswith("chunk")
                        and not v == "0001-01-01T00:00:00"})
    return out


def same(*places):
    one, two = entries(*places[:2]), entries(*places[2:])
    assert len(one) == len(two) > 0
    for a, b in zip(one, two):
        assert a == b, (a, b)
    print(len(one))


def check(repo, tag, at):
    url, manifest, layer, blob = fetch(repo, tag, at)
    tar = unzstd(blob)
    config = json.loads(get(url + "blobs/" + manifest["config"]["digest"]))
    assert sha(tar) == config["rootfs"]["diff_ids"][at]
    notes = layer["annotations"]
    offset, length, full, kind = map(int, notes[KEY + "manifest-position"].split(":"))
    split_offset, split_length, split_full = map(int, notes[KEY + "tarsplit-position"].split(":"))
    assert blob[-64:] == struct.pack("<7Q", offset, length, full, kind, split_offset, split_length, split_full) + b"GNUlInUx"
    frame(blob, len(blob) - 64, 64, "footer")
    packed = frame(blob, offset, length, "table")
    assert sha(packed) == notes[KEY + "manifest-checksum"] and kind == 1
    table = unzstd(packed)
    assert len(table) == full
    table = json.loads(table)
    assert table["version"] == 1
    packed = frame(blob, split_offset, split_length, "tar-split")
    assert sha(packed) == table["tarSplitDigest"]
    split = unzstd(packed)
    assert len(split) == split_full
    with tarfile.open(fileobj=io.BytesIO(tar), errorlevel=2) as t:
        members = list(t)
    assert len(members) == len(table["entries"]) > 0
    for member, entry in zip(members, table["entries"]):
        check_entry(member, entry, blob, tar)
    assert check_split(split.splitlines(), tar) == {m.name: m.size for m in members}
    print(len(members))


def make(path, kind):
    form = tarfile.GNU_FORMAT if kind == "gnu" else tarfile.PAX_FORMAT
    with tarfile.open(path, "w", format=form) as t:
        def add(name, kind=tarfile.REGTYPE, data=b"", **more):
            info = tarfile.TarInfo(name)
            info.type, info.size, info.mtime = kind, len(data), 1700000000
            for key, value in more.items():
                setattr(info, key, value)
            t.addfile(info, io.BytesIO(data))
        add("dir", tarfile.DIRTYPE, mode=0o1755)
        add("dir/empty", uid=7, gid=8)
        add("dir/file", data=b"words\n" * 700, mode=0o4755, mtime=1700000000.25 if form == tarfile.PAX_FORMAT else 1)
        add("dir/large", data=bytes(range(256)) * 4000)
        add("dir/zeros", data=bytes(300000))
        add("hard", tarfile.LNKTYPE, linkname="dir/file")
        add("link", tarfile.SYMTYPE, linkname="dir/" + "long" * 50)
        add("fifo", tarfile.FIFOTYPE)
        add("d/" * 60 + "n" * 90, data=b"deep")
        add("\u00e4\u00f6\u00fc \\ \" < &", data=b"name")
        if form == tarfile.PAX_FORMAT:
            add("attrs", data=b"x", pax_headers={"SCHILY.xattr.user.key": "value \u00e9", "SCHILY.xattr.user.none": "v"})
        if kind == "twice":
            add("dir/file", data=b"again")
        if kind == "badname":
            info = tarfile.TarInfo("bad\udcff")
            info.size = 1
            with_raw = tarfile.TarInfo.tobuf(info, tarfile.USTAR_FORMAT, "utf-8", "surrogateescape")
            t.fileobj.write(with_raw + b"x" + bytes(511))
            t.offset += 1024
    if kind == "short":
        with open(path, "rb") as f:
            data = f.read().rstrip(b"\0")
        with open(path, "wb") as f:
            f.write(data)


if sys.argv[1] == "check":
    check(sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 0)
elif sys.argv[1] == "same":
    same(*sys.argv[2:])
else:
    make(sys.argv[2], sys.argv[3])
