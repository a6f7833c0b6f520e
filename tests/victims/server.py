"""A small server to be killed: answers every GET with 200; `ready` on stdout when it listens."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Silent: its output is the test's."""


class Server(HTTPServer):
    # The next one starts while connections of the killed one are still closing.
    allow_reuse_address = True

    def server_bind(self) -> None:
        # Not HTTPServer's, which asks for the name of the host.
        self.socket.setsockopt(1, 2, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "victim", self.socket.getsockname()[1]


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Hello) as server:
        sys.stdout.write(f"ready {server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()
