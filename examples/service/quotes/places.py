"""Where the service runs on a developer's machine and in CI; the deployment file says the same."""

FRONT = ("127.0.4.1", 18100)
REPLICAS = (("127.0.4.11", 18101), ("127.0.4.12", 18102))
