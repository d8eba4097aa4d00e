"""Loading a relation of one object, or of all that were read with it (orm:O10, feat:V7)."""

from typing import Any

from orm.engine.registry import get_database
from orm.metadata.relation import RelationPath
from orm.queries.prefetch import fetch_related
from orm.queries.resultset import Loaded, set_of, should_load_for_all


def load_for_all(instance: Any, relation: Any) -> bool:
    """`instance` is about to load `relation` (a relation of many rows: all of them). True when that
    is done, for its peers as well."""
    if instance.__dict__.get("_peers") is None:
        return False
    mode = get_database(instance._meta.database).lazy_loads
    if not should_load_for_all(instance, relation, mode):
        return False
    path = RelationPath(relation, relation.model._meta.source)
    fetch_related(_peers(instance, relation), path)
    return True


def _peers(instance: Any, relation: Any) -> list[Any]:
    """The objects of the set that have the relation and not loaded it, this one included."""
    peers = Loaded([instance])
    found = set_of(instance.__dict__["_peers"])
    for item in found.members():
        info = item._meta
        known = info.fields.get(relation.name) or info.relations.get(relation.name)
        if known is relation and relation.name not in item.__dict__ and item is not instance:
            peers.append(item)
    return peers
