"""A browser for tests, in the same process: no socket, but the same parser, limits and dispatcher.

It keeps cookies and says `Sec-Fetch-Site: same-origin` as a browser does for an application's own
forms, so requests of a logged-in client pass the CSRF check; a test of that check sends another
value or, with None, none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import quote, urlencode, urljoin, urlsplit

from httpcore import Peer, ServerConfig, exchange
from mvc.cli.serverconfig import server_config
from mvc.sessions.store import key_of
from mvc.testing.answer import Answer, parse_answer
from mvc.testing.bodies import (
    Files,
    FormData,
    encode_form,
    encode_json_body,
    encode_multipart,
    form_pairs,
)
from mvc.testing.cookie_jar import CookieJar

if TYPE_CHECKING:
    from typing import Unpack

    from mvc.application import Application

MAX_REDIRECTS = 20

_PORTS = {"http": 80, "https": 443}
_KEEPING_METHOD = (307, 308)
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))


class RequestOptions(TypedDict, total=False):
    """query: added to the target. form: fields; with files it goes out as multipart.

    files: field name -> bytes, (filename, bytes), (filename, bytes, type), a path, an open file, or
    a list of these. json: any value. body: bytes as they are, or text in UTF-8.
    headers: a value of None removes a field the client would send itself. follow_redirects: default
    False.
    """

    query: FormData
    form: FormData
    files: Files
    json: Any
    body: bytes | str
    headers: Mapping[str, str | None]
    follow_redirects: bool


class Client:
    """Sends requests to an application and keeps its cookies.

    base_url: what the client believes to talk to; `https` makes the connection look like TLS.
    address: the client's own address. config: other limits than the settings'. cookies: the jar.
    """

    def __init__(
        self,
        app: Application,
        base_url: str = "http://localhost",
        address: str = "127.0.0.1",
        config: ServerConfig | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        self.app = app
        app.start()
        self.base_url = base_url
        self.cookies = CookieJar()
        self._host = parts.netloc
        self._is_tls = parts.scheme == "https"
        local = ("127.0.0.1", parts.port or _PORTS[parts.scheme])
        self._peer = Peer((address, 50000), local, parts.scheme)
        self._config = config or server_config(app.settings)

    def get(self, target: str, **options: Unpack[RequestOptions]) -> Answer:
        return self.request("GET", target, **options)

    def head(self, target: str, **options: Unpack[RequestOptions]) -> Answer:
        return self.request("HEAD", target, **options)

    def options(self, target: str, **options: Unpack[RequestOptions]) -> Answer:
        return self.request("OPTIONS", target, **options)

    def post(self, target: str, **options: Unpack[RequestOptions]) -> Answer:
        return self.request("POST", target, **options)

    def put(self, target: str, **options: Unpack[RequestOptions]) -> Answer:
        return self.request("PUT", target, **options)

    def patch(self, target: str, **options: Unpack[RequestOptions]) -> Answer:
        return self.request("PATCH", target, **options)

    def delete(self, target: str, **options: Unpack[RequestOptions]) -> Answer:
        return self.request("DELETE", target, **options)

    def request(self, method: str, target: str, **options: Unpack[RequestOptions]) -> Answer:
        """Send one request and read its answer; with follow_redirects, those it leads to.

        Raises TypeError for an unknown option, RuntimeError after 20 redirects or when one leaves
        the application.
        """
        unknown = options.keys() - RequestOptions.__optional_keys__
        if unknown:
            known = ", ".join(sorted(RequestOptions.__optional_keys__))
            raise TypeError(f"unknown option {sorted(unknown)[0]!r} of a request; known: {known}")
        answer = self._send(method, _with_query(target, options.get("query")), options)
        return self._follow(method, answer, options) if options.get("follow_redirects") else answer

    def login(self, user: Any) -> None:
        """Be logged in as `user`: a real session in the application's store, and its cookie."""
        self.cookies.set(self._session_cookie, self.app.sessions.open_for(user))

    def logout(self) -> None:
        """End the session on the server and forget its cookie; nothing when not logged in."""
        session_id = self.cookies.get(self._session_cookie)
        if session_id is not None:
            self.app.sessions.store.delete(key_of(session_id))
            self.cookies.delete(self._session_cookie)

    @property
    def _session_cookie(self) -> str:
        name = self.app.settings.session_cookie
        return f"__Host-{name}" if self._is_tls else name

    def _follow(self, method: str, answer: Answer, options: RequestOptions) -> Answer:
        """307 and 308 repeat the request as it was; the others go on with GET (RFC 9110 15.4)."""
        history: list[Answer] = []
        while answer.is_redirect:
            history.append(answer)
            if len(history) > MAX_REDIRECTS:
                raise RuntimeError(f"more than {MAX_REDIRECTS} redirects, last to {answer.url}")
            if answer.status not in _KEEPING_METHOD:
                method = "HEAD" if method == "HEAD" else "GET"
                options = {"headers": options.get("headers", {})}
            answer = self._send(method, self._target_of(answer), options)
        return replace(answer, history=history)

    def _target_of(self, answer: Answer) -> str:
        here = urljoin(self.base_url, answer.url)
        parts = urlsplit(urljoin(here, answer.headers["Location"]))
        if parts.netloc != self._host:
            raise RuntimeError(f"the redirect leaves the application: {parts.geturl()}")
        return parts._replace(scheme="", netloc="", fragment="").geturl()

    def _send(self, method: str, target: str, options: RequestOptions) -> Answer:
        # As a browser would: what cannot stand in a URL is encoded, what is encoded stays.
        target = quote(target, safe=_VISIBLE)
        body, content_type = _body_of(options)
        fields: dict[str, str | None] = {
            "Host": self._host,
            "Sec-Fetch-Site": "same-origin",
            "Cookie": self.cookies.header_for(target.partition("?")[0], self._is_tls) or None,
            "Content-Type": content_type,
            "Content-Length": None if body is None else str(len(body)),
        }
        for name, value in options.get("headers", {}).items():
            known = next((key for key in fields if key.lower() == name.lower()), name)
            fields[known] = value
        lines = [f"{name}: {value}\r\n" for name, value in fields.items() if value is not None]
        head = f"{method} {target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1")
        data = exchange(self.app, head + (body or b""), config=self._config, peer=self._peer)
        answer = parse_answer(data, method, target)
        for field in answer.headers.get_all("Set-Cookie"):
            self.cookies.store(field, target.partition("?")[0], self._is_tls)
        return answer


def _with_query(target: str, query: FormData | None) -> str:
    if not query:
        return target
    joint = "&" if "?" in target else "?"
    return f"{target}{joint}{urlencode(form_pairs(query))}"


def _body_of(options: RequestOptions) -> tuple[bytes | None, str | None]:
    """The body and its content type. Raises ValueError when several kinds are given."""
    kinds = [name for name in ("form", "json", "body") if name in options]
    if len(kinds) > 1 or ("files" in options and kinds not in ([], ["form"])):
        raise ValueError(f"give one body, not {' and '.join([*kinds, 'files'])}")
    if "files" in options:
        return encode_multipart(options.get("form", {}), options["files"])
    if "form" in options:
        return encode_form(options["form"])
    if "json" in options:
        return encode_json_body(options["json"])
    body = options.get("body")
    return body.encode() if isinstance(body, str) else body, None
