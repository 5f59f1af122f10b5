"""The web UI's files as a browser gets them: what stands below www/, all of it, and nothing else of this machine."""
import gzip
import os
import re
import shutil
import socket
import subprocess

import pytest

from rig import http as rig_http
from rig import wire

WWW = wire.ROOT / "www"
FIRST_BYTES = 125 * 1024  # packed, of what is fetched before the first page is seen
ALL_BYTES = 190 * 1024
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2",
         ".webmanifest": "application/manifest+json", ".json": "application/json", ".txt": "text/plain; charset=utf-8"}
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
       "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
HEADERS = {**rig_http.SECURITY, "content-security-policy": CSP, "cache-control": "no-cache"}


def without_comments(path: str, content: bytes) -> bytes:
    """Comments that begin a line leave nothing but their line ends."""
    if not path.endswith((".js", ".css")):
        return content
    return re.sub(rb"^[ \t]*/\*.*?\*/[ \t]*", lambda found: b"\n" * found[0].count(b"\n"), content, flags=re.MULTILINE | re.DOTALL)


def files() -> dict:
    """path -> bytes, of all files below www/, as they are served: without comments, and index.html has each module fetched
    at once."""
    found = {"/" + path.relative_to(WWW).as_posix(): path.read_bytes() for path in sorted(WWW.rglob("*")) if path.is_file()}
    found = {path: without_comments(path, content) for path, content in found.items()}
    one = b'\t<link rel="modulepreload" href="/js/main.js">\n'
    assert found["/index.html"].count(one) == 1
    modules = sorted(path for path in found if path.startswith("/js/") and path.endswith(".js") and not path.startswith("/js/later/"))
    found["/index.html"] = found["/index.html"].replace(one, b"".join(one.replace(b"/js/main.js", path.encode()) for path in modules))
    return found


def pages() -> list:
    rows = wire.rows(wire.ROOT / "httpd/pages.def", "PAGE")
    return [row[0].strip('"').replace("{id}", "01S00A000000001") for row in rows]


@pytest.fixture(scope="module")
def http(request):
    from rig import fuse as rig_fuse
    made = rig_fuse.Fuse(name="test_web_files", workers=[])
    yield rig_http.Http(made.start())
    made.close()


def test_every_file_is_served_as_it_is_and_packed(http):
    packed_bytes = {}
    for path, content in files().items():
        plain = http.raw("GET", path)
        packed = http.raw("GET", path, headers={"Accept-Encoding": "gzip, deflate, br"})
        for answer in (plain, packed):
            assert answer.status == 200, path
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
            assert answer.headers["content-type"] == TYPES[re.search(r"\.\w+$", path).group()], path
            assert re.fullmatch(r'"[0-9a-f]{32}(-gzip)?"', answer.headers["etag"])
        assert plain.body == content and "content-encoding" not in plain.headers
        if packed.headers.get("content-encoding") == "gzip":
            assert gzip.decompress(packed.body) == content and len(packed.body) < len(content)
            assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
            assert packed.headers["etag"] != plain.headers["etag"]
        else:
            assert packed.body == content and packed.headers["etag"] == plain.headers["etag"]
        packed_bytes[path] = len(packed.body)
    first = sum(packed_bytes[path] for path in first_load())
    assert 0 < first < FIRST_BYTES, f"the first load has {first} bytes"
    assert sum(packed_bytes.values()) < ALL_BYTES, f"the web UI has {sum(packed_bytes.values())} bytes"


def first_load() -> set:
    """What a browser fetches before it shows its first page: index.html and all that it names."""
    named = re.findall(rb'(?:href|src)="(/[^"]+)"', files()["/index.html"])
    return {"/index.html", *(path.decode() for path in named)}


def imports_of(path: str) -> list:
    """The modules that this one cannot do without."""
    code = files()[path].decode()
    return [os.path.normpath(os.path.join(os.path.dirname(path), found))
            for found in re.findall(r'^(?:import|export)\b[^;"]*?"(\.[^"]+)";', code, re.MULTILINE)]


def test_exactly_what_the_first_page_needs_is_preloaded():
    """A module that is fetched later is not, and one that is wanted at once does not come one import after the other."""
    wanted, open_ends = set(), ["/js/main.js"]
    while open_ends:
        path = open_ends.pop()
        if path not in wanted:
            wanted.add(path)
            open_ends += imports_of(path)
    assert {path for path in first_load() if path.endswith(".js") and path != "/theme-boot.js"} == wanted
    later = {path for path in files() if path.startswith("/js/later/")}
    assert later and not later & wanted


def test_every_page_is_the_index_whatever_its_query_says(http):
    index = files()["/index.html"]
    for page in pages():
        for path in (page, page + "?view=wall&sort=name&q=%C3%A4"):
            answer = http.raw("GET", path)
            assert (answer.status, answer.headers["content-type"]) == (200, TYPES[".html"]), path
            assert answer.body == index


def test_every_page_that_the_ui_knows_can_be_loaded(http):
    paths = [path for file in (WWW / "js/pages").glob("*.js")
             for path in re.findall(r'"(/[^"?]*)"', " ".join(re.findall(r"Page = \{[^;]*", file.read_text())))]
    assert "/" in paths and "/printers" in paths
    for path in paths:
        assert http.raw("GET", path).body == files()["/index.html"], path


def test_head_says_what_get_would(http):
    for path in [*files(), *pages()]:
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            got, head = http.raw("GET", path, headers=headers), http.raw("HEAD", path, headers=headers)
            assert (head.status, head.body) == (200, b""), path
            for answer in (got, head):
                del answer.headers["date"]
            assert head.headers == got.headers and int(head.headers["content-length"]) == len(got.body)


