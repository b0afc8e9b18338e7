#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Answers each POST with the checksum of its body, as sha256sum writes it."""
import hashlib
import http.server


class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = hashlib.sha256()
        rest = int(self.headers["Content-Length"])
        while rest and (part := self.rfile.read(min(rest, 1 << 16))):
            body.update(part)
            rest -= len(part)
        answer = f"{body.hexdigest()}  -\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
print("listening on", server.server_port, flush=True)
server.serve_forever()
