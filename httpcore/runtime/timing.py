"""When one request passed from hand to hand, as the access log and `Server-Timing` tell it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Timing:
    """One serves all requests of a connection in turn; the connection's owner fills it.

    The access log takes what it says at once, and sets `answered` back for the next request.

    began: reading of the monotonic clock when the request could have been run.
    handled: seconds the endpoint ran.
    answered: reading of the clock when the endpoint had returned, 0.0 = none did; what follows is
    sending, and what it neither ran nor sent it waited (`queued`).
    lane: "inline" or "pool", "" when no endpoint was asked.
    """

    began: float = 0.0
    handled: float = 0.0
    answered: float = 0.0
    lane: str = ""

    @property
    def queued(self) -> float:
        """Seconds in the ready queue, of a request that was answered."""
        return max(0.0, self.answered - self.handled - self.began)
