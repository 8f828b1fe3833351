#!/usr/bin/python3
"""web.py PROGRAM MODEL: the node's HTTP interface as browsers, monitors and strangers meet it. Its answers are held
against its own OpenAPI document; the worklist page is opened in headless Chromium where that is installed."""
import json
import re
import socket
import subprocess
import sys
import time

import pydicom
from node_tools import Node, ending, free_ports, make_ct, run_test, wait_for
from web_client import MARK, Site, browse, fails_in_a_page, has_browser

HOSTILE_RULE = "<script>document.title='x'</script>\\\"&"  # as TOML has it
HOSTILE_AE = "<img src=x>\"&'"
CLOSED = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
          "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store"}


def write_config(node, port, folder, more=""):
    node.review_to_folder(folder, f"port = {port}\n{more}", HOSTILE_RULE, [HOSTILE_AE])


class Document:
    """Holds answers against an OpenAPI document; of JSON Schema as much as that uses."""

    def __init__(self, document):
        self.document = document
        assert document["openapi"].startswith("3.")

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def composed(self, schema):
        """The schema with what it is composed of (allOf) put into it."""
        schema = self.resolve(schema)
        if "allOf" not in schema:
            return schema
        assert set(schema) <= {"allOf", "description"}, schema
        parts = [self.composed(part) for part in schema["allOf"]]
        return {"type": "object", "required": [name for part in parts for name in part["required"]],
                "properties": {k: v for part in parts for k, v in part["properties"].items()}}

    def check(self, schema, value, where):
        schema = self.composed(schema)
        known = {"type", "properties", "required", "additionalProperties", "items", "enum", "format", "description",
                 "minimum", "maximum", "default"}
        assert set(schema) <= known, (where, set(schema) - known)
        kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
        assert isinstance(value, kinds[schema["type"]]), (where, value)
        assert not (schema["type"] == "integer" and isinstance(value, bool)), where
        if "enum" in schema:
            assert value in schema["enum"], (where, value)
        if schema.get("format") == "date-time":
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value), (where, value)
        if schema["type"] == "array":
            for k, item in enumerate(value):
                self.check(schema["items"], item, f"{where}[{k}]")
        if schema["type"] == "object" and "properties" in schema:
            missing = set(schema["required"]) - set(value)
            strange = set(value) - set(schema["properties"])
            assert not missing and not strange, (where, missing, strange)
            for key, item in value.items():
                self.check(schema["properties"][key], item, f"{where}.{key}")

    def check_answer(self, method, path, answer, body):
        operation = self.document["paths"][path][method.lower()]
        described = self.resolve(operation["responses"][str(answer.status)])
        content = described["content"]
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind in content, (path, kind)
        self.check(content[kind]["schema"], json.loads(body) if kind == "application/json" else body, path)


def check_answers(site):
    """Every path of the document, and what it says of refusals."""
    document = Document(site.json("/api/v1/openapi.json"))
    asked = set()
    for method, template, path, status in [
            ("GET", "/health", "/health", 200), ("GET", "/metrics", "/metrics", 200),
            ("GET", "/api/v1/openapi.json", "/api/v1/openapi.json", 200),
            ("GET", "/watch", "/watch", 200), ("GET", "/api/v1/watch", "/api/v1/watch", 200),
            ("GET", "/api/v1/session", "/api/v1/session", 200), ("GET", "/api/v1/jobs", "/api/v1/jobs", 200),
            ("GET", "/api/v1/jobs", "/api/v1/jobs?state=review&limit=1", 200),
            ("GET", "/api/v1/jobs", "/api/v1/jobs?limit=1000", 400),
            ("GET", "/api/v1/jobs/{job}", "/api/v1/jobs/1", 200), ("GET", "/api/v1/jobs/{job}", "/api/v1/jobs/99", 404),
            ("POST", "/api/v1/jobs/{job}/{action}", "/api/v1/jobs/1/resend", 409),
            ("POST", "/api/v1/jobs/{job}/{action}", "/api/v1/jobs/99/resend", 404),
            ("GET", "/review/{job}/", "/review/1/", 200), ("GET", "/review/{job}/", "/review/99/", 404),
            ("GET", "/jobs/{job}/report.html", "/jobs/1/report.html", 200),
            ("GET", "/jobs/{job}/report.html", "/jobs/99/report.html", 404),
            ("GET", "/jobs/{job}/preview.png", "/jobs/1/preview.png", 200),
            ("GET", "/jobs/{job}/preview.png", "/jobs/99/preview.png", 404)]:
        answer, body = site.ask(path, method, MARK if method == "POST" else None)
        assert answer.status == status, (path, answer.status, body)
        document.check_answer(method, template, answer, body)
        for name, value in CLOSED.items():
            assert answer.headers.get_all(name) == [value], (path, name, answer.headers.get_all(name))
        assert len(answer.headers.get_all("Content-Security-Policy")) == 1, path
        assert "Access-Control-Allow-Origin" not in answer.headers, path
        asked.add((template, method.lower()))
    described = {(path, m) for path, item in document.document["paths"].items() for m in item if m != "parameters"}
    assert described == asked, described ^ asked
    return document


