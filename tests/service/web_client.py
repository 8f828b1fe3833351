"""What the tests beside this file ask the node over HTTP, with and without TLS."""
import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.parse

MARK = {"X-Anatomynet": "1"}


def make_certificate(folder, name, host="127.0.0.1"):
    """folder/NAME.pem, signed by itself, and folder/NAME.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=IP:{host}", "-keyout", f"{folder}/{name}.key", "-out",
                    f"{folder}/{name}.pem"], check=True, stderr=subprocess.DEVNULL)


def has_browser():
    if not shutil.which("chromium"):
        print("chromium is not installed: no page was opened", file=sys.stderr)
    return bool(shutil.which("chromium"))


def browse(folder, url):
    """What headless Chromium makes of a page, and its console."""
    done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                           "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                           f"--user-data-dir={folder}/browser", "--virtual-time-budget=4000", "--dump-dom", url],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def fails_in_a_page(folder):
    """That browse tells of errors in a page."""
    faulty = folder / "faulty.html"
    faulty.write_text("<!doctype html><script>absent()</script>")
    assert browse(folder, f"file://{faulty}")[1], "this browser does not tell of errors in a page"


class Site:
    """A node's HTTP server; `trusted`: its certificate, where it speaks TLS."""

    def __init__(self, port, trusted=None, source=None):
        self.port, self.source = port, source
        self.context = ssl.create_default_context(cafile=str(trusted)) if trusted else None

    def link(self):
        source = (self.source, 0) if self.source else None
        if self.context:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.context,
                                               source_address=source)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=source)

    def ask(self, path, method="GET", headers=None, host=None, body=None):
        link = self.link()
        link.putrequest(method, path, skip_host=True)
        for value in [host] if isinstance(host, str) else host or [f"127.0.0.1:{self.port}"]:
            link.putheader("Host", value)
        for name, value in (headers or {}).items():
            link.putheader(name, value)
        if body is not None:
            link.putheader("Content-Length", str(len(body)))
        link.endheaders(body)
        answer = link.getresponse()
        text = answer.read().decode(errors="replace")
        link.close()
        return answer, text

    def json(self, path, **more):
        answer, body = self.ask(path, **more)
        assert answer.status == 200, (path, answer.status, body)
        return json.loads(body)

    def status(self, path, **more):
        return self.ask(path, **more)[0].status

    def raw(self, data, seconds=30):
        """What the server says to these bytes until it closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as s:
            out = b""
            try:
                s.sendall(data)
                while piece := s.recv(65536):
                    out += piece
            except (ConnectionResetError, BrokenPipeError):
                pass
            return out


class Browser:
    """Signs in at a Site as a browser does: the form's token, cookies, the session's token."""

    def __init__(self, site):
        self.site, self.cookies, self.token = site, {}, ""

    def ask(self, path, method="GET", headers=None, body=None):
        all_headers = dict(headers or {})
        if self.cookies:
            all_headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        answer, text = self.site.ask(path, method, all_headers, body=body)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return answer, text

    def post_form(self, path, **fields):
        origin = f"https://127.0.0.1:{self.site.port}"
        return self.ask(path, "POST", {"Origin": origin, "Content-Type": "application/x-www-form-urlencoded"},
                        urllib.parse.urlencode(fields).encode())

    def sign_in(self, name, password):
        """The status of the answer; 303 where it worked."""
        token = re.search(r'name="token" value="([0-9a-f]{64})"', self.ask("/login")[1]).group(1)
        answer, text = self.post_form("/login", name=name, password=password, token=token)
        self.said = re.sub(r"[0-9a-f]{64}", "TOKEN", text)
        if answer.status == 303:
            self.token = json.loads(self.ask("/api/v1/session")[1])["token"]
        return answer.status

    def post(self, path, token=None, body=None):
        return self.ask(path, "POST", {**MARK, "X-Anatomynet-Token": self.token if token is None else token}, body)
