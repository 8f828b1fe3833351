#!/usr/bin/python3
"""accounts.py PROGRAM MODEL: the node's HTTP server with accounts and TLS, as its users, guessers and strangers meet
it."""
import json
import os
import pty
import socket
import ssl
import subprocess
import sys
import time
import warnings

import node_tools
import pydicom
from node_tools import Folder, Node, ending, free_ports, make_ct, require_tools, wait_for
from web_client import MARK, Browser, Site, make_certificate

PASSWORDS = {"vera": "vera looks at it", "rita": "rita's pass=word & +%", "adam": "adam may do it all",
             "pacs": "pacs sends slices", "kurt": "kurt will be removed"}
ROLES = {"vera": "view", "rita": "review", "adam": "administer", "pacs": "send", "kurt": "view"}


def write_config(node, port, folder, idle_s=1800, longest_s=43200, key="node", address="127.0.0.1"):
    node.review_to_folder(folder / "out", f"""address = "{address}"
port = {port}
hosts = ["node.test:{port}"]
accounts = "accounts"
session_idle_s = {idle_s}
session_s = {longest_s}
stow = true
[http.tls]
certificate = "{folder}/node.pem"
key = "{folder}/{key}.key"
""")


def accounts(node, *words, password="", role=None):
    return subprocess.run([node.program, "serve", "accounts", *words, *(["--role", role] if role else []), "--config",
                           str(node.config)], input=password, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check_command(node):
    """The file of accounts by the command line."""
    for name, password in PASSWORDS.items():
        done = accounts(node, "add", name, password=password + "\n", role=ROLES[name])
        assert done.returncode == 0, done.stderr
    file = node.folder / "accounts"
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert text.count("$argon2id$") == len(PASSWORDS) and not any(p in text for p in PASSWORDS.values())
    listed = accounts(node, "list")
    assert [line.split() for line in listed.stdout.splitlines()] == [[n, ROLES[n]] for n in PASSWORDS], listed
    for words, password, role, said in (
            (["add", "vera"], "a good long password", "view", "there is an account vera"),
            (["add", "lena"], "short", "view", "12 to 1000 bytes"),
            (["add", "lena"], "", "view", "has 0"),
            (["add", "lena"], "x" * 1_000_000, "view", "12 to 1000 bytes"),
            (["add", "lena"], "a good long password", None, "--role"),
            (["add", "lena"], "a good long password", "boss", "--role"),
            (["add", "../lena"], "a good long password", "view", "letters, digits"),
            (["add", "le:na"], "a good long password", "view", "letters, digits"),
            (["password", "lena"], "a good long password", None, "no account lena"),
            (["remove", "lena"], "", None, "no account lena"), (["add"], "", "view", "expected add NAME"),
            (["explode", "lena"], "", None, "expected add NAME")):
        done = accounts(node, *words, password=password, role=role)
        assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1, (words, done)
    assert file.read_text() == text

    # At a terminal it asks twice, and shows nothing.
    def at_terminal(*lines):
        child, terminal = pty.fork()
        if child == 0:
            os.execv(node.program, [node.program, "serve", "accounts", "password", "kurt", "--config",
                                    str(node.config)])
        shown = b""
        for wanted, line in zip((b"Password: ", b"Again: "), lines):
            while wanted not in shown:
                shown += os.read(terminal, 1000)
            time.sleep(0.2)  # echo is turned off after the question
            os.write(terminal, line)
        try:
            while piece := os.read(terminal, 1000):
                shown += piece
        except OSError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()

    code, shown = at_terminal(b"another long one\n", b"another long one\n")
    assert code == 0 and "another" not in shown and "set the password" in shown, shown
    code, shown = at_terminal(b"another long one\n", b"another long two\n")
    assert code == 2 and "differ" in shown, shown
    code, shown = at_terminal(b"anoth\x03")
    assert code == 2 and "Ctrl-C" in shown, shown
    assert accounts(node, "remove", "kurt").returncode == 0
    assert "kurt" not in file.read_text()


def check_files(node, port, folder):
    """What does not serve ends the start, and --check, with one line."""
    file = node.folder / "accounts"
    text = file.read_text()

    def refused(*said):
        for act in ("run", "--check"):
            done = node.act(act)
            assert done.returncode == 2 and all(one in done.stderr for one in said), (act, said, done.stderr)

    for mode in (0o640, 0o604, 0o660):
        file.chmod(mode)
        refused("others than its owner", "chmod 600")
    file.chmod(0o600)
    first = text.splitlines()[0]
    for line, said in ((first[:-30], "the hash of the password was changed"),
                       (first.replace("m=65536", "m=8"), "the hash"), (first.replace("t=2", "t=1"), "the hash"),
                       (first.replace(":view:", ":root:"), "the role must be"), ("nonsense", "NAME:ROLE:HASH"),
                       (text.splitlines()[1], "comes twice"), ("", "NAME:ROLE:HASH")):
        file.write_text(text.replace(first, line))
        refused("accounts:", said)
    file.write_text("")
    refused("has no account")
    file.unlink()
    refused("accounts add NAME")
    file.symlink_to("/etc/passwd")
    refused("accounts")
    file.unlink()
    file.write_text(text)
    file.chmod(0o600)
    make_certificate(folder, "other")
    write_config(node, port, folder, key="other")
    refused("other.key", "private key of the certificate")
    write_config(node, port, folder)
    node.config.write_text(node.config.read_text().replace("node.pem", "none.pem"))
    refused("none.pem", "certificate in PEM")
    write_config(node, port, folder)


def basic(name, password=None):
    return node_tools.basic(name, PASSWORDS[name] if password is None else password)


# Every route, and the answer for nobody, send, view, review, administer. POSTs are such as change nothing.
STOW = "/dicom-web/studies"
ROUTES = [
    ("GET", "/health", (200, 200, 200, 200, 200)),
    ("GET", "/login", (200, 200, 200, 200, 200)),
    ("GET", "/login.css", (200, 200, 200, 200, 200)),
    ("GET", "/", (401, 403, 200, 200, 200)),
    ("GET", "/worklist.js", (401, 403, 200, 200, 200)),
    ("GET", "/worklist.css", (401, 403, 200, 200, 200)),
    ("GET", "/metrics", (401, 403, 200, 200, 200)),
    ("GET", "/api/v1/session", (401, 403, 200, 200, 200)),
    ("GET", "/api/v1/openapi.json", (401, 403, 200, 200, 200)),
    ("GET", "/api/v1/jobs", (401, 403, 200, 200, 200)),
    ("GET", "/api/v1/jobs/1", (401, 403, 200, 200, 200)),
    ("GET", "/jobs/1/report.html", (401, 403, 200, 200, 200)),
    ("GET", "/jobs/1/preview.png", (401, 403, 200, 200, 200)),
    ("GET", "/review/1/", (401, 403, 200, 200, 200)),
    ("GET", "/review/1/api/case", (401, 403, 200, 200, 200)),
    ("POST", "/review/1/api/heartbeat", (401, 403, 200, 200, 200)),
    ("POST", "/review/1/api/mask/1", (401, 403, 403, 423, 423)),  # no page is named
    ("POST", "/review/1/api/approve", (401, 403, 403, 423, 423)),
    ("GET", "/nothing", (401, 403, 404, 404, 404)),
    ("POST", "/api/v1/jobs/99/release", (401, 403, 403, 404, 404)),
    ("POST", "/api/v1/jobs/1/retry", (401, 403, 403, 403, 409)),
    ("POST", "/api/v1/jobs/99/cancel", (401, 403, 403, 403, 404)),
    ("POST", "/api/v1/jobs/1/resend", (401, 403, 403, 403, 409)),
    ("POST", "/api/v1/jobs/1/purge", (401, 403, 403, 403, 409)),
    ("POST", "/api/v1/jobs/1/nothing", (401, 403, 403, 403, 404)),
    ("POST", STOW, (401, 415, 403, 403, 415)),
]


def check_roles(site, browsers):
    for method, path, expected in ROUTES:
        for name, status in zip((None, "pacs", "vera", "rita", "adam"), expected):
            headers = {**MARK, **(basic(name) if name else {})}
            answer, body = site.ask(path, method, headers, body=b"" if method == "POST" else None)
            assert answer.status == status, (method, path, name, answer.status, body)
            assert "WWW-Authenticate" not in answer.headers, path
            if name in browsers and path not in ("/login", "/login.css"):
                by_session = browsers[name].post(path, body=b"") if method == "POST" else browsers[name].ask(path)
                assert by_session[0].status == status, (method, path, name, by_session)
    for name, actions in (("vera", []), ("rita", ["release"]), ("adam", ["cancel", "release"])):
        assert json.loads(browsers[name].ask("/api/v1/jobs")[1])["jobs"][0]["actions"] == actions, name
        session = json.loads(browsers[name].ask("/api/v1/session")[1])
        assert (session["user"], session["role"]) == (name, ROLES[name])
    answer, _ = site.ask("/", headers={"Accept": "text/html,*/*"})
    assert answer.status == 303 and answer.headers["Location"] == "/login"


def check_sign_in(site, browsers):
    for name in ("vera", "rita", "adam"):
        browsers[name] = Browser(site)
        assert browsers[name].sign_in(name, PASSWORDS[name]) == 303, browsers[name].said
    assert Browser(site).sign_in("pacs", PASSWORDS["pacs"]) == 403
    one = Browser(site)
    answer, page = one.ask("/login")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src" not in policy and "unsafe" not in policy and "default-src 'none'" in policy, policy
    assert "<script" not in page and page.count("<form") == 1
    assert one.sign_in("vera", PASSWORDS["vera"]) == 303
    cookie, = [c for c in one.cookies if "login" not in c]
    assert cookie == f"__Host-anatomynet-{site.port}" and len(one.cookies[cookie]) == 64
    one.ask("/login")
    answer, _ = one.post_form("/login", name="vera", password=PASSWORDS["vera"],
                              token=one.cookies[f"__Host-anatomynet-login-{site.port}"])
    told = [c for c in answer.headers.get_all("Set-Cookie") if c.startswith(cookie + "=")]
    for flag in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert flag in told[0].split("; "), told
    assert "Domain" not in told[0]

    # The form has a token too, and sizes an end.
    for fields in ({}, {"token": ""}, {"token": "0" * 64}):
        answer, _ = Browser(site).post_form("/login", name="vera", password=PASSWORDS["vera"], **fields)
        assert answer.status == 403, fields
        other = Browser(site)
        other.ask("/login")
        assert other.post_form("/login", name="vera", password=PASSWORDS["vera"], **fields)[0].status == 403, fields
    start = time.time()
    assert site.status("/login", method="POST", headers={"Origin": f"https://127.0.0.1:{site.port}"},
                       body=b"name=vera&password=" + b"x" * 1_000_000) == 413
    assert time.time() - start < 10
    assert Browser(site).sign_in("vera", "x" * 5000) == 401
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"},
                    {"Origin": f"http://127.0.0.1:{site.port}"}):
        assert site.status("/login", method="POST", headers=headers, body=b"name=vera") == 403, headers

    # An unknown name and a wrong password look the same.
    answers, times = [], []
    for name, password in (("nobody", PASSWORDS["vera"]), ("rita", "not the password")):
        start = time.time()
        one = Browser(site)
        answers.append((one.sign_in(name, password), one.said))
        times.append(time.time() - start)
    assert answers[0] == answers[1] and answers[0][0] == 401, answers
    assert times[0] > times[1] / 4, times
    for headers in ({"Authorization": "Basic !!!"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic"},
                    basic("vera", "wrong wrong wrong"), basic("nobody", "x"), basic("vera", "")):
        answer, _ = site.ask("/api/v1/jobs", headers=headers)
        assert answer.status == 401 and "WWW-Authenticate" not in answer.headers, headers


def check_forgery(site, browsers):
    """A POST without the session's token changes nothing, nor does another session's."""
    path = "/api/v1/jobs/1/cancel"
    adam = browsers["adam"]
    for token in ("", "0" * 64, adam.token[:-1], browsers["rita"].token, adam.token + "0"):
        answer, body = adam.post(path, token=token)
        assert answer.status == 403 and "token" in body, (token, answer.status, body)
    assert adam.ask(path, "POST", {"X-Anatomynet-Token": adam.token})[0].status == 403
    assert adam.ask(path, "POST", {**MARK, "X-Anatomynet-Token": adam.token, "Origin": "https://evil.example"})[
        0].status == 403
    assert adam.ask("/logout", "POST", {**MARK})[0].status == 403
    assert adam.post_form("/logout", token="0" * 64)[0].status == 403
    stranger = Browser(site)
    stranger.cookies = {f"__Host-anatomynet-{site.port}": "0" * 64}
    assert stranger.ask("/api/v1/jobs")[0].status == 401
    assert stranger.post(path, token="")[0].status == 401
    assert json.loads(adam.ask("/api/v1/jobs/1")[1])["state"] == "review"
    for host in (f"127.0.0.1:{site.port + 1}", "evil.example"):
        assert site.status("/login", host=host) == 421
    assert site.status("/login", host=f"node.test:{site.port}") == 200


def check_guessing(node, port):
    """Another address guesses: its name waits, others do not."""
    guesser = Site(port, node.folder / "trusted.pem", source="127.0.0.2")
    for k in range(5):
        assert Browser(guesser).sign_in("vera", f"guess number {k:04}") == 401, k
    assert Browser(guesser).sign_in("vera", PASSWORDS["vera"]) == 429
    assert guesser.status("/api/v1/jobs", headers=basic("vera")) == 429
    assert Browser(guesser).sign_in("rita", PASSWORDS["rita"]) == 303
    wait_for("the pause ends", lambda: Browser(guesser).sign_in("vera", PASSWORDS["vera"]) == 303, 10)
    for k in range(20):
        assert Browser(guesser).sign_in(f"name{k}", "guess of a password") == 401, k
    assert Browser(guesser).sign_in("rita", PASSWORDS["rita"]) == 429
    assert Browser(Site(port, node.folder / "trusted.pem")).sign_in("rita", PASSWORDS["rita"]) == 303


def check_tls(site):
    """Strangers to TLS are closed, and keep nobody waiting."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    for data in (b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % site.port, b"\0" * 5000, os.urandom(5000),
                 hello + b"\xff" * 600, b"\x16\x03\x01\xff\xff" + b"a" * 70000, b"\x15\x03\x01\x00\x02\x02\x28"):
        assert b"HTTP/1.1 200" not in site.raw(data), data[:20]
    stranger = ssl.create_default_context()
    try:
        stranger.wrap_socket(socket.create_connection(("127.0.0.1", site.port)), server_hostname="127.0.0.1")
        raise AssertionError("a certificate that nobody signed is taken")
    except ssl.SSLCertVerificationError:
        pass
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        old.wrap_socket(socket.create_connection(("127.0.0.1", site.port)))
        raise AssertionError("TLS 1.1 is taken")
    except (ssl.SSLError, OSError):
        pass
    # As many as one address may have shake no hands; another address is served at once.
    silent = [socket.create_connection(("127.0.0.1", site.port), source_address=("127.0.0.3", 0)) for _ in range(40)]
    for one in silent[:5]:
        one.sendall(hello)
    time.sleep(0.5)
    start = time.time()
    assert site.status("/health") == 200 and time.time() - start < 2
    start = time.time()
    for one in silent:
        one.settimeout(20)
        try:
            while one.recv(100):
                pass
        except ConnectionResetError:
            pass
        one.close()
    assert time.time() - start < 15, "a handshake that does not come is waited for"
    # A peer that goes while it is answered.
    for _ in range(20):
        link = site.link()
        link.request("GET", "/login", headers={"Host": f"127.0.0.1:{site.port}"})
        link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        link.close()
    assert site.status("/health") == 200


def check_changes(node, site, browsers):
    """Changes of the accounts count at once, and end sessions; a file that cannot be read keeps everybody out."""
    file = node.folder / "accounts"
    vera = browsers["vera"]
    assert vera.ask("/api/v1/jobs")[0].status == 200
    assert accounts(node, "password", "vera", password="vera has a new one\n").returncode == 0
    assert vera.ask("/api/v1/jobs")[0].status == 401
    assert vera.sign_in("vera", PASSWORDS["vera"]) == 401
    PASSWORDS["vera"] = "vera has a new one"
    assert vera.sign_in("vera", PASSWORDS["vera"]) == 303
    text = file.read_text()
    line, = [line for line in text.splitlines() if line.startswith("vera:")]
    swapped = line[:-5] + ("A" if line[-5] != "A" else "B") + line[-4:]
    file.write_text(text.replace(line, swapped))
    assert vera.ask("/api/v1/jobs")[0].status == 401, "another hash"
    assert vera.sign_in("vera", PASSWORDS["vera"]) == 401
    assert browsers["adam"].ask("/api/v1/jobs")[0].status == 200
    file.write_text(text.replace("vera:view:", "vera:review:"))
    assert vera.sign_in("vera", PASSWORDS["vera"]) == 303
    assert vera.post("/api/v1/jobs/99/release")[0].status == 404
    file.write_text(text)
    assert vera.post("/api/v1/jobs/99/release")[0].status == 403, "a role counts at once"
    file.chmod(0o644)
    assert vera.ask("/api/v1/jobs")[0].status == 401
    assert Browser(site).sign_in("vera", PASSWORDS["vera"]) == 401
    assert site.status("/health") == 200
    wait_for("it says so", lambda: "until then nobody can sign in" in node.text(), 5)
    file.chmod(0o600)
    for name in ("vera", "rita", "adam"):
        assert browsers[name].sign_in(name, PASSWORDS[name]) == 303, name
    one = Browser(site)
    assert one.sign_in("rita", PASSWORDS["rita"]) == 303
    kept = dict(one.cookies)
    answer, _ = one.post_form("/logout", token=one.token)
    assert answer.status == 303 and answer.headers["Location"] == "/login"
    one.cookies = kept
    assert one.ask("/api/v1/jobs")[0].status == 401


def check_ends(node, port, folder, site):
    """Sessions end when nothing is asked for a while, and after their longest time."""
    node.stop()
    write_config(node, port, folder, idle_s=3, longest_s=8)
    node.start_and_wait()
    busy, page, idle = (Browser(site) for _ in range(3))
    for one in (busy, page, idle):
        assert one.sign_in("rita", PASSWORDS["rita"]) == 303
    start = time.time()
    alive = {"busy": 0.0, "page": 0.0}
    while time.time() - start < 11:
        for name, one, headers in (("busy", busy, {}), ("page", page, {"X-Anatomynet-Idle": "1"})):
            if one.ask("/api/v1/session", headers=headers)[0].status == 200:
                alive[name] = time.time() - start
        time.sleep(0.3)
    assert idle.ask("/api/v1/session")[0].status == 401
    assert 1 < alive["page"] < 5, alive
    assert 5 < alive["busy"] < 10, alive
    node.stop()
    write_config(node, port, folder)
    node.start_and_wait()
    assert busy.ask("/api/v1/session")[0].status == 401, "sessions do not outlive the node"


def check_audit(node, files):
    lines = node.audit()
    done = {(line["who"], line["did"]) for line in lines}
    for name in ("vera", "rita", "adam"):
        for did in ("signed in", "saw the jobs", "saw the history", "saw the report", "saw the picture"):
            assert (name, did) in done, (name, did)
    assert {("rita", "signed out"), ("vera", "was refused"), ("unknown account", "was refused"),
            ("pacs", "was refused"), ("adam", "release"), ("vera", "was refused: it takes the role review"),
            ("rita", "was refused: it takes the role administer")} <= done, done
    assert not any(line["did"] == "cancel" for line in lines)
    told = (node.store / "audit.log").read_text() + node.text()
    ct = pydicom.dcmread(files[0])
    for secret in (*PASSWORDS.values(), "guess of a password", "name7", "nobody", str(ct.PatientName), ct.PatientID):
        assert secret not in told.replace("nobody can", ""), secret
    assert node.act("audit").returncode == 0


def main():
    require_tools()
    program, model = sys.argv[1:3]
    with Folder() as folder:
        (folder / "out").mkdir()
        make_certificate(folder, "node")
        files = make_ct(program, folder / "ct")
        node_port, port = free_ports(2)
        node = Node(program, model, folder / "node", node_port, 1)
        (node.folder / "trusted.pem").write_bytes((folder / "node.pem").read_bytes())
        write_config(node, port, folder)
        check_command(node)
        check_files(node, port, folder)
        site, browsers = Site(port, folder / "node.pem"), {}
        with ending(node):
            node.start_and_wait()
            assert subprocess.run(["storescu", "-aet", "SOURCE", "-aec", "NODE", "127.0.0.1", str(node_port),
                                   *map(str, files)], stdout=subprocess.DEVNULL).returncode == 0
            wait_for("a review waits", lambda: node.states() == ["review"], 120)
            check_sign_in(site, browsers)
            check_roles(site, browsers)
            check_forgery(site, browsers)
            check_guessing(node, port)
            check_tls(site)
            check_changes(node, site, browsers)
            answer, body = browsers["adam"].post("/api/v1/jobs/1/release")
            assert answer.status == 200, body
            wait_for("it is sent", lambda: node.states() == ["sent"])
            check_ends(node, port, folder, site)
            check_audit(node, files)
            # All networks: under its configured name, and no other.
            node.stop()
            write_config(node, port, folder, address="0.0.0.0")
            node.start_and_wait()
            assert site.status("/api/v1/jobs", host=f"node.test:{port}", headers=basic("vera")) == 200
            assert site.status("/api/v1/jobs", host=f"10.1.2.3:{port}", headers=basic("vera")) == 421
            node.stop()
    print("accounts: roles, sessions, tokens, guessers and strangers to TLS are met as described")


if __name__ == "__main__":
    main()
