"""A small Markdown as a tree of blocks; never HTML, never a link out of http, https and mailto."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Inline = dict[str, Any]
Block = dict[str, Any]

_LINK = re.compile(r"^(?:https?://|mailto:)[^\s\x00-\x1f]+$", re.IGNORECASE)
# Deeper than anybody writes, and less than a tree may have on its way to JSON.
_DEEPEST = 16
_CODE_BLOCKS = frozenset({"fence", "code_block"})


def markdown_blocks(text: str) -> list[Block]:
    """Paragraphs, headings and lists with emphasis, code and links.

    What a tile has no place for (HTML, images, tables, quotes) is shown as its text. Nested
    lists become items of their list.
    """
    return _blocks(_parser().parse(text))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Without images, references and HTML there is nothing to fetch and nothing to hide.
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    return parser.disable(["html_block", "html_inline", "image", "reference", "autolink", "entity"])


def _blocks(tokens: Sequence[Token]) -> list[Block]:
    blocks: list[Block] = []
    lists: list[Block] = []
    heading: int | None = None
    for token in tokens:
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            block = {"kind": "list", "ordered": kind[0] == "o", "items": []}
            if not lists:
                blocks.append(block)
            lists.append(blocks[-1])
        elif kind in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif kind == "list_item_open":
            lists[-1]["items"].append([])
        elif kind == "heading_open":
            heading = int(token.tag[1:])
        elif kind == "inline" or kind in _CODE_BLOCKS:
            children = (
                [{"code": token.content.rstrip("\n")}]
                if kind in _CODE_BLOCKS
                else _inlines(token.children or [])
            )
            _place(blocks, lists, heading, children)
            heading = None
    return blocks


def _place(
    blocks: list[Block], lists: list[Block], heading: int | None, children: list[Inline]
) -> None:
    if not children:
        return
    if lists:
        item = lists[-1]["items"][-1]
        item.extend([{"text": " "}, *children] if item else children)
    elif heading is not None:
        # The card's own title is a second-level heading.
        blocks.append({"kind": "heading", "level": min(6, heading + 2), "children": children})
    else:
        blocks.append({"kind": "paragraph", "children": children})


def _inlines(tokens: Sequence[Token]) -> list[Inline]:
    stack: list[list[Inline]] = [[]]
    links: list[str] = []
    for token in tokens:
        kind = token.type
        if kind in ("strong_open", "em_open", "link_open"):
            stack.append([])
            if kind == "link_open":
                links.append(str(token.attrGet("href") or ""))
        elif kind in ("strong_close", "em_close", "link_close"):
            inner = stack.pop()
            wrapped = _wrapped(kind, inner, links)
            stack[-1].extend(wrapped if len(stack) <= _DEEPEST else inner)
        elif kind == "code_inline":
            stack[-1].append({"code": token.content})
        elif kind in ("softbreak", "hardbreak"):
            _add_text(stack[-1], " ")
        elif token.content:
            _add_text(stack[-1], token.content)
    return stack[0]


def _wrapped(kind: str, inner: list[Inline], links: list[str]) -> list[Inline]:
    if kind == "link_close":
        address = links.pop()
        # A link to anywhere else keeps its words and loses its address.
        return [{"link": address, "children": inner}] if _LINK.match(address) else inner
    return [{"strong" if kind == "strong_close" else "em": inner}] if inner else []


def _add_text(inlines: list[Inline], text: str) -> None:
    if inlines and "text" in inlines[-1]:
        inlines[-1] = {"text": inlines[-1]["text"] + text}
    else:
        inlines.append({"text": text})
