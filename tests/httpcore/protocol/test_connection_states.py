"""The connection state table is whole: architecture section 8."""

import pytest

from httpcore.protocol.states import (
    OWNER,
    TRANSITIONS,
    Event,
    InvalidTransition,
    Owner,
    State,
    invalid_transition,
)


def _reachable(start: State) -> set[State]:
    seen, waiting = {start}, [start]
    while waiting:
        state = waiting.pop()
        following = {after for (before, _), after in TRANSITIONS.items() if before is state} - seen
        seen |= following
        waiting += following
    return seen


def test_every_state_has_an_owner_and_every_event_a_use() -> None:
    assert set(OWNER) == set(State)
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_every_state_can_be_reached_and_can_end() -> None:
    assert _reachable(State.PREFACING) == set(State)
    assert all(State.CLOSED in _reachable(state) for state in State)


def test_nothing_follows_closed_and_nobody_owns_it() -> None:
    assert _reachable(State.CLOSED) == {State.CLOSED}
    assert [state for state in State if OWNER[state] is Owner.NOBODY] == [State.CLOSED]


def test_known_event_gives_the_next_state() -> None:
    assert TRANSITIONS[State.QUEUED, Event.HANDED_OVER] is State.HANDLING


@pytest.mark.parametrize("event", Event)
def test_event_that_cannot_happen_names_state_owner_and_event(event: Event) -> None:
    assert (State.CLOSED, event) not in TRANSITIONS
    with pytest.raises(InvalidTransition, match=f"CLOSED .owner NOBODY. cannot see {event.name}"):
        raise invalid_transition(State.CLOSED, event)
