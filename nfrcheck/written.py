"""What is written in a file, apart from quantities: names, paths, bodies, secrets."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from nfrcheck.errors import DeploymentError
from nfrcheck.model.units import UnitError

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_STATUS = re.compile(r"[1-5](xx|[0-9]{2})|timeout")
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_JSON_WORDS = {"true": True, "false": False, "null": None}


class Text(str):
    """A scalar as it was written; `plain` if without quotes, so that a body can have numbers.

    `folder` is that of the file in which it stands: a path in it starts there.
    """

    __slots__ = ("folder", "plain")
    folder: Path | None
    plain: bool

    def __new__(cls, text: str = "", *, plain: bool = False, folder: Path | None = None) -> Self:
        scalar = super().__new__(cls, text)
        scalar.plain = plain
        scalar.folder = folder
        return scalar


class Model(BaseModel):
    """What stands in a file: frozen, and no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def refused(
    message: str, remedy: str | None = None, *, secret: bool = False
) -> PydanticCustomError:
    """An error of a validator; `this key` in the message becomes the key's own name.

    `secret`: what stands there must not be shown again.
    """
    context: dict[str, Any] = {"message": message, "remedy": remedy, "secret": secret}
    return PydanticCustomError("nfrcheck", "{message}", context)


def written(reader: Callable[[str], T]) -> Callable[[Any], Any]:
    """Reads text; a value that is typed already (from Python, not from a file) stays."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return reader(value)
        except UnitError as error:
            raise refused(error.message, error.remedy) from error

    return read


def text_schema(description: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "description": description, "examples": list(examples)}
    )


def _name(text: str) -> str:
    if _NAME.fullmatch(text):
        return str(text)
    meant = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    remedy = f"did you mean `{meant}`?" if meant else None
    raise refused(f"`{text}` is not a name: small letters, digits, single hyphens", remedy)


def _status(value: Any) -> Any:
    text = str(value).lower()
    if not _STATUS.fullmatch(text):
        raise refused(f"`{value}` is not a status", "such as `200`, `2xx` or `timeout`")
    return text


def _pointer(text: str) -> str:
    if text and not text.startswith("/"):
        raise refused(f"`{text}` is not a JSON pointer", f"did you mean `/{text}`?")
    if re.search(r"~(?![01])", text):
        raise refused(f"`{text}` is not a JSON pointer", "`~` is written `~0`, `/` is `~1`")
    return str(text)


Name = Annotated[
    str, AfterValidator(_name), Field(json_schema_extra={"pattern": f"^{_NAME.pattern}$"})
]
Status = Annotated[
    str,
    BeforeValidator(_status),
    WithJsonSchema({"type": ["string", "integer"], "examples": [200, "2xx", "timeout"]}),
]
Pointer = Annotated[str, AfterValidator(_pointer), text_schema("a JSON pointer", "/order/id")]


def one_or_list(value: Any) -> Any:
    return (value,) if isinstance(value, str | int | dict) else value


class _Alone:
    """Says the same to editors."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


# Where a list is expected, one item may stand alone.
Many = Annotated[tuple[T, ...], BeforeValidator(one_or_list), _Alone()]


def folder_of(value: Any, info: ValidationInfo) -> Path | None:
    """Of the file in which the value stands, else the one that the reader passes."""
    folder = getattr(value, "folder", None) or (info.context or {}).get("folder")
    return Path(folder) if folder else None


def _from_folder(value: Any, info: ValidationInfo) -> Any:
    """Paths are relative to the file that holds them.

    Absolute, because what is put back later is put back from another working folder.
    """
    folder = folder_of(value, info)
    return folder.absolute() / value if folder and isinstance(value, str | Path) else value


File = Annotated[Path, BeforeValidator(_from_folder)]


def as_json(value: Any) -> Any:
    """What a body means in JSON: only a plain scalar can be a number, a truth value or null."""
    if isinstance(value, dict):
        return {str(key): as_json(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(entry) for entry in value]
    if isinstance(value, Text):
        return _scalar(value)
    return value


def _scalar(text: Text) -> Any:
    if not text.plain:
        return str(text)
    if text in _JSON_WORDS:
        return _JSON_WORDS[text]
    if _JSON_NUMBER.fullmatch(text):
        return float(text) if set(text) & set(".eE") else int(text)
    return str(text)


Json = Annotated[Any, BeforeValidator(as_json)]


def literal_secret() -> PydanticCustomError:
    message = "a secret stands in the file itself"
    return refused(message, "write `{env: NAME}` or `{file: path}`", secret=True)


class Secret(Model):
    """Where a secret value is found. The value itself is read late and never kept or shown."""

    env: str | None = None
    file: File | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_literal(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise literal_secret()
        given = [key for key in ("env", "file") if isinstance(value, dict) and value.get(key)]
        if isinstance(value, dict) and len(given) != 1:
            raise refused("a secret is exactly one of `{env: NAME}` or `{file: path}`")
        return value

    def resolve(self) -> str:
        """The value. Raises DeploymentError if the variable or the file is not there."""
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise DeploymentError(
                    f"the environment variable {self.env} is not set", f"export {self.env}=..."
                )
            return value
        assert self.file is not None
        try:
            return self.file.read_text("utf-8").rstrip("\r\n")
        except OSError as error:
            message = f"the secret file {self.file} cannot be read: {error.strerror}"
            raise DeploymentError(message, "write the secret into it") from error
        except ValueError as error:
            message = f"the secret file {self.file} cannot be read: {error}"
            raise DeploymentError(message, "it is a text in UTF-8") from error
