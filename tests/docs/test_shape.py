"""A newcomer finds the way: SPEC.md's contents list is its headings, and no paragraph is long."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from mundane_ipython.adapter import registry

from .support import README, SPEC, section, without_code

MAX_WORDS = 120
DEEPEST_LISTED = 3

_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LISTED = re.compile(r"^( *)\* \[(.+)\]\(#(.+)\)$", re.MULTILINE)
# What begins a paragraph of its own without a blank line before it.
_ITEM = re.compile(r"\s*(?:[*-]|\d+\.) ")


def anchors(text: str) -> list[tuple[int, str, str]]:
    """Return (level, heading, anchor) for each heading, the anchor as GitHub makes it.

    GitHub writes it in lower case, drops all but letters, digits, underscores and hyphens, and
    makes each space a hyphen; an anchor that is there already gets a number.
    """
    seen: Counter[str] = Counter()
    found = []
    for marks, title in _HEADING.findall(without_code(text)):
        plain = re.sub(r"\[(.+?)\]\(.+?\)", r"\1", title)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = seen[anchor]
        seen[anchor] += 1
        found.append((len(marks), title, f"{anchor}-{number}" if number else anchor))
    return found


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs, each item of a list for itself; no tables, no code, no headings."""
    lines: list[str] = []
    for line in [*without_code(text).splitlines(), ""]:
        ends = not line.strip() or line.startswith(("|", "#")) or _ITEM.match(line)
        if ends and lines:
            yield "\n".join(lines)
            lines = []
        if line.strip() and not line.startswith(("|", "#")):
            lines.append(line)


def test_the_contents_list_is_the_headings() -> None:
    """Each heading down to the third level is listed, in order, indented, and linked."""
    listed = [
        (len(indent) // 2 + 1, title, anchor)
        for indent, title, anchor in _LISTED.findall(section(SPEC, "Contents"))
    ]
    _title, _contents, *rest = anchors(SPEC)
    assert listed == [each for each in rest if each[0] <= DEEPEST_LISTED]


def test_levels_of_headings_follow_each_other() -> None:
    """No heading lies more than one level below the heading before it."""
    levels = [level for level, _, _ in anchors(SPEC)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("text", [README, SPEC], ids=["README", "SPEC"])
def test_links_within_a_page_lead_somewhere(text: str) -> None:
    """Each link to an anchor of the same page has its heading, which is the only one so named."""
    known = [anchor for _, _, anchor in anchors(text)]
    links = re.findall(r"\]\(#([^)]+)\)", without_code(text).replace("\n", ""))
    assert set(links) <= set(known)
    titles = [title for _, title, _ in anchors(text)]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("text", [README, SPEC], ids=["README", "SPEC"])
def test_no_paragraph_is_long(text: str) -> None:
    """What has more words is a list or a table."""
    long = {each[:60]: len(each.split()) for each in paragraphs(text)}
    assert {start: words for start, words in long.items() if words > MAX_WORDS} == {}


def test_each_state_is_listed() -> None:
    """The table of ambient state has a row for each key that bundles know, and no other."""
    table = section(SPEC, "Ambient state").partition("\n### ")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    listed = [key for row in rows for key in re.findall(r"`([\w.]+)`", row)]
    keys = [state.key for adapter in registry.every() for state in adapter.state]
    assert sorted(listed) == sorted([*keys, *registry.ENGINES])
