"""`python -m nfrcheck.faultproxy`: runs until SIGTERM; the first line says where it listens."""

import argparse
import asyncio
import gc
import os
import resource
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from nfrcheck.faultproxy.addresses import LOOPBACK, Address
from nfrcheck.faultproxy.api import Api
from nfrcheck.faultproxy.clients import Client, Clients
from nfrcheck.faultproxy.listener import BACKLOG, bound
from nfrcheck.faultproxy.proxies import Proxies

ENDED, FAILED, WRONG = 0, 1, 2
LAST_S = 2.0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m nfrcheck.faultproxy", description=__doc__)
    parser.add_argument("--host", default=LOOPBACK, help="of the control port (%(default)s)")
    parser.add_argument("--port", type=int, default=8474, help="0 takes a free one (%(default)s)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON list of proxies")
    parser.add_argument("--seed", help="the same seed and order of connections, the same draws")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    try:
        config = options.config.read_bytes() if options.config is not None else None
    except OSError as error:
        return _say(WRONG, f"{options.config}: {error.strerror}")
    _take_all_descriptors()
    with suppress(KeyboardInterrupt):
        return asyncio.run(serve(options, config))
    return ENDED


async def serve(options: argparse.Namespace, config: bytes | None) -> int:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    # The terminal of whoever started it may go.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    proxies, clients = Proxies(options.seed or secrets.token_hex(4)), Clients()
    api = Api(proxies)
    try:
        control = bound(
            Address("127.0.0.1" if options.host == "localhost" else options.host, options.port)
        )
        server = await loop.create_server(
            lambda: Client(api.handle, clients), sock=control, backlog=BACKLOG
        )
    except OSError as error:
        return _say(FAILED, f"cannot listen on {options.host}:{options.port}: {error.strerror}")
    if config is not None:
        _done, refused = await proxies.populate(config)
        if refused is not None:
            proxies.close()
            return _say(WRONG, f"{options.config}: {refused.message}")
    with suppress(BrokenPipeError):
        print(f"listening on {Address(*control.getsockname()[:2])}", flush=True)  # noqa: T201
    gc.freeze()
    await ended.wait()
    # A name that is being looked up is not waited for.
    last = threading.Timer(LAST_S, os._exit, (ENDED,))
    last.daemon = True
    last.start()
    server.close()
    proxies.close()
    clients.close()
    await asyncio.sleep(0)
    return ENDED


def _take_all_descriptors() -> None:
    """Two for each connection: what the system allows, not what is usual."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(code: int, because: str) -> int:
    with suppress(OSError):
        os.write(2, f"error: {because}\n".encode())
    return code


if __name__ == "__main__":
    sys.exit(main())
