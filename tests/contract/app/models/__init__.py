from app.models.note import Note, Tag
