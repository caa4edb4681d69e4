from __future__ import annotations

import marshal

import pytest
from hypothesis import given

from reader.content.blocks import from_values, to_values
from reader.content.html.builder import parse_html
from reader.content.markdown.parser import parse_markdown
from tests.content.tag_soup import soup

EVERYTHING = """
# A heading with `code` and [a link](https://a.example/)

> quoted **words**

- one
  1. two

~~~python
code

more
~~~

| a | b |
|---|---|
| 1 | *2* |

![alt](https://a.example/p.png "title")

<iframe src="https://youtube.com/embed/x" title="The launch"></iframe>

---
"""


def test_every_kind_of_block_survives_serialization() -> None:
    blocks = parse_markdown(EVERYTHING)
    assert len({type(block) for block in blocks}) == 8
    assert from_values(marshal.loads(marshal.dumps(to_values(blocks)))) == blocks


@given(soup)
def test_any_parsed_text_survives_serialization(source: str) -> None:
    blocks = parse_html(source)
    assert from_values(marshal.loads(marshal.dumps(to_values(blocks)))) == blocks


@pytest.mark.parametrize("value", [[("heading",)], [("something", 1)], [()], [3]])
def test_invalid_values_are_refused(value: list[object]) -> None:
    with pytest.raises(ValueError, match="not a block"):
        from_values(value)
