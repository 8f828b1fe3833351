#!/usr/bin/python3
"""review.py PROGRAM MODEL: a rule wants a review. Nothing is sent before a person with an account has corrected and
approved the structures over HTTP; then exactly the approved ones arrive (Orthanc), voxel by voxel."""
import base64
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pydicom
from node_tools import (Archive, Folder, Node, copy_ct, data_set_bytes, ending, free_ports, make_ct, require_tools,
                        series_of, wait_for)
from web_client import MARK, Browser, Site, make_certificate

sys.path.append(str(Path(__file__).resolve().parent.parent / "review"))
import saved  # noqa: E402
from review_tools import Server, mask_of, runs_of  # noqa: E402

SIDE = 48
PASSWORDS = {"vera": "vera looks at it", "rita": "rita reviews them all", "otto": "otto reviews as well",
             "adam": "adam may do it all"}
ROLES = {"vera": "view", "rita": "review", "otto": "review", "adam": "administer"}


class Page:
    """The review page of one job in somebody's browser; `name` is what the page calls itself."""

    def __init__(self, browser, job, name):
        self.browser, self.root, self.name = browser, f"/review/{job}/", name

    def ask(self, path, method="GET", body=None, token=None):
        headers = {"X-Anatomynet-Page": self.name}
        if method == "POST":
            headers |= {**MARK, "X-Anatomynet-Token": self.browser.token if token is None else token}
        return self.browser.ask(self.root + path, method, headers,
                                None if method == "GET" else json.dumps(body or {}).encode())

    def case(self):
        answer, text = self.ask("api/case")
        assert answer.status == 200, text
        return json.loads(text)

    def post(self, path, body=None, **more):
        answer, text = self.ask(path, "POST", body, **more)
        return answer.status, json.loads(text)

    def mask(self, organ, shape):
        link_headers = {"X-Anatomynet-Page": self.name,
                        "Cookie": "; ".join(f"{k}={v}" for k, v in self.browser.cookies.items())}
        link = self.browser.site.link()
        link.request("GET", f"{self.root}api/mask/{organ}",
                     headers={**link_headers, "Host": f"127.0.0.1:{self.browser.site.port}"})
        answer = link.getresponse()
        assert answer.status == 200
        return mask_of(answer.read(), shape)

    def draw(self, organ, revision, mask, **more):
        z, y, x = mask.shape
        return self.post(f"api/mask/{organ}", {"revision": revision, "box": [0, 0, 0, x, y, z], "seconds": 3,
                                               "runs": base64.b64encode(runs_of(mask).tobytes()).decode()}, **more)


def write_config(node, port, folder, archive_port):
    text = node.config.read_text().replace('destinations = ["archive"]', 'destinations = ["archive"]\nreview = true')
    node.config.write_text(text + f"""
[http]
port = {port}
accounts = "accounts"
[http.tls]
certificate = "{folder}/node.pem"
key = "{folder}/node.key"
""")


