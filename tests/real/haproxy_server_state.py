"""What an operator does with a server of a running HAProxy, over its runtime API.

    python haproxy_server_state.py SOCKET SERVER drain|ready|look

`look` succeeds where the server is up and takes its share.
"""

import socket
import sys

UP = 2
"""In the column srv_op_state; 0 in srv_admin_state: neither drained nor in maintenance."""


def told(path: str, command: str) -> str:
    """What HAProxy answers to one command."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(5.0)
        line.connect(path)
        line.sendall(f"{command}\n".encode())
        chunks = []
        while chunk := line.recv(65536):
            chunks.append(chunk)
    return b"".join(chunks).decode()


def main() -> int:
    """Exit code 1 where HAProxy refuses, or the server does not take its share."""
    path, server, verb = sys.argv[1:]
    if verb != "look":
        refused = told(path, f"set server {server} state {verb}").strip()
        sys.stderr.write(refused)
        return 1 if refused else 0
    backend, name = server.split("/")
    for row in told(path, f"show servers state {backend}").splitlines():
        words = row.split()
        if len(words) > 6 and words[3] == name:
            return 0 if (int(words[5]), int(words[6])) == (UP, 0) else 1
    return 1


if __name__ == "__main__":
    sys.exit(main())
