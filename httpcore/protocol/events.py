"""What the request parser reports, besides `RequestHead`."""

from dataclasses import dataclass
from enum import Enum

from httpcore.head import RequestHead
from httpcore.headers import Headers


@dataclass(slots=True)
class BodyData:
    """Some bytes of the request body, never empty. How a body is cut says nothing."""

    data: bytes


@dataclass(slots=True)
class EndOfBody:
    """The body is whole. `trailers` are the fields behind a chunked one (http:M4)."""

    trailers: Headers


class NeedData(Enum):
    """Nothing more can be said before more bytes are fed."""

    NEED_DATA = "need data"


NEED_DATA = NeedData.NEED_DATA

BodyEvent = BodyData | EndOfBody | NeedData
Event = RequestHead | BodyEvent
