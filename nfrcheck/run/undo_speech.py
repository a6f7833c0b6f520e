"""What is said to a port that speaks no HTTP, so that it has to answer: harmless first words.

Standard library only: the guardian runs without any installed package.
"""

import ssl

CONNECT = "connect"
"""Nothing is said, and nothing is waited for: only whether a connection is taken, and kept."""
_WORDS = {
    CONNECT: b"",
    # The server speaks first: MySQL, SMTP, FTP, SSH.
    "greeting": b"",
    # ApiVersions, version 0, correlation 1, no client id (kafka.apache.org/protocol).
    "kafka": bytes.fromhex("0000000a 0012 0000 00000001 ffff"),
    # SSLRequest: one letter comes back, with or without TLS (PostgreSQL, 54.7 Message Formats).
    "postgres": bytes.fromhex("00000008 04d2162f"),
    # +PONG, or an error that asks who is there.
    "redis": b"PING\r\n",
    # The header of AMQP 0-9-1: Start, or the version that the broker speaks.
    "amqp": b"AMQP\x00\x00\x09\x01",
}
SPEECHES = (*_WORDS, "tls")


def first_words(speech: str, host: str) -> bytes:
    """Of `tls` the client's hello, for any port behind TLS. Raises KeyError for a word unknown."""
    if speech != "tls":
        return _WORDS[speech]
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    line = context.wrap_bio(incoming, outgoing, server_hostname=host or None)
    try:
        line.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake needs an answer")
