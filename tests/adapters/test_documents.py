from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from paypulse.aws import clients
from paypulse.aws.documents import S3Documents
from paypulse.documents import hash_content, rental_key
from tests.factories import NOW, make_document

if TYPE_CHECKING:
    from tests.conftest import Aws

CONTENT = b"%PDF-1.4 a notice"


@pytest.fixture
def documents(function_variables: None) -> S3Documents:
    # The functions' own client: links depend on how it signs.
    return S3Documents("rental-invoices-bucket", clients.s3(), lambda: NOW)


def versions(aws: Aws, key: str) -> int:
    answer = aws.client("s3").list_object_versions(Bucket="rental-invoices-bucket", Prefix=key)
    return len(answer.get("Versions", []))


def test_a_document_comes_back_with_what_travelled_along(
    documents: S3Documents, user_id: str
) -> None:
    document = make_document(user_id, filename="Hyresavi_å 1.pdf", content=CONTENT)

    assert documents.put(document, CONTENT, namesake_key="unused")

    assert documents.get(document.key) == (document, CONTENT)


def test_the_same_document_is_written_once(documents: S3Documents, aws: Aws, user_id: str) -> None:
    document = make_document(user_id, content=CONTENT)

    stored = [documents.put(document, CONTENT, namesake_key="unused") for _ in range(3)]

    assert stored == [True, True, True]
    assert versions(aws, document.key) == 1


def test_a_retry_writes_again_so_that_a_new_event_comes(
    documents: S3Documents, aws: Aws, user_id: str
) -> None:
    document = make_document(user_id, content=CONTENT)
    documents.put(document, CONTENT, namesake_key="unused")

    documents.put(document, CONTENT, namesake_key="unused", again=True)

    assert versions(aws, document.key) == 2


def test_a_namesake_goes_beside_and_nothing_is_overwritten(
    documents: S3Documents, user_id: str
) -> None:
    first = make_document(user_id, content=CONTENT)
    documents.put(first, CONTENT, namesake_key="unused")
    other = make_document(user_id, content=b"other")
    namesake = rental_key(user_id, other.filename, hash_content(b"other"))

    assert documents.put(other, b"other", namesake_key=namesake)

    assert documents.get(namesake) == (replace(other, key=namesake), b"other")
    assert documents.get(first.key) == (first, CONTENT)


def test_a_document_that_another_mail_brought_is_told_so(
    documents: S3Documents, aws: Aws, user_id: str
) -> None:
    first = make_document(user_id, content=CONTENT)
    documents.put(first, CONTENT, namesake_key="unused")
    copy = make_document(user_id, content=CONTENT, message_id="19a0000000000002")

    assert not documents.put(copy, CONTENT, namesake_key="unused", again=True)
    assert versions(aws, first.key) == 1


def test_a_document_that_is_gone_is_absent(documents: S3Documents, user_id: str) -> None:
    assert documents.get(rental_key(user_id, "gone.pdf")) is None


def test_a_link_opens_the_document_without_credentials(
    documents: S3Documents, user_id: str
) -> None:
    document = make_document(user_id, content=CONTENT)
    documents.put(document, CONTENT, namesake_key="unused")

    url, _ = documents.link(document.key, "Hyresavi_å.pdf")

    with urlopen(url, timeout=5) as answer:
        assert answer.read() == CONTENT
        assert answer.headers["content-type"] == "application/pdf"
