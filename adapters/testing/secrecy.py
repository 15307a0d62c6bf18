"""The one check that no secret leaves an adapter: not in an error, its causes, its repr, its traceback or a log."""

from __future__ import annotations

import traceback

SECRET = "hunter2-Zq8"


def assert_no_secret(error: BaseException, *texts: str, secret: str = SECRET) -> None:
    """Fail when the secret stands anywhere a person or a log could see it."""
    shown = [str(error), repr(error), "".join(traceback.format_exception(error)), *texts]
    shown += [str(value) for value in vars(error).values()]
    cause = error.__cause__
    while cause is not None:
        shown += [str(cause), repr(cause)]
        cause = cause.__cause__
    for text in shown:
        assert secret not in text, f"a secret is shown in: {text.replace(secret, '<the secret>')}"
