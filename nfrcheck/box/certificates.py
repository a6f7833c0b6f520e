"""A throw-away certificate authority and the TLS settings of everything that speaks TLS."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

from nfrcheck.box.layout import PARTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    serve: dict[str, ssl.SSLContext]
    call: ssl.SSLContext


def issue(ca_file: Path) -> Tls:
    """EC P-256 keys; only the certificate of the authority is written to disk."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(ca_file)
    serve = {}
    for part in PARTS:
        if part.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.num_tickets = 0  # nobody resumes sessions here; tickets cost time per client
            authority.issue_cert(part.host, key_type=trustme.KeyType.ECDSA).configure_cert(context)
            serve[part.name] = context
    call = ssl.create_default_context(cafile=str(ca_file))
    return Tls(serve=serve, call=call)
