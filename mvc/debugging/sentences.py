"""What a status means to the person who reads it: what happened, and what to do about it.

For errors that say nothing themselves: `abort(409)`, and those of the object mapper, whose own
words name models and columns and are for the log.
"""

from collections.abc import Mapping
from types import MappingProxyType

SENTENCES: Mapping[int, str] = MappingProxyType(
    {
        400: "Something that was sent does not fit. Go back, correct it and send it again.",
        401: "This is only for those who are logged in. Log in first.",
        403: "This is not open to you. If another account of yours may see it, log in with that.",
        404: "There is nothing at this address, or no longer.",
        405: "This address does not take requests of that kind.",
        409: "What was sent is taken already, or does not go with what is stored. "
        "Go back, change it and send it again.",
        410: "What was at this address is gone for good.",
        413: "What was sent is too large. Send less.",
        415: "What was sent is of a kind that is not taken here.",
        422: "Something that was sent does not fit. Go back, correct it and send it again.",
        429: "That was too often. Wait a while before you try again.",
        503: "The server cannot answer this just now. Try again in a moment.",
        504: "This took too long and was given up. Try again in a moment.",
        507: "There is no room left to store this. Whoever runs this site has to make some.",
    }
)
