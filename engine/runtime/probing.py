"""Asking servers for their limits: what `check --ask` and `doctor` do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from adapters.registry import Registry
from engine.domain.errors import DrumbeatError
from engine.domain.plan import Plan
from engine.domain.ports import Platform
from engine.domain.roles import Limits, limited
from engine.domain.workspace import Account
from engine.runtime.secrets import read_secrets

Probed = dict[str, dict[str, Limits]]


def probe(plans: Iterable[Plan]) -> tuple[Probed, list[str]]:
    """Ask the server of every account that a channel uses, once. Returns the limits by workspace and account.

    The second part says in a sentence each which accounts could not be asked, and why.
    """
    accounts = {
        (plan.workspace.name, account.name): account
        for plan in plans
        for channel in plan.strategy.channels
        if (account := plan.accounts.get(channel.account)) is not None
    }
    return asyncio.run(_all(accounts))


async def _all(accounts: dict[tuple[str, str], Account]) -> tuple[Probed, list[str]]:
    registry, found, failures = Registry(), Probed(), list[str]()
    try:
        for (workspace, name), account in sorted(accounts.items()):
            try:
                limits = await _one(registry.platforms[account.platform], account)
            except (DrumbeatError, TimeoutError) as error:
                why = str(error) or "it did not answer in time."
                failures.append(f"The account {workspace}/{name} could not be asked for its limits: {why}")
                continue
            if limits is not None:
                found.setdefault(workspace, {})[name] = limits
    finally:
        await registry.aclose()
    return found, failures


async def _one(platform: Platform, account: Account) -> Limits | None:
    asked = limited(platform)
    if asked is None:
        return None
    async with asyncio.timeout(platform.capabilities.timeout.total_seconds()):
        return await asked.probe(account, read_secrets(account.secrets))