def check_strangers(site):
    port = site.port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}",
                 [f"127.0.0.1:{port}", "evil.example"]):
        assert site.status("/api/v1/jobs", host=host) == 421, host
    assert b" 421 " in site.raw(b"GET /api/v1/jobs HTTP/1.1\r\n\r\n").split(b"\r\n")[0]
    own = f"http://127.0.0.1:{port}"
    path = "/api/v1/jobs/1/cancel"
    for headers in ({}, {"Origin": own}, {**MARK, "Origin": "http://evil.example"}, {**MARK, "Origin": "null"},
                    {**MARK, "Origin": f"http://127.0.0.1:{port + 1}"}, {**MARK, "Sec-Fetch-Site": "cross-site"},
                    {**MARK, "Sec-Fetch-Site": "same-site"},
                    {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Mode": "navigate"}):
        assert site.status(path, method="POST", headers=headers) == 403, headers
    assert site.status("/api/v1/jobs", headers={"Sec-Fetch-Site": "same-site"}) == 403
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):  # no preflight is ever answered
        answer, _ = site.ask(path, method, {"Origin": "http://evil.example"})
        assert answer.status >= 400 and "Access-Control-Allow-Origin" not in answer.headers, method
    for path in ("/jobs/../node.db", "/jobs/%2e%2e/report.html", "/jobs/1/%2e%2e/%2e%2e/node.db",
                 "/jobs/01/report.html", "/jobs/1%2freport.html/x", "/jobs/1/report.html%00", "//etc/passwd",
                 "/jobs/1;x/report.html", "/audit.log", "/jobs/1/labels.nii.gz", "/jobs/1/summary.json"):
        assert site.status(path) == 404, path
    assert site.json("/api/v1/jobs")["jobs"][0]["state"] == "review"


def check_review(site, me):
    """Without accounts two pages of one machine share a review as two people do; the beacon frees the right."""
    def ask(page, path, method="GET", body=None, more=None):
        answer, text = site.ask("/review/1/" + path, method,
                                {"X-Anatomynet-Page": page, **(MARK if method == "POST" else {}), **(more or {})},
                                body=body)
        return answer.status, json.loads(text)

    def role(page):
        return ask(page, "api/case")[1]["role"]

    assert (role("one"), role("two"), role("one")) == ("edit", "look", "edit")
    assert ask("two", "api/heartbeat", "POST", b"")[1]["looks_because"] == me + " edits this case"
    own = {"Origin": f"http://127.0.0.1:{site.port}"}
    goodbye = "/review/1/api/goodbye?page=one"
    assert site.status(goodbye, method="POST", body=b"") == 403
    assert site.status(goodbye, method="POST", body=b"", headers={"Origin": "http://evil.example"}) == 403
    assert site.status("/review/1/api/save", method="POST", body=b"{}", headers=own) == 403
    assert site.status(goodbye, method="POST", body=b"", headers=own) == 200
    assert "looks_because" not in ask("two", "api/heartbeat", "POST", b"")[1]
    assert role("one") == "edit", "a page that looks takes no place by telling that it lives"
    assert ask("one", "api/save", "POST", b'{"by": "root\\n", "reason": ""}')[0] == 400
    assert site.status(goodbye, method="POST", body=b"", headers=own) == 200
    assert (role("two"), role("one")) == ("edit", "look")


def check_sizes_and_time(site):
    line = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % site.port
    for data in (line + b"X: " + b"a" * 40000 + b"\r\n\r\n",  # more than 32 KB
                 line + b"".join(b"X-%d: a\r\n" % k for k in range(5000)) + b"\r\n",
                 b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"\0" * 1000, b"\r\n" * 1000, b"GET\r\n\r\n"):
        first = site.raw(data)[:15]
        assert b" 200" not in first, (data[:60], first)
    # Overlapping ranges give the whole once.
    many = ",".join(["0-"] * 500)
    answer, body = site.ask("/worklist.js", headers={"Range": "bytes=" + many})
    assert len(body) < 100000, len(body)
    # A body is not waited for.
    start = time.time()
    said = site.raw(b"POST /api/v1/jobs/99/retry HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Anatomynet: 1\r\n"
                    b"Content-Length: 100000000000\r\n\r\nab" % site.port)
    assert b" 404 " in said.split(b"\r\n")[0] and time.time() - start < 8, said[:100]
    # Clients that say nothing, or a byte a second, are cut off; meanwhile others are served.
    slow = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(20)]
    slow[0].sendall(line)
    start = time.time()
    assert site.status("/health") == 200 and time.time() - start < 5
    end = time.time() + 30
    cut = False
    while not cut and time.time() < end:
        try:
            slow[0].sendall(b"X")
            slow[0].settimeout(0.01)
            cut = not slow[0].recv(1)
        except TimeoutError:
            time.sleep(1)
        except OSError:
            cut = True
    assert cut, "a client that trickles is served for more than 30 s"
    for s in slow:
        s.close()
    # Many at once: what is too much is closed, and the server lives.
    crowd = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(150)]
    for s in crowd:
        s.close()
    wait_for("it answers after a crowd", lambda: site.status("/health") == 200, 30)


