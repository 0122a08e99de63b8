"""What README shows is what the system answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

from graphql import parse, validate

from devstack.sample_mailbox import make_mails
from tests.contracts.contract import build_contract
from tests.stack.test_journey import NewMailbox, NewPerson, finish

README = (Path(__file__).parents[2] / "README.md").read_text()


async def test_the_query_of_the_readme_gives_the_answer_of_the_readme(
    new_person: NewPerson, new_mailbox: NewMailbox
) -> None:
    (document,) = re.findall(r"```graphql\n(.*?)```", README, re.DOTALL)
    (answer,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    mutation, query = document.split("\n\n")
    mails = [mail.as_bytes() for mail in make_mails().values()]
    async with new_person() as person:
        await person.connect_gmail(new_mailbox(*mails))

        started = await person.ask(mutation)
        await finish(person, started["ingestRentalInvoices"]["run"]["id"])

        assert await person.ask(query) == json.loads(answer)


def test_the_subscription_of_the_readme_is_valid() -> None:
    (document,) = re.findall(r"`(subscription \{[^`]*)`", README)

    assert validate(build_contract(), parse(document)) == []
