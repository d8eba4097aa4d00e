"""Models that share tables: one table for all, joined tables, proxies (orm:O38)."""

from typing import Any

import pytest

from orm import (
    Boolean,
    Check,
    DataError,
    DateTime,
    DoesNotExist,
    ForeignKey,
    Index,
    Integer,
    ManyToMany,
    Model,
    ModelError,
    String,
    alias,
    count,
    create_all,
    drop_all,
)
from orm.engine.database import Database
from orm.metadata import registry


class Keeper(Model):
    name = String(20)

    class Meta:
        table = "inh_keepers"


class Food(Model):
    name = String(20)

    class Meta:
        table = "inh_food"


class Animal(Model):
    name = String(20)
    keeper = ForeignKey(Keeper, null=True, back="animals")
    eats = ManyToMany(Food, back="eaters")

    class Meta:
        table = "inh_animals"
        inheritance = "single"
        indexes = [Index("name")]


class Dog(Animal):
    tricks = Integer(default=0)
    code = String(10, null=True, unique=True)

    class Meta:
        indexes = [Check(lambda dog: dog.tricks < 100, name="few_tricks")]


class Puppy(Dog):
    age = Integer(default=1)

    class Meta:
        kind = "young_dog"


class Cat(Animal):
    lives = Integer(default=9)


class Kennel(Model):
    dog = ForeignKey(Dog, back="kennels")

    class Meta:
        table = "inh_kennels"


class Account(Model):
    name = String(20, unique=True)
    is_active = Boolean(default=True)
    tags = ManyToMany(Food, back="accounts")

    class Meta:
        table = "inh_accounts"


class Member(Account):
    points = Integer(default=0)
    sponsor = ForeignKey("self", null=True, back="sponsored")

    class Meta:
        table = "inh_members"
        inheritance = "joined"
        indexes = [Index("points")]


class Chief(Member):
    rank = Integer(default=1)
    since = DateTime(null=True)

    class Meta:
        table = "inh_chiefs"
        inheritance = "joined"


class ActiveAccount(Account):
    class Meta:
        inheritance = "proxy"

    @property
    def title(self) -> str:
        return self.name.upper()


class Letter(Model):
    owner = ForeignKey(Account, back="letters")
    member = ForeignKey(Member, null=True, back="member_letters")

    class Meta:
        table = "inh_letters"


MODELS = [Keeper, Food, Animal, Dog, Puppy, Cat, Kennel, Account, Member, Chief, ActiveAccount]
MODELS += [Letter]


@pytest.fixture
def tables(db: Database) -> None:
    create_all(MODELS)


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_models", dict(registry._models))


@pytest.mark.usefixtures("tables")
def test_orm_O38_one_table_gives_objects_of_their_own_class() -> None:
    Animal.insert(name="any")
    Dog.insert(name="rex", tricks=3)
    Puppy.insert(name="bo", age=2)
    Cat.insert(name="tom")
    found = Animal.select().order_by(Animal.id).all()
    assert [type(item) for item in found] == [Animal, Dog, Puppy, Cat]
    assert [item.kind for item in found] == ["animal", "dog", "young_dog", "cat"]
    assert (found[1].tricks, found[2].age, found[3].lives) == (3, 2, 9)
    assert "lives" not in found[1].__dict__
    assert [type(item) for item in Dog.select().order_by(Dog.id)] == [Dog, Puppy]
    assert (Dog.select().count(), Puppy.select().count(), Cat.select().count()) == (2, 1, 1)
    assert type(Animal.get(found[3].id)) is Cat
    assert type(Dog.get(found[2].id)) is Puppy
    with pytest.raises(DoesNotExist):
        Dog.get(found[3].id)
    assert Dog.select().where(Dog.tricks > 0).scalars(Dog.name) == ["rex"]
    assert Animal.select().where(Animal.name == "tom").one().lives == 9


@pytest.mark.usefixtures("tables")
def test_orm_O38_writes_by_condition_keep_to_their_kind() -> None:
    Dog.insert_many([{"name": "a"}, {"name": "b"}])
    Puppy.insert(name="p")
    Cat.insert(name="c")
    assert Cat.update(name="x").execute() == 1
    assert Dog.update(tricks=5).execute() == 3
    assert Puppy.delete().execute() == 1
    assert Animal.select().count() == 3
    dog = Dog.one(name="a")
    dog.tricks = 7
    dog.save()
    dog.refresh()
    assert dog.tricks == 7
    assert Animal.delete().execute() == 3


