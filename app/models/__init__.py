"""What the notice board stores. Users, roles and sessions are the framework's (`mvc.User`)."""

from app.models.attachment import Attachment
from app.models.board import Board
from app.models.comment import Comment
from app.models.post import Post
from app.models.tag import Tag

__all__ = ["Attachment", "Board", "Comment", "Post", "Tag"]
