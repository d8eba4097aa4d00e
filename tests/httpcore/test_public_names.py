"""What `import httpcore` offers, and what it says to who expected another package."""

import pytest

import httpcore


@pytest.mark.parametrize("name", httpcore.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(httpcore, name) is not None


def test_a_name_of_the_other_httpcore_is_explained() -> None:
    """httpx asks for `ConnectionPool` of the package that ours hides."""
    with pytest.raises(AttributeError, match="httpx cannot be used beside Treadle") as refusal:
        httpcore.ConnectionPool  # noqa: B018
    assert httpcore.__file__ in str(refusal.value)
    assert not hasattr(httpcore, "AsyncConnectionPool")
