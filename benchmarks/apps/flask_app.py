"""The benchmarks' answers by Flask, for the servers that speak WSGI."""

import json
import time

from flask import Flask, Response

# Not jsonify, which adds a line feed to the body and takes longer.
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

app = Flask(__name__)


@app.route("/json")
def hello() -> Response:
    return Response(ENCODE({"message": "Hello, World!"}), mimetype="application/json")


@app.route("/sleep-10ms")
def sleep_10ms() -> Response:
    time.sleep(0.01)
    return Response("slept", mimetype="text/plain")
