from orm import (Model, Integer, SmallInteger, BigInteger, Text, String, Boolean, DateTime, Date, Decimal, Float, Json, Uuid, Bytes, Enum,
                 ForeignKey, ManyToMany, OneToOne, Index, Unique, Check, now)

from mvc import User

class Tag(Model):
    name = String(40, unique=True)

class Note(Model):
    title = String(200)
    body = Text(default="")
    author = ForeignKey(User, back="notes", on_delete="cascade")
    tags = ManyToMany(Tag, back="notes")          # a name in quotes works too, "self" is this model
    created_at = DateTime(default=now, index=True)
    class Meta:
        table = "notes"
        indexes = [Index("author", "-created_at")]
