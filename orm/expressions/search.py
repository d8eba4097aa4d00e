"""match(): searching words by a FullText index.

    found = match("green -coffee tea*", Note.title, Note.body)
    Note.select().where(found).order_by(-found.rank())

The text is what people type: words (every one has to be there, or with mode="any" at least one),
"phrases in quotation marks", prefixes with a star, and `-word` for what must not be there. Anything
else in it separates words, so there is no syntax to get wrong and nothing to escape (sec:D3).
"""

import re
from typing import Any, Final, Literal

from orm.errors import QueryError
from orm.expressions.base import Condition, Expression, Value
from orm.expressions.columns import Column
from orm.expressions.writer import Source, Writer
from orm.later import html
from orm.names import did_you_mean
from orm.records import Record
from orm.types.base import Converter, ValueType, shorten
from orm.types.numbers import FloatType
from orm.types.text import TextType

# Longest text that is searched for; people type far less.
_LONGEST: Final = 1_000
_TOKEN: Final = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_WORD: Final = re.compile(r"[^\W_]+")
# InnoDB has no words shorter than this in its index (innodb_ft_min_token_size), nor these.
_SHORTEST: Final = 3
# fmt: off
_NOT_INDEXED: Final = frozenset({
    "a", "about", "an", "are", "as", "at", "be", "by", "com", "de", "en", "for", "from", "how",
    "i", "in", "is", "it", "la", "of", "on", "or", "that", "the", "this", "to", "was", "what",
    "when", "where", "who", "will", "with", "und", "www",
})
# fmt: on


class Term(Record):
    """Words that follow each other. is_prefix: the last of them may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False
    is_unwanted: bool = False

    @property
    def is_indexed_by_innodb(self) -> bool:
        if len(self.words) > 1 or self.is_prefix:
            return True
        word = self.words[0].lower()
        return len(word) >= _SHORTEST and word not in _NOT_INDEXED

    @property
    def quoted(self) -> str:
        return f'"{" ".join(self.words)}"'


class Terms(Record):
    """What is searched for."""

    terms: tuple[Term, ...]
    is_any: bool

    @property
    def wanted(self) -> list[Term]:
        return [term for term in self.terms if not term.is_unwanted]

    @property
    def unwanted(self) -> list[Term]:
        return [term for term in self.terms if term.is_unwanted]


def parse(text: str, *, is_any: bool = False) -> Terms:
    """The terms of what somebody typed."""
    found = []
    for match_ in _TOKEN.finditer(text):
        raw = match_["phrase"] if match_["phrase"] is not None else match_["word"]
        words = tuple(_WORD.findall(raw))
        if words:
            is_prefix = match_["word"] is not None and raw.endswith("*")
            found.append(Term(words, is_prefix, bool(match_["minus"])))
    return Terms(tuple(found), is_any)


def _fts5(search: Terms) -> str:
    wanted = [term.quoted + (" *" if term.is_prefix else "") for term in search.wanted]
    if not wanted:
        return '""'
    text = (" OR " if search.is_any else " AND ").join(wanted)
    for term in search.unwanted:
        text = f"({text}) NOT {term.quoted}{' *' if term.is_prefix else ''}"
    return text


def _boolean_mode(search: Terms) -> str:
    sign = "" if search.is_any else "+"
    wanted = [sign + _innodb(term) for term in search.wanted if term.is_indexed_by_innodb]
    if not wanted:
        return ""
    return " ".join([*wanted, *(f"-{_innodb(term)}" for term in search.unwanted)])


def _innodb(term: Term) -> str:
    if len(term.words) == 1:
        return term.words[0] + ("*" if term.is_prefix else "")
    return term.quoted


class SearchType(ValueType):
    """The terms in each engine's syntax."""

    kind = "text"

    def encoder(self, dialect: str) -> Converter:
        return _boolean_mode if dialect == "mysql" else _fts5


class Search(Expression[Any]):
    """What the condition and its rank have in common."""

    parts = ("key", "search")
    traits = ("index_name",)

    def __init__(self, source: Source, index_name: str, search: Value[Terms]) -> None:
        self.source = source
        self.index_name = index_name
        self.key: Column[Any] = source.info.primary_key.make_expression(source)
        self.search = search

    def write_mysql(self, writer: Writer) -> None:
        writer.text("MATCH (")
        writer.column(self.source, f"{self.index_name[:59]}_g1")
        writer.text(") AGAINST (")
        self.search.write(writer)
        writer.text(" IN BOOLEAN MODE)")

    def write_fts5(self, writer: Writer, columns: str) -> None:
        writer.text(f"SELECT {columns} FROM ")
        writer.name(self.index_name)
        writer.text(" WHERE ")
        writer.name(self.index_name)
        writer.text(" MATCH ")
        self.search.write(writer)


class Rank(Search):
    """How well a row fits: the higher the better, 0 where it does not."""

    parts = ("key", "search")
    traits = ("index_name",)

    type = FloatType()

    def write(self, writer: Writer) -> None:
        if writer.is_mysql:
            self.write_mysql(writer)
            return
        # Materialised, or bm25() would count all documents anew for each row.
        writer.text("COALESCE((WITH ranked AS MATERIALIZED (")
        self.write_fts5(writer, "rowid AS id, -rank AS score")
        writer.text(") SELECT score FROM ranked WHERE ranked.id = ")
        self.key.write(writer)
        writer.text("), 0.0)")


