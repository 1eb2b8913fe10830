"""A node of another version, or one that is falling over: it has a device's key, and does not greet as this one does."""

import base64
import contextlib
import os
import socket
import ssl
import subprocess
import threading

VERSION = 2  # what `Refuse.reason` says of a protocol that the other side does not speak


def frame(body):
    return len(body).to_bytes(4, "big") + body


def field(number, content):
    """A field of protobuf with bytes in it."""
    return bytes([number << 3 | 2, len(content)]) + content


class Foreign:
    """Answers at a port with the key of a node that has ended. Use it in a `with`."""

    def __init__(self, node, port, at=None, breaks_off=False):
        """With `breaks_off` it ends each connection once it has heard the first word."""
        self.node, self.port, self.host, self.breaks_off = node, port, at or node.host, breaks_off

    def certificate(self):
        """As a device's: Ed25519, signed by itself (RFC 8410, section 7)."""
        folder = self.host.directory
        key, certificate = folder / "foreign.key", folder / "foreign.pem"
        pkcs8 = bytes.fromhex("302e020100300506032b657004220420") + self.node.key_file().read_bytes()
        key.write_text(f"-----BEGIN PRIVATE KEY-----\n{base64.b64encode(pkcs8).decode()}\n-----END PRIVATE KEY-----\n")
        subprocess.run(["openssl", "req", "-x509", "-new", "-key", str(key), "-subj", "/CN=foreign", "-days", "2",
                        "-out", str(certificate)], check=True, capture_output=True)
        return certificate, key

    def __enter__(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(*self.certificate())
        self.listening = self.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listening.bind(("0.0.0.0", self.port))
        self.listening.listen()
        threading.Thread(target=self._serve, args=(context,), daemon=True).start()
        return self

    def __exit__(self, *_):
        # A thread that waits for somebody does not notice that nobody can come any more.
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def _serve(self, context):
        while True:
            try:
                made, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._refuse, args=(context, made), daemon=True).start()

    def _refuse(self, context, made):
        made.settimeout(5)
        with contextlib.suppress(OSError), context.wrap_socket(made, server_side=True) as secure:
            if self.breaks_off:
                secure.recv(4_096)
                return
            hello = bytes([1 << 3, 9]) + field(2, os.urandom(32))
            secure.sendall(frame(field(1, hello)) + frame(field(5, bytes([1 << 3, VERSION]))))
            while secure.recv(4_096):
                pass
