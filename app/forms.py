"""Reading and checking what people type.

A `Form` carries what was typed and what is wrong with it, so that the page with the form can be
shown again as the reader left it. Controllers answer such a page with status 422; an API client
gets the same two mappings as JSON.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.models.tag import TAG_MAX
from mvc import Request, abort

TAGS_MAX = 5
PASSWORD_MIN = 10
PASSWORD_MAX_BYTES = 1024  # beyond it only the hashing gets slower (sec: section 2)

_USERNAME = re.compile(r"[\w.-]{2,30}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TAG = re.compile(r"[\w-]+")


@dataclass
class Form:
    """What was typed and what is wrong with it, both by field name."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def refuse(self, name: str, error: str) -> None:
        """Note what is wrong with a field; the first thing said about it stays."""
        self.errors.setdefault(name, error)

    def require(self, name: str, label: str, maximum: int) -> str:
        """The text of a field that must be filled with 1 to `maximum` characters."""
        text = self.values[name]
        if not text:
            self.refuse(name, f"{label} is missing.")
        return self.limit(name, label, maximum)

    def limit(self, name: str, label: str, maximum: int) -> str:
        """The text of a field that may be empty, of at most `maximum` characters."""
        text = self.values[name]
        if len(text) > maximum:
            self.refuse(name, f"{label} has {len(text):,} characters; at most {maximum:,} fit.")
        return text


def read(request: Request, *names: str) -> Form:
    """A form with these fields as sent, trimmed; what was not sent is empty.

    Line ends become a single newline (browsers send CRLF), NUL is dropped: no database's text
    takes it everywhere.
    """
    sent = typed(request)
    return Form({name: _clean(sent.get(name, "")) for name in names})


def typed(request: Request) -> Mapping[str, str]:
    """The texts of a form as sent, or of a JSON object in its place. Raises HTTPError 400."""
    if not request.headers.get("Content-Type", "").startswith("application/json"):
        return request.form
    if not isinstance(request.json, dict):
        abort(400, "Send an object with the fields of the form.")
    return {name: text for name, text in request.json.items() if isinstance(text, str)}


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\0", "").strip()


def check_username(form: Form) -> str:
    """The name in its usual letters: full-width and other look-alike forms become those."""
    name = unicodedata.normalize("NFKC", form.values["username"])
    if not _USERNAME.fullmatch(name):
        form.refuse(
            "username", "A user name has 2 to 30 letters, digits, dots, dashes or underscores."
        )
    return name


def check_email(form: Form) -> str:
    email = form.values["email"]
    if email and (len(email) > 254 or not _EMAIL.fullmatch(email)):
        form.refuse("email", "That is no complete address, such as ann@example.org.")
    return email


def read_password(request: Request, form: Form, name: str = "password") -> str:
    """A new password, kept out of `form.values`: a page never shows it again.

    Nothing is trimmed: what people type is their password. Length is what is asked of it.
    """
    password = typed(request).get(name, "")
    if len(password) < PASSWORD_MIN:
        form.refuse(name, f"A password has at least {PASSWORD_MIN} characters.")
    if len(password.encode()) > PASSWORD_MAX_BYTES:
        form.refuse(name, f"A password has at most {PASSWORD_MAX_BYTES:,} bytes.")
    return password


def check_slug(form: Form, maximum: int) -> str:
    slug = form.require("slug", "The name in addresses", maximum)
    if slug and not _SLUG.fullmatch(slug):
        form.refuse("slug", "Use small letters and digits, with single dashes between: for-sale.")
    return slug


def check_tags(form: Form) -> list[str]:
    """The tags typed with commas between: in lower case, spaces as dashes, each once."""
    words = (part.strip().lstrip("#").lower() for part in form.values["tags"].split(","))
    tags = list(dict.fromkeys("-".join(word.split()) for word in words if word))
    if len(tags) > TAGS_MAX:
        form.refuse("tags", f"{len(tags)} tags are too many; {TAGS_MAX} are enough.")
    for tag in tags:
        if len(tag) > TAG_MAX or not _TAG.fullmatch(tag):
            form.refuse("tags", f"“{tag[:TAG_MAX]}” is no tag: up to {TAG_MAX} letters or digits.")
    return tags


def check_number(form: Form, name: str, label: str) -> int:
    text = form.values[name] or "0"
    if not re.fullmatch(r"-?[0-9]{1,6}", text):
        form.refuse(name, f"{label} is a whole number.")
        return 0
    return int(text)
