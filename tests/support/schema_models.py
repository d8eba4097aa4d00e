"""Models made at run time, for tests that change them."""

import enum
import types
from typing import Any

import orm


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


def new_model(name: str, /, **namespace: Any) -> Any:
    """A model of one test alone; `Meta` as a dict."""
    meta = namespace.pop("Meta", None)
    if meta is not None:
        namespace["Meta"] = type("Meta", (), meta)
    return types.new_class(name, (orm.Model,), exec_body=lambda ns: ns.update(namespace))


def rich_models() -> list[Any]:
    """Everything that DDL knows: every kind, indexes of all sorts, checks, relations."""
    owner = new_model(
        "RichOwner",
        name=orm.String(40, unique=True),
        nick=orm.String(20, null=True, ci=True),
        Meta={"table": "rich_owners"},
    )
    thing = new_model(
        "RichThing",
        title=orm.String(100),
        body=orm.Text(default=""),
        count=orm.Integer(default=0, check=lambda column: column >= 0),
        big=orm.BigInteger(null=True),
        small=orm.SmallInteger(default=1, index=True),
        flag=orm.Boolean(default=True),
        ratio=orm.Float(null=True),
        price=orm.Decimal(10, 2, default=0),
        huge=orm.Decimal(30, 10, null=True),
        day=orm.Date(null=True),
        at=orm.DateTime(default=orm.now),
        data=orm.Json(default=dict),
        blob=orm.Bytes(null=True),
        hash=orm.Bytes(32, null=True),
        uid=orm.Uuid(null=True, unique=True),
        size=orm.Enum(Size, default=Size.SMALL),
        owner=orm.ForeignKey(owner, on_delete="cascade"),
        parent=orm.ForeignKey("self", null=True, on_delete="set_null"),
        friends=orm.ManyToMany(owner),
        Meta={
            "table": "rich_things",
            "indexes": [
                orm.Index("owner", "-at"),
                orm.Index("flag", condition=lambda m: m.count > 3, name="rich_open_idx"),
                orm.Unique("title", condition="`flag` = 1", name="rich_title_key"),
                orm.Unique(lambda m: orm.lower(m.title), "owner", name="rich_lower_key"),
                orm.Unique("day", "owner", nulls_distinct=False, name="rich_day_key"),
                orm.Unique("owner", "count", "small"),
                orm.Check(lambda m: (m.price >= 0) | (m.title != "it's 5%"), name="rich_price"),
                orm.Check("count < 1000 AND big <> 7"),
            ],
        },
    )
    return [owner, thing]