def check_metrics(site, slices):
    text = site.ask("/metrics")[1]
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) .*|[a-z_]+(\{[a-z]+="(\\["\\n]|[^"\\])*"(,[a-z]+="(\\["\\n]|[^"\\])*")*\})?'
                            r' [-+.e0-9]+', line), line
    assert f"anatomynet_instances_received_total {slices}\n" in text, text
    assert 'anatomynet_jobs{state="review"} 1\n' in text
    assert "anatomynet_contouring_seconds_count 1\n" in text
    assert 'anatomynet_associations_total{result="refused"} 1\n' in text, text


def check_page(site, folder):
    fails_in_a_page(folder)
    dom, console = browse(folder, f"http://127.0.0.1:{site.port}/")
    assert not console, console
    assert "<title>Worklist: AnatomyNet node</title>" in dom, dom
    assert "&lt;script&gt;document.title='x'&lt;/script&gt;" in dom, dom
    assert "&lt;img src=x&gt;" in dom and "<img" not in dom, dom
    assert 'href="/jobs/1/report.html"' in dom and ">release</button>" in dom, dom
    assert "The node is well." in dom, dom
    dom, console = browse(folder, f"http://127.0.0.1:{site.port}/jobs/1/report.html")
    assert not console, console
    assert 'class="live"' in dom, "the report's script did not run"


def check(folder, program, model):
    files = make_ct(program, folder / "ct")
    node_port, port = free_ports(2)
    node = Node(program, model, folder / "node", node_port, 1)
    site = Site(port)
    out = folder / "out"
    out.mkdir()
    with ending(node):
        write_config(node, port, out, 'address = "0.0.0.0"')
        done = node.act("--check")
        assert done.returncode == 2 and "127.0.0.0/8" in done.stderr and "http.tls" in done.stderr, done.stderr
        write_config(node, port, out)
        node.start_and_wait()
        assert site.json("/health")["status"] == "ok"
        assert site.json("/api/v1/jobs") == {"jobs": [], "more": False}
        assert not node.echo("STRANGER")
        done = subprocess.run(["storescu", "-aet", HOSTILE_AE, "-aec", "NODE", "127.0.0.1", str(node_port),
                               *map(str, files)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        wait_for("a review waits", lambda: [j["state"] for j in site.json("/api/v1/jobs")["jobs"]] == ["review"], 120)
        job, = site.json("/api/v1/jobs")["jobs"]
        assert job["rule"] == HOSTILE_RULE.replace('\\"', '"') and job["calling_ae"] == HOSTILE_AE, job
        assert job["actions"] == ["cancel", "release"], job
        assert job["flagged"] == json.loads((node.store / "results/1/summary.json").read_text())["check"], job

        me = subprocess.run(["id", "-un"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        document = check_answers(site)
        check_strangers(site)
        check_metrics(site, len(files))
        check_review(site, me)
        if has_browser():
            check_page(site, folder)
        check_sizes_and_time(site)

        ct = pydicom.dcmread(files[0])
        told = [site.ask(path)[1] for path in ("/api/v1/jobs", "/api/v1/jobs/1", "/health", "/metrics", "/")]
        for secret in (str(ct.PatientName), ct.PatientID, ct.SeriesInstanceUID):
            assert not any(secret in text for text in [*told, node.text()]), secret

        # From review to the end, each action with who did it.
        for action, state in (("release", "sent"), ("resend", "sent"), ("purge", "sent")):
            answer, body = site.ask(f"/api/v1/jobs/1/{action}", "POST", MARK)
            assert answer.status == 200, body
            document.check_answer("POST", "/api/v1/jobs/{job}/{action}", answer, body)
            wait_for(f"it is {state}", lambda: site.json("/api/v1/jobs/1")["state"] == state)
        assert len(list(out.glob("RTSTRUCT.*.dcm"))) == 1
        assert site.status("/jobs/1/report.html") == 404 and not node.instances()
        lines = node.audit()
        for did in ("release", "resend", "purge", "saw the jobs", "saw the history", "saw the report"):
            assert {line["who"] for line in lines if line["did"] == did} == {me}, (did, lines)
        assert not any(line["did"] == "cancel" for line in lines)
        assert node.act("audit").returncode == 0

        # Only users who are named, where there is a list; a monitor always.
        node.stop()
        write_config(node, port, out, 'users = ["nobody"]')
        node.start_and_wait()
        assert site.status("/") == (200 if me == "nobody" else 403)
        assert site.status("/health") == 200
        # A port that is taken ends the start with one line.
        other = Node(program, model, folder / "other", free_ports(1)[0], 1)
        write_config(other, port, out)
        done = other.act("run")
        assert done.returncode == 2 and "choose another port" in done.stderr, done.stderr
        node.stop()


if __name__ == "__main__":
    run_test(check, "the worklist, /health, /metrics and the interface answer as described, and strangers get nothing")
