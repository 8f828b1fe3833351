#!/usr/bin/python3
"""killed.py PROGRAM MODEL [--kills N] [--series N] [--seed N] [--folder DIR] [--archive-down] [--disk-full]
[--power-cuts] [--without-flushes]

Ends the node by SIGKILL at N random moments while an archive (Orthanc) sends CTs to it, and starts it again at once.
The archive sends a CT again until it was answered with success; CTs come during the whole time of the kills. In the
end every CT must be one structure set, by UID, at the receiving archive, and its bytes in the node's store must be
those that were sent.

--archive-down: the receiving archive is away for a third of the time. --disk-full (as root): the store's file system,
ext4 of 192 MB in a file, is full for a third of the time. --power-cuts (as root): every kill is a power cut of that
file system (power_cut.py): what the node has not flushed is lost. --without-flushes: the node's flushes do nothing
(libeatmydata), so that a run with power cuts must fail: it shows that the test would see a missing flush.

--folder DIR keeps all there: the same command goes on where an interrupted one was.
"""
import argparse
import collections
import json
import random
import sys
import threading
import time
from pathlib import Path

import pydicom
from node_tools import (Archive, Folder, Node, copy_ct, data_set_bytes, free_ports, make_ct, require_tools, series_of,
                        wait_for)
from power_cut import Disk

LONGEST_PAUSE_S = 8


class Progress:
    """What was done of a test, on disk after each step."""

    def __init__(self, file):
        self.file = file
        self.lock = threading.Lock()
        self.done = {"kills": 0, "tries": 0, "answered": [], "away": 0, "full": 0, "ended itself": 0}
        if file.exists():
            self.done.update(json.loads(file.read_text()))

    def note(self, **changes):
        with self.lock:
            self.done.update(changes)
            part = self.file.with_suffix(".part")
            part.write_text(json.dumps(self.done))
            part.rename(self.file)

    def count(self, what):
        self.note(**{what: self[what] + 1})

    def __getitem__(self, key):
        return self.done[key]


class Sending(threading.Thread):
    """Sends each series of an archive until it was answered with success, the first ones at their time."""

    def __init__(self, archive, series, progress, pause_s):
        super().__init__(daemon=True)
        self.archive, self.progress, self.pause_s = archive, progress, pause_s
        self.left = [one for one in sorted(series) if one not in progress["answered"]]
        self.hurry = threading.Event()

    def run(self):
        while self.left:
            self.progress.note(tries=self.progress["tries"] + 1)
            if self.archive.send("node", self.left[0]):
                self.progress.note(answered=self.progress["answered"] + [self.left.pop(0)])
                self.hurry.wait(self.pause_s)
            else:
                time.sleep(0.2)


class Away(threading.Thread):
    """Stops an archive for a third of the time."""

    def __init__(self, archive, progress):
        super().__init__(daemon=True)
        self.archive, self.progress, self.over = archive, progress, threading.Event()

    def run(self):
        while not self.over.wait(10):
            self.archive.stop()
            self.progress.count("away")
            self.over.wait(5)
            self.archive.start()


class FullDisk(threading.Thread):
    """Fills the store's file system for a third of the time."""

    def __init__(self, disk, progress):
        super().__init__(daemon=True)
        self.disk, self.progress, self.over = disk, progress, threading.Event()

    def run(self):
        while not self.over.wait(8):
            self.disk.fill()
            self.progress.count("full")
            self.over.wait(4)
            self.disk.empty()


