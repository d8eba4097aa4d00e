"""The benchmarks' JSON by Bottle, for the servers that speak WSGI."""

import json

from bottle import Bottle, response

ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

app = Bottle()


@app.route("/json")
def hello() -> str:
    response.content_type = "application/json"
    return ENCODE({"message": "Hello, World!"})
