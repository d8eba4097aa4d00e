"""Files of posts: shown when they are pictures, downloaded otherwise."""

from typing import Any

from app import uploads
from app.attachments import discard_on_commit
from app.models import Attachment, Post
from mvc import FileResponse, Request, abort, file, login_required, redirect, route

# A file of a stranger never runs as a page of ours, whatever a browser takes it for (sec:H12).
_SANDBOX = "default-src 'none'; sandbox"


@route("/attachments/<id:int>", name="attachment")
def show(request: Request, id: int) -> FileResponse:
    attachment = Attachment.get(id)
    is_download = "download" in request.query or not attachment.is_picture
    return file(
        uploads.folder_of(request) / attachment.stored_name,
        content_type=attachment.content_type,
        download_name=attachment.filename,
        as_attachment=is_download,
        headers={"Content-Security-Policy": _SANDBOX},
    )


@route("/attachments/<id:int>/delete", methods="POST", name="delete_attachment")
@login_required
def delete(request: Request, id: int) -> Any:
    """Only the author of the post may: the attachment itself has no owner of its own."""
    attachment = Attachment.get(id)
    if Post.get(attachment.post_id).author_id != request.user.id:
        abort(403)
    discard_on_commit(request, [attachment])
    attachment.delete()
    return redirect("edit", id=attachment.post_id)
