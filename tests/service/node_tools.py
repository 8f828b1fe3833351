"""A node, archives (Orthanc) and synthetic CTs for the tests beside this file."""
import base64
import contextlib
import http.client
import io
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pydicom

ORTHANC = "/usr/sbin/Orthanc"
DICOMWEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"


def require_tools():
    for tool in (ORTHANC, "dciodvfy", "storescu", "echoscu"):
        if not shutil.which(tool):
            print(f"SKIPPED: needs {tool}", file=sys.stderr)
            sys.exit(77)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(what, condition, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


def data_set_bytes(raw):
    """Without the file's own header, which every store writes anew."""
    assert raw[128:132] == b"DICM"
    return raw[144 + int.from_bytes(raw[140:144], "little"):]


def run_test(check, said, *needs):
    """Runs check(folder, PROGRAM, MODEL) by the command line, in a folder of its own."""
    require_tools()
    for file in needs:
        if not os.path.exists(file):
            print(f"SKIPPED: needs {file}", file=sys.stderr)
            sys.exit(77)
    with Folder() as folder:
        check(folder, *sys.argv[1:3])
    print(said)


@contextlib.contextmanager
def ending(node, *archives):
    """Ends node and archives after what is done with them; what the node said is shown where that failed."""
    try:
        yield
    except BaseException:
        print(node.text()[-3000:], file=sys.stderr)
        raise
    finally:
        if node.process:
            node.kill()
        for archive in archives:
            archive.stop()


def basic(name, password):
    """The header of HTTP basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


class Archive:
    """An Orthanc on loopback; `modalities` are those it can send to: name -> (AE title, port). `more` goes into its
    configuration; where that has RegisteredUsers it is asked as one of them."""

    def __init__(self, folder, name, dicom, http_port, modalities=None, more=None):
        self.folder, self.name, self.dicom, self.http = Path(folder), name, dicom, http_port
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = None
        self.configure(modalities, more)

    def configure(self, modalities=None, more=None):
        more = more or {}
        known = {k: [aet, "127.0.0.1", port] for k, (aet, port) in (modalities or {}).items()}
        (self.folder / "orthanc.json").write_text(json.dumps({
            "Name": self.name, "StorageDirectory": str(self.folder), "IndexDirectory": str(self.folder),
            "HttpPort": self.http, "DicomPort": self.dicom, "DicomAet": self.name, "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False, "DicomAlwaysAllowStore": True, "DicomCheckCalledAet": True,
            "StorageCompression": False, "Plugins": [], "DicomModalities": known, "DicomScuTimeout": 20,
            "OverwriteInstances": True, **more}))
        self.headers = {}
        for user, password in more.get("RegisteredUsers", {}).items():
            self.headers = basic(user, password)

    def restart(self, modalities=None, more=None):
        """With another configuration, and what it has."""
        self.stop()
        self.configure(modalities, more)
        self.start()

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([ORTHANC, str(self.folder / "orthanc.json")], stdout=log, stderr=log)
        wait_for(f"{self.name} answers", self.answers)

    def answers(self):
        try:
            return self.ask("/system") is not None
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def request(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.http, timeout=120)
        link.request(method, path, body, self.headers)
        answer = link.getresponse()
        return answer.status, answer.read()

    def ask(self, path):
        status, body = self.request("GET", path)
        assert status == 200, (path, status)
        return json.loads(body)

    def add(self, files):
        for file in files:
            status, body = self.request("POST", "/instances", Path(file).read_bytes())
            assert status == 200, body

    def send(self, modality, series):
        """Whether the peer took all instances of a series of this archive."""
        status, _ = self.request("POST", f"/modalities/{modality}/store", json.dumps([series]))
        return status == 200

    def objects(self, modality):
        out = []
        for series in self.ask("/series"):
            about = self.ask("/series/" + series)
            if about["MainDicomTags"].get("Modality") == modality:
                for instance in about["Instances"]:
                    out.append(self.request("GET", f"/instances/{instance}/file")[1])
        return out


class Node:
    def __init__(self, program, model, folder, port, archive_port, store=None):
        self.program, self.folder, self.port = program, Path(folder), port
        self.model = Path(model).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.store = Path(store or self.folder / "store")
        self.config = self.folder / "node.toml"
        self.process, self.before = None, []
        self.config.write_text(f"""
[store]
folder = "{self.store}"
min_free_mb = 16
[dicom]
ae_title = "NODE"
address = "127.0.0.1"
port = {port}
acse_timeout_s = 3
dimse_timeout_s = 5
max_instance_mb = 64
[[dicom.peer]]
ae_title = "SOURCE"
addresses = ["127.0.0.1"]
[complete]
quiet_s = 0.5
interrupted_quiet_s = 4
[contour]
first_retry_s = 1
[[destination]]
name = "archive"
host = "127.0.0.1"
port = {archive_port}
ae_title = "SINK"
send = ["RTSTRUCT", "SEG"]
first_retry_s = 1
longest_retry_s = 3
[[rule]]
name = "synthetic"
match = {{ Modality = "CT" }}
model = "{self.model}"
destinations = ["archive"]
""")

    def review_to_folder(self, folder, http, rule="all", more_peers=()):
        """Another configuration: results wait for a review, then go to a folder; `http` are lines of [http]."""
        peers = "".join(f"[[dicom.peer]]\nae_title = '''{title}'''\n" for title in ("SOURCE", *more_peers))
        self.config.write_text(f"""
[store]
folder = "{self.store}"
min_free_mb = 16
[dicom]
ae_title = "NODE"
port = {self.port}
{peers}
[complete]
quiet_s = 0.5
[http]
{http}
[[destination]]
name = "folder"
kind = "folder"
folder = "{folder}"
[[rule]]
name = "{rule}"
match = {{ Modality = "CT" }}
model = "{self.model}"
destinations = ["folder"]
review = true
""")

    def add_accounts(self, accounts):
        """name -> (role, password)."""
        for name, (role, password) in accounts.items():
            subprocess.run([self.program, "serve", "accounts", "add", name, "--role", role, "--config",
                            str(self.config)], input=password, text=True, check=True, stdout=subprocess.DEVNULL)

    def start(self):
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([*self.before, self.program, "serve", "--config", str(self.config)],
                                        stdout=self.log, stderr=self.log, start_new_session=True)

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def start_and_wait(self):
        self.start()
        wait_for("the node listens", lambda: self.process.poll() is None and self.echo())

    def echo(self, calling="SOURCE", called="NODE"):
        return subprocess.run(["echoscu", "-to", "5", "-aet", calling, "-aec", called, "127.0.0.1", str(self.port)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(90) == 0, self.text()
        self.process = None

    def act(self, *arguments):
        return subprocess.run([self.program, "serve", *map(str, arguments), "--config", str(self.config)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def jobs(self, *numbers):
        done = self.act("jobs", *numbers, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def states(self):
        return [job["state"] for job in self.jobs()]

    def audit(self):
        return [json.loads(line) for line in (self.store / "audit.log").read_text().splitlines()]

    def text(self):
        log = self.folder / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def instances(self):
        """SOP Instance UID -> file, of those in their place."""
        with contextlib.closing(sqlite3.connect(f"file:{self.store}/node.db?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT sop_uid, content FROM instance WHERE conflict = 0").fetchall()
        return {uid: self.store / "instances" / content[:2] / (content + ".dcm") for uid, content in rows}


def make_ct(program, folder, size="24x48x48", spacing="8x6x6"):
    subprocess.run([program, "phantom", "--seed", "9", "--size", size, "--spacing", spacing, "-o", str(folder),
                    "--dicom", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return sorted((Path(folder) / "dicom").glob("*.dcm"))


def copy_ct(files, folder, number):
    """The same voxels as another patient's CT."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    out = []
    for k, file in enumerate(files):
        data = pydicom.dcmread(file)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID"):
            setattr(data, keyword, f"{getattr(data, keyword)[:50]}.{number}")
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
        data.PatientID = f"PHANTOM{number}"
        data.save_as(folder / f"{k:03}.dcm")
        out.append(folder / f"{k:03}.dcm")
    return out


def series_of(raw):
    """The CT series that a structure set refers to."""
    data = pydicom.dcmread(io.BytesIO(raw))
    study = data.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    return data.SOPInstanceUID, study.RTReferencedSeriesSequence[0].SeriesInstanceUID


class Folder:
    """A folder of the test's own, kept where it failed and KEEP is set."""

    def __enter__(self):
        self.path = Path(tempfile.mkdtemp(prefix="anatomynet-node-"))
        return self.path

    def __exit__(self, kind, *_):
        if not (kind and os.environ.get("KEEP")):
            shutil.rmtree(self.path, ignore_errors=True)
