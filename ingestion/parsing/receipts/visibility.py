"""Which parts of a page a reader sees, by inline styles and by the page's own style sheet.

Only what hides text is looked at. Rules inside `@media` are left alone: they hold for some readers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selectolax.lexbor import LexborHTMLParser

_MAX_RULES = 400
# Elements that are compared with rules; time grows with both.
_MAX_COMPARISONS = 6_000_000
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_DECLARATION = re.compile(r"\s*([\w-]{1,40})\s*:\s*([^;{}]{1,120})")
_INTERESTING = re.compile(
    r"display|visibility|font|opacity|height|width|color|background|indent|clip|left|top|float|mso"
    r"|transform|align|decoration|white-space|grid",
    re.IGNORECASE,
)
# Properties that may hide an element; see `_is_gone`.
_HIDING = frozenset(
    {"display", "mso-hide", "height", "max-height", "width", "opacity", "text-indent", "left"}
    | {"top", "margin-left", "clip", "clip-path", "transform"}
)
_ZERO = re.compile(r"^0*\.?0*(?:px|pt|em|rem|%)?$")
# Up to two pixels; nobody reads that, and newsletters hide their preview text in it.
_TINY = re.compile(
    r"^(?:0*\.?0+|[012](?:\.\d+)?(?:px|pt)|0*(?:\.[01]\d*)?(?:r?em)|[0-9](?:\.\d+)?%)$"
)
_NAMED = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "red": (255, 0, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
}
_SAME_COLOR = 24  # sum of the differences of red, green and blue below which nobody can read it

type Color = tuple[int, int, int]


class Look(NamedTuple):
    """What a node inherits; `gone` cannot be undone by children, the rest can."""

    gone: bool = False
    invisible: bool = False
    tiny: bool = False
    color: Color = (0, 0, 0)
    background: Color | None = (255, 255, 255)  # None: an image or a gradient

    @property
    def hidden(self) -> bool:
        """Whether text that looks like this cannot be read."""
        return self.gone or self.invisible or self.tiny or self._colorless

    @property
    def _colorless(self) -> bool:
        if self.background is None:
            return False
        pairs = zip(self.color, self.background, strict=True)
        return sum(abs(ink - paper) for ink, paper in pairs) < _SAME_COLOR


class StyleSheet:
    """The declarations that the page's own rules give its elements."""

    def __init__(self, page: LexborHTMLParser, elements: int) -> None:
        from selectolax.lexbor import SelectolaxError

        self._of_node: dict[int, dict[str, str]] = {}
        most = min(_MAX_RULES, _MAX_COMPARISONS // max(1, elements))
        for selector, declarations in islice(_rules_of(page), most):
            try:
                matches = page.css(selector)
            except (SelectolaxError, ValueError):
                continue
            for node in matches:
                self._of_node.setdefault(node.mem_id, {}).update(declarations)

    def of(self, mem_id: int, attributes: Mapping[str, str | None]) -> dict[str, str]:
        """Return a node's declarations; the inline style wins."""
        style = dict(self._of_node.get(mem_id, ()))
        inline = attributes.get("style")
        if inline:
            style.update(declarations_of(inline))
        return style


def declarations_of(text: str) -> dict[str, str]:
    """Return property → value, both lower-cased."""
    return {
        name.lower(): value.lower().replace("!important", "").strip()
        for name, value in _DECLARATION.findall(text[:2000])
    }


def look_of(parent: Look, style: Mapping[str, str], attributes: Mapping[str, str | None]) -> Look:
    """Return how a node looks inside its parent."""
    gone = parent.gone or "hidden" in attributes or _is_gone(style)
    visibility = style.get("visibility")
    invisible = parent.invisible if visibility is None else visibility in ("hidden", "collapse")
    size = style.get("font-size") or _size_in_shorthand(style.get("font", ""))
    tiny = parent.tiny if not size else bool(_TINY.match(size))
    color = _color(style.get("color") or attributes.get("color") or "") or parent.color
    return Look(gone, invisible, tiny, color, _background(parent, style, attributes))


def is_struck_out(style: Mapping[str, str]) -> bool:
    """Tell whether text is crossed out, which a former price is."""
    return "line-through" in style.get("text-decoration", "") + style.get(
        "text-decoration-line", ""
    )


def _is_gone(style: Mapping[str, str]) -> bool:
    if _HIDING.isdisjoint(style):
        return False
    if style.get("display") == "none" or style.get("mso-hide") == "all":
        return True
    if any(_ZERO.match(style[name]) for name in ("height", "max-height") if style.get(name)):
        return True
    if "width" in style and re.match(r"^0(?:px)?$", style["width"]) and "overflow" in style:
        return True
    opacity = style.get("opacity", "1")
    if re.match(r"^0?(?:\.0\d*)?%?$", opacity) and opacity:
        return True
    if re.search(r"(?:^|\s)-\d{3,}", f"{style.get('text-indent', '')} {style.get('left', '')}"):
        return True
    if re.search(r"(?:^|\s)-\d{4,}", f"{style.get('top', '')} {style.get('margin-left', '')}"):
        return True
    clip = style.get("clip", "") + style.get("clip-path", "")
    return bool(re.search(r"rect\(0|inset\((?:50|100)%|circle\(0", clip)) or bool(
        re.search(r"scale\(0(?:\.0+)?\)", style.get("transform", ""))
    )


def _size_in_shorthand(font: str) -> str:
    match = re.search(r"(?:^|\s)(\d[\d.]*(?:px|pt|em|rem|%)?)(?:/|\s)", font)
    return match[1] if match else ""


def _background(
    parent: Look, style: Mapping[str, str], attributes: Mapping[str, str | None]
) -> Color | None:
    value = style.get("background-color") or style.get("background") or attributes.get("bgcolor")
    if "background-image" in style or attributes.get("background"):
        return None
    if not value or value in ("transparent", "none", "inherit", "initial"):
        return parent.background
    if "url(" in value or "gradient" in value:
        return None
    return _color(value) or (None if parent.background is None else parent.background)


@lru_cache(maxsize=1024)
def _color(value: str) -> Color | None:
    for word in value.lower().split():
        if word in _NAMED:
            return _NAMED[word]
    if match := re.search(r"#([0-9a-f]{6})\b", value.lower()):
        return (int(match[1][:2], 16), int(match[1][2:4], 16), int(match[1][4:], 16))
    if match := re.search(r"#([0-9a-f])([0-9a-f])([0-9a-f])\b", value.lower()):
        return (int(match[1] * 2, 16), int(match[2] * 2, 16), int(match[3] * 2, 16))
    if match := re.search(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})", value.lower()):
        return (int(match[1]), int(match[2]), int(match[3]))
    return None


def _rules_of(page: LexborHTMLParser) -> Iterator[tuple[str, dict[str, str]]]:
    for style in page.css("style"):
        text = _COMMENT.sub("", (style.text() or "")[:200_000])
        for selector, body in _top_level_rules(text):
            if not _INTERESTING.search(body):
                continue
            declarations = declarations_of(body)
            if declarations:
                yield selector, declarations


def _top_level_rules(text: str) -> Iterator[tuple[str, str]]:
    """Yield (selector, body), passing by `@media` and its like with all that they hold."""
    at = 0
    while (opening := text.find("{", at)) != -1:
        selector = text[at:opening].rpartition(";")[2].strip()
        if selector.startswith("@"):
            at = _end_of_block(text, opening)
            continue
        closing = text.find("}", opening)
        if closing == -1:
            return
        if 0 < len(selector) < 200 and ":" not in selector:
            yield selector, text[opening + 1 : closing]
        at = closing + 1


def _end_of_block(text: str, opening: int) -> int:
    depth = 0
    for match in re.finditer(r"[{}]", text[opening:]):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return opening + match.end()
    return len(text)
