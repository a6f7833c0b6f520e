"""What a request is refused with: the status and words of Toxiproxy's API."""


class Refused(Exception):
    """Answered with this status and message; nothing was changed unless it says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def to_json(self) -> dict[str, object]:
        return {"error": self.message, "status": self.status}


def bad_body(because: str) -> Refused:
    return Refused(400, f"bad request body: {because}")


def missing(field: str) -> Refused:
    return Refused(400, f"missing required field: {field}")


def proxy_not_found() -> Refused:
    return Refused(404, "proxy not found")


def proxy_exists() -> Refused:
    return Refused(409, "proxy already exists")


def toxic_not_found() -> Refused:
    return Refused(404, "toxic not found")


def toxic_exists() -> Refused:
    return Refused(409, "toxic already exists")


def invalid_stream() -> Refused:
    return Refused(400, "stream was invalid, can be either upstream or downstream")


def invalid_type() -> Refused:
    return Refused(400, "invalid toxic type")


def cannot_listen(because: str) -> Refused:
    return Refused(500, because)
