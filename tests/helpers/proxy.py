#!/usr/bin/env python3
"""proxy.py - an HTTP proxy on loopback that leads every name to one of two local ports

  proxy.py --dir DIR --plain PORT --tls PORT

Requests go to --plain, tunnels (CONNECT) to --tls, whatever host they name; tunnels to "closed.test" are refused.
Writes DIR/port when it listens, and DIR/log: one line "METHOD TARGET" for each request.
"""
import argparse
import http.server
import os
import socket
import threading
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def note(self):
        with open(os.path.join(args.dir, "log"), "a") as f:
            f.write("%s %s\n" % (self.command, self.path))

    def do_CONNECT(self):
        self.note()
        if self.path.startswith("closed.test"):
            self.send_error(403)
            return
        self.send_response(200)
        self.end_headers()
        self.join(socket.create_connection(("127.0.0.1", args.tls)))

    def do_GET(self):
        self.note()
        url = urllib.parse.urlsplit(self.path)
        other = socket.create_connection(("127.0.0.1", args.plain))
        lines = ["%s %s HTTP/1.0" % (self.command, url.path + ("?" + url.query if url.query else ""))]
        lines += ["%s: %s" % (k, v) for k, v in self.headers.items() if k.lower() not in ("connection", "proxy-connection")]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        other.sendall("\r\n".join(lines + ["Connection: close", "", ""]).encode() + body)
        self.copy(other, self.connection)
        self.close_connection = True

    do_HEAD = do_POST = do_PUT = do_PATCH = do_GET

    def copy(self, a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def join(self, other):
        t = threading.Thread(target=self.copy, args=(self.connection, other), daemon=True)
        t.start()
        self.copy(other, self.connection)
        self.close_connection = True


p = argparse.ArgumentParser()
p.add_argument("--dir", required=True)
p.add_argument("--plain", type=int, required=True)
p.add_argument("--tls", type=int, required=True)
args = p.parse_args()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(os.path.join(args.dir, "port.tmp"), "w") as out:
    out.write(str(server.server_address[1]))
os.rename(os.path.join(args.dir, "port.tmp"), os.path.join(args.dir, "port"))
server.serve_forever()
