"""Authorities, certificates (by openssl) and TLS of the tests beside this file."""
import contextlib
import socket
import ssl
import subprocess
import threading
from pathlib import Path


def openssl(folder, *arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, cwd=folder, stderr=subprocess.DEVNULL)


class Authority:
    """folder/NAME-ca.pem, which signs certificates."""

    def __init__(self, folder, name):
        self.folder, self.name = Path(folder), name
        self.file = self.folder / f"{name}-ca.pem"
        openssl(self.folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 3, "-subj",
                f"/CN={name} authority", "-keyout", f"{name}-ca.key", "-out", self.file)

    def sign(self, name, host="127.0.0.1", days=2):
        """folder/NAME.pem for an address, folder/NAME.key, and both in folder/NAME-both.pem."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        (self.folder / "names").write_text(f"subjectAltName=IP:{host}")
        openssl(self.folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out",
                request)
        openssl(self.folder, "x509", "-req", "-days", days, "-in", request, "-CA", self.file, "-CAkey",
                f"{self.name}-ca.key", "-CAcreateserial", "-extfile", "names", "-out", certificate)
        both = self.folder / f"{name}-both.pem"
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
        return certificate


class TlsFront:
    """TLS before a server of this machine that has none: what comes is decrypted and passed on. (Debian's Orthanc ends
    by a fault of its own where it is to speak TLS.) `certificate`: of connections that come from now on, with its key;
    None: they are passed on as they are."""

    def __init__(self, port, plain_port):
        self.plain_port, self.certificate = plain_port, None
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.pass_on, args=(client, self.certificate), daemon=True).start()

    def pass_on(self, client, certificate):
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.plain_port)) as server:
            if certificate:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(certificate)
                client = context.wrap_socket(client, server_side=True)
            back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
            back.start()
            self.pump(client, server)
            back.join()

    @staticmethod
    def pump(source, sink):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    def stop(self):
        self.listener.close()
