"""A server behind a load balancer: says who it is, and takes its time for each answer.

python node_server.py NAME PORT SECONDS
"""

import http.server
import sys
import time

NAME, PORT, TAKES_S = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path != "/health":
            time.sleep(TAKES_S)
        self.send_response(200)
        self.send_header("x-node", NAME)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


Server(("127.0.0.1", PORT), Answer).serve_forever()
