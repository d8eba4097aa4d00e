"""Between a form's file field, the files on disk and the rows about them."""

from typing import NamedTuple

from app import uploads
from app.forms import Form
from app.models import Attachment, Post
from app.text import filesize
from mvc import Request, UploadedFile
from orm import on_commit

PER_POST_MAX = 8


class Upload(NamedTuple):
    """A file that was sent and passed every check, and its type by its own bytes."""

    file: UploadedFile
    content_type: str


def read_upload(request: Request, form: Form, post: Post | None = None) -> Upload | None:
    """The file in the field `attachment`, or None: none was chosen, or the form says why not.

    post: the one it is added to, None for a new one.
    """
    file = request.files.get("attachment")
    if file is None or not file.size:
        return None  # a browser sends the field without a file as an empty one
    if post and post.attachments.count() >= PER_POST_MAX:
        form.refuse("attachment", f"A post has at most {PER_POST_MAX} files. Remove one first.")
        return None
    if file.size > uploads.MAX_BYTES:
        form.refuse("attachment", f"{file.filename} is larger than {filesize(uploads.MAX_BYTES)}.")
        return None
    content_type = uploads.recognise_upload(file)
    if content_type is None:
        form.refuse("attachment", f"{file.filename} is none of these: {uploads.ACCEPTED}.")
        return None
    return Upload(file, content_type)


def attach(request: Request, post: Post, upload: Upload | None) -> None:
    """Store the file and its row; when the row fails, the file goes again."""
    if upload is None:
        return
    folder = uploads.folder_of(request)
    name = uploads.store(folder, upload.file)
    try:
        Attachment.insert(
            post=post,
            filename=upload.file.filename,
            stored_name=name,
            content_type=upload.content_type,
            size=upload.file.size,
        )
    except BaseException:
        uploads.discard(folder, [name])
        raise


def discard_on_commit(request: Request, attachments: list[Attachment]) -> None:
    """Delete the files of rows that are being deleted, once that is certain.

    A file without its row is waste, a row without its file is a broken page.
    """
    folder, names = uploads.folder_of(request), [each.stored_name for each in attachments]
    on_commit(lambda: uploads.discard(folder, names))
