"""Authorities and certificates of the tests beside this file, by openssl."""
import subprocess
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
