"""The one check that no secret leaves an adapter: not in an error, its causes, its repr, its traceback or a log."""

from __future__ import annotations

import base64
import traceback

SECRET = "hunter2-Zq8"
# Whose password it is, where a user name goes with it: together they come back as a Basic authorization.
USER = "me"


def assert_no_secret(error: BaseException, *texts: str, secret: str = SECRET) -> None:
    """Fail when the secret stands anywhere a person or a log could see it."""
    shown = [str(error), repr(error), "".join(traceback.format_exception(error)), *texts]
    shown += [str(value) for value in vars(error).values()]
    cause = error.__cause__
    while cause is not None:
        shown += [str(cause), repr(cause)]
        cause = cause.__cause__
    for text in shown:
        assert_tells_no_secret(text, secret=secret)


def assert_tells_no_secret(text: str, *, secret: str = SECRET) -> None:
    """Fail when the secret stands in the text, plain or as the authorization that it is sent as."""
    for form in (secret, base64.b64encode(f"{USER}:{secret}".encode()).decode()):
        assert form not in text, f"a secret is shown in: {text.replace(form, '<the secret>')}"
