"""The notifier `apprise`: mail, chat and a hundred other services through the library of that name.

The service's address holds its secrets, so it only ever comes from the secret `url`.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import Field

from adapters.settings import problems, read
from adapters.tools import Tools
from engine.domain.base import Model
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.ports import Secrets
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig

_KINDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}


class AppriseSettings(Model):
    """How a service is reached; its address is the secret `url`."""

    timeout: float = Field(default=20, gt=0, le=60, description="how long one delivery may take, in seconds.")


@cache
def _library() -> Any:
    """Load the library once, at the first notice: it brings in hundreds of modules.

    It and the HTTP library beneath it write addresses with their secrets into their logs; those are silenced.
    """
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    with warnings.catch_warnings():
        # Deprecations inside the library are its own business, not the reader's of our log.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415 - see above

        apprise.Apprise.instantiate("json://localhost", suppress_exceptions=True)
    return apprise


class AppriseNotifier:
    """Delivers through the service that the secret `url` names."""

    kind = "apprise"
    settings = AppriseSettings
    secrets = "`url`, the service's address as Apprise writes it"

    def __init__(self, _tools: Tools) -> None:
        """Take the shared tools like every adapter; the library brings its own client."""

    def validate(self, notifier: NotifierConfig) -> Sequence[str]:
        """Return what is wrong with the settings, one sentence each; pure."""
        found = problems(AppriseSettings, notifier.settings)
        if "url" not in notifier.secrets:
            found.append(
                "The secret `url` is missing: a reference to the service's address, such as env:CHAT_URL."
            )
        return found

    async def send(self, notifier: NotifierConfig, notice: Notify, secrets: Secrets) -> None:
        """Deliver once, in a thread. Raises NotifyError that never holds the address."""
        url = secrets.get("url", "").strip()
        if not url:
            raise NotifyError(
                f"The notifier {notifier.name!r} has no address: its secret `url` is empty.", transient=False
            )
        try:
            settings = read(AppriseSettings, notifier.settings)
        except ValueError as error:
            raise NotifyError(
                f"The notifier {notifier.name!r} cannot be used. {error}", transient=False
            ) from None
        try:
            async with asyncio.timeout(settings.timeout):
                delivered = await asyncio.to_thread(_deliver, url, notice)
        except TimeoutError:
            raise NotifyError(
                f"The service behind the notifier {notifier.name!r} did not answer within {settings.timeout:g} s."
            ) from None
        except Exception as error:  # noqa: BLE001 - a hundred services, each with errors of its own that quote addresses
            raise NotifyError(
                f"The notifier {notifier.name!r} failed inside the library ({type(error).__name__})."
            ) from None
        if delivered is None:
            raise NotifyError(
                f"The address of the notifier {notifier.name!r} is none that apprise understands. "
                "Compare it with the library's list of services.",
                transient=False,
            )
        if not delivered:
            raise NotifyError(
                f"The service behind the notifier {notifier.name!r} did not take the notice. "
                "Check that its address and credentials still work."
            )


def _deliver(url: str, notice: Notify) -> bool | None:
    """Return whether the service took it, or None when the address is no service's."""
    library = _library()
    # In memory: the library would otherwise keep state, secrets included, in the user's cache folder.
    target = library.Apprise(asset=library.AppriseAsset(storage_mode=library.PersistentStoreMode.MEMORY))
    if not target.add(url):
        return None
    kind = library.NotifyType(_KINDS[notice.severity])
    return bool(target.notify(title=notice.title, body=notice.body, notify_type=kind))