@pytest.mark.usefixtures("tables")
def test_orm_O38_relations_are_those_of_the_base() -> None:
    keeper = Keeper.insert(name="ann")
    dog = Dog.insert(name="rex", keeper=keeper)
    Cat.insert(name="tom", keeper=keeper)
    assert {type(item) for item in keeper.animals} == {Dog, Cat}
    bone = Food.insert(name="bone")
    dog.eats.add(bone)
    assert bone.eaters.all() == [dog]
    assert Dog.select().where(Dog.eats.any(Food.name == "bone")).all() == [dog]
    assert Dog.select().join(Dog.keeper).where(Keeper.name == "ann").all() == [dog]
    (loaded,) = Dog.select().with_related(Dog.keeper).prefetch(Dog.eats).all()
    assert (loaded.keeper, loaded.eats.all()) == (keeper, [bone])
    (fetched,) = Keeper.select().prefetch(Keeper.animals).all()
    assert [type(item) for item in fetched.animals.all()] == [Dog, Cat]
    Kennel.insert(dog=dog)
    kennel = Kennel.select().with_related(Kennel.dog).one()
    assert type(kennel.dog) is Dog
    assert Keeper.select().where(Keeper.animals.any(Animal.name == "tom")).count() == 1
    other = alias(Dog)
    pairs = Cat.select(Cat.name, other.name).join(other, on=other.keeper == Cat.keeper)
    assert [tuple(row) for row in pairs] == [("tom", "rex")]


def test_orm_O38_wrong_hierarchies_are_refused(own_registry: None) -> None:
    with pytest.raises(ModelError, match="do not say their kind"):
        type("Wrong1", (Account,), {"Meta": type("Meta", (), {"inheritance": "single"})})
    with pytest.raises(ModelError, match=r"no table of its own: leave out Meta\.table"):
        type("Wrong2", (Animal,), {"Meta": type("Meta", (), {"table": "x"})})
    with pytest.raises(ModelError, match="has no columns of its own: it declares x"):
        meta = type("Meta", (), {"inheritance": "proxy"})
        type("Wrong3", (Account,), {"x": Integer(), "Meta": meta})
    with pytest.raises(ModelError, match="Did you mean 'joined'"):
        type("Wrong4", (Account,), {"Meta": type("Meta", (), {"inheritance": "join"})})
    with pytest.raises(ModelError, match="both of the kind 'dog'"):
        type("Wrong5", (Animal,), {"Meta": type("Meta", (), {"kind": "dog"})})
    with pytest.raises(ModelError, match="no base with rows"):
        type("Wrong6", (Model,), {"Meta": type("Meta", (), {"inheritance": "proxy"})})


@pytest.mark.usefixtures("tables")
def test_orm_O38_a_row_of_an_unknown_kind_is_told(db: Database) -> None:
    Animal.insert(name="x")
    db.execute("UPDATE inh_animals SET kind = 'unicorn'")
    with pytest.raises(DataError, match=r"'unicorn'.*import the module"):
        Animal.all()


@pytest.mark.usefixtures("tables")
def test_orm_O38_joined_rows_are_in_both_tables(db: Database) -> None:
    member = Member.insert(name="ann", points=3)
    chief = Chief.insert(name="bob", rank=7, sponsor=member)
    Account.insert(name="plain")
    assert Account.select().order_by(Account.id).scalars(Account.name) == ["ann", "bob", "plain"]
    assert Member.select().order_by(Member.id).scalars(Member.name) == ["ann", "bob"]
    assert Member.get(member.id).points == 3
    found = Chief.one(name="bob")
    assert (found.rank, found.points, found.is_active, found.sponsor) == (7, 0, True, member)
    assert Chief.select().where((Chief.name == "bob") & (Chief.rank > 5)).one() == chief
    with pytest.raises(DoesNotExist):
        Member.get(3)
    columns = db.execute("SELECT * FROM inh_members").columns
    assert sorted(columns) == ["id", "points", "sponsor_id"]


@pytest.mark.usefixtures("tables")
def test_orm_O38_joined_rows_are_written_together() -> None:
    chief = Chief.insert(name="bob")
    chief.name, chief.rank = "rob", 9
    chief.save()
    again = Chief.get(chief.id)
    assert (again.name, again.rank, Account.get(chief.id).name) == ("rob", 9, "rob")
    assert Member.insert_many([{"name": "a"}, {"name": "b"}]) == 2
    assert (
        Member.update(points=Member.points + 5).where(Member.name.in_(["a", "rob"])).execute() == 2
    )
    assert Chief.get(chief.id).points == 5
    assert Chief.update(name="chief", rank=1).execute() == 1
    assert Account.get(chief.id).name == "chief"
    assert Member.delete().where(Member.name == "b").execute() == 1
    assert Account.select().count() == 2
    chief.delete()
    assert (Account.select().count(), Chief.select().count()) == (1, 0)
    with pytest.raises(Exception, match="name"):
        Member.insert(name="a")
    assert Member.select().count() == 1


