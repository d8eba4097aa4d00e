"""The benchmarks' answers by Falcon, for the servers that speak WSGI."""

import json
import time

import falcon
import falcon.media

# Built once: json.dumps would build an encoder for each answer, as it is not the default one.
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Json:
    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = {"message": "Hello, World!"}


class Plaintext:
    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = "Hello, World!"


class Echo:
    def on_get(self, request: falcon.Request, response: falcon.Response, number: int) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = str(number)


class Sleep:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        time.sleep(self._seconds)
        response.content_type = falcon.MEDIA_TEXT
        response.text = "slept"


class Burn:
    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = str(sum(number * number for number in range(1_000_000)))


app = falcon.App()
app.resp_options.media_handlers[falcon.MEDIA_JSON] = falcon.media.JSONHandler(dumps=ENCODE)
app.add_route("/json", Json())
app.add_route("/plaintext", Plaintext())
app.add_route("/echo/{number:int}", Echo())
app.add_route("/sleep-10ms", Sleep(0.01))
app.add_route("/sleep-0.3ms", Sleep(0.0003))
app.add_route("/burn", Burn())
