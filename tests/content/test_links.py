from __future__ import annotations

import pytest

from reader.content.blocks import links, plain_text
from reader.content.html.builder import parse_html
from reader.content.html.links import LINK, WEB, resolve_link


@pytest.mark.parametrize(
    "address", ["http://user:secret@a.example/", "https://www.bank.example@evil.example/login", "//u:p@a.example/x"]
)
def test_an_address_with_a_user_name_or_password_is_not_a_link(address: str) -> None:
    assert resolve_link(address, "https://base.example/", LINK) == ""
    assert resolve_link(address, "", WEB) == ""
    blocks = parse_html(f'<p><a href="{address}">words</a></p>')
    assert links(blocks) == ()
    assert plain_text(blocks) == "words"


def test_an_at_sign_in_a_path_or_a_mail_address_is_fine() -> None:
    assert resolve_link("https://a.example/@ann?x=a@b", "", WEB) == "https://a.example/@ann?x=a@b"
    assert resolve_link("mailto:ann@a.example", "", LINK) == "mailto:ann@a.example"
