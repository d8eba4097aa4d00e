"""What the benchmarks ask for; the peers' applications beside this folder answer the same."""

import time

from mvc import Request, Response, route, text


@route("/json")
def hello(request: Request) -> dict[str, str]:
    return {"message": "Hello, World!"}


@route("/plaintext")
def plaintext(request: Request) -> Response:
    return text("Hello, World!")


@route("/echo/<int:number>")
def echo(request: Request, number: int) -> Response:
    return text(str(number))


@route("/sleep-10ms")
def sleep_10ms(request: Request) -> Response:
    time.sleep(0.01)
    return text("slept")


@route("/sleep-0.3ms")
def sleep_300us(request: Request) -> Response:
    time.sleep(0.0003)
    return text("slept")


@route("/burn")
def burn(request: Request) -> Response:
    """Some 100 ms of computing that never lets go of the interpreter by itself."""
    return text(str(sum(number * number for number in range(1_000_000))))
