"""The requests that the scenarios make."""

from benchmarks.bench import FILES, content
from benchmarks.paths import HERE
from benchmarks.wrk import Load

_JSON_BODY = b'{"message":"Hello, World!"}'
PIPELINE_DEPTH = 16

_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)
_COOKIE = (
    "theme=dark; language=en; consent=20261122T1000; visitor=9f1c2a7be4d05836c1d28e6f; "
    "visits=1.2.1763800000.1763799000.41; last=boards%2F12%2Fposts; "
    "seen=welcome.search.profile.4"
)

# With Host, which wrk adds, the 14 fields that a browser sends for a page of its site.
BROWSER_FIELDS = (
    ("Connection", "keep-alive"),
    ("sec-ch-ua", '"Chromium";v="130", "Not?A_Brand";v="99"'),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", '"Linux"'),
    ("Upgrade-Insecure-Requests", "1"),
    ("User-Agent", _AGENT),
    (
        "Accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    ),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Dest", "document"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-GB,en;q=0.9,de;q=0.8"),
    ("Cookie", _COOKIE),
)

JSON = Load("/json", _JSON_BODY)
JSON_FROM_BROWSER = Load("/json", _JSON_BODY, fields=BROWSER_FIELDS)
SLEEP_10MS = Load("/sleep-10ms", b"slept", connections=32)
SLEEP_300US = Load("/sleep-0.3ms", b"slept", connections=32)
PLAINTEXT = Load("/plaintext", b"Hello, World!")
PIPELINED = Load("/plaintext", b"Hello, World!", script=HERE / "pipelined.lua")

_BURNED = str(sum(number * number for number in range(1_000_000))).encode()
BURN_ONE = Load("/burn", _BURNED, connections=1)
BURN_FOUR = Load("/burn", _BURNED, connections=4)

# The same file by requests of which no two are the same to the byte: nothing is answered from
# memory as it was before.
VARIED_FILE = Load("/static/10KiB.bin", content(FILES["10KiB.bin"]), script=HERE / "varied.lua")
FILE_LOADS = {name: Load(f"/static/{name}", content(size)) for name, size in FILES.items()}
