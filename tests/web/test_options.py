"""Options of the client."""

from __future__ import annotations

import pytest

from reader.core.errors import ReaderError
from reader.web.options import ClientOptions


@pytest.mark.parametrize("user_agent", ["", "  ", "a\r\nX: y", "grün", "a\x00"])
def test_a_user_agent_must_be_one_visible_line(user_agent: str) -> None:
    with pytest.raises(ReaderError):
        ClientOptions(user_agent=user_agent)
