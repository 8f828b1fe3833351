#!/usr/bin/python3
"""limits.py PROGRAM MODEL: a job takes nothing else down. One that needs more memory or time than it may have, and one
whose pixels are damaged, fail with their reason; the node goes on, and jobs of higher priority are contoured first."""
import contextlib
import os
import signal
import subprocess
from pathlib import Path

import pydicom
from node_tools import Node, copy_ct, ending, free_ports, make_ct, run_test, wait_for
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless

ENOUGH_TO_START = 250  # MB of addresses; the job takes some 350
URGENT = """
[[rule]]
name = "urgent"
match = { Modality = "CT", StudyDescription = "*urgent*" }
model = "MODEL"
destinations = ["archive"]
priority = 9
"""


def send(node, files, *options):
    done = subprocess.run(["storescu", *options, "-R", "-aet", "SOURCE", "-aec", "NODE", "127.0.0.1", str(node.port),
                           *map(str, files)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def changed(files, folder, number, change):
    """Another patient's CT, each file changed."""
    out = copy_ct(files, folder / f"ct{number}", number)
    for file in out:
        data = pydicom.dcmread(file)
        change(data)
        data.save_as(file)
    return out


def damage(data):
    """A frame of JPEG-LS that is none."""
    data.PixelData = encapsulate([b"\xff\xd8\xff\xf7" + bytes(range(256)) * 4])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = JPEGLSLossless


def describe(text):
    def change(data):
        data.StudyDescription = text
    return change


def children(node):
    """Process ids of the contouring processes that the node started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:  # ended meanwhile
            continue
        if parent == node.process.pid:
            found.append(int(stat.parent.name))
    return found


def hold(node, number):
    """Stops the process that contours a job, so that it takes as long as is wanted, however fast the machine. Returns
    its id, or None where a slow machine has let the job fail before."""
    wait_for("it runs", lambda: node.states()[number - 1] == "failed" or children(node))
    for running in children(node):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running, signal.SIGSTOP)
            return running
    return None


def last_fails(node, reason, attempts=1):
    wait_for("it fails: " + reason, lambda: node.states()[-1] == "failed", 120)
    job = node.jobs()[-1]
    assert reason in job["reason"] and job["attempts"] == attempts, job
    assert node.process.poll() is None and node.echo()
    assert not list((node.store / "work").iterdir()), "a failed job leaves nothing of its work"


def check(folder, program, model):
    files = make_ct(program, folder / "ct")
    node = Node(program, model, folder / "node", *free_ports(2))
    text = node.config.read_text().replace("first_retry_s = 1\n[[dest", "first_retry_s = 1\nLIMITS\n[[dest")
    text = text.replace("[[rule]]", URGENT.replace("MODEL", str(node.model)) + "[[rule]]")
    assert text.count("LIMITS") == 1

    def limited(limits):
        node.stop()
        node.config.write_text(text.replace("LIMITS", limits))
        node.start_and_wait()

    with ending(node):
        # Not enough memory, even to start, is tried again as often as is allowed.
        limited("memory_mb = 100\nattempts = 2")
        send(node, changed(files, folder, 1, describe("memory")))
        last_fails(node, "could not start; it may take 100 MB (memory_mb)", attempts=2)
        limited(f"memory_mb = {ENOUGH_TO_START}\nattempts = 1")
        assert node.act("retry", 1).returncode == 0
        last_fails(node, "memory", attempts=3)

        limited("time_limit_s = 1\nattempts = 1")
        send(node, make_ct(program, folder / "large", "120x240x240", "1.6x1.2x1.2"))
        hold(node, 2)
        last_fails(node, "it took longer than 1 s (time_limit_s)")

        limited("attempts = 3")
        send(node, changed(files, folder, 2, damage), "-xt")
        last_fails(node, "no readable header: truncated or damaged")

        # What was refused for want of memory and time is contoured where there is enough; the urgent one goes first.
        limited("processes = 1")
        assert node.act("retry", 2).returncode == 0
        wait_for("it is taken up", lambda: node.states()[1] != "failed")
        running = hold(node, 2)  # the queue is busy until both others wait in it
        send(node, changed(files, folder, 3, describe("routine")))
        wait_for("it waits", lambda: node.states()[3] == "complete")
        send(node, changed(files, folder, 4, describe("an urgent one")))
        wait_for("it waits too", lambda: node.states()[4] == "complete")
        os.kill(running, signal.SIGCONT)
        assert node.act("retry", 1).returncode == 0
        wait_for("all are contoured", lambda: node.states() == ["sending", "sending", "failed", "sending", "sending"],
                 300)
        said = node.text()
        assert said.index("job 5: contouring") < said.index("job 4: contouring"), "the urgent job first"
        node.stop()


if __name__ == "__main__":
    run_test(check, "jobs beyond their limits and with damaged pixels failed alone, the urgent one went first")
