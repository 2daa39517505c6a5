#!/usr/bin/env python3
"""tree.py DIR - all that is below a directory, one line each, in the order of the names

path, type and mode, owner, links, size, time, link's target or digest of the content, extended attributes; files that are
the same by hard links have the same number.
"""
import hashlib
import os
import stat
import sys


def content(path, st):
    if stat.S_ISLNK(st.st_mode):
        return "-> " + os.readlink(path)
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()[:16]
    if stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        return f"{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}"
    return "-"


def attributes(path):
    names = sorted(os.listxattr(path, follow_symlinks=False))
    return " ".join(f"{n}={os.getxattr(path, n, follow_symlinks=False).hex()}" for n in names)


def main():
    top = sys.argv[1].rstrip("/")
    paths = []
    for root, dirs, files in os.walk(top):
        paths += [os.path.join(root, n) for n in dirs + files]
    numbers = {}
    for path in sorted(paths):
        st = os.lstat(path)
        number = numbers.setdefault(st.st_ino, len(numbers)) if st.st_nlink > 1 and not stat.S_ISDIR(st.st_mode) else "-"
        links = "-" if stat.S_ISDIR(st.st_mode) else st.st_nlink
        size = "-" if stat.S_ISDIR(st.st_mode) else st.st_size
        print(path[len(top) + 1:], stat.filemode(st.st_mode), f"{st.st_uid}:{st.st_gid}", f"links={links}#{number}", size,
              st.st_mtime_ns, content(path, st), attributes(path))


if __name__ == "__main__":
    main()