def send(node, files):
    done = subprocess.run(["storescu", "-aet", "SOURCE", "-aec", "NODE", "127.0.0.1", str(node.port),
                           *map(str, files)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def states(node, count):
    found = node.states()
    return found if len(found) == count else None


def check_correcting(node, site, browsers, sink):
    """Two people and an onlooker on job 1; returns what was drawn, and the case's grid."""
    vera, rita, otto = (Page(browsers[name], 1, name + "-1") for name in ("vera", "rita", "otto"))
    answer, page = rita.ask("")
    assert answer.status == 200 and "app.js" in page, (answer.status, page)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy, policy
    for part in ("app.js", "app.css"):
        assert rita.ask(part)[0].status == 200, part
    listed, = json.loads(browsers["vera"].ask("/api/v1/jobs")[1])["jobs"]
    assert listed["review"] == "/review/1/"
    assert site.status("/review/1/") == 401 and site.status("/review/1/api/ct") == 401
    for path in ("/review/1", "/review/99/", "/review/01/", "/review/../1/", "/review/1/../../node.db"):
        assert browsers["rita"].ask(path)[0].status == 404, path

    looked = vera.case()  # who may only look takes nobody's place
    assert looked["role"] == "look" and "looks only" in looked["looks_because"], looked
    case = rita.case()
    assert case["role"] == "edit" and case["by"] == "rita" and len(case["token"]) == 64, case
    assert case["case"] == "job 1" and case["dicom"], case
    shape = tuple(reversed(case["grid"]["size"]))
    organ = next(o for o in case["organs"] if o["name"] == "Brainstem")
    other = otto.case()
    assert other["role"] == "look" and other["looks_because"] == "rita edits this case", other
    assert Page(browsers["rita"], 1, "rita-2").case()["role"] == "look", "a second page of the same person"

    before = rita.mask(organ["id"], shape)
    drawn = before.copy()
    drawn[4:9, 10:20, 11:25] = True
    drawn[6, 14:17, 15:18] = False  # a hole, which must stay one
    assert otto.draw(organ["id"], case["revision"], drawn) == (423, {"error": "rita edits this case"})
    assert vera.draw(organ["id"], case["revision"], drawn)[0] == 403
    for token in ("", "0" * 64, browsers["otto"].token):
        assert rita.draw(organ["id"], case["revision"], drawn, token=token)[0] == 403, "a forged change"
    assert rita.draw(organ["id"], case["revision"] + 5, drawn)[0] == 409
    assert vera.post("api/heartbeat")[0] == 200 and otto.post("api/approve", {"by": "otto"})[0] == 423
    status, answer = rita.draw(organ["id"], case["revision"], drawn)
    assert status == 200, answer
    status, new = rita.post("api/organ", {"name": "Bolus", "colour": "#ff8800"})
    assert status == 200, new
    bolus = np.zeros(shape, bool)
    bolus[2:5, 30:40, 5:15] = True
    assert rita.draw(new["id"], new["revision"], bolus)[0] == 200

    # The job's own weights contour a box anew; nothing changes by that.
    box = [0, 0, 0, *case["grid"]["size"]]
    for page, number, wanted in ((vera, organ["id"], 403), (otto, organ["id"], 423), (rita, new["id"], 400)):
        status, answer = page.post("api/recontour", {"id": number, "box": box})
        assert status == wanted and "\n" not in answer["error"], (status, answer)
    status, answer = rita.post("api/recontour", {"id": organ["id"], "box": box})
    assert status == 200, answer
    again = mask_of(base64.b64decode(answer["runs"]), shape)
    dice = 2 * (again & before).sum() / (again.sum() + before.sum())
    assert dice > 0.95, f"contoured anew: Dice {dice} with what the job had"
    assert (rita.mask(organ["id"], shape) == drawn).all()
    assert organ["id"] in case["recontour"]["organs"] and not case["recontour"]["none_because"], case["recontour"]

    # What is begun is neither sent nor thrown away behind somebody's back.
    done = node.act("release", 1)
    assert done.returncode == 2 and "not approved" in done.stderr, done.stderr
    answer, text = browsers["rita"].post("/api/v1/jobs/1/release")
    assert answer.status == 409 and "not approved" in text, text
    assert node.states() == ["review"] and not sink.objects("RTSTRUCT")
    return {"Brainstem": drawn, "Bolus": bolus}, case["grid"], organ["id"], new["id"]


def check_approval(node, browsers, sink, files, drawn, grid):
    rita = Page(browsers["rita"], 1, "rita-1")
    case = rita.case()
    assert case["role"] == "edit", case
    status, answer = rita.post("api/save", {"by": "x", "reason": "half way"})
    assert status == 200, answer
    status, answer = rita.post("api/approve", {"by": "somebody else"})
    assert status == 200, answer
    version = answer["version"]
    wait_for("it is sent", lambda: node.states() == ["sent"])
    structures, segments = sink.objects("RTSTRUCT"), sink.objects("SEG")
    assert (len(structures), len(segments)) == (1, 1), (len(structures), len(segments))
    made = node.store / f"results/1/review/versions/{version:04}"
    for raw, name in ((structures[0], "structures.dcm"), (segments[0], "seg.dcm")):
        assert data_set_bytes(raw) == data_set_bytes((made / name).read_bytes()), name
    rtstruct = pydicom.dcmread(io.BytesIO(structures[0]))
    assert rtstruct.ApprovalStatus == "APPROVED" and rtstruct.ReviewerName == "rita"
    assert series_of(structures[0])[1] == pydicom.dcmread(files[0]).SeriesInstanceUID
    model = pydicom.dcmread(node.store / "results/1/rtstruct.dcm")
    assert rtstruct.SOPInstanceUID != model.SOPInstanceUID
    assert rtstruct.PredecessorStructureSetSequence
    saved.ROWS = saved.COLUMNS = SIDE
    masks = saved.contour_masks(rtstruct, saved.Slices(files[0].parent), grid)
    for name, mask in drawn.items():
        differ = int((masks[name] != mask).sum())
        assert differ == 0, f"{name}: {differ} voxels differ"
    delivered = {d["object"]: d for d in node.jobs(1)[0]["deliveries"]}
    assert delivered["RTSTRUCT"]["sop_instance_uid"] == rtstruct.SOPInstanceUID
    # The page is told that it is over; nothing more is taken.
    over = rita.case()
    assert over["role"] == "look" and "the review is over" in over["looks_because"], over
    assert "the review is over" in rita.post("api/heartbeat")[1]["looks_because"]
    assert rita.post("api/approve", {"by": "rita"})[0] == 423
    # Sent again it is the same object; the archive keeps one.
    assert node.act("resend", 1).returncode == 0
    wait_for("it is sent again", lambda: node.states() == ["sent"])
    assert len(sink.objects("RTSTRUCT")) == 1


def check_superseded(node, browsers, sink, slices):
    """More slices come while somebody corrects."""
    send(node, slices[:20])
    wait_for("a review waits", lambda: (states(node, 2) or [""])[-1] == "review", 120)
    otto = Page(browsers["otto"], 2, "otto-2")
    case = otto.case()
    assert case["role"] == "edit"
    organ = case["organs"][0]
    shape = tuple(reversed(case["grid"]["size"]))
    mask = otto.mask(organ["id"], shape)
    mask[3, 5:9, 5:9] = True
    assert otto.draw(organ["id"], case["revision"], mask)[0] == 200
    send(node, slices[20:])
    wait_for("a later job waits", lambda: (states(node, 3) or [""])[-1] == "review", 120)
    assert node.states() == ["sent", "superseded", "review"]
    status, told = otto.post("api/heartbeat")
    assert status == 200 and "job 3 contours all of them" in told["looks_because"], told
    assert "more slices came" in otto.case()["looks_because"]
    status, told = otto.draw(organ["id"], case["revision"] + 1, mask)
    assert status == 423 and "job 3" in told["error"], told
    assert otto.post("api/approve", {"by": "otto"})[0] == 423
    assert len(sink.objects("RTSTRUCT")) == 1, "nothing of a superseded review is sent"
    assert (node.store / "results/2/review/draft.journal").exists()
    answer, text = browsers["adam"].post("/api/v1/jobs/2/purge")
    assert answer.status == 200, text
    assert "with a review that was not approved" in (node.store / "audit.log").read_text()


def check_approved_while_away(node, program, sink, slices, port, folder, browsers):
    """An approval that was kept before the node could send it, as where it was killed in between."""
    browsers["rita"].ask("/review/3/api/case")
    node.kill()
    results = node.store / "results/3"
    ct = folder / "third"
    ct.mkdir()
    for file in slices:
        (ct / file.name).write_bytes(file.read_bytes())
    server = Server(program, results, "--ct", ct, "--store", results / "review")
    server.open()
    server.post("/api/approve", {"by": "Gray^Anna"})
    assert server.stop() == 0
    assert node.states()[-1] == "review"
    node.start_and_wait()
    wait_for("it is sent", lambda: node.states()[-1] == "sent")
    found = {series_of(raw)[1]: pydicom.dcmread(io.BytesIO(raw)) for raw in sink.objects("RTSTRUCT")}
    assert len(found) == len(sink.objects("RTSTRUCT")) == 2
    assert str(found[pydicom.dcmread(slices[0]).SeriesInstanceUID].ReviewerName) == "Gray^Anna"


def main():
    require_tools()
    program, model = sys.argv[1:3]
    with Folder() as folder:
        make_certificate(folder, "node")
        files = make_ct(program, folder / "ct")
        node_port, sink_dicom, sink_http, port = free_ports(4)
        sink = Archive(folder / "sink", "SINK", sink_dicom, sink_http)
        node = Node(program, model, folder / "node", node_port, sink_dicom)
        write_config(node, port, folder, sink_dicom)
        node.add_accounts({name: (ROLES[name], password) for name, password in PASSWORDS.items()})
        site = Site(port, folder / "node.pem")
        browsers = {name: Browser(site) for name in PASSWORDS}

        def sign_in():
            for name, browser in browsers.items():
                assert browser.sign_in(name, PASSWORDS[name]) == 303, browser.said

        with ending(node, sink):
            sink.start()
            node.start_and_wait()
            sign_in()
            send(node, files)
            wait_for("a review waits", lambda: node.states() == ["review"], 120)
            time.sleep(2)
            assert not sink.objects("RTSTRUCT") and not sink.objects("SEG"), "sent without a review"
            drawn, grid, organ, new = check_correcting(node, site, browsers, sink)
            node.kill()
            node.start_and_wait()
            sign_in()
            page = Page(browsers["rita"], 1, "rita-1")
            for number, name in ((organ, "Brainstem"), (new, "Bolus")):
                assert (page.mask(number, drawn[name].shape) == drawn[name]).all(), "a draft is lost with the node"
            check_approval(node, browsers, sink, files, drawn, grid)
            slices = copy_ct(files, folder / "other", 2)
            check_superseded(node, browsers, sink, slices)
            check_approved_while_away(node, program, sink, slices, port, folder, browsers)
            sign_in()
            # A review that nobody changed is released as the model made it.
            send(node, copy_ct(files, folder / "third-ct", 3))
            wait_for("a review waits", lambda: (states(node, 4) or [""])[-1] == "review", 120)
            otto, rita = Page(browsers["otto"], 4, "o"), Page(browsers["rita"], 4, "r")
            assert otto.case()["role"] == "edit" and rita.case()["role"] == "look"
            # Who only looked takes over once the other has left, and not before.
            told = rita.post("api/heartbeat")[1]
            assert not told["may_edit"] and told["looks_because"] == "otto edits this case", told
            assert rita.post("api/edit")[0] == 423
            assert otto.post("api/goodbye")[0] == 200
            told = rita.post("api/heartbeat")[1]
            assert told["may_edit"] and "looks_because" not in told, told
            assert not Page(browsers["vera"], 4, "v").post("api/heartbeat")[1]["may_edit"], "who may look alone"
            assert rita.post("api/edit")[0] == 200 and rita.case()["role"] == "edit"
            assert otto.case()["looks_because"] == "rita edits this case"
            answer, text = browsers["otto"].post("/api/v1/jobs/4/release")
            assert answer.status == 200, text
            wait_for("it is sent", lambda: node.states()[-1] == "sent")
            assert len(sink.objects("RTSTRUCT")) == 3
            lines = node.audit()
            done = {(line["who"], line["did"], line.get("job")) for line in lines}
            assert [line["with"] for line in lines if line["did"] == "approved"] == ["version 2 by rita"], lines
            assert {("rita", "approved", 1), ("rita", "saved a version", 1), ("vera", "saw the review", 1),
                    ("otto", "saw the review", 2), ("otto", "release", 4)} <= done, done
            ct = pydicom.dcmread(files[0])
            for secret in (str(ct.PatientName), ct.PatientID, ct.SeriesInstanceUID):
                assert secret not in (node.store / "audit.log").read_text() + node.text(), secret
            assert node.act("audit").returncode == 0
            node.stop()
    print("nothing was sent before its approval, and then exactly what was approved")


if __name__ == "__main__":
    main()
