"""Against those who mean no good: what answers forbid, what is never logged, what is too much."""

import base64
import hashlib
import re
import secrets
import socket
from collections.abc import Callable
from urllib.parse import quote, urljoin
from uuid import uuid4

import pytest

from tests.web.client import API, Answer, Api
from tests.web.company import Company
from tests.web.wire import FORBIDDEN, change, connect, read, rest
from web.hardening import LOGO_STYLE

pytest_plugins = ["tests.web.fixtures"]

MEGABYTE = 1024 * 1024


# --- What every answer forbids ----------------------------------------------------------------

ANSWERS: dict[str, tuple[int, Callable[[Api], Answer]]] = {
    "a list": (200, lambda api: api.get("/customers")),
    "a list's header": (200, lambda api: api.ask("HEAD", "/customers")),
    "what may be asked": (200, lambda api: api.ask("OPTIONS", "/customers")),
    "a change": (201, lambda api: api.post("/customers", {"details": {"name": "x"}})),
    "health": (200, lambda api: api.get("//health")),
    "metrics": (200, lambda api: api.get("//metrics")),
    "the document": (200, lambda api: api.get("/openapi.json")),
    "a script": (200, lambda api: api.get("/docs/swagger-ui-bundle.js")),
    "the way to the page": (302, lambda api: api.get("//")),
    "a corrected path": (308, lambda api: api.get("/docs")),
    "nobody known": (401, lambda api: api.acting_as(None).get("/customers")),
    "nothing there": (404, lambda api: api.get(f"/customers/{uuid4()}")),
    "no such path": (404, lambda api: api.get("//nothing")),
    "no such method": (405, lambda api: api.ask("DELETE", "/customers")),
    "no version": (428, lambda api: api.post(f"/customers/{uuid4()}/tier", {"tier": "key"})),
    "a body too large": (413, lambda api: api.ask("POST", "/customers", raw=b" " * 2 * MEGABYTE)),
    "fields not known": (422, lambda api: api.post("/customers", {"x": 1})),
    "a NUL": (400, lambda api: api.get("/customers/%00")),
    "a URL too long": (414, lambda api: api.get("/" + "x" * 10_000)),
    "no end of a URL": (414, lambda api: api.get("/" + "x" * 100_000)),
    "headers too large": (431, lambda api: api.get("/customers", headers={"X": "x" * 10_000})),
    "no HTTP": (400, lambda api: read(api.send(b"nonsense\r\n\r\n"))),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_forbids_what_nobody_needs(kind, api):
    status, ask = ANSWERS[kind]
    answer = ask(api)
    assert answer.status == status
    assert {name: answer.headers[name] for name in FORBIDDEN} == FORBIDDEN
    for name in [*FORBIDDEN, "Permissions-Policy", "Cache-Control", "X-Request-Id"]:
        assert len(answer.headers.get_all(name, [])) == 1, name
    features = answer.headers["Permissions-Policy"].split(", ")
    assert {"camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()"} <= {*features}
    assert all(feature.endswith("=()") for feature in features)
    kept = "no-cache" if kind == "a script" else "no-store"  # a script is no secret
    assert answer.headers["Cache-Control"] == kept


@pytest.mark.parametrize("kind", ANSWERS)
def test_no_answer_names_the_software_behind_it(kind, api):
    headers = str(ANSWERS[kind][1](api).headers)
    assert not re.search(r"gunicorn|werkzeug|flask|python|postgres", headers, re.IGNORECASE)


def test_whether_there_is_tls_is_not_for_a_client_to_say(api):
    """Only who ends TLS knows that it is there, and promises it (the README says so)."""
    answer = api.get("/customers", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in answer.went_well().headers


# --- The page for people ----------------------------------------------------------------------


def allowed(answer: Answer) -> dict[str, list[str]]:
    """What a page's policy allows, by kind."""
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split("; ")]
    return {kind: sources for kind, *sources in parts}


def named(text: bytes) -> str:
    """How a policy names a script or a style within the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"


def test_the_documentation_page_may_run_its_own_scripts_and_no_others(api):
    page = api.get("/docs/").went_well()
    scripts = re.findall(rb"<script>(.*?)</script>", page.body, re.DOTALL)
    assert len(scripts) == 1
    assert allowed(page) == {
        "default-src": ["'none'"],
        "script-src": ["'self'", named(scripts[0])],
        "style-src": ["'self'", named(LOGO_STYLE)],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    assert b"<style" not in page.body
    assert not re.search(rb"<[^>]+\s(on\w+|style)=", page.body), "No policy would let these in."
    assert (
        api.get("/docs/index.html").headers["Content-Security-Policy"]
        == page.headers["Content-Security-Policy"]
    )


def test_the_style_that_is_allowed_is_the_one_its_files_bring(api):
    preset = api.get("/" + urljoin(f"{API}/docs/", "swagger-ui-standalone-preset.js"))
    assert preset.went_well().body.count(LOGO_STYLE) == 1


def test_nothing_that_is_asked_gets_into_the_page(api):
    page = api.get("/docs/").body
    for host in ("evil.example", "x</script><script>alert(1)</script>", 'x";alert(1)//'):
        asked = api.get("/docs/?url=//evil.example&x=</script>", headers={"Host": host})
        assert asked.body == page or asked.problem()["status"] == 400


# --- Secrets and the log ----------------------------------------------------------------------


HEADER_NAMES = (
    *("X-Api-Key", "Cookie", "User-Agent", "Referer", "X-Request-Id", "Content-Type", "Accept"),
    *("Accept-Language", "Expect", "Prefer", "Concord-Min-Position", "Concord-On-Behalf-Of"),
    *("If-Match", "Idempotency-Key"),
)


def told_in_every_way(api: Api, key: str) -> int:
    """Send a key wherever something can be sent; return how many answers came."""
    good = {"details": {"name": "x"}}
    path, secret = f"/customers/{uuid4()}", key.rpartition("_")[2]
    asked: list[Answer] = []
    schemes = ("{}", "Bearer {}", "Bearer {} ", "bearer  {}", "Basic {}", "Bearer {0}, Bearer {0}")
    for text in [scheme.format(key) for scheme in schemes] + [f"Bearer {secret}"]:
        headers = {"Authorization": text}
        asked.append(api.get("/customers", headers=headers))
        asked.append(api.get("/nothing", headers=headers))
        asked.append(api.post("/customers", good, headers=headers))
        asked.append(api.post("/customers", {"x": 1}, headers=headers))
    for name in (*HEADER_NAMES, key):
        asked.append(api.get("/customers", headers={name: key}))
        asked.append(api.post("/customers", good, headers={name: key}))
        asked.append(api.patch(path, good, headers={name: key}))
    for name in ("api_key", "key", "cursor", "sort", "filter[owner_id]", "as_of", "limit", key):
        asked.append(api.get("/customers", **{name: key}))
        asked.append(api.acting_as(None).get("/customers", **{name: key}))
        asked.append(api.post("/customers", good, **{name: key}))
        asked.append(api.get("//health", **{name: key}))
    for place in (f"/{key}", f"/customers/{key}", f"/docs/{key}", f"//{key}", f"/{key}%00"):
        asked.append(api.get(place))
        asked.append(api.acting_as(None).get(place))
    for body in ({"details": {"name": key}}, {"details": {"name": "x", key: key}}, {key: key},
                 {"details": key}, key, [key]):  # fmt: skip
        asked.append(api.post("/customers", body))
        asked.append(api.acting_as(None).post("/customers", body))
    asked.append(api.ask("POST", "/customers", raw=key.encode()))
    asked.append(api.ask("POST", "/customers", raw=f'{{"{key}": 1, "{key}": 1}}'.encode()))
    malformed = (
        f"{key}\r\n\r\n",
        f"GET {key}\r\n\r\n",
        f"GET /?{key} HTTP/9.9\r\n\r\n",
        f"{key} / HTTP/1.1\r\n\r\n",
        f"GET / {key}\r\n\r\n",
        f"GET http://{key}@concord/ HTTP/1.1\r\nHost: {key}\r\n\r\n",
        f"GET /{key}?{'x' * 5000} HTTP/1.1\r\n\r\n",
        f"GET /{key}?{'x' * 100_000} HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization: Bearer {key}\x00\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization: Bearer {key}\x7f\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization : Bearer {key}\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization: Bearer\r\n {key}\r\n\r\n",
        f"GET / HTTP/1.1\r\nBearer {key}\r\n\r\n",
        f"GET / HTTP/1.1\r\nX {key}: 1\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization: Bearer {key}{'x' * 9000}\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization: Bearer {key}{'x' * 100_000}\r\n\r\n",
        f"POST / HTTP/1.1\r\nContent-Length: {key}\r\n\r\n",
        f"POST / HTTP/1.1\r\nTransfer-Encoding: {key}\r\n\r\n",
    )
    asked += [read(api.send(raw.encode())) for raw in malformed]
    chunked = change(api.key, "Transfer-Encoding: chunked")
    for start in (f"{key}\r\n", f"1;{key}=\x01\r\n", f"1\r\n{key}\r\n", f"0\r\n{key}\r\n\r\n"):
        with connect(api, chunked + start.encode()) as connection:
            connection.shutdown(socket.SHUT_WR)
            asked.append(read(rest(connection)))
    assert api.send(f"GET / HTTP/1.1\r\nAuthorization: Bearer {key}".encode()) == b""
    assert [answer.json for answer in asked if answer.status >= 500] == []
    return len(asked)


def test_no_key_is_ever_written_to_the_log(serve, dsn):
    with serve(dsn, CONCORD_LOG_LEVEL="debug") as running:
        key = running.new_key()
        wrong = f"{key.text[:36]}{secrets.token_urlsafe(32)}"
        revoked = running.new_key("left")
        running.revoke(revoked)
        before = len(running.log_lines())
        for text in (key.text, wrong, revoked.text):
            asked = told_in_every_way(running.api.acting_as(key.text), text)
            lines = running.log_lines()
            assert len(lines) - before >= asked, "Each of them left a line."
            before = len(lines)
            log = "\n".join(lines)
            for part in (text, text.split("_", 2)[2], quote(text), "ck_"):
                found = [line for line in lines if part in line]
                assert found == []
            for encoded in (text.upper(), hashlib.sha256(text.encode()).hexdigest()):
                assert encoded not in log
        assert running.logged("fault") == []


# --- What is too much -------------------------------------------------------------------------


def named_body(size: int) -> bytes:
    """A good body of this many bytes."""
    body = b'{"details": {"name": "x"}}'
    return body[:-1] + b" " * (size - len(body)) + b"}"


def nested(levels: int) -> bytes:
    """A body of this many levels; its innermost are of no use to anybody."""
    return b'{"x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


LIMITS: dict[str, tuple[Callable[[Api], Answer], int, Callable[[Api], Answer], int, str]] = {
    "a body of 1 MiB": (
        lambda api: api.ask("POST", "/customers", raw=named_body(MEGABYTE)), 201,
        lambda api: api.ask("POST", "/customers", raw=named_body(MEGABYTE + 1)),
        413, "body.too-large",
    ),
    "20 levels": (
        lambda api: api.ask("POST", "/customers", raw=nested(20)), 422,
        lambda api: api.ask("POST", "/customers", raw=nested(21)), 400, "body.malformed",
    ),
    "4,094 characters of request line": (
        lambda api: api.get("/" + "x" * (4094 - len(f"GET {API}/ HTTP/1.1\r\n"))), 404,
        lambda api: api.get("/" + "x" * 4094), 414, "url.too-long",
    ),
    "100 headers": (
        lambda api: api.get("/customers", headers={f"X-{n}": "x" for n in range(90)}), 200,
        lambda api: api.get("/customers", headers={f"X-{n}": "x" for n in range(101)}),
        431, "headers.too-large",
    ),
    "8,190 bytes of one header": (
        lambda api: api.get("/customers", headers={"X": "x" * 8180}), 200,
        lambda api: api.get("/customers", headers={"X": "x" * 8190}), 431, "headers.too-large",
    ),
    "64 KiB of all headers": (
        lambda api: api.get("/customers", headers={f"X-{n}": "x" * 8000 for n in range(7)}), 200,
        lambda api: api.get("/customers", headers={f"X-{n}": "x" * 8000 for n in range(9)}),
        431, "headers.too-large",
    ),
}  # fmt: skip


@pytest.mark.parametrize("limit", LIMITS)
def test_up_to_a_limit_and_not_beyond(limit, api):
    within, status, beyond, refused, code = LIMITS[limit]
    assert within(api).status == status
    beyond(api).refused(refused, code)


def test_as_many_parameters_as_a_url_holds_are_refused_in_a_short_answer(api):
    names = "&".join(f"p{number}" for number in range(650))
    for path in ("/customers", "/requests", "/audit/events"):
        answer = api.get(f"{path}?{names}")
        assert (answer.status, answer.problem()["code"]) == (422, "fields.invalid")
        assert len(answer.pointers) == 50


def test_a_question_that_takes_the_database_too_long_is_ended(serve, dsn):
    with serve(dsn, CONCORD_STATEMENT_SECONDS="0.2") as running:
        company = Company(running.api, running.crm)
        made = company.customer()
        running.api.get("/customers", after=made).went_well()
        (table,) = running.query(
            "select 'views.' || name || '_' || generation from views.projections"
            " where name = 'customers' and status = 'live'"
        )[0]
        # A row that is slow to read, as a very large table would be.
        running.query(
            f"alter table {table} rename to slow; create view {table} as select key,"
            " case when pg_sleep(2) is null then null else body end as body from views.slow;"
            f" grant select on {table} to concord_app; select 1"
        )
        slow = running.api.get("/customers").refused(503, "database.too-long")
        assert slow.headers["Retry-After"]
        running.api.get("/departments").went_well()
        company.customer()  # the connections are as good as before
        assert running.logged("fault") == []
