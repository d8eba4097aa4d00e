"""Attachments: the row about a file; the bytes lie where `app.uploads` puts them."""

from app.models.post import Post
from orm import DateTime, ForeignKey, Integer, Model, String, now

FILENAME_MAX = 255


class Attachment(Model):
    """One file of a post.

    filename: what the sender called it, for display and download only (sec:F4).
    stored_name: what we call it on disk. size: in bytes.
    content_type: by its own bytes (`app.uploads.recognise`), never by what the client said.
    """

    post = ForeignKey(Post, back="attachments", on_delete="cascade")
    filename = String(FILENAME_MAX)
    stored_name = String(64, unique=True)
    content_type = String(80)
    size = Integer()
    created_at = DateTime(default=now)

    @property
    def is_picture(self) -> bool:
        """Whether a browser may show it in the page: raster images only (sec:H12)."""
        return self.content_type.startswith("image/")

    class Meta:
        table = "attachments"
