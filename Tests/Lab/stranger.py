"""Mallory: a machine on the same LAN that was never let in."""

import socket
import ssl
import subprocess

from packets import Capture
from waiting import ready


class Stranger:
    """A host that listens, browses and knocks, with no node of ours to help."""

    def __init__(self, lan):
        self.host = lan.host("host-mallory")
        self.host.start_avahi()

    def browse(self):
        """What mDNS says about every node: the daemon's own lines, one a service and address."""
        return self.host.run("avahi-browse", "-rptk", "_bullpen._tcp").stdout

    def services(self):
        """(address, port) of every service found over IPv4."""
        lines = (line.split(";") for line in self.browse().splitlines())
        return sorted({(words[7], int(words[8])) for words in lines if words[0] == "=" and words[2] == "IPv4"})

    def certificate(self):
        """A certificate like a device's: Ed25519, signed by itself."""
        pair = self.host.directory / "pair.pem"
        if not pair.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=mallory", "-days", "2",
                 "-keyout", str(pair), "-out", str(pair) + ".crt"], check=True, capture_output=True)
            pair.write_text(pair.read_text() + (pair.parent / "pair.pem.crt").read_text())
        return pair

    def knock(self, address, port, say=b"", with_certificate=True, patience=2):
        """Speaks TLS with a node. Returns the certificate it showed and every byte that it said."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if with_certificate:
            context.load_cert_chain(self.certificate())
        made = self.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(patience)
        made.connect((address, port))
        said = b""
        with context.wrap_socket(made) as secure:
            shown = secure.getpeercert(binary_form=True)
            try:
                if say:
                    secure.sendall(say)
                while len(said) < 1_000_000:
                    part = secure.recv(65_536)
                    if not part:
                        break
                    said += part
            except (TimeoutError, ssl.SSLError, ConnectionError):
                pass
        return shown, said

    def listen(self):
        return Capture(self.host)


def device_key(certificate):
    """The 32 bytes of the Ed25519 key that a DER certificate is for (RFC 8410, section 4)."""
    mark = bytes.fromhex("300506032b6570032100")
    assert mark in certificate, "not an Ed25519 certificate"
    start = certificate.index(mark) + len(mark)
    return certificate[start:start + 32]


def found_services(stranger, count):
    return ready(f"{count} services browsed by a stranger",
                 lambda: (lambda found: found if len(found) >= count else None)(stranger.services()))
