from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_core.plan.markdown import markdown_blocks


def test_a_paragraph_has_its_emphasis_and_code() -> None:
    assert markdown_blocks("One *two* **three `four`**\nfive") == [
        {
            "kind": "paragraph",
            "children": [
                {"text": "One "},
                {"em": [{"text": "two"}]},
                {"text": " "},
                {"strong": [{"text": "three "}, {"code": "four"}]},
                {"text": " five"},
            ],
        }
    ]


def test_headings_stand_below_the_cards_own() -> None:
    assert [block["level"] for block in markdown_blocks("# a\n\n## b\n\n###### c")] == [3, 4, 6]


def test_a_list_in_a_list_becomes_items() -> None:
    (block,) = markdown_blocks("1. one\n2. two\n   - three")
    assert block["ordered"] is True
    assert [item[0]["text"] for item in block["items"]] == ["one", "two", "three"]


@pytest.mark.parametrize("address", ["https://a.example/x?y=1", "http://a.example", "mailto:a@b.c"])
def test_a_link_keeps_its_address(address: str) -> None:
    (block,) = markdown_blocks(f"[words]({address})")
    assert block["children"] == [{"link": address, "children": [{"text": "words"}]}]


@pytest.mark.parametrize(
    "text",
    [
        "[words](javascript:alert(1))",
        "[words](JaVaScRiPt:alert(1))",
        "[words](data:text/html,<script>)",
        "[words](vbscript:x)",
        "[words](//a.example)",
        "[words](/local)",
        "[words](file:///etc/passwd)",
        "[words](<java\tscript:x>)",
        "[words](<x https://a.example>)",
        "[words](&#106;avascript:x)",
        "[words]()",
    ],
)
def test_a_link_to_elsewhere_is_no_link(text: str) -> None:
    assert '"link"' not in json.dumps(markdown_blocks(text))
    assert "words" in json.dumps(markdown_blocks(text))


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "a <b onclick=x>b</b>", "<!-- c -->", "&lt;b&gt;", "<a@b.c>"],
)
def test_html_is_words(text: str) -> None:
    assert markdown_blocks(text) == [{"kind": "paragraph", "children": [{"text": text}]}]


def test_an_image_is_a_link_to_it_and_nothing_is_fetched() -> None:
    (block,) = markdown_blocks("![alt](https://a.example/x.png)")
    link = {"link": "https://a.example/x.png", "children": [{"text": "alt"}]}
    assert block["children"] == [{"text": "!"}, link]


@pytest.mark.parametrize(
    ("opened", "closed"),
    [("*a **b ", "c** a* "), ("_a *b ", "c* a_ "), ("[", "](https://a.example)"), ("> ", ""),
     ("- ", ""), ("*", "*"), ("`", "`"), ("1. ", "")],
)  # fmt: skip
def test_what_is_nested_without_end_can_be_sent(opened: str, closed: str) -> None:
    blocks = markdown_blocks(f"before\n\n{opened * 700}words {closed * 700}\n")
    assert orjson.dumps(blocks).startswith(b'[{"kind":"paragraph","children":[{"text":"before"}]}')


def test_words_below_the_deepest_emphasis_are_kept() -> None:
    assert b"words" in orjson.dumps(markdown_blocks("*a **b " * 700 + "words " + "c** a* " * 700))


def test_emphasis_of_any_sane_depth_is_kept() -> None:
    (block,) = markdown_blocks("*a **b *c* b** a*")
    assert block["children"] == [
        {"em": [{"text": "a "}, {"strong": [{"text": "b "}, {"em": [{"text": "c"}]},
                                            {"text": " b"}]}, {"text": " a"}]}
    ]  # fmt: skip


@given(st.text(max_size=300))
def test_any_text_gives_blocks_of_known_kinds(text: str) -> None:
    for block in markdown_blocks(text):
        assert block["kind"] in {"paragraph", "heading", "list"}
        json.dumps(block)
