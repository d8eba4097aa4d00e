"""The smallest JSON endpoint, the same as its peers in apps/flask_json.py."""

from mvc import Request, route


@route("/json")
def hello(request: Request) -> dict[str, str]:
    return {"message": "Hello, World!"}
