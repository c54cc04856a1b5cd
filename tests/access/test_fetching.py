"""Fetching from others: what is not public stays unfetched, however it is called."""

import ipaddress
import re
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from web.access.fetching import Fetcher, Forbidden, NotFetched, is_public

NOT_PUBLIC = [
    *("127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("0.0.0.0", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
    *("2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::1"),
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "203.1.2.3", "2001:4860:4860::8888", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))
    fetcher = Fetcher(resolve=lambda *_: [address])
    with pytest.raises(Forbidden):
        fetcher.fetch("GET", "https://provider.example/")


@pytest.mark.parametrize("address", PUBLIC)
def test_one_that_is(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("http://8.8.8.8/", "ftp://8.8.8.8/", "file:///etc/passwd", "//8.8.8.8/", "", "https://"),
        *("https://user@8.8.8.8/", "https://a:b@8.8.8.8/", "https://8.8.8.8:x/", "https://[::1/"),
        *("https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://2130706433/"),
        *("https://0x7f.1/", "https://0/", "https://127.1/", "https://[::ffff:127.0.0.1]/"),
    ],
)
def test_what_is_not_fetched(url):
    with pytest.raises(NotFetched):
        Fetcher().fetch("GET", url)


def test_one_address_that_is_not_public_is_enough():
    fetcher = Fetcher(resolve=lambda *_: ["8.8.8.8", "127.0.0.1"])
    with pytest.raises(Forbidden, match="not public"):
        fetcher.fetch("GET", "https://provider.example/")


def test_even_where_private_ones_are_allowed_the_internet_is_asked_over_tls():
    fetcher = Fetcher(allow_private=True, resolve=lambda *_: ["8.8.8.8"])
    with pytest.raises(Forbidden, match="https"):
        fetcher.fetch("GET", "http://provider.example/")


def test_a_name_without_an_address():
    for found in ([], ["nonsense"]):
        with pytest.raises(NotFetched, match="no address"):
            Fetcher(resolve=lambda *_, found=found: found).fetch("GET", "https://provider.example/")
    with pytest.raises(NotFetched):
        Fetcher().fetch("GET", f"https://{'x' * 64}.example/")


# --- A server of our own ----------------------------------------------------------------------


def whole(line):
    """All of a request, so that closing the connection cuts nothing off."""
    asked = line.recv(65536)
    found = re.search(rb"(?i)content-length: (\d+)", asked)
    while found and len(asked.partition(b"\r\n\r\n")[2]) < int(found[1]):
        asked += line.recv(65536)
    return asked


@contextmanager
def answering(answer, tls=None):
    """A server that sends these bytes to everybody, or does with them what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended, asked = threading.Event(), []

        def serve():
            while not ended.is_set():
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with line:
                    try:
                        talking = tls.wrap_socket(line, server_side=True) if tls else line
                        asked.append(whole(talking))
                        if callable(answer):
                            answer(talking, ended)
                        else:
                            talking.sendall(answer)
                        if tls:
                            talking.close()
                    except OSError:
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], asked
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def ok(body, *headers):
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers])
    return f"{head}\r\n\r\n".encode() + body


def test_what_is_asked_and_answered():
    with answering(ok(b'{"a": 1}')) as (port, asked):
        fetched = Fetcher(allow_private=True).fetch(
            "POST", f"http://127.0.0.1:{port}/x?y=1#z", body=b"b=2", headers={"X": "1"}
        )
    assert (fetched.status, fetched.json()) == (200, {"a": 1})
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /x?y=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}".encode() in head
    assert b"X: 1" in head
    assert body == b"b=2"


def test_where_it_is_sent_on_it_does_not_go():
    on = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with answering(on) as (port, _):
        fetched = Fetcher(allow_private=True).fetch("GET", f"http://127.0.0.1:{port}/")
    assert fetched.status == 302


def test_an_answer_without_end_is_not_read():
    for answer in (ok(b"x" * 101), b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 101):
        with answering(answer) as (port, _), pytest.raises(NotFetched, match="more than 100"):
            Fetcher(allow_private=True, most=100).fetch("GET", f"http://127.0.0.1:{port}/")
    with answering(ok(b"x" * 100)) as (port, _):
        fetched = Fetcher(allow_private=True, most=100).fetch("GET", f"http://127.0.0.1:{port}/")
    assert len(fetched.body) == 100


def drip(line, ended):
    """Send a header, or a body, byte by byte."""
    while not ended.is_set():
        line.sendall(b"x")
        time.sleep(0.02)


def drip_a_body(line, ended):
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    drip(line, ended)


@pytest.mark.parametrize("slowly", [drip, drip_a_body, lambda _, ended: ended.wait(5)])
def test_an_answer_in_small_pieces_has_its_time_too(slowly):
    with answering(slowly) as (port, _):
        began = time.monotonic()
        with pytest.raises(NotFetched):
            Fetcher(allow_private=True, seconds=0.3).fetch("GET", f"http://127.0.0.1:{port}/")
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Len"])
def test_what_is_no_answer(answer):
    with answering(answer) as (port, _):
        url = f"http://127.0.0.1:{port}/"
        with pytest.raises(NotFetched):
            Fetcher(allow_private=True).fetch("GET", url).json()


def test_what_would_split_a_request():
    with pytest.raises(NotFetched):
        Fetcher(allow_private=True).fetch("GET", "http://127.0.0.1/\r\nX: 1")
    with answering(ok(b"")) as (port, asked), pytest.raises(NotFetched):
        Fetcher(allow_private=True).fetch(
            "GET", f"http://127.0.0.1:{port}/", headers={"X": "1\r\nY: 2"}
        )
    assert all(b"Y: 2" not in each for each in asked)


# --- TLS --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for provider.example that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "provider.example")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("provider.example")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "provider.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def test_the_certificate_must_be_the_names_and_signed_by_somebody_known(certificate):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))

    def fetched(host, tls):
        fetcher = Fetcher(allow_private=True, resolve=lambda *_: ["127.0.0.1"], tls=tls)
        with answering(ok(b"{}"), server) as (port, _):
            return fetcher.fetch("GET", f"https://{host}:{port}/")

    assert fetched("provider.example", trusting).status == 200
    with pytest.raises(NotFetched):
        fetched("another.example", trusting)
    with pytest.raises(NotFetched):
        fetched("provider.example", None)
