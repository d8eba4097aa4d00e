"""Tags: words that posts on different boards have in common."""

from orm import Model, String

TAG_MAX = 30


class Tag(Model):
    """One tag, in lower case (`app.forms.check_tags` makes it so)."""

    name = String(TAG_MAX, unique=True)

    class Meta:
        table = "tags"
