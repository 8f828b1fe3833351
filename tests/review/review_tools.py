"""A review server and its client for the tests beside this file."""
import base64
import http.client
import json
import re
import signal
import subprocess

import numpy as np


def runs_of(mask):
    """Lengths of runs of a flat array of booleans, outside first."""
    flat = np.concatenate([[False], mask.ravel(), [not mask.ravel()[-1]]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    return np.diff(np.concatenate([[0], changes])).astype("<u4") if mask.size else np.zeros(0, "<u4")


def mask_of(data, shape):
    """A mask [z, y, x] from the answer of GET /api/mask."""
    runs = np.frombuffer(data, "<u4")
    return np.repeat(np.arange(runs.size) % 2 == 1, runs).reshape(shape)


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Server:
    """`anatomynet review` as a process."""

    def __init__(self, program, *arguments, log=None):
        self.process = subprocess.Popen([program, "review", *map(str, arguments), "--no-browser"],
                                        stdout=subprocess.PIPE, stderr=log or subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([0-9a-f]{64})\n", line)
        if not found:
            raise RuntimeError(f"no address but {line!r}, exit code {self.process.wait()}")
        self.port, self.token, self.cookie = int(found[1]), found[2], None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and bytes of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = dict(headers or {})
        if self.cookie:
            sent["Cookie"] = self.cookie
        if method == "POST":
            sent["X-AnatomyNet"] = "1"
            sent["Origin"] = f"http://127.0.0.1:{self.port}"
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.headers, data

    def open(self):
        status, headers, _ = self.ask("GET", f"/?token={self.token}")
        assert status in (200, 501), status  # 501: a build without the page
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def get(self, path):
        status, _, data = self.ask("GET", path)
        if status != 200:
            raise Refused(status, data)
        return data

    def post(self, path, body):
        status, _, data = self.ask("POST", path, json.dumps(body))
        if status != 200:
            raise Refused(status, data)
        return json.loads(data)

    def case(self):
        return json.loads(self.get("/api/case"))

    def mask(self, organ, shape, query=""):
        return mask_of(self.get(f"/api/mask/{organ}{query}"), shape)

    def draw(self, organ, revision, box, part, seconds=1.0):
        """Replaces the voxels [z, y, x] of a half-open box x0, y0, z0, x1, y1, z1."""
        return self.post(f"/api/mask/{organ}", {"revision": revision, "box": [int(v) for v in box], "seconds": seconds,
                                                "runs": base64.b64encode(runs_of(part).tobytes()).decode()})["revision"]
