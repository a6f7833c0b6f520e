"""URLs in the files: of HTTP, absolute, and without a secret."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from nfrcheck.fields import refused


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        meant = text if "://" in text else f"http://{text}"
        remedy = f'such as `"{meant}"`' if "://" not in text else "http or https"
        raise refused(f"`{text}` is not a URL", remedy)
    if parts.username or parts.password:
        remedy = "use `principals` with `basic`"
        raise refused("a secret stands in the URL", remedy, secret=True)
    return text


def _base(text: str) -> str:
    if "?" in text or "#" in text:
        raise refused(
            "the URL has a query, which would not be sent: each request adds its own path",
            "write it into the requests (`get: /path?key=value`); a key is one of `principals`",
        )
    return text.rstrip("/")


Url = Annotated[str, AfterValidator(_url)]
"""As it was written."""
BaseUrl = Annotated[Url, AfterValidator(_base)]
"""One that paths are added to."""
