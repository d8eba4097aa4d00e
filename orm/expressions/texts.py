"""Functions of texts, the same on both engines."""

from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression
from orm.expressions.calls import Call, Form, argument
from orm.expressions.patterns import ignores_case
from orm.types.base import shorten
from orm.types.numbers import IntegerType
from orm.types.text import TextType

_INTEGER: Final = IntegerType(64)

_LENGTH: Final = Form("length", "LENGTH({0})", "CHAR_LENGTH({0})")
_TRIM: Final = Form("trim", "TRIM({0})", "TRIM({0})")
_LTRIM: Final = Form("ltrim", "LTRIM({0})", "LTRIM({0})")
_RTRIM: Final = Form("rtrim", "RTRIM({0})", "RTRIM({0})")
_REPLACE: Final = Form("replace", "REPLACE({0}, {1}, {2})", "REPLACE({0}, {1}, {2})")
_SUBSTR: Final = Form("substr", "SUBSTR({0}, {1}, {2})", "SUBSTR({0}, {1}, {2})")
_REST: Final = Form("substr", "SUBSTR({0}, {1})", "SUBSTR({0}, {1})")
_POSITION: Final = Form("position", "INSTR({0}, {1})", "INSTR({0}, {1})")
_REVERSE: Final = Form("reverse", "REVERSE({0})", "REVERSE({0})")
_REPEAT: Final = Form("repeat", "REPEAT({0}, {1})", "REPEAT({0}, {1})")
_LPAD: Final = Form("lpad", "LPAD({0}, {1}, {2})", "LPAD({0}, {1}, {2})")
_RPAD: Final = Form("rpad", "RPAD({0}, {1}, {2})", "RPAD({0}, {1}, {2})")


def _text(form: Form, first: Any, *others: Any) -> Call[str]:
    given = [argument(item, f"{form.name}()") for item in (first, *others)]
    return Call(form, given, TextType(ci=ignores_case(given[0])))


def length(text: Any) -> Call[int]:
    """How many characters it has."""
    return Call(_LENGTH, (argument(text, "length()"),), _INTEGER)


def trim(text: Any) -> Call[str]:
    """Without blanks at both ends."""
    return _text(_TRIM, text)


def ltrim(text: Any) -> Call[str]:
    """Without blanks at its start."""
    return _text(_LTRIM, text)


def rtrim(text: Any) -> Call[str]:
    """Without blanks at its end."""
    return _text(_RTRIM, text)


def replace(text: Any, old: Any, new: Any) -> Call[str]:
    """With every `old` in it replaced by `new`, exactly."""
    return _text(_REPLACE, text, old, new)


def substr(text: Any, start: int | Expression[Any], count: Any = None) -> Call[str]:
    """The part from character `start` (1 is the first, -1 the last), `count` long or to the end."""
    if isinstance(start, int) and start == 0:
        raise QueryError("substr() counts characters from 1, or from -1 at the end; not from 0.")
    return _text(_REST, text, start) if count is None else _text(_SUBSTR, text, start, count)


def position(text: Any, part: Any) -> Call[int]:
    """Where `part` first begins, from 1; 0 when it is not in there."""
    given = (argument(text, "position()"), argument(part, "position()"))
    return Call(_POSITION, given, _INTEGER)


def reverse(text: Any) -> Call[str]:
    """The characters in reverse order."""
    return _text(_REVERSE, text)


def repeat(text: Any, times: Any) -> Call[str]:
    """The text so many times; empty for none."""
    return _text(_REPEAT, text, times)


def lpad(text: Any, width: Any, fill: str = " ") -> Call[str]:
    """Filled up with `fill` on the left to `width` characters; a longer text is cut to it."""
    return _text(_LPAD, text, width, _filler(fill))


def rpad(text: Any, width: Any, fill: str = " ") -> Call[str]:
    """As lpad(), on the right."""
    return _text(_RPAD, text, width, _filler(fill))


def _filler(fill: str) -> str:
    if not isinstance(fill, str) or not fill:
        raise QueryError(f"lpad() and rpad() fill with a text, not {shorten(fill)}.")
    return fill
