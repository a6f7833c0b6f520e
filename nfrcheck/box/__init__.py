"""The box: two regions as processes on loopback, for the demo, the tests and the truth matrix."""
