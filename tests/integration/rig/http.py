"""An HTTP client for tests that holds every answer against docs/openapi.json: a status or a body that is not
described there fails the test that got it."""
import contextlib
import dataclasses
import http.client
import json
import re
import warnings

import jsonschema

from . import wire

DOCUMENT = json.loads((wire.ROOT / "docs/openapi.json").read_text())
# What never changes may be kept by browsers.
UNCHANGING = {"cache-control": "private, max-age=31536000, immutable"}
METHODS = ["get", "post", "patch", "delete"]
# What every answer must carry, whatever it says.
SECURITY = {"x-content-type-options": "nosniff", "cache-control": "no-store", "referrer-policy": "no-referrer",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
            "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"}


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes

    def json(self):
        return json.loads(self.body)

    def lines(self) -> list:
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0]


def operations() -> dict:
    """(METHOD, path) -> the operation, its shared parameters included."""
    return {(method.upper(), path): item[method] for path, item in DOCUMENT["paths"].items()
            for method in METHODS if method in item}


def expression(pattern: str) -> str:
    """What paths of this pattern look like."""
    for brace, stands_for in (("{id}", "[A-Z0-9_-]{1,32}"), ("{job}", "[A-Za-z0-9]{1,16}"), ("{sha256}", "[0-9a-fA-F]{64}"),
                              ("{n}.png", "[1-9][0-9]{0,2}[.]png")):
        pattern = pattern.replace(brace, stands_for)
    return pattern


def operation_of(method: str, path: str) -> tuple:
    """(key, operation) of a request; (None, None) when the document has none."""
    for (known, pattern), operation in operations().items():
        if known == {"HEAD": "GET"}.get(method, method) and \
                re.fullmatch(expression(pattern), path.partition("?")[0]):
            return (known, pattern), operation
    return None, None


def resolve(part: dict) -> dict:
    if "$ref" not in part:
        return part
    found = DOCUMENT
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def validate(value, schema: dict):
    """Raises jsonschema.ValidationError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]},
                                        format_checker=jsonschema.FormatChecker()).validate(value)


def check(method: str, path: str, answer: Answer):
    """The answer is one that the document describes."""
    unchanging = answer.type == "image/png" or answer.status == 304
    for name, value in {**SECURITY, **(UNCHANGING if unchanging else {})}.items():
        assert answer.headers.get(name) == value, f"{method} {path}: {name}: {answer.headers.get(name)}"
    if "access-control-allow-origin" in answer.headers:
        raise AssertionError(f"{method} {path} lets other sites read it")
    key, operation = operation_of(method, path)
    problem = {"$ref": "#/components/schemas/Problem"}
    if operation is None:
        # No such path, or not with this method: the document's words on it are in its introduction.
        assert answer.status in (400, 401, 403, 404, 405, 414, 421, 431, 503), f"{method} {path}: {answer.status}"
        content = {"application/problem+json": {"schema": problem}}
    else:
        assert str(answer.status) in operation["responses"], f"{method} {path}: {answer.status} is not described: " \
                                                              f"{answer.body[:300]}"
        content = resolve(operation["responses"][str(answer.status)]).get("content", {})
    if method == "HEAD":
        assert answer.body == b""
        return
    if not content:
        assert answer.body == b"" and answer.type == "", f"{method} {path}: {answer.body[:200]}"
        return
    assert answer.type in content, f"{method} {path}: {answer.type} is not described for {answer.status}"
    if "schema" in content[answer.type]:
        check_content(method, path, answer, content[answer.type]["schema"])
    for name in resolve(operation["responses"][str(answer.status)]).get("headers", {}) if operation else []:
        assert name.lower() in answer.headers, f"{method} {path}: no {name}"


def check_content(method: str, path: str, answer: Answer, schema: dict):
    read = {"application/x-ndjson": answer.lines, "text/plain": lambda: [answer.body.decode()]}
    values = read.get(answer.type, lambda: [answer.json()])()
    for value in values:
        validate(value, schema)
    if answer.type == "application/problem+json":
        assert values[0]["status"] == answer.status
        assert values[0]["detail"].strip() and values[0]["title"].strip(), f"{method} {path}: says nothing"


class Http:
    """A client of one Fuse. `port` 8888 or 8889."""

    def __init__(self, fuse, port: int = 8888, timeout_s: float = 15):
        self.address, self.port, self.timeout_s = fuse.address, port, timeout_s

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address, self.port, timeout=self.timeout_s)

    def raw(self, method: str, path: str, body=None, headers: dict = None) -> Answer:
        """Ask; the answer is not checked. `body` that is no bytes goes out as JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            if body is not None and not headers.keys() & {"Content-Length", "Transfer-Encoding"}:
                headers["Content-Length"] = str(len(body))
            for name, value in headers.items():
                connection.putheader(name, value)
            # Who is turned away at the door need not have been heard to the end.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()},
                          response.read())
        finally:
            connection.close()

    def ask(self, method: str, path: str, body=None, headers: dict = None, status: int = None) -> Answer:
        """Ask, and hold the answer against the document."""
        answer = self.raw(method, path, body, headers)
        check(method, path, answer)
        assert status in (None, answer.status), f"{method} {path}: {answer.status}, not {status}: {answer.body[:500]}"
        return answer

    def get(self, path: str, status: int = 200, **how) -> Answer:
        return self.ask("GET", path, status=status, **how)

    def problem(self, method: str, path: str, status: int, kind: str, body=None, headers: dict = None) -> dict:
        """It fails in this way; returns the problem document."""
        problem = self.ask(method, path, body, headers, status).json()
        assert problem["type"] == f"/problems/{kind}", problem
        return problem
