"""A time-stamp server (RFC 3161) and lists of revoked certificates, served on this computer for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import keys, tsp, x509
from cryptography.hazmat.primitives.serialization import Encoding
from pki import Authority, Holder
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore


class Server(ThreadingHTTPServer):
    """Serves ``/tsa``, ``/root.crl`` and ``/below.crl``; ``down`` lets all requests fail."""

    authority: Authority
    revoked: tuple[Holder, ...] = ()
    down = False
    _stamper: DummyTimeStamper | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def stamp(self, request: bytes) -> bytes:
        if self._stamper is None:
            holder = self.authority.signer("Time Stamp Authority", "rsa2048", for_time=True)
            store = SimpleCertificateStore()
            store.register_multiple(x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in holder.chain)
            certificate = x509.Certificate.load(holder.der)
            key = keys.PrivateKeyInfo.load(holder.key_der)
            self._stamper = DummyTimeStamper(certificate, key, certs_to_embed=store)
        return bytes(self._stamper.request_tsa_response(tsp.TimeStampReq.load(request)).dump())


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer("application/timestamp-reply", lambda: self.server.stamp(request))

    def do_GET(self) -> None:
        authority = self.server.authority
        lists = {"/root.crl": authority.revoked_below, "/below.crl": lambda: authority.revoked(*self.server.revoked)}
        self._answer("application/pkix-crl", lists[self.path])

    def _answer(self, kind: str, make: object) -> None:
        if self.server.down:
            self.send_error(503)
            return
        content = make()  # type: ignore[operator]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[Server]:
    """Yield a server that runs."""
    server = Server(("127.0.0.1", 0), _Handler)
    server.authority = Authority(server.address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
