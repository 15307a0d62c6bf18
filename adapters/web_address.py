"""Addresses in the settings of accounts."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from adapters.http import url_problem


def _address(text: str) -> str:
    problem = url_problem(text)
    if problem:
        raise ValueError(f"it {problem}")
    parts = urlsplit(text)
    if parts.username or parts.password or parts.fragment:
        raise ValueError("it must hold no user name, password or fragment")
    return text


def _server(text: str) -> str:
    address = _address(text)
    if urlsplit(address).query or urlsplit(address).path.strip("/"):
        raise ValueError("it must be the server alone, such as https://social.example")
    return address.rstrip("/")


# A web address without user name, password and fragment.
WebAddress = Annotated[str, AfterValidator(_address)]
# The same without path and query, and without a slash at its end.
ServerAddress = Annotated[str, AfterValidator(_server)]