class Test:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.progress = Progress(folder / "progress.json")
        self.disk = Disk(folder / "disk") if options.disk_full or options.power_cuts else None
        node_port, sink_dicom, sink_http, source_dicom, source_http = free_ports(5)
        self.sink = Archive(folder / "sink", "SINK", sink_dicom, sink_http)
        self.source = Archive(folder / "source", "SOURCE", source_dicom, source_http, {"node": ("NODE", node_port)})
        self.node = Node(options.program, options.model, folder / "node", node_port, sink_dicom,
                         self.disk.folder / "store" if self.disk else None)
        if options.without_flushes:
            self.node.before = ["eatmydata"]
        self.disturbances = [Away(self.sink, self.progress)] if options.archive_down else []
        if options.disk_full:
            self.disturbances.append(FullDisk(self.disk, self.progress))

    def run(self):
        try:
            if self.disk:
                self.disk.mount()
            self.sink.start()
            self.source.start()
            sent = self.make_series()
            self.node.start_and_wait()
            self.disturb()
            self.check(sent)
            self.node.stop()
        except BaseException:
            print(self.node.text()[-3000:], file=sys.stderr)
            raise
        finally:
            for disturbance in self.disturbances:
                disturbance.over.set()
            if self.node.process:
                self.node.kill()
            self.source.stop()
            self.sink.stop()
            if self.disk:
                self.disk.unmount()

    def make_series(self):
        """SOP Instance UID -> file, of all series, which are in the source then."""
        if not (self.folder / "made").exists():
            files = make_ct(self.options.program, self.folder / "ct")
            for k in range(self.options.series):
                self.source.add(copy_ct(files, self.folder / f"ct{k}", k))
            (self.folder / "made").touch()
        return {pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID: file
                for file in self.folder.glob("ct?*/*.dcm")}

    def disturb(self):
        options, progress = self.options, self.progress
        pace = options.kills * LONGEST_PAUSE_S / 2 / options.series
        self.sending = Sending(self.source, self.source.ask("/series"), progress, pace)
        self.sending.start()
        for disturbance in self.disturbances:
            disturbance.start()
        for kill in range(progress["kills"], options.kills):
            random.seed(f"{options.seed} {kill}")
            time.sleep(random.uniform(0.2, LONGEST_PAUSE_S))
            self.start_what_ended()
            if options.power_cuts:
                self.disk.cut_power(self.node.kill)
            else:
                self.node.kill()
            self.node.start()
            progress.note(kills=kill + 1)
        self.sending.hurry.set()
        for disturbance in self.disturbances:
            disturbance.over.set()
            disturbance.join()

    def start_what_ended(self):
        """A start on a full disk fails; the node is started again, as systemd does, so that each kill meets a running
        one."""
        while self.node.process.poll() is not None:
            assert self.options.disk_full, "the node ended by itself"
            self.progress.count("ended itself")
            self.node.start()
            time.sleep(random.uniform(0.5, 2))

    def check(self, sent):
        count, node = self.options.series, self.node
        self.start_what_ended()
        wait_for("every CT was answered with success", lambda: not self.sending.left, 600)
        wait_for("every job is at its end",
                 lambda: set(node.states()) <= {"sent", "superseded"} and node.states().count("sent") >= count,
                 60 + 20 * count)
        states = collections.Counter(node.states())
        assert states["sent"] == count, states
        structures = [series_of(raw) for raw in self.sink.objects("RTSTRUCT")]
        per_series = collections.Counter(series for _, series in structures)
        assert len(per_series) == count and set(per_series.values()) == {1}, per_series
        assert len({uid for uid, _ in structures}) == count
        kept = node.instances()
        assert kept.keys() == sent.keys(), (len(kept), len(sent))
        for uid, file in sent.items():
            assert data_set_bytes(kept[uid].read_bytes()) == data_set_bytes(file.read_bytes()), uid
        text = node.text()
        print(f"{self.options.kills} {'power cuts' if self.options.power_cuts else 'kills'}, {count} CTs sent in "
              f"{self.progress['tries']} tries: each is one structure set; jobs {dict(states)}; "
              f"{text.count('did not end by itself')} starts had something to mend; the archive was away "
              f"{self.progress['away']} times, the disk full {self.progress['full']} times: "
              f"{text.count('the disk is nearly full')} instances refused, the node ended by itself "
              f"{self.progress['ended itself']} times")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--series", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    for option in ("--archive-down", "--disk-full", "--power-cuts", "--without-flushes"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args()
    require_tools()
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        return Test(options.folder, options).run()
    with Folder() as folder:
        Test(folder, options).run()


if __name__ == "__main__":
    main()
