#!/usr/bin/env python3
"""listener.py SOCKET CALL ERRNO|continue [COUNT]: answer system calls that a seccomp filter hands out

Takes COUNT (1) connections, prints each one's state as a line of JSON, and answers every call: number CALL with ERRNO, or by
letting it go on, all others by letting them go on.  Prints "call N" for each that it answered with an error.
"""
import fcntl
import os
import select
import socket
import struct
import sys

RECV, SEND = 0xC0502100, 0xC0182101  # struct seccomp_notif: 80 bytes, _resp: 24
CONTINUE = 1

path, call, answer = sys.argv[1], int(sys.argv[2]), sys.argv[3]
count = int(sys.argv[4]) if len(sys.argv) > 4 else 1
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(path)
server.listen(16)
poll = select.poll()
poll.register(server, select.POLLIN)
poll.register(0, select.POLLIN)


def serve(fd):
    note = bytearray(80)
    try:
        fcntl.ioctl(fd, RECV, note)
    except OSError:
        return False
    ident, pid, flags, nr = struct.unpack_from("=QIIi", note)
    error, flags = 0, CONTINUE
    if nr == call and answer != "continue":
        error, flags = -int(answer), 0
        print("call", nr, flush=True)
    try:
        fcntl.ioctl(fd, SEND, struct.pack("=QqiI", ident, 0, error, flags))
    except OSError:
        pass
    return True


while True:
    for fd, events in poll.poll():
        if fd == server.fileno():
            conn, _ = server.accept()
            text, fds, _, _ = socket.recv_fds(conn, 65536, 4)
            print(text.decode(), flush=True)
            print("more", len(conn.recv(1)), "descriptors", len(fds), flush=True)
            for new in fds:
                poll.register(new, select.POLLIN)
            count -= 1
        elif fd == 0:
            sys.exit(0)
        elif not events & select.POLLIN or not serve(fd):
            poll.unregister(fd)
            os.close(fd)
