"""A throw-away certificate authority and the TLS settings of everything that speaks TLS."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from nfrcheck.box.layout import PARTS, Part

EXPIRED_SINCE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Of one part, both by the same authority for the same name."""

    valid: trustme.LeafCert
    expired: trustme.LeafCert

    def load(self, context: ssl.SSLContext, *, expired: bool) -> None:
        """Handshakes that begin from now on show it."""
        (self.expired if expired else self.valid).configure_cert(context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    serve: dict[str, ssl.SSLContext]
    certificates: dict[str, Certificates]
    call: ssl.SSLContext


def issue(ca_file: Path) -> Tls:
    """EC P-256 keys; only the certificate of the authority is kept on disk."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(ca_file)
    certificates = {part.name: _certificates(authority, part) for part in PARTS if part.tls}
    serve = {}
    for name, of_part in certificates.items():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.num_tickets = 0  # nobody resumes sessions here; tickets cost time per client
        of_part.load(context, expired=False)
        serve[name] = context
    call = ssl.create_default_context(cafile=str(ca_file))
    return Tls(serve=serve, certificates=certificates, call=call)


def unchecked() -> ssl.SSLContext:
    """Of a caller who does not ask whom it speaks to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _certificates(authority: trustme.CA, part: Part) -> Certificates:
    yesterday = datetime.now(UTC) - EXPIRED_SINCE
    kind = trustme.KeyType.ECDSA
    return Certificates(
        valid=authority.issue_cert(part.host, key_type=kind),
        expired=authority.issue_cert(part.host, key_type=kind, not_after=yesterday),
    )
