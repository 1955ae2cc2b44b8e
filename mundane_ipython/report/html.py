"""Stored outputs as HTML that runs nothing and loads nothing, for a page. Pure.

Text is escaped, images become data, and HTML passes a sanitiser (nh3, which is Ammonia) with a
short list of what it keeps. Of a record that is not the user's own, only text and bitmap images
are drawn.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Sequence
from typing import Any

import nh3

from ..outputs.fold import HARMLESS, Output

# Best first. What is not here (JavaScript, widgets, plotly's JSON) shows by its text/plain.
_KINDS = (
    *("text/html", "image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp"),
    *("text/markdown", "text/latex", "text/plain"),
)
_BITMAPS = frozenset(kind for kind in HARMLESS if kind.startswith("image/"))
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_IMAGE_DATA = re.compile(
    r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE
)
_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)

_TAGS = nh3.ALLOWED_TAGS - {"map", "area"}
_STYLE = frozenset(("style",))
_ATTRIBUTES = {
    **dict.fromkeys(("div", "p", "span", "table", "tr", "th", "td", "pre", "code"), _STYLE),
    "a": frozenset(("href", "title")),
    "img": frozenset(("src", "alt", "width", "height")),
    "td": frozenset(("style", "colspan", "rowspan", "align")),
    "th": frozenset(("style", "colspan", "rowspan", "align", "scope")),
    "ol": frozenset(("start",)),
}
# Nothing that lets an output leave its place on the page, and nothing with an address in it.
_PROPERTIES = frozenset(
    """color background-color font-weight font-style font-family text-align text-decoration
    vertical-align white-space border-left border-right border-top border-bottom padding
    padding-left padding-right""".split()  # noqa: SIM905 (a list of strings reads worse)
)
MAX_TEXT_CHARS = 20_000
"""How much of one text is shown; its middle is left out beyond that."""


def outputs_html(outputs: Sequence[Output], *, trusted: bool) -> str:
    """Return a cell's stored outputs as HTML, each in an element of class `output`.

    Args:
        outputs: nbformat outputs, out of a file.
        trusted: whether the record is the user's own; else only text and bitmap images are drawn.
    """
    return "".join(filter(None, (_output(output, trusted) for output in outputs)))


def plain(text: Any) -> str:
    """Return any text, such as a terminal's, as HTML: escaped, without what steers a terminal."""
    lines = _ANSI.sub("", _joined(text)).replace("\r\n", "\n").split("\n")
    # A progress bar writes over its own line.
    text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    if len(text) > MAX_TEXT_CHARS:
        half, left_out = MAX_TEXT_CHARS // 2, len(text) - MAX_TEXT_CHARS
        text = f"{text[:half]}\n... {left_out:,} characters left out ...\n{text[-half:]}"
    return html.escape(_NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text))


def clean_html(text: Any) -> str:
    """Return HTML without scripts, styles, forms, frames, classes, or addresses but for links."""
    cleaner = nh3.clean(
        _joined(text),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_keep_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        url_relative="deny",
        filter_style_properties=set(_PROPERTIES),
    )
    return str(cleaner)


def _output(output: Output, trusted: bool) -> str:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return f'<pre class="output {name}">{plain(output.get("text"))}</pre>'
    if kind == "error":
        trace = output.get("traceback")
        text = "\n".join(map(str, trace)) if isinstance(trace, list) else ""
        return f'<pre class="output stderr">{plain(text)}</pre>'
    data, metadata = output.get("data"), output.get("metadata")
    if not isinstance(data, dict):
        return ""
    for each in _KINDS:
        if each in data and (trusted or each in HARMLESS):
            sizes = metadata.get(each) if isinstance(metadata, dict) else None
            drawn = _drawn(each, data[each], sizes)
            if drawn:
                return f'<div class="output">{drawn}</div>'
    return ""


def _drawn(kind: str, data: Any, sizes: Any) -> str:
    if kind == "text/html":
        cleaned = clean_html(data)
        # What a script was to fill is empty; its text/plain says more.
        visible = "<img" in cleaned or nh3.clean(cleaned, tags=set()).strip()
        return f'<div class="html">{cleaned}</div>' if visible else ""
    if kind in _BITMAPS:
        return _image(kind, "".join(_joined(data).split()), sizes)
    if kind == "image/svg+xml":  # as an image, where a browser runs no script and loads nothing
        encoded = base64.b64encode(_joined(data).encode("utf-8", "replace")).decode()
        return _image(kind, encoded, sizes)
    text = plain(data)
    return f"<pre>{text}</pre>" if text.strip() else ""


def _image(kind: str, encoded: str, sizes: Any) -> str:
    try:
        base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return ""
    width = sizes.get("width") if isinstance(sizes, dict) else None
    attribute = f' width="{width}"' if type(width) is int and 0 < width < 10_000 else ""
    return (
        f'<img alt="an image that the cell showed" src="data:{kind};base64,{encoded}"{attribute}>'
    )


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "src":
        return value if _IMAGE_DATA.fullmatch(value) else None
    if attribute == "href":
        return value if _LINK.match(value) else None
    return value


def _joined(text: Any) -> str:
    """Return a multiline string of nbformat, which may be a list of lines; else nothing."""
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""
