"""`with pipeline():` on both engines: order, errors, savepoints, counts."""

import pytest

from orm import (
    DoesNotExist,
    Integer,
    IntegrityError,
    Model,
    String,
    TransactionError,
    create_all,
    on_commit,
    pipeline,
    transaction,
)
from orm.engine.database import Database


class Parcel(Model):
    code = String(40, unique=True)
    weight = Integer(default=0)


@pytest.fixture
def parcels(db: Database) -> list[Parcel]:
    create_all()
    Parcel.insert_many({"code": f"p{number}"} for number in range(100))
    return Parcel.select().order_by(Parcel.id).all()


def weights() -> list[int]:
    return Parcel.select().order_by(Parcel.id).scalars(Parcel.weight)


def test_feat_pipeline_saves_and_deletes(db: Database, parcels: list[Parcel]) -> None:
    with pipeline():
        for parcel in parcels:
            parcel.weight = parcel.id * 2
            parcel.save()
        parcels[0].delete()
        Parcel(id=9000, code="new", weight=1).save()
    assert weights() == [parcel.id * 2 for parcel in parcels[1:]] + [1]
    assert not db.in_transaction


def test_a_read_inside_sees_what_was_saved_before(parcels: list[Parcel]) -> None:
    with pipeline():
        parcels[3].weight = 7
        parcels[3].save()
        assert Parcel.get(parcels[3].id).weight == 7
        parcels[3].weight = 8
        parcels[3].save()
    assert Parcel.get(parcels[3].id).weight == 8


def test_an_insert_that_gets_its_key_from_the_database(parcels: list[Parcel]) -> None:
    with pipeline():
        parcels[0].weight = 1
        parcels[0].save()
        made = Parcel.insert(code="made")
        assert made.id > parcels[-1].id
    assert Parcel.get(made.id).code == "made"


def test_the_count_of_an_update_waits_until_it_is_looked_at(parcels: list[Parcel]) -> None:
    with pipeline():
        count = Parcel.update(weight=5).where(Parcel.id <= parcels[9].id).execute()
        other = Parcel.delete().where(Parcel.id > parcels[89].id).execute()
        assert count == 10
        assert count + other == 20
    assert int(count) == 10
    assert sum(weights()) == 50


def test_an_error_names_its_object_and_undoes_the_pipeline(parcels: list[Parcel]) -> None:
    with pytest.raises(IntegrityError) as caught, pipeline():
        for index, parcel in enumerate(parcels):
            parcel.code = "p70" if index == 40 else f"q{index}"
            parcel.save()
    note = " ".join(caught.value.__notes__)
    assert repr(parcels[40]) in note
    assert caught.value.columns == ("code",)
    assert Parcel.select().where(Parcel.code.startswith("q")).count() == 0


def test_a_row_that_is_gone(parcels: list[Parcel]) -> None:
    Parcel.delete().where(Parcel.id == parcels[5].id).execute()
    with pytest.raises(DoesNotExist) as caught, pipeline():
        for parcel in parcels:
            parcel.weight = 1
            parcel.save()
    assert repr(parcels[5]) in str(caught.value)
    assert sum(weights()) == 0


def test_an_error_that_is_swallowed_undoes_the_pipeline_too(parcels: list[Parcel]) -> None:
    with pytest.raises(TransactionError, match="pipeline"), pipeline():
        try:
            parcels[0].code = "p1"
            parcels[0].save()
            Parcel.select().count()
        except IntegrityError:
            pass
        parcels[2].weight = 3
        parcels[2].save()
    assert sum(weights()) == 0


def test_inside_a_transaction_it_is_a_savepoint(db: Database, parcels: list[Parcel]) -> None:
    with transaction():
        parcels[0].weight = 1
        parcels[0].save()
        with pytest.raises(IntegrityError), pipeline():
            parcels[1].weight = 2
            parcels[1].save()
            parcels[2].code = "p9"
            parcels[2].save()
        with pipeline():
            parcels[3].weight = 4
            parcels[3].save()
    assert sum(weights()) == 5


def test_any_other_exception_undoes_it(parcels: list[Parcel]) -> None:
    with pytest.raises(KeyError), pipeline():
        for parcel in parcels:
            parcel.weight = 1
            parcel.save()
        raise KeyError("mine")
    assert sum(weights()) == 0
    assert Parcel.select().count() == 100


def test_callbacks_run_after_the_end(parcels: list[Parcel]) -> None:
    seen = []
    with pipeline():
        parcels[0].weight = 1
        parcels[0].save()
        on_commit(lambda: seen.append(Parcel.get(parcels[0].id).weight))
        assert not seen
    assert seen == [1]


def test_a_pipeline_in_a_pipeline(parcels: list[Parcel]) -> None:
    with pipeline():
        parcels[0].weight = 1
        parcels[0].save()
        with pytest.raises(IntegrityError), pipeline():
            parcels[1].code = "p5"
            parcels[1].save()
        parcels[2].weight = 1
        parcels[2].save()
    assert sum(weights()) == 2


def test_queries_are_logged(db: Database, parcels: list[Parcel]) -> None:
    with db.log_queries() as log, pipeline():
        parcels[0].weight = 1
        parcels[0].save()
        parcels[1].delete()
    assert [statement.sql[:6] for statement in log] == ["UPDATE", "DELETE"]


def test_statements_that_get_prepared_on_the_way(db: Database, parcels: list[Parcel]) -> None:
    """Each kind becomes worth preparing at another moment, while answers are due."""
    with pipeline():
        for round_ in range(1, 9):
            for parcel in parcels:
                parcel.weight = round_
                if (parcel.id + round_) % 3:
                    parcel.save()
                else:
                    parcel.save(all=True)
            for number in range(round_):
                Parcel.update(weight=Parcel.weight + 1).where(Parcel.id == number).execute()
                db.submit(f"UPDATE parcel SET weight = {number % 3} WHERE id < 0", (), int)
    assert weights()[7:] == [8] * 93
    assert weights()[:7] == [9] * 7


def test_a_key_of_zero_is_a_key(parcels: list[Parcel]) -> None:
    with pipeline():
        Parcel(id=0, code="zero").save()
    assert Parcel.get(0).code == "zero"
    assert Parcel.insert(code="next").id > parcels[-1].id
