#!/usr/bin/python3
"""watch.py PROGRAM MODEL: the node's watch page. CTs arrive as those of the baseline, then with 50 HU more: worklist,
page, /metrics and the log say that something moved, as `anatomynet watch` does of the same results, and no patient is
in any of it."""
import json
import shutil
import subprocess

import numpy
import pydicom
from node_tools import Node, copy_ct, ending, free_ports, make_ct, run_test, wait_for
from web_client import Site, browse, fails_in_a_page, has_browser

CONTOURED, COPIES, AS_BEFORE, SHIFTED = 3, 10, 1, 7


def varied(files, folder, number, shift=0):
    """Another patient's CT: the same with noise of its own, so that figures scatter."""
    random = numpy.random.default_rng(number)
    out = copy_ct(files, folder, number)
    for file in out:
        data = pydicom.dcmread(file)
        pixels = data.pixel_array + random.normal(0, 12, data.pixel_array.shape) + random.normal(0, 3)
        data.PixelData = numpy.clip(pixels, 0, 4000).astype(data.pixel_array.dtype).tobytes()
        data.RescaleIntercept = float(data.RescaleIntercept) + shift
        data.PatientName = "Doe^Jane"
        data.save_as(file)
    return out


def send(node, files):
    done = subprocess.run(["storescu", "-aet", "SOURCE", "-aec", "NODE", "127.0.0.1", str(node.port),
                           *map(str, files)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def by_command(program, node, baseline, folder):
    """What `anatomynet watch` says of the same."""
    done = subprocess.run([program, "watch", str(node.store / "results"), "--baseline", str(baseline), "-o",
                           str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return done.returncode, json.loads((folder / "watch.json").read_text())


def check_same(told, record):
    assert told["arrivals"] == record["arrivals"] and told["baseline"] == record["baseline"]["cases"]
    assert [m["figure"] for m in told["moved"]] == [m["key"] for m in record["moved"]], (told, record["moved"])
    for mine, theirs in zip(told["moved"], record["moved"]):
        assert len(mine["cases"]) == len(theirs["cases"]), (mine, theirs)


def check_page(site, folder, state):
    answer, page = site.ask("/watch")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy, policy
    assert "<svg" in page and ("beyond the limit" in page) == (state == "moved"), state
    if has_browser():
        fails_in_a_page(folder)
        dom, console = browse(folder, f"http://127.0.0.1:{site.port}/watch")
        assert not console, console
        assert "<title>Watch: AnatomyNet node</title>" in dom and dom.count("<svg") == page.count("<svg"), dom[:3000]
        dom, console = browse(folder, f"http://127.0.0.1:{site.port}/")
        assert not console, console
        assert site.json("/api/v1/watch")["line"].split(":")[0] in dom
    return page


def check(folder, program, model):
    files = make_ct(program, folder / "ct")
    for k in range(CONTOURED):
        varied(files, folder / "commissioned" / f"c{k}", 100 + k)
    done = subprocess.run([program, "segment", "--batch", str(folder / "commissioned"), "-o", str(folder / "accepted"),
                           "--model", model, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode in (0, 7), done.stderr
    results = [summary.parent for summary in folder.glob("accepted/**/summary.json") if summary.parent.name[0] == "c"]
    assert len(results) == CONTOURED, results
    for k in range(COPIES - 1):  # so many more cases of the baseline, without the time to contour them
        for result in results:
            shutil.copytree(result, result.with_name(f"{result.name}-{k}"))
    node_port, port = free_ports(2)
    node, site = Node(program, model, folder / "node", node_port, 1), Site(port)
    (folder / "out").mkdir()

    def configure(baseline):
        node.review_to_folder(folder / "out", f"port = {port}\n[watch]\nbaseline = \"{baseline}\"")

    with ending(node):
        configure(folder / "none")
        for act in ("--check", "run"):
            done = node.act(act)
            lines = done.stderr.splitlines()
            assert done.returncode in (2, 3) and "none: no such folder" in lines[0], (act, done.stderr)
            assert len(lines) == 1 or "1 problems" in lines[1], done.stderr
        configure(folder / "accepted")
        node.start_and_wait()
        assert site.json("/api/v1/watch")["state"] == "waiting"
        assert "no result since the 30 cases" in site.ask("/watch")[1]
        assert "anatomynet_watch_compared 0\n" in site.ask("/metrics")[1]

        def sent(first, count, shift):
            for k in range(first, first + count):
                send(node, varied(files, folder / f"arrived{k}", k, shift))
            wait_for("all are watched", lambda: site.json("/api/v1/watch")["arrivals"] == first - 1 + count, 240)

        sent(1, AS_BEFORE, 0)
        told = site.json("/api/v1/watch")
        assert told["state"] == "quiet", told
        code, record = by_command(program, node, folder / "accepted", folder / "quiet")
        assert code == 0
        check_same(told, record)
        pages = [check_page(site, folder, "quiet")]
        assert 'anatomynet_watch_moved{figure="soft_tissue_hu"} 0\n' in site.ask("/metrics")[1]

        sent(1 + AS_BEFORE, SHIFTED, 50)
        told = site.json("/api/v1/watch")
        assert told["state"] == "moved" and told["line"].startswith("moved: "), told
        moved = {m["figure"]: m for m in told["moved"]}
        last = f"job-{AS_BEFORE + SHIFTED}"
        assert "soft_tissue_hu" in moved and last in moved["soft_tissue_hu"]["cases"], told
        code, record = by_command(program, node, folder / "accepted", folder / "moved")
        assert code == 9
        check_same(told, record)
        pages.append(check_page(site, folder, "moved"))
        metrics = site.ask("/metrics")[1]
        assert 'anatomynet_watch_moved{figure="soft_tissue_hu"} 1\n' in metrics
        assert f'anatomynet_watch_cases{{of="arrivals"}} {AS_BEFORE + SHIFTED}\n' in metrics, metrics
        assert "watch: moved: " in node.text()

        told = "".join(pages) + json.dumps(told) + metrics + (node.store / "arrivals.jsonl").read_text() + node.text()
        ct = pydicom.dcmread(folder / "arrived1/000.dcm")
        for secret in ("Doe", "Jane", "PHANTOM", ct.SeriesInstanceUID, ct.StudyInstanceUID, ct.StudyDate or "none"):
            assert secret not in told, secret

        # Figures stay when results go, and after a restart.
        assert node.act("release", 1).returncode == 0
        wait_for("it is sent", lambda: node.jobs(1)[0]["state"] == "sent")
        assert node.act("purge", 1).returncode == 0
        node.stop()
        node.start_and_wait()
        wait_for("it is compared again", lambda: site.json("/api/v1/watch")["state"] == "moved")
        assert site.json("/api/v1/watch")["arrivals"] == AS_BEFORE + SHIFTED
        node.stop()


if __name__ == "__main__":
    run_test(check, "the watch page says what moved, as `watch` does, and names nobody")
