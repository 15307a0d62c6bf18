"""The workflow of the peer `temporal`, in a file that imports nothing else: the sandbox loads it for every start."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

MAKE_POST = "make_post"
# The activity must have a limit: 10 s is more than the platform ever takes.
_LIMIT = timedelta(seconds=10)


@workflow.defn
class PostOnce:
    """One action."""

    @workflow.run
    async def run(self, url: str, mark: str) -> None:
        """Post when the start's delay is over."""
        await workflow.execute_activity(MAKE_POST, args=[url, mark], start_to_close_timeout=_LIMIT)
