#!/usr/bin/python3
"""killed.py PROGRAM MODEL [--kills N] [--series N] [--seed N] [--archive-down] [--disk-full]

Ends the node by SIGKILL at N random moments while an archive (Orthanc) sends CTs to it, and starts it again at once.
The archive sends a CT again until it was answered with success. In the end every CT must be one structure set, by UID,
at the receiving archive, and its bytes in the node's store must be those that were sent. With --archive-down the
receiving archive is away for a third of the time; with --disk-full (as root) the store is a file system of 64 MB that
is full for a while. A kill of the process is no power cut: what the kernel had taken, but not yet written, survives.
"""
import argparse
import collections
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pydicom
from node_tools import (Archive, Folder, Node, copy_ct, data_set_bytes, free_ports, make_ct, require_tools, series_of,
                        wait_for)


class Sending(threading.Thread):
    """Sends every series of an archive until each was answered with success."""

    def __init__(self, archive, series):
        super().__init__(daemon=True)
        self.archive, self.left, self.tries = archive, list(series), 0

    def run(self):
        while self.left:
            self.tries += 1
            if self.archive.send("node", self.left[0]):
                self.left.pop(0)
            else:
                time.sleep(0.2)


class Away(threading.Thread):
    """Stops an archive for a third of the time."""

    def __init__(self, archive):
        super().__init__(daemon=True)
        self.archive, self.over = archive, threading.Event()

    def run(self):
        while not self.over.wait(10):
            self.archive.stop()
            self.over.wait(5)
            self.archive.start()


class FullDisk(threading.Thread):
    """Fills the store's file system for a third of the time."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.file, self.over = Path(folder) / "ballast", threading.Event()

    def run(self):
        while not self.over.wait(8):
            subprocess.run(["dd", "if=/dev/zero", f"of={self.file}", "bs=64k"], stderr=subprocess.DEVNULL, check=False)
            self.over.wait(4)
            self.file.unlink()


def check(folder, options):
    random.seed(options.seed)
    files = make_ct(options.program, folder / "ct")
    node_port, sink_dicom, sink_http, source_dicom, source_http = free_ports(5)
    sink = Archive(folder / "sink", "SINK", sink_dicom, sink_http)
    source = Archive(folder / "source", "SOURCE", source_dicom, source_http, {"node": ("NODE", node_port)})
    store = folder / "store"
    if options.disk_full:
        store.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(store)], check=True)
    node = Node(options.program, options.model, folder / "node", node_port, sink_dicom, store)
    disturbances = ([Away(sink)] if options.archive_down else []) + ([FullDisk(store)] if options.disk_full else [])
    try:
        sink.start()
        source.start()
        sent = {}
        for k in range(options.series):
            for file in copy_ct(files, folder / f"ct{k}", k):
                sent[pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID] = file
        source.add(sent.values())
        node.start_and_wait()
        sending = Sending(source, source.ask("/series"))
        sending.start()
        for disturbance in disturbances:
            disturbance.start()
        for kill in range(options.kills):
            time.sleep(random.uniform(0.2, 8))
            node.kill()
            node.start()
        for disturbance in disturbances:
            disturbance.over.set()
            disturbance.join()
        wait_for("every CT was answered with success", lambda: not sending.left, 600)
        wait_for("every job is at its end",
                 lambda: set(node.states()) <= {"sent", "superseded"} and node.states().count("sent") >= options.series,
                 60 + 20 * options.series)
        states = collections.Counter(node.states())
        assert states["sent"] == options.series, states
        structures = [series_of(raw) for raw in sink.objects("RTSTRUCT")]
        per_series = collections.Counter(series for _, series in structures)
        assert len(per_series) == options.series and set(per_series.values()) == {1}, per_series
        assert len({uid for uid, _ in structures}) == options.series
        kept = node.instances()
        assert kept.keys() == sent.keys(), (len(kept), len(sent))
        for uid, file in sent.items():
            assert data_set_bytes(kept[uid].read_bytes()) == data_set_bytes(file.read_bytes()), uid
        node.stop()
        print(f"{options.kills} kills, {options.series} CTs sent in {sending.tries} tries: each is one structure set; "
              f"jobs {dict(states)}")
    except BaseException:
        print(node.text()[-3000:], file=sys.stderr)
        raise
    finally:
        if node.process:
            node.kill()
        source.stop()
        sink.stop()
        if options.disk_full:
            subprocess.run(["umount", "-l", str(store)], check=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--series", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--archive-down", action="store_true")
    parser.add_argument("--disk-full", action="store_true")
    options = parser.parse_args()
    require_tools()
    with Folder() as folder:
        check(folder, options)


if __name__ == "__main__":
    main()