class Match(Search, Condition):
    """The rows that have the words."""

    parts = ("key", "search")
    traits = ("index_name",)

    def rank(self) -> Rank:
        """How well a row fits, for `order_by(-found.rank())`: the higher the better.

        Only the order means something: SQLite computes bm25, MySQL its own relevance.
        """
        return Rank(self.source, self.index_name, self.search)

    def highlight(
        self, column: Expression[Any], before: str = "<mark>", after: str = "</mark>"
    ) -> "Marked":
        """The text of a column as HTML, what was searched for between `before` and `after`."""
        return Marked(column, MarkedType(self.search.value, before, after, None))

    def snippet(
        self,
        column: Expression[Any],
        words: int = 16,
        before: str = "<mark>",
        after: str = "</mark>",
    ) -> "Marked":
        """As highlight(), but only so many words around the first that was searched for."""
        return Marked(column, MarkedType(self.search.value, before, after, words))

    def write(self, writer: Writer) -> None:
        if writer.is_mysql:
            writer.text("(")
            self.write_mysql(writer)
            writer.text(" > 0)")
            return
        self.key.write(writer)
        writer.text(" IN (")
        self.write_fts5(writer, "rowid")
        writer.text(")")


class MarkedType(ValueType):
    """Text that is marked where it is read; the database gives it as it is."""

    kind = "text"

    def __init__(self, search: Terms, before: str, after: str, words: int | None) -> None:
        patterns = [
            r"[\W_]+".join(map(re.escape, term.words)) + (r"[^\W_]*" if term.is_prefix else "")
            for term in search.wanted
        ]
        joined = "|".join(sorted(patterns, key=len, reverse=True)) or r"(?!)"
        self._pattern = re.compile(rf"(?<![^\W_])(?:{joined})(?![^\W_])", re.IGNORECASE)
        self._before, self._after, self._words = before, after, words

    def accept(self, value: Any) -> str:
        return str(value)

    def decoder(self, dialect: str) -> Converter:
        return self._mark

    def _mark(self, text: str) -> str:
        text = str(text)
        if self._words is not None:
            text = self._cut(text, self._words)
        pieces, end = [], 0
        for found in self._pattern.finditer(text):
            pieces += [html.escape(text[end : found.start()]), self._before]
            pieces += [html.escape(found[0]), self._after]
            end = found.end()
        return "".join([*pieces, html.escape(text[end:])])

    def _cut(self, text: str, number: int) -> str:
        spans = [word.span() for word in re.finditer(r"\S+", text)]
        if len(spans) <= number:
            return text
        found = self._pattern.search(text)
        place = found.start() if found else 0
        at = next((i for i, (_, end) in enumerate(spans) if end > place), 0)
        first = max(0, min(at - number // 4, len(spans) - number))
        last = first + number - 1
        middle = text[spans[first][0] : spans[last][1]]
        return f"{'… ' if first else ''}{middle}{' …' if last < len(spans) - 1 else ''}"


class Marked(Expression[str]):
    """A column whose text is marked as it is read."""

    parts = ("inner",)
    traits = ("type",)

    def __init__(self, inner: Expression[Any], kind: MarkedType) -> None:
        if not isinstance(inner, Expression) or not isinstance(inner.type, TextType):
            raise QueryError(f"highlight() and snippet() mark a text, not {shorten(inner)}.")
        self.inner = inner
        self.type = kind

    @property
    def label(self) -> str:
        return self.inner.label.rpartition(".")[2]

    def write(self, writer: Writer) -> None:
        self.inner.write(writer)


def match(text: str, *columns: Any, mode: Literal["all", "any"] = "all") -> Match:
    """Rows whose `columns` have the words of `text`: see `orm.expressions.search`.

    columns: those of one FullText index, or the model when it has only one. QueryError when there
    is no such index. A text without a word finds nothing.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise QueryError(f"match() takes a str of at most {_LONGEST:,} characters.")
    if mode not in ("all", "any"):
        raise QueryError(f"match(mode={mode!r}). {did_you_mean(str(mode), ('all', 'any'))}")
    source, index_name = _index_of(columns)
    search: Value[Any] = Value(parse(text, is_any=mode == "any"), SearchType())
    return Match(source, index_name, search)


def _index_of(columns: tuple[Any, ...]) -> tuple[Source, str]:
    """The source, and the name of its FullText index over these columns."""
    if len(columns) == 1 and not isinstance(columns[0], Column):
        source, names = _source_of(columns[0]), None
    elif columns and all(isinstance(item, Column) for item in columns):
        source, names = columns[0].source, {item.column for item in columns}
    else:
        raise QueryError("match() takes a text and columns, as in match('tea', Note.title).")
    indexes = [item for item in source.info.indexes if item.kind == "fulltext"]
    fitting = [i for i in indexes if names is None or {c for c, _ in i.columns} == names]
    if len(fitting) != 1 or any(c.source is not source for c in columns if names is not None):
        known = "; ".join(", ".join(c for c, _ in index.columns) for index in indexes) or "none"
        raise QueryError(
            f"match() needs the columns of one FullText index of {source.label}; it has: {known}."
        )
    return source, str(fitting[0].name)


def _source_of(model: Any) -> Source:
    found = getattr(model, "_source", None)
    if found is None:
        found = getattr(getattr(model, "_meta", None), "source", None)
    if not isinstance(found, Source):
        raise QueryError(f"match() takes columns or a model, not {shorten(model)}.")
    return found
