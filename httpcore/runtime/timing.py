"""When one request passed from hand to hand, as the access log and `Server-Timing` tell it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Timing:
    """The owner of a connection fills it; who logs the answer copies what it needs at once.

    So one object may serve all requests of a connection, one after the other.

    began: reading of the monotonic clock when the head was complete, 0.0 = not measured.
    queued: seconds in the ready queue.
    handled: seconds the endpoint ran.
    answered: reading of the clock when the endpoint had returned; what follows is sending.
    lane: "inline" or "pool", "" when no endpoint ran.
    """

    began: float = 0.0
    queued: float = 0.0
    handled: float = 0.0
    answered: float = 0.0
    lane: str = ""
