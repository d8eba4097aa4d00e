"""Forms: urlencoded and multipart, with every limit at its edge (sec:F3, sec section 2)."""

import errno
import gc
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore import HTTPError
from mvc.requests import UploadedFile, multipart_form
from mvc.testing.bodies import encode_multipart
from tests.support.disks import file_with_room
from tests.support.messages import make_request

BOUNDARY = "xyz"
KIND = f"multipart/form-data; boundary={BOUNDARY}"


class Trickle:
    """A body that comes in pieces of `step` bytes."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data, self.step, self.at = data, step, 0
        self.size = len(data)

    def read(self, size: int = -1) -> bytes:
        piece = self.data[self.at : self.at + self.step]
        self.at += len(piece)
        return piece

    def close(self) -> None: ...


def parse(body, kind: str = KIND):
    request = make_request(method="POST", headers={"Content-Type": kind}, body=body)
    return request.form, request.files


def refused(body, kind: str = KIND) -> int:
    with pytest.raises(HTTPError) as caught:
        parse(body, kind)
    return caught.value.status


def part(disposition: str, content: bytes = b"", *more: str) -> bytes:
    fields = [f"Content-Disposition: {disposition}", *more]
    head = "".join(f"{field}\r\n" for field in fields)
    return f"--{BOUNDARY}\r\n{head}\r\n".encode() + content + b"\r\n"


def whole(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class TestUrlencoded:
    KIND = "application/x-www-form-urlencoded"

    def test_feat_F13_decoded_after_splitting(self) -> None:
        form, files = parse(b"a=1%262&b=x+y&c=%C3%A9&a=3&blank=&%00=%0A", self.KIND)
        assert list(form.pairs()) == [
            ("a", "1&2"),
            ("a", "3"),
            ("b", "x y"),
            ("c", "é"),
            ("blank", ""),
            ("\0", "\n"),
        ]
        assert len(files) == 0

    def test_limit_of_fields(self) -> None:
        assert len(parse(b"&".join([b"a=1"] * 1000), self.KIND)[0].getlist("a")) == 1000
        assert refused(b"&".join([b"a=1"] * 1001), self.KIND) == 400
        assert refused(b"&" * 1000, self.KIND) == 400

    def test_bad_text(self) -> None:
        assert parse("a=é".encode(), self.KIND)[0]["a"] == "é"
        assert refused(b"a=%FF", self.KIND) == 400
        assert refused(b"a=\xff", self.KIND) == 400

    def test_feat_Q6_other_charset_is_415(self) -> None:
        assert refused(b"a=1", f"{self.KIND}; charset=latin-1") == 415
        assert parse(b"a=1", f'{self.KIND}; charset="UTF-8"')[0]["a"] == "1"

    def test_other_media_types_are_empty_forms(self) -> None:
        assert len(parse(b"a=1", "text/plain")[0]) == 0
        assert len(make_request(method="POST", body=b"a=1").form) == 0


def test_query_keeps_blanks_and_tolerates_bad_escapes() -> None:
    request = make_request("/?a=&b=100%&c=%FF&a=2&d")
    assert list(request.query.pairs()) == [
        ("a", ""),
        ("a", "2"),
        ("b", "100%"),
        ("c", "\N{REPLACEMENT CHARACTER}"),
        ("d", ""),
    ]
    with pytest.raises(HTTPError):
        make_request("/?" + "&".join(["a=1"] * 1001)).query  # noqa: B018


class TestMultipart:
    def test_fields_and_files(self) -> None:
        body, kind = encode_multipart(
            {"title": "é", "tag": ["a", "b"]},
            {"picture": ("../ca\\t.png", b"\x89PNG", "image/png"), "empty": ("", b"")},
        )
        form, files = parse(body, kind)
        assert list(form.pairs()) == [("title", "é"), ("tag", "a"), ("tag", "b")]
        picture = files["picture"]
        assert (picture.filename, picture.content_type, picture.size) == ("t.png", "image/png", 4)
        assert picture.read() == b"\x89PNG"
        assert "empty" not in files

    def test_missing_file_is_400_naming_it(self) -> None:
        with pytest.raises(HTTPError, match="'picture'"):
            parse(whole(part('form-data; name="a"', b"1")))[1]["picture"]

    def test_feat_F16_extended_and_unquoted_names(self) -> None:
        _, files = parse(
            whole(
                part("form-data; name=\"a\"; filename*=UTF-8''na%C3%AFve.txt", b"1"),
                part('form-data; name=b; filename="C:\\dir\\x.txt"', b"2"),
            )
        )
        assert files["a"].filename == "naïve.txt"
        assert files["b"].filename == "x.txt"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"--xyz",
            b"--xyz\r\n",
            whole(part('form-data; name="a"', b"1"))[:-8],
            b"--xyz\nContent-Disposition: form-data; name=a\n\n1\n--xyz--\n",
            whole(part("form-data", b"1")),
            whole(part('attachment; name="a"', b"1")),
            whole(b"--xyz\r\n\r\n1\r\n"),
            whole(part('form-data; name="a"', b"1", "Content-Transfer-Encoding: base64")),
            whole(part('form-data; name="a"', b"1", "Content-Transfer-Encoding:quoted-printable")),
            whole(part('form-data; name="a"', b"\xff")),
            whole(part('form-data; name="a"', b"1", "Content-Disposition: form-data; name=b")),
            whole(part('form-data; name="a"', b"1", *[f"X-{n}: y" for n in range(8)])),
            whole(part('form-data; name="a"', b"1", "X-A: " + "y" * 4100)),
            whole(part('form-data; name="a"', b"1", "X-A: " + "y" * 2100, "X-B: " + "y" * 2100)),
            whole(part('form-data; name="a"', b"1", " folded")),
            whole(*[part(f'form-data; name="f{n}"', b"1") for n in range(1001)]),
            b"x" * 200_000,
        ],
    )
    def test_sec_F3_refused_with_400(self, body: bytes) -> None:
        assert refused(body) == 400

    @pytest.mark.parametrize("boundary", ["", "x" * 71, '"x\\"y"', "x@y", '"x "'])
    def test_sec_F3_boundary(self, boundary: str) -> None:
        assert refused(b"--x--", f"multipart/form-data; boundary={boundary}") == 400
        assert refused(b"--x--", "multipart/form-data") == 400

    def test_boundary_of_70_is_taken(self) -> None:
        kind = f"multipart/form-data; boundary={'b' * 70}"
        body = whole(part('form-data; name="a"', b"1")).replace(b"xyz", b"b" * 70)
        assert parse(body, kind)[0]["a"] == "1"

    def test_limits_of_sizes_and_counts(self) -> None:
        size = multipart_form.MAX_FIELD_SIZE
        assert len(parse(whole(part('form-data; name="a"', b"x" * size)))[0]["a"]) == size
        assert refused(whole(part('form-data; name="a"', b"x" * (size + 1)))) == 413
        assert refused(whole(*[part('form-data; name="a"', b"x" * 220_000)] * 5)) == 413
        one = part('form-data; name="f"; filename="f"', b"1")
        assert len(parse(whole(*[one] * 100))[1].getlist("f")) == 100
        assert refused(whole(*[one] * 101)) == 413
        assert len(parse(whole(*[part('form-data; name="a"', b"1")] * 1000))[0]["a"]) == 1

    @pytest.mark.parametrize("step", [1, 2, 7, 64, 70_000])
    def test_sec_P12_the_split_of_the_bytes_changes_nothing(self, step: int) -> None:
        body = whole(
            part('form-data; name="a"', b"1\r\n--xy\r"),
            part('form-data; name="f"; filename="f.bin"', b"\r\n-" * 5000),
        )
        form, files = parse(Trickle(body, step))
        assert form["a"] == "1\r\n--xy\r"
        assert files["f"].read() == b"\r\n-" * 5000
        assert refused(Trickle(body[:-6], step)) == 400

    def test_a_large_file_is_spooled_and_gone_afterwards(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        body = whole(part('form-data; name="f"; filename="f.bin"', b"x" * 70_000))
        file = parse(body)[1]["f"]
        assert file.size == 70_000
        del file
        gc.collect()
        assert refused(body[:-10]) == 400
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("pieces", [1, 2, 3])
    @pytest.mark.parametrize("extra", range(-4, 12))
    def test_no_size_of_the_body_is_unlucky(self, pieces: int, extra: int) -> None:
        """The closing boundary and its line break lie across the edge of a piece."""
        empty = whole(part('form-data; name="f"; filename="f.bin"'))
        content = b"x" * (pieces * 65536 + extra - len(empty))
        body = whole(part('form-data; name="f"; filename="f.bin"', content))
        assert len(body) == pieces * 65536 + extra
        assert parse(body)[1]["f"].size == len(content)

    def test_charset_of_a_part(self) -> None:
        kind = "Content-Type: text/plain; charset=latin-1"
        assert refused(whole(part('form-data; name="a"', b"1", kind))) == 415
        _, files = parse(whole(part('form-data; name="a"; filename="a.txt"', b"\xe9", kind)))
        assert (files["a"].content_type, files["a"].read()) == ("text/plain", b"\xe9")

    def test_an_empty_form_and_what_follows_the_end(self) -> None:
        assert len(parse(whole())[0]) == 0
        form, _ = parse(whole(part('form-data; name="a"', b"1")) + b"\r\nepilogue")
        assert form["a"] == "1"

    @given(st.binary(max_size=300))
    def test_any_content_arrives_as_sent(self, content: bytes) -> None:
        body, kind = encode_multipart({}, {"f": ("f", content)})
        assert parse(body, kind)[1]["f"].read() == content

    @given(st.binary(max_size=300))
    def test_noise_is_an_answer_never_a_crash(self, noise: bytes) -> None:
        assert refused(b"--xyz\r\n" + noise) in (400, 413, 415)

    def test_sec_F6_a_full_disk_is_507(self, monkeypatch) -> None:
        def refuse(self, data: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(UploadedFile, "write", refuse)
        assert refused(whole(part('form-data; name="f"; filename="f"', b"1"))) == 507

    @pytest.mark.parametrize("room", [0, 100_000])
    def test_sec_F6_a_disk_that_fills_up_is_507(self, monkeypatch, room: int) -> None:
        spool = "mvc.requests.uploads.SpooledTemporaryFile"
        monkeypatch.setattr(spool, lambda **_: file_with_room(room))
        monkeypatch.setattr(multipart_form, "_PIECE", 1000)  # less than a file's buffer
        content = part('form-data; name="f"; filename="f"', b"1" * 200_000)
        assert refused(whole(content)) == 507
