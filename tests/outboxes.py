"""SNS as the functions meet it in the dev stack: the outbox in front of MiniStack."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from devstack.outbox.messages import Outbox
from devstack.outbox.sns import Sns
from devstack.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request


@dataclass
class RunningOutbox:
    """What was delivered, and a switch that turns SNS off."""

    url: str
    outbox: Outbox
    is_down: bool = False

    def pushes_to(self, token: str) -> list[Any]:
        return [each for each in self.outbox.pushes if each.token == token]

    def emails_to(self, address: str) -> list[Any]:
        return [
            each
            for each in self.outbox.emails
            if each.address == address and "Confirmation" not in each.subject
        ]


@contextmanager
def running_outbox(aws_url: str) -> Iterator[RunningOutbox]:
    outbox = Outbox()
    sns = Sns(aws_url, outbox)
    running = RunningOutbox("", outbox)

    async def answer(request: Request) -> Response:
        if running.is_down:
            text = "<ErrorResponse><Error><Code>InternalError</Code></Error></ErrorResponse>"
            return Response(text, 500, media_type="text/xml")
        return await sns.answer(request)

    app = Starlette(routes=[Route("/sns", answer, methods=["POST"])])
    with serving(app) as url:
        running.url = f"{url}/sns"
        yield running
