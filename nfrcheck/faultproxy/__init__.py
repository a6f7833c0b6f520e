"""A proxy that breaks TCP connections on request, with the HTTP API of Toxiproxy 2.12.

A process of its own: `python -m nfrcheck.faultproxy`. It needs the standard library only, knows
nothing of nfrcheck and outlives whoever started it; a fault with a `ttl_s` ends by itself.
"""
