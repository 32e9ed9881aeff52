"""Sources of raw files that a test controls: a TLS server on loopback, and a shelf of packages."""

import http.server
import os
import socket
import ssl
import threading

import pytest
import trustme


class Site(http.server.ThreadingHTTPServer):
    """Answers with (status, headers, body) by path, and remembers what it was asked for."""

    daemon_threads = True

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Page)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.pages, self.asked = {}, []

    @property
    def base(self):
        return f"https://localhost:{self.server_port}/"

    def handle_error(self, request, client_address):
        """Say nothing: clients that hang up are part of the tests."""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        status, headers, body = self.server.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def untrusted_site(authority, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Site(context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def site(untrusted_site, authority, tmp_path, monkeypatch):
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    return untrusted_site


@pytest.fixture
def nowhere():
    """Give an address where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but never listening
        yield {"kind": "https", "base": f"https://127.0.0.1:{taken.getsockname()[1]}/"}


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    path = tmp_path / "shelf"
    path.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path))
    return path