def test_what_a_browser_has_already_is_not_sent_again(http):
    for path in [*files(), "/"]:
        for encoding in ("identity", "gzip"):
            headers = {"Accept-Encoding": encoding}
            first = http.raw("GET", path, headers=headers)
            for tag in (first.headers["etag"], "W/" + first.headers["etag"], f'"x", {first.headers["etag"]}', "*"):
                again = http.raw("GET", path, headers={**headers, "If-None-Match": tag})
                assert (again.status, again.body) == (304, b""), path
                for name in ("etag", "cache-control", "vary", "content-security-policy"):
                    assert again.headers.get(name) == first.headers.get(name)
            other = http.raw("GET", path, headers={**headers, "If-None-Match": '"0123456789abcdef0123456789abcdef"'})
            assert (other.status, other.body) == (200, first.body)


def test_each_content_has_a_tag_of_its_own(http):
    tags = {http.raw("GET", path).headers["etag"] for path in files()}
    assert len(tags) == len(set(files().values()))


OUTSIDE = ["/../etc/passwd", "/js/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%2e%2e/Makefile",
           "/..", "/.", "/./index.html", "/x/../index.html", "/%2e/index.html", "//index.html", "//etc/passwd", "/index.html/",
           "/index.html%00", "/%00/index.html", "/index.html%00.js", "/index.html.gz", "/js", "/js/", "/css/", "/www/index.html",
           "/INDEX.HTML", "/index.htm", "/..\\index.html", "/%5c..%5cindex.html", "/%c0%ae%c0%ae/etc/passwd", "/~root/", "/Status",
           "/status/", "/favicon.ico%20", "/nothing.js", "/nothing", "/printers/..", "/printers/a"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_else_is_reachable(http, path):
    with socket.create_connection((http.address, http.port), 5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert received.split(b" ")[1] in (b"400", b"404"), received[:300]
    assert b"<!doctype" not in received.lower() and b"root:" not in received


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nonsense", "/nonsense?a=b", "/printers/a/b/c", "/js/", "/apix"])
def test_where_there_is_nothing_a_browser_gets_the_page_that_says_so(http, path):
    page, index = http.raw("GET", path, headers=BROWSER), http.raw("GET", "/")
    assert (page.status, page.body) == (404, index.body)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == index.headers["content-security-policy"]
    assert "etag" not in page.headers
    assert http.raw("GET", path, headers={**BROWSER, "If-None-Match": index.headers["etag"]}).status == 404
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        assert http.raw("GET", path, headers=headers).headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("method, path", [("GET", "/api"), ("GET", "/api/v1/nothing"), ("POST", "/nonsense")])
def test_programs_are_told_in_their_way_whatever_they_accept(http, method, path):
    answer = http.raw(method, path, headers=BROWSER)
    assert answer.status == 404 and answer.headers["content-type"].startswith("application/problem+json")


def test_files_are_read_and_never_written(http):
    for path in (*list(files())[:3], "/", "/printers"):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = http.raw(method, path)
            assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_link_elsewhere_may_lead_to_a_page_but_no_other_site_gets_more(http):
    navigate = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert http.raw("GET", "/printers", headers=navigate).status == 200
    for path, headers in (("/printers", {**navigate, "Sec-Fetch-Mode": "no-cors"}), ("/index.html", navigate),
                          ("/api/v1/status", navigate), ("/printers", {"Sec-Fetch-Site": "cross-site"}),
                          ("/printers", {**navigate, "Origin": "http://attacker.example"})):
        assert http.raw("GET", path, headers=headers).status == 403, (path, headers)
    assert http.raw("GET", "/", headers={"Host": "attacker.example"}).status == 421


# -- how they get into the program ------------------------------------------------------------------------------

def embed(www, packed) -> subprocess.CompletedProcess:
    return subprocess.run([wire.ROOT / "etc/embed-www", www, packed], capture_output=True, text=True)


def test_the_table_is_the_same_each_time_and_follows_the_files(tmp_path):
    shutil.copytree(WWW, tmp_path / "www")
    first = embed(tmp_path / "www", tmp_path / "packed").stdout
    assert first.count("ASSET(") == len(files())
    os.utime(tmp_path / "www/index.html", (1, 1))
    packed = (tmp_path / "packed/index.html.gz").read_bytes()
    assert embed(tmp_path / "www", tmp_path / "packed").stdout == first
    assert (tmp_path / "packed/index.html.gz").read_bytes() == packed, "the same file packs to other bytes"
    (tmp_path / "www/index.html").write_bytes((WWW / "index.html").read_bytes() + b"<!-- x -->\n")
    assert embed(tmp_path / "www", tmp_path / "packed").stdout != first


@pytest.mark.parametrize("name", ["a b.js", 'a".js', ".hidden", "sub/.hidden", "ä.js", "a\nb.js", "$x.js"])
def test_a_file_of_a_strange_name_stops_the_build(tmp_path, name):
    shutil.copytree(WWW, tmp_path / "www")
    (tmp_path / "www" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "www" / name).write_text("x")
    done = embed(tmp_path / "www", tmp_path / "packed")
    assert done.returncode != 0 and done.stderr.strip()


def test_a_changed_file_is_built_in():
    """`make` does it by itself: when a file has changed, and when one came or went."""
    made = subprocess.run(["make", "-n", "-W", "www/index.html", "build/fuse-httpd"], cwd=wire.ROOT, capture_output=True,
                          text=True, check=True).stdout
    assert "etc/embed-www www" in made and "httpd/assets.c" in made and "-o build/fuse-httpd" in made
    made = subprocess.run(["make", "-n", "-W", "www", "build/fuse-httpd"], cwd=wire.ROOT, capture_output=True,
                          text=True, check=True).stdout
    assert "etc/embed-www www" in made
