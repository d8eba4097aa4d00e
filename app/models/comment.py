"""Comments under a post."""

from app.models.post import Post
from mvc import User
from orm import DateTime, ForeignKey, Index, Model, Text, now

COMMENT_MAX = 5_000


class Comment(Model):
    """One comment, shown below its post in the order written."""

    post = ForeignKey(Post, back="comments", on_delete="cascade")
    author = ForeignKey(User, back="comments", on_delete="cascade")
    body = Text()
    created_at = DateTime(default=now)

    class Meta:
        table = "comments"
        indexes = [Index("post", "created_at")]
