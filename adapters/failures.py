"""The errors of one request to a platform: each says what happened, and what it did to the world."""

from __future__ import annotations

import httpx

from engine.domain.errors import Effect, PublishError, Trouble


def did(effect: Effect) -> str:
    """Return the sentence for people that says what a call did."""
    return (
        "This call posted nothing."
        if effect is Effect.NONE
        else "It may have been posted; somebody looks before it is sent again."
    )


def possible(*, mutates: bool) -> Effect:
    """Return what a request may have done of which nobody knows whether it was carried out."""
    return Effect.MAYBE if mutates else Effect.NONE


def failed(
    why: str, effect: Effect, trouble: Trouble, *, passing: bool = False, raw: str = ""
) -> PublishError:
    """Return the error whose sentences are these, and what the call did."""
    return PublishError(f"{why} {did(effect)}", effect=effect, transient=passing, trouble=trouble, raw=raw)


def broken(where: str, error: httpx.HTTPError, *, mutates: bool) -> PublishError:
    """Return the error for a request that brought no whole answer; `where` is the platform for people.

    Nothing was done when no connection came about. What the library says itself may quote the address, and stays out.
    """
    name = type(error).__name__
    match error:
        case httpx.ConnectError() if "CERTIFICATE" in str(error).upper():
            why = f"{where} shows a certificate that is not valid for it."
            return failed(why, Effect.NONE, Trouble.SETTINGS)
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.ProxyError():
            why = f"{where} cannot be reached ({name}). Check the address and the network."
            return failed(why, Effect.NONE, Trouble.UNREACHABLE, passing=True)
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
            why = f"The request to {where} cannot be sent ({name}). Mend the account's address or secrets."
            return failed(why, Effect.NONE, Trouble.SETTINGS)
        case _:
            why = f"{where} broke the connection before its answer was whole ({name})."
            return failed(why, possible(mutates=mutates), Trouble.BROKEN, passing=True)
