"""Where plans get their secrets: references that are resolved late, in the process that needs the value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from engine.domain.errors import SecretError
from engine.runtime.settings import PREFIX, SECRET_PREFIX, environment

_LARGEST = 65_536


def read_secret(reference: str, environ: Mapping[str, str] | None = None) -> SecretStr:
    """Return the secret behind `env:NAME` or `file:/absolute/path`; a file's last line break is not part of it.

    Read at every call, so that a rotated file is seen without a restart. Raises SecretError, which names the
    reference and never the value.
    """
    kind, _, place = reference.partition(":")
    if kind == "env" and place:
        value = _from_environment(place, environment() if environ is None else environ)
    elif kind == "file" and place:
        value = _from_file(place)
    else:
        # Not repeated: somebody may have pasted the secret itself where its reference belongs.
        raise SecretError(
            "A secret is given by reference: write env:NAME or file:/absolute/path, never the value."
        )
    if not value:
        raise SecretError(
            f"The secret {reference} is empty. Put the value there; it is read at the next attempt."
        )
    return SecretStr(value)


def read_secrets(references: Mapping[str, str]) -> dict[str, str]:
    """Resolve an account's secret references. Raises SecretError."""
    return {name: read_secret(reference).get_secret_value() for name, reference in references.items()}


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    if name.startswith(PREFIX) and not name.startswith(SECRET_PREFIX):
        raise SecretError(
            f"The secret env:{name} names a setting of the engine itself, which plans cannot read. "
            f"Use a name of your own, for example {SECRET_PREFIX}BLOG."
        )
    if name not in environ:
        raise SecretError(
            f"The secret env:{name} is not set. Set {name} where the worker runs and start it again."
        )
    return environ[name]


def _from_file(place: str) -> str:
    path = Path(place).expanduser()
    if not path.is_absolute():
        raise SecretError(
            f"The secret file:{place} needs an absolute path: workers run in different directories."
        )
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise SecretError(
            f"The secret file:{place} cannot be read ({error.strerror}). "
            "Put the file where the worker runs and let its user read it."
        ) from None
    if len(raw) > _LARGEST:
        raise SecretError(f"The secret file:{place} is longer than {_LARGEST} bytes: is it the right file?")
    try:
        return raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise SecretError(f"The secret file:{place} is not UTF-8 text: is it the right file?") from None
