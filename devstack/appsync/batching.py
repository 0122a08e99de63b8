"""BatchInvoke: resolvers of one field that run at the same moment share an invocation."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from devstack.appsync.config import LambdaSource


@dataclass(frozen=True)
class Outcome:
    """What came back for one item.

    Args:
        result: `ctx.result`.
        error: `ctx.error`, with `message` and `type`.
        overdue: The request's time ran out first.
    """

    result: Any = None
    error: dict[str, Any] | None = None
    overdue: bool = False


class Batches:
    """Collects items until the event loop turns, then invokes in groups of the declared size.

    AppSync batches within one request only (aws-appsync-community #51); so does this, since every
    request has its own.
    """

    def __init__(self, call: Callable[[LambdaSource, Any], Awaitable[Outcome]]) -> None:
        self._call = call
        self._waiting: dict[str, list[tuple[Any, asyncio.Future[Outcome]]]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def add(self, name: str, source: LambdaSource, event: Any) -> asyncio.Future[Outcome]:
        """Put an item in line for the field `name`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        if name not in self._waiting:
            self._waiting[name] = []
            loop.call_soon(self._flush, name, source)
        self._waiting[name].append((event, future))
        return future

    def _flush(self, name: str, source: LambdaSource) -> None:
        items = self._waiting.pop(name)
        for group in itertools.batched(items, source.max_batch_size):
            task = asyncio.create_task(self._run(source, list(group)))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _run(
        self, source: LambdaSource, group: list[tuple[Any, asyncio.Future[Outcome]]]
    ) -> None:
        outcome = await self._call(source, [event for event, _ in group])
        for (_, future), one in zip(group, _split(outcome, len(group)), strict=True):
            if not future.done():
                future.set_result(one)


def _split(outcome: Outcome, size: int) -> list[Outcome]:
    """Return an outcome per item; the answer must be a list of the same length, in order."""
    if outcome.error or outcome.overdue:
        return [outcome] * size
    if not isinstance(outcome.result, list) or len(outcome.result) != size:
        message = f"The batch answer is not a list of {size}."
        return [Outcome(error={"message": message, "type": "Lambda:Unhandled"})] * size
    return [Outcome(item) for item in outcome.result]
