"""What the surroundings tell the engine: the one module that reads the environment.

Every setting is a field of `Settings`; its variable is the field's name in capitals behind `DRUMBEAT_`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from engine.domain.errors import EngineError

PREFIX = "DRUMBEAT_"
# Plans refer to secrets as env:NAME; this prefix is left free for such names.
SECRET_PREFIX = "DRUMBEAT_SECRET_"  # noqa: S105 - a prefix, no secret
_HIGHEST_PORT = 65535
# Kubernetes puts these into every container beside a Service that is called drumbeat or drumbeat-….
_KUBERNETES = re.compile(r"DRUMBEAT_(?:\w+_)?(?:SERVICE_(?:HOST|PORT\w*)|PORT_\d+_(?:TCP|UDP|SCTP)\w*)")
_KUBERNETES_URL = re.compile(r"(?:tcp|udp|sctp)://")


class SettingsError(EngineError):
    """A setting is wrong, so nothing was started. Mend the variable that is named."""


def _address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not (host and colon and port.isdecimal() and 0 < int(port) <= _HIGHEST_PORT) or "/" in value:
        raise ValueError("expected host:port, for example 127.0.0.1:7233")
    return value


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _database_url(value: SecretStr) -> SecretStr:
    scheme, colon, rest = value.get_secret_value().partition("://")
    # psycopg 3 is the driver that is installed; the short spellings mean it.
    driver = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}.get(scheme, scheme)
    if not colon or driver not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError("expected sqlite:////absolute/file.db or postgresql://user:password@host/database")
    return SecretStr(f"{driver}://{rest}")


def _default_database(earlier: dict[str, Any]) -> SecretStr:
    return SecretStr(f"sqlite:///{earlier['home'] / 'drumbeat.db'}")


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Address = Annotated[str, AfterValidator(_address)]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]


class Settings(BaseModel):
    """Everything about the engine that is not part of a plan."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)

    home: Annotated[Path, AfterValidator(_absolute)] = Field(
        default=Path(".drumbeat"),
        description="The data directory: databases, logs and the lock of one engine.",
    )
    database_url: DatabaseUrl = Field(
        default_factory=_default_database,
        description="Where samples, tasks and the journal are kept: an SQLAlchemy URL of SQLite or PostgreSQL. "
        "Default: the file drumbeat.db in the data directory.",
    )
    session_key_file: Annotated[Path, AfterValidator(_absolute)] | None = Field(
        default=None,
        description="A file with the key that sessions of platforms are kept under, when workers on several machines "
        "share one database. Default: session.key in the data directory, which is made at the first start.",
    )
    temporal_address: Address | None = Field(
        default=None,
        description="host:port of a Temporal server. Default: none, the engine runs an embedded one of its own.",
    )
    temporal_namespace: Word = Field(default="drumbeat", description="The Temporal namespace.")
    temporal_profile: Word | None = Field(
        default=None,
        description="A profile of Temporal's own configuration file (address, TLS, API key); it replaces the "
        "embedded server.",
    )
    task_queue: Word = Field(default="drumbeat", description="The Temporal task queue that the workers poll.")
    durable: Annotated[Literal["normal", "full"], BeforeValidator(_lower)] = Field(
        default="normal",
        description="How the embedded server writes to disk. normal: a killed process loses nothing, but a power "
        "loss or a crash of the operating system may cost the last instants before it. full: nothing is lost "
        "then either, and every step waits for the disk.",
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] = Field(
        default="console", description="console for people, json for machines: one object a line."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", description="The least important line that is still logged."
    )
    max_cached_workflows: int = Field(
        default=10_000,
        ge=1,
        le=1_000_000,
        description="How many strategies a worker keeps awake, at about 50 KB each. A strategy that is not kept is "
        "replayed when it is due: keep this above the number of strategies for each worker.",
    )
    keep_judged_days: int = Field(
        default=400,
        ge=1,
        le=36_500,
        description="For how many days what rules said is kept with the facts behind it, so that `drumbeat explain --at` "
        "can tell why. Samples, posts and the journal are kept for ever; only these rows come by the hundred a day.",
    )
    metrics_address: Address | None = Field(
        default=None, description="host:port where the worker offers Prometheus metrics. Default: none, off."
    )
    shutdown_grace: float = Field(
        default=30.0,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description="Seconds that a worker may take to finish its calls when it is stopped.",
    )

    @property
    def embedded(self) -> bool:
        """Say whether the engine runs a Temporal server of its own."""
        return self.temporal_address is None and self.temporal_profile is None

    @property
    def database_shown(self) -> str:
        """Return the database URL as it may be printed: without password and without options."""
        parts = urlsplit(self.database_url.get_secret_value())
        user, at, host = parts.netloc.rpartition("@")
        login = f"{user.partition(':')[0]}:***" if ":" in user else user
        # Not urlunsplit: it drops the empty host that an absolute SQLite path needs.
        return f"{parts.scheme}://{login}{at}{host}{parts.path}"

    def as_environ(self) -> dict[str, str]:
        """Return the settings as variables for a child process. It holds secrets: never log it."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            variable_of(name): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name, value in values.items()
            if value is not None
        }


class SettingRow(NamedTuple):
    """One setting, for a table in the documents or in `doctor`."""

    variable: str
    default: str
    description: str


def variable_of(field: str) -> str:
    """Return the environment variable of a field of `Settings`."""
    return PREFIX + field.upper()


def describe_settings() -> tuple[SettingRow, ...]:
    """List every setting with its default as written in the environment and what it does."""
    return tuple(
        SettingRow(
            variable_of(name),
            "" if field.default_factory or field.default is None else str(field.default),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    )


def environment() -> Mapping[str, str]:
    """Return the environment of this process, for those who may not read it themselves."""
    return os.environ


def load_settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the settings from the environment; overrides (by field name) win, None means not given.

    An empty variable counts as not set. Raises SettingsError naming every wrong variable at once; the value of
    the database URL is never repeated.
    """
    given = environment() if environ is None else environ
    fields = {variable_of(name): name for name in Settings.model_fields}
    values: dict[str, object] = {}
    complaints: list[str] = []
    for variable, value in given.items():
        if not variable.startswith(PREFIX) or not value:
            continue
        if variable in fields:
            values[fields[variable]] = value
        elif not _is_foreign(variable, value):
            complaints.append(_unknown(variable, fields))
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        complaints += [_complaint(detail, values) for detail in error.errors()]
    else:
        if not complaints:
            return settings
    raise SettingsError(
        "The settings are wrong, so nothing was started.\n" + "\n".join(f"  {c}" for c in complaints)
    )


def _is_foreign(variable: str, value: str) -> bool:
    if variable.startswith(SECRET_PREFIX) or _KUBERNETES.fullmatch(variable):
        return True
    return variable.endswith("_PORT") and bool(_KUBERNETES_URL.match(value))


def _unknown(variable: str, fields: Mapping[str, str]) -> str:
    near = get_close_matches(variable, fields, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(sorted(fields))}."
    return f"{variable} is no setting: {hint} (Secrets for plans may be called {SECRET_PREFIX}….)"


def _complaint(detail: ErrorDetails, values: Mapping[str, object]) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        return _unknown(variable_of(name), {variable_of(field): field for field in Settings.model_fields})
    message = detail["msg"].removeprefix("Value error, ")
    shown = "" if name == "database_url" else f" is {str(values.get(name))[:80]!r}"
    return f"{variable_of(name)}{shown}: {message}"
