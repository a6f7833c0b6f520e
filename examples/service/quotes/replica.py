"""One replica of the service: `python3 -m quotes.replica 1`."""

import sys
from http import HTTPStatus

from quotes.places import REPLICAS
from quotes.prices import quote
from quotes.server import Handler, serve


class Replica(Handler):
    def do_GET(self) -> None:
        path = self.path.strip("/")
        if path == "healthz":
            self.answer(HTTPStatus.OK, {"well": True})
            return
        kind, _, sku = path.partition("/")
        try:
            price = quote(sku if kind == "quotes" else "")
        except KeyError:
            self.not_found()
        else:
            self.answer(HTTPStatus.OK, {"sku": sku, "price": str(price)})


if __name__ == "__main__":
    serve(REPLICAS[int(sys.argv[1]) - 1], Replica)
