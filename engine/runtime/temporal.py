"""How every process of ours reaches Temporal: one address, one namespace, one data converter."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from engine.domain.errors import EngineError
from engine.runtime.datadir import look
from engine.runtime.settings import Settings, environment

NOT_RUNNING = (
    "The engine is not running, so nothing was changed. Start it with `drumbeat up` in another terminal "
    "(or set DRUMBEAT_TEMPORAL_ADDRESS to the Temporal server that you use), then repeat this command."
)


async def connect(settings: Settings, *, within: timedelta = timedelta(seconds=10)) -> Client:
    """Connect to the Temporal server of these settings, waiting for it at most `within`.

    Raises EngineError that says which server did not answer and what to do.
    """
    address = server_address(settings)
    config = _profile(settings)
    if address is not None:
        config["target_host"] = address
    # A profile may name its namespace; ours counts when it was set, or when nobody says another.
    if "temporal_namespace" in settings.model_fields_set or not config.get("namespace"):
        config["namespace"] = settings.temporal_namespace
    deadline = monotonic() + within.total_seconds()
    while True:
        try:
            return await Client.connect(**config, data_converter=pydantic_data_converter)
        except (RuntimeError, RPCError) as error:
            if monotonic() >= deadline:
                raise EngineError(_unreachable(settings, str(config.get("target_host")), error)) from None
            await asyncio.sleep(0.2)


def server_address(settings: Settings) -> str | None:
    """Return the server's address: the given one, that of the running engine, or None when a profile names it."""
    if not settings.embedded:
        return settings.temporal_address
    engine = look(settings.home)
    if not engine.running or engine.record is None or engine.record.address is None:
        raise EngineError(NOT_RUNNING)
    return engine.record.address


def _profile(settings: Settings) -> dict[str, Any]:
    """Return connection settings from the SDK's own profiles: TLS, API keys and more come from there."""
    if settings.embedded:
        return {}
    try:
        return dict(
            ClientConfig.load_client_connect_config(
                profile=settings.temporal_profile, override_env_vars=dict(environment())
            )
        )
    except (RuntimeError, ValueError) as error:
        raise EngineError(
            f"The Temporal profile {settings.temporal_profile or 'default'} cannot be read: {_short(error)}. "
            "Mend the profile file, or unset DRUMBEAT_TEMPORAL_PROFILE."
        ) from None


def _unreachable(settings: Settings, address: str, error: Exception) -> str:
    named = (
        "It runs with this engine; `drumbeat doctor` looks for the reason."
        if settings.embedded
        else "Look whether it runs and whether DRUMBEAT_TEMPORAL_ADDRESS (or the profile) names it rightly."
    )
    reason = "connection refused" if "refused" in str(error).lower() else type(error).__name__
    return f"The Temporal server at {address} does not answer ({reason}). Nothing was changed. {named}"


def _short(error: BaseException) -> str:
    return str(error).split("\n", maxsplit=1)[0][:200]
