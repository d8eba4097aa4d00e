"""A pass of the loop stays short, whatever a crowd does (sec:G2)."""

from httpcore import Response
from httpcore.runtime.loop import EXPIRED


def test_sec_G2_crowd_that_is_late_together_does_not_hold_up_others(by_hand, table):
    table.add("/", lambda request: Response(b"page"), lane="inline")
    rig = by_hand()
    crowd = [rig.connect() for _ in range(EXPIRED + 10)]
    for each in crowd:
        each.send(b"GET / HTTP/1.1\r\n")
    rig.turn(2)
    other = rig.connect()
    rig.clock.advance(30)
    rig.ask("/", other)
    rig.turn()
    assert not other.has_nothing_to_read()
    late = [each for each in crowd if not each.has_nothing_to_read()]
    assert 0 < len(late) <= EXPIRED
    rig.turn(2)
    assert {each.read_answer().status for each in crowd} == {408}