@pytest.mark.usefixtures("tables")
def test_orm_O38_joined_models_in_queries() -> None:
    ann = Member.insert(name="ann", points=3)
    Member.insert(name="bob", sponsor=ann)
    food = Food.insert(name="pie")
    ann.tags.add(food)
    Letter.insert(owner=ann, member=ann)
    assert Member.select().where(Member.tags.any(Food.name == "pie")).one() == ann
    letter = Letter.select().with_related(Letter.member).one()
    assert letter.member is not None
    assert (letter.member.points, letter.member.name) == (3, "ann")
    assert letter.owner.name == "ann"
    boss = alias(Member)
    rows = Member.select(Member.name, boss.name).join(boss, on=Member.sponsor == boss.id)
    assert [tuple(row) for row in rows] == [("bob", "ann")]
    assert ann.sponsored.all()[0].name == "bob"
    assert Letter.select().join(Letter.member).where(Member.points > 2).count() == 1
    assert Member.select(count(Member.id)).scalars() == [2]
    (loaded,) = Member.select().where(Member.name == "ann").prefetch(Member.sponsored).all()
    assert [item.name for item in loaded.sponsored.all()] == ["bob"]
    assert [item.owner_id for item in Member.get(ann.id).letters] == [ann.id]


@pytest.mark.usefixtures("tables")
def test_orm_O38_a_proxy_has_the_same_rows() -> None:
    made = ActiveAccount.insert(name="ann")
    assert made.title == "ANN"
    assert type(ActiveAccount.get(made.id)) is ActiveAccount
    assert Account.get(made.id).name == "ann"
    letter = Letter.insert(owner=made)
    assert letter.owner_id == made.id
    assert ActiveAccount.select().where(ActiveAccount.letters.any()).count() == 1
    assert made.letters.all() == [letter]


def test_orm_O38_what_is_no_row_of_the_target_is_no_reference(own_registry: None) -> None:
    own: Any = type("OwnAccount", (Account,), {"__module__": __name__})
    assert own._meta.table == "own_account"
    stranger = own(id=5, name="x")
    with pytest.raises(DataError, match="table of its own"):
        Letter(owner=stranger)


@pytest.mark.usefixtures("tables")
def test_orm_O38_tables_of_a_hierarchy_are_dropped_and_made_again(db: Database) -> None:
    drop_all(MODELS)
    create_all([Puppy, Animal, Keeper, Food, Dog])
    Puppy.insert(name="x", code="1")
    with pytest.raises(Exception, match="code"):
        Dog.insert(name="y", code="1")
    with pytest.raises(Exception, match=r"few_tricks|CHECK|tricks"):
        Dog.update(tricks=200).execute()


def test_orm_O38_joined_rows_with_a_discriminator_are_of_their_own_class(
    db: Database, own_registry: None
) -> None:
    class Vehicle(Model):
        name = String(20)

        class Meta:
            table = "inh_vehicles"
            discriminator = "kind"

    class Car(Vehicle):
        doors = Integer(default=4)

        class Meta:
            table = "inh_cars"
            inheritance = "joined"

    class Van(Car):
        load = Integer(default=9)

        class Meta:
            table = "inh_vans"

    class LoudVehicle(Vehicle):
        class Meta:
            inheritance = "proxy"

    create_all([Vehicle, Car, Van, LoudVehicle])
    Vehicle.insert(name="cart")
    for number in range(3):
        Car.insert(name=f"car{number}", doors=number)
        Van.insert(name=f"van{number}", load=number)
    LoudVehicle.insert(name="truck")
    with db.log_queries() as log:
        found = Vehicle.select().order_by(Vehicle.name).all()
        assert [type(item).__name__[:3] for item in found] == ["Car"] * 3 + ["Veh"] * 2 + [
            "Van"
        ] * 3
        assert [item.doors for item in found[:3]] == [0, 1, 2]
        assert [(item.load, item.doors) for item in found[5:]] == [(0, 4), (1, 4), (2, 4)]
    assert len(log) == 3, "one for each class with columns of its own"
    found[0].doors = 7
    found[0].save()
    assert type(Vehicle.one(name="car0")) is Car
    assert Car.one(name="car0").doors == 7


def test_orm_O38_mixins_need_not_be_models(own_registry: None) -> None:
    class Named:
        name = String(20)

        def shout(self) -> str:
            return self.name.upper()

    class Aged(Model):
        age = Integer(default=1)

        class Meta:
            abstract = True

    class Pet(Named, Aged):
        class Meta:
            table = "inh_pets"

    class Toy(Named, Model):
        class Meta:
            table = "inh_toys"

    assert set(Pet._meta.fields) == {"id", "name", "age"}
    assert Pet._meta.fields["name"] is not Toy._meta.fields["name"]
    assert Toy(name="bear").shout() == "BEAR"


@pytest.mark.usefixtures("tables")
def test_orm_O38_raw_rows_are_of_their_own_class() -> None:
    Cat.insert(name="tom", lives=3)
    (found,) = Animal.raw("SELECT * FROM inh_animals").all()
    assert (type(found), found.lives) == (Cat, 3)
