"""The access log shows the id that the application saw (feat:Q24, V24)."""

import json
from pathlib import Path
from urllib.request import urlopen

from httpcore import ServerConfig
from mvc import Application
from mvc.requests import Request
from mvc.testing.live import LiveServer


def test_feat_Q24_the_log_has_the_id_that_was_asked_for(tmp_path: Path) -> None:
    app, path = Application(), tmp_path / "log"

    @app.get("/asks")
    def asks(request: Request) -> str:
        return request.id

    @app.get("/does-not")
    def does_not(request: Request) -> str:
        return "nothing"

    config = ServerConfig(port=0, threads=1, access_log=str(path), access_log_format="json")
    with LiveServer(app, config) as server:
        targets = ("/asks", "/does-not", "/asks")
        told = [urlopen(server.url + target, timeout=10).read().decode() for target in targets]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["target"] for line in lines] == ["/asks", "/does-not", "/asks"]
    assert (lines[0]["request_id"], lines[2]["request_id"]) == (told[0], told[2])
    assert len({line["request_id"] for line in lines}) == 3
    assert [line["route"] for line in lines] == ["GET /asks", "GET /does-not", "GET /asks"]
