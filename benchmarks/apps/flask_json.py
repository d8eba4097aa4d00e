"""The same JSON endpoint for the peers that speak WSGI."""

from flask import Flask

app = Flask(__name__)


@app.route("/json")
def hello() -> dict[str, str]:
    return {"message": "Hello, World!"}
