"""The fields of the query language, by the kind of value they take. Pure."""

from __future__ import annotations

from typing import Literal, get_args

TextField = Literal["any", "title", "excerpt", "body", "text"]
ValueField = Literal["source", "domain", "topic", "tag", "type", "category", "lang", "folder"]
PartField = Literal["path", "url"]
NumberField = Literal["quality", "heat"]
StateName = Literal["read", "unread", "starred", "published", "duplicate"]
ThingName = Literal["related", "images", "body", "page", "tags", "problems"]

VALUE_FIELDS: tuple[ValueField, ...] = get_args(ValueField)
PART_FIELDS: tuple[PartField, ...] = get_args(PartField)
NUMBER_FIELDS: tuple[NumberField, ...] = get_args(NumberField)
TEXT_FIELDS: tuple[TextField, ...] = get_args(TextField)
STATES: tuple[StateName, ...] = get_args(StateName)
THINGS: tuple[ThingName, ...] = get_args(ThingName)
FIELDS: tuple[str, ...] = (
    *(name for name in TEXT_FIELDS if name != "any"),
    *VALUE_FIELDS,
    *PART_FIELDS,
    *NUMBER_FIELDS,
    *("date", "after", "before", "is", "has", "sort", "limit"),
)
"""Every field name."""
