from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from paypulse.documents import from_metadata, hash_content, rental_key, to_metadata
from tests.factories import NOW, make_document


@given(st.text())
def test_no_file_name_leaves_the_users_folder(filename: str) -> None:
    key = rental_key("user_1", filename)

    found = from_metadata(key, {}, "0" * 64, NOW)
    assert found is not None
    assert found.user_id == "user_1"
    assert key.count("/") == 3


def test_names_stay_readable() -> None:
    assert (
        rental_key("u", "Hyresavi augusti (å).pdf") == "invoices/u/rental/Hyresavi_augusti_(å).pdf"
    )


def test_what_travels_with_an_object_comes_back() -> None:
    document = make_document(filename="Hyresavi_å 1297112086.pdf")

    found = from_metadata(document.key, to_metadata(document), document.sha256, NOW)

    assert found == document


def test_metadata_is_ascii() -> None:
    assert all(value.isascii() for value in to_metadata(make_document(filename="å.pdf")).values())


def test_an_object_put_by_hand_is_named_after_its_content() -> None:
    sha256 = hash_content(b"by hand")

    found = from_metadata("invoices/user_1/rental/by hand.pdf", {}, sha256, NOW)

    assert found is not None
    assert (found.user_id, found.filename) == ("user_1", "by hand.pdf")
    assert found.source.message_id == f"upload-{sha256[:16]}"


def test_other_keys_are_no_documents() -> None:
    assert from_metadata("invoices/user_1/elsewhere/x.pdf", {}, "0" * 64, NOW) is None
