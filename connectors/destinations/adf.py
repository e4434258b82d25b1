"""Plain text with headings, lists and addresses as a document of Jira's (Atlassian Document Format, version 1)."""

from __future__ import annotations

import re
from typing import Any

Node = dict[str, Any]

_HEADING = re.compile(r"(#{1,6}) +(\S.*)")
_BULLET = re.compile(r"[-*] +(\S.*)")
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")


def document(text: str) -> Node:
    """``# heading``, ``- item``, blank lines between paragraphs; addresses become links. All else stays as written."""
    blocks: list[Node] = []
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        blocks.extend(_blocks([line.strip() for line in part.split("\n") if line.strip()]))
    return {"type": "doc", "version": 1, "content": blocks or [{"type": "paragraph", "content": []}]}


def _blocks(lines: list[str]) -> list[Node]:
    blocks: list[Node] = []
    for line in lines:
        heading, bullet = _HEADING.fullmatch(line), _BULLET.fullmatch(line)
        last = blocks[-1] if blocks else None
        if heading:
            level = {"level": len(heading[1])}
            blocks.append({"type": "heading", "attrs": level, "content": _inline(heading[2])})
        elif bullet:
            item: Node = {"type": "listItem", "content": [{"type": "paragraph", "content": _inline(bullet[1])}]}
            if last and last["type"] == "bulletList":
                last["content"].append(item)
            else:
                blocks.append({"type": "bulletList", "content": [item]})
        elif last and last["type"] == "paragraph":
            last["content"] += [{"type": "hardBreak"}, *_inline(line)]
        else:
            blocks.append({"type": "paragraph", "content": _inline(line)})
    return blocks


def _inline(line: str) -> list[Node]:
    """Text nodes, never an empty one: Jira refuses those."""
    nodes: list[Node] = []
    end = 0
    for match in _ADDRESS.finditer(line):
        if match.start() > end:
            nodes.append({"type": "text", "text": line[end : match.start()]})
        link = {"type": "link", "attrs": {"href": match[0]}}
        nodes.append({"type": "text", "text": match[0], "marks": [link]})
        end = match.end()
    if end < len(line):
        nodes.append({"type": "text", "text": line[end:]})
    return nodes
