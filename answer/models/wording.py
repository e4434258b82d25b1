"""How evidence is written for a model that has no citations of its own: as data, delimited and numbered."""

from __future__ import annotations

import re
from collections.abc import Sequence

from answer.models.base import Material, NumberedText, Prompt

OPENING = "<passages>"
CLOSING = "</passages>"

# Whatever a model takes for a new line, and the rest of the control characters.
_BREAKS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
# Characters that a person does not see and a model reads: tags, changes of direction, spaces of no width.
_UNSEEN = re.compile(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
_MARK = re.compile(r"[\[［【〔〚⟦]\s*(\d[\d\s,;:–-]*)\s*[\]］】〕〛⟧]")
# What opens a tag, or a token of a chat template (``<|im_end|>``, ``<start_of_turn>``, ``<<SYS>>``).
_TAG = re.compile(r"[<＜](?=\s*[/|｜!<?]*\s*[^\W\d])")
_TEMPLATE = re.compile(r"<(?=\s*(?:[|｜]|/?s>|(?:start|end)_of_\w+>|(?:bos|eos|pad|unk)>|</?\s*SYS>))", re.IGNORECASE)
_TURN = re.compile(r"\[(/?\s*(?:INST|SYS|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\s*)\]", re.IGNORECASE)


def numbered_text(materials: Sequence[Material]) -> str:
    """All passages between ``<passages>`` and ``</passages>``, each with its title, each sentence as ``[n] text`` on a
    line of its own. Nothing inside closes a delimiter or looks like a number. Empty without passages.

    The same materials give the same bytes, so that a provider's cache finds them again.
    """
    if not materials:
        return ""
    lines = [OPENING]
    for material in materials:
        lines.append("<passage>")
        title = harmless(material.title)
        if title:
            lines.append(f"Title: {title}")
        lines += [numbered(sentence) for sentence in material.sentences]
        lines.append("</passage>")
    return "\n".join([*lines, CLOSING])


def numbered(sentence: NumberedText) -> str:
    """One sentence with its number, on one line."""
    return f"[{sentence.number}] {harmless(sentence.text)}".rstrip()


def harmless(text: str) -> str:
    """``text`` on one line, without what would be read as a number of ours (``[3]`` becomes ``(3)``), as a delimiter or
    as a turn of the conversation. Pseudonyms stay as they are."""
    text = _BREAKS.sub(" ", _UNSEEN.sub("", text)).strip()
    text = _MARK.sub(lambda match: f"({match[1].strip()})", text)
    return _TURN.sub(r"(\1)", _TAG.sub("‹", text))


def turns(prompt: Prompt, evidence: str) -> list[tuple[str, str]]:
    """The conversation as (``user`` or ``assistant``, text), with ``evidence`` at its front: some chat templates want
    the roles to alternate, beginning with the person."""
    said = [("user" if each.role == "person" else "assistant", _one_turn(each.text)) for each in prompt.messages]
    if not evidence:
        return said
    if said and said[0][0] == "user":
        return [("user", f"{evidence}\n\n{said[0][1]}"), *said[1:]]
    return [("user", evidence), *said]


def _one_turn(text: str) -> str:
    """What somebody said, without tokens of a chat template. A server of one's own reads them in any text, and an
    answer that quoted a document is said again in the history of the next question."""
    return _TURN.sub(r"(\1)", _TEMPLATE.sub("‹", text))
