"""The functions as worker processes: one each, one call at a time, started when first called.

Powertools keeps the request on the class, so a process must never answer two at once.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devstack.appsync.config import InvocationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from devstack.manifest import Function

_MAX_ANSWER_BYTES = 6 * 1024 * 1024  # Lambda's limit


@dataclass(slots=True)
class _Worker:
    name: str
    function: Function
    environment: Mapping[str, str]
    log: Path
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    process: asyncio.subprocess.Process | None = None
    max_memory_mb: float = 0.0

    async def call(self, event: Any, timeout_s: float) -> Any:
        async with self.lock:
            limit_s = min(timeout_s, self.function.timeout_s)
            try:
                process = await self.started()
                return await asyncio.wait_for(self._exchange(process, event, limit_s), limit_s)
            except TimeoutError:
                await self.stop()
                raise InvocationError(
                    "Lambda:ExecutionTimeoutException",
                    f"{self.name} timed out after {limit_s:.0f} s",
                ) from None
            except asyncio.CancelledError:
                await self.stop()  # half an answer may be on its way
                raise

    async def started(self) -> asyncio.subprocess.Process:
        if self.process is None or self.process.returncode is not None:
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "devstack.lambda_worker",
                    self.function.handler,
                    self.name,
                    str(self.function.memory_mb),
                    env=dict(self.environment),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    limit=_MAX_ANSWER_BYTES,
                    start_new_session=True,
                )
            assert self.process.stdout is not None  # noqa: S101 - it is a pipe; for mypy
            await self.process.stdout.readline()  # it says when its module is loaded
        return self.process

    async def _exchange(
        self, process: asyncio.subprocess.Process, event: Any, limit_s: float
    ) -> Any:
        assert process.stdin is not None  # noqa: S101 - both are pipes; for mypy
        assert process.stdout is not None  # noqa: S101
        call = {"event": event, "requestId": str(uuid.uuid4()), "timeoutS": limit_s}
        with suppress(ConnectionError):  # the process has ended; reading tells
            process.stdin.write(json.dumps(call).encode() + b"\n")
            await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            await process.wait()
            message = f"{self.name} exited with status {process.returncode}; see {self.log}"
            raise InvocationError("Lambda:Unhandled", message)
        answer = json.loads(line)
        self.max_memory_mb = answer["maxMemoryMb"]
        if "errorType" in answer:
            raise InvocationError(
                "Lambda:Unhandled", f"{answer['errorType']}: {answer['errorMessage']}"
            )
        return answer["result"]

    async def stop(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), 3)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


class Workers:
    """Every function of the manifest; implements the gateway's `Invoker`."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        environments: Mapping[str, Mapping[str, str]],
        logs: Path,
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._workers = {
            name: _Worker(name, function, environments[name], logs / f"{name}.log")
            for name, function in functions.items()
        }

    async def invoke(self, function_name: str, payload: Any, timeout_s: float) -> Any:
        """Return the function's answer; see `devstack.appsync.config.Invoker`."""
        worker = self._workers.get(function_name)
        if worker is None:
            raise InvocationError("Lambda:ResourceNotFound", f"no function {function_name!r}")
        return await worker.call(payload, timeout_s)

    def max_memory_mb(self, function_name: str) -> float:
        """Return the most memory that a function's process has had, as of its last answer."""
        return self._workers[function_name].max_memory_mb

    async def warm_up(self) -> None:
        """Start every process, one after the other, so that no first call pays for it."""
        for worker in self._workers.values():
            async with worker.lock:
                await worker.started()

    async def stop(self) -> None:
        """End every process."""
        await asyncio.gather(*(worker.stop() for worker in self._workers.values()))
