"""Archives of clients: what is unpacked, what is refused, and that nothing is left (sec:T11)."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from httpcore import HTTPError
from mvc.archives import ArchiveLimits, extract_zip

MIB = 1024 * 1024


def archive_of(
    entries: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda info: None
) -> io.BytesIO:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, data)
    return output


def refused(archive: io.BytesIO, folder: Path, limits: ArchiveLimits | None = None) -> int:
    """The status of the refusal, which leaves nothing."""
    target = folder / "target"
    with pytest.raises(HTTPError) as caught:
        extract_zip(archive, target, limits or ArchiveLimits())
    assert not target.exists()
    return caught.value.status


def test_sec_T11_files_and_folders_are_private(tmp_path: Path) -> None:
    data = {"a.txt": b"a", "sub/b.txt": b"b" * 100_000, "sub/deep/": b"", "empty": b""}
    target = tmp_path / "new"
    paths = extract_zip(archive_of(data), target)
    assert {str(path.relative_to(target)): path.read_bytes() for path in paths} == {
        name: content for name, content in data.items() if not name.endswith("/")
    }
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in target.rglob("*")}
    assert modes == {True: 0o700, False: 0o600}
    assert (target / "sub" / "deep").is_dir()


def test_sec_T11_names_become_harmless(tmp_path: Path) -> None:
    (path,) = extract_zip(archive_of({"con/a?b\u202egnp.txt": b""}), tmp_path / "new")
    assert str(path.relative_to(tmp_path / "new")) == "_con/a_bgnp.txt"


@pytest.mark.parametrize(
    "name",
    ["../a", "a/../../b", "/etc/passwd", "a//b", "..", "C:/x", "a\\..\\b", "./a", "a\0b", ""],
)
def test_sec_T11_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    archive = archive_of({"placeholder": b"x"})
    patched = archive.getvalue()
    if name != "a\0b":
        archive = archive_of({name: b"x"})
    else:
        archive = io.BytesIO(patched.replace(b"placeholder", b"a\0bceholder"))
    assert refused(archive, tmp_path) == 400


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_sec_T11_links_and_devices(tmp_path: Path, kind: int) -> None:
    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = (kind | 0o777) << 16

    assert refused(archive_of({"link": b"/etc/passwd"}, change), tmp_path) == 400


def test_sec_T11_a_bomb_by_ratio(tmp_path: Path) -> None:
    assert refused(archive_of({"zeros": bytes(10 * MIB)}), tmp_path) == 413


def test_sec_T11_a_small_file_may_shrink_to_nothing(tmp_path: Path) -> None:
    extract_zip(archive_of({"zeros": bytes(MIB)}), tmp_path / "new")


def test_sec_T11_declared_size(tmp_path: Path) -> None:
    limits = ArchiveLimits(size=1000)
    extract_zip(archive_of({"a": bytes(500), "b": bytes(500)}), tmp_path / "exact", limits)
    assert refused(archive_of({"a": bytes(500), "b": bytes(501)}), tmp_path, limits) == 413


def test_sec_T11_a_size_that_is_a_lie(tmp_path: Path) -> None:
    """The directory says 10 bytes; 100 come out."""
    data = archive_of({"a": bytes(range(100))}).getvalue()
    place = data.rfind(b"PK\x01\x02")
    lie = data[: place + 24] + (10).to_bytes(4, "little") + data[place + 28 :]
    assert refused(io.BytesIO(lie), tmp_path) in (400, 413)


def test_sec_T11_too_many_entries(tmp_path: Path) -> None:
    names = {f"f{n}": b"" for n in range(1001)}
    assert refused(archive_of(names), tmp_path) == 413
    del names["f0"]
    assert len(extract_zip(archive_of(names), tmp_path / "new")) == 1000


def test_sec_T11_a_huge_directory_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_of({f"f{n}" + "x" * 100: b"" for n in range(5000)})
    monkeypatch.setattr(zipfile, "ZipFile", lambda file: pytest.fail("it was read"))
    assert refused(archive, tmp_path) == 413


def test_sec_T11_entries_that_share_their_bytes(tmp_path: Path) -> None:
    """One kernel that many entries point to unpacks to a multiple of the whole archive."""
    data = archive_of({"a": bytes(range(256)) * 4}).getvalue()
    place = data.rfind(b"PK\x01\x02")
    end = data.rfind(b"PK\x05\x06")
    entry = data[place:end]
    count = 50
    directory = b"".join(entry.replace(b"a", b"%c" % (65 + n), 1) for n in range(count))
    tail = bytearray(data[end:])
    tail[8:12] = count.to_bytes(2, "little") * 2
    tail[12:16] = len(directory).to_bytes(4, "little")
    assert refused(io.BytesIO(data[:place] + directory + bytes(tail)), tmp_path) == 400


def test_the_same_name_twice(tmp_path: Path) -> None:
    assert refused(archive_of({"a?": b"1", "a*": b"2"}), tmp_path) == 400
    assert refused(archive_of({"a": b"1", "a/b": b"2"}), tmp_path) == 400


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"no archive at all", b"PK\x05\x06" + bytes(10), b"PK\x05\x06" + b"\xff" * 18],
)
def test_what_is_no_archive(tmp_path: Path, data: bytes) -> None:
    assert refused(io.BytesIO(data), tmp_path) in (400, 413)


def test_damaged_data(tmp_path: Path) -> None:
    data = archive_of({"a": bytes(range(256)) * 40}).getvalue()
    assert refused(io.BytesIO(data[:60] + b"\0\0\0\0" + data[64:]), tmp_path) == 400


def test_unusual_methods(tmp_path: Path) -> None:
    def change(info: zipfile.ZipInfo) -> None:
        info.compress_type = zipfile.ZIP_LZMA

    assert refused(archive_of({"a": b"x"}, change), tmp_path) == 400


def test_the_folder_must_be_new(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    with pytest.raises(FileExistsError):
        extract_zip(archive_of({"a": b""}), tmp_path)
    assert (tmp_path / "kept").read_text() == "kept"


def test_sec_F6_a_full_disk_is_507_and_nothing_is_left(small_disk: Path) -> None:
    noise = b"".join(n.to_bytes(4, "little") for n in range(3 * MIB))
    assert refused(archive_of({"noise": noise}), small_disk) == 507
