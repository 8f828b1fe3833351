#!/usr/bin/python3
"""killed.py PROGRAM [--kills N] [--versions N] [--seed N]

Ends the review server by SIGKILL at N random moments of a script that draws, adds structures, saves and approves, and
goes on until enough versions were answered to say something of them. After each start every change that was answered
must be there, the one under way whole or not at all, and every version that was answered must be as it was, file by
file.
"""
import argparse
import hashlib
import http.client
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from review_tools import Server


LOCK = ".anatomynet-lock"  # stays in folders that are whole


def digests(folder):
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest()
            for f in sorted(folder.rglob("*")) if f.is_file() and f.name != LOCK}


class Script:
    """What a reviewer does, and what must be there of it."""

    def __init__(self, random_numbers, store):
        self.random, self.store = random_numbers, store
        self.masks, self.versions, self.shape = {}, {}, None
        self.pending = None  # (organ, mask after it) of a change that was not answered
        self.draws = self.saves = self.lost = self.kept = 0

    def check(self, server):
        case = server.case()
        self.revision = case["revision"]
        if self.shape is None:
            self.shape = tuple(reversed(case["grid"]["size"]))
            for organ in case["organs"]:
                self.masks[organ["id"]] = server.mask(organ["id"], self.shape)
        assert {o["id"] for o in case["organs"]} >= set(self.masks), "a structure is gone"
        for organ in case["organs"]:
            number = organ["id"]
            now = server.mask(number, self.shape)
            before = self.masks.setdefault(number, np.zeros(self.shape, bool))
            if self.pending and self.pending[0] == number:
                after = self.pending[1]
                assert np.array_equal(now, before) or np.array_equal(now, after), f"structure {number}: half a change"
                self.kept += np.array_equal(now, after)
                self.lost += not np.array_equal(now, after)
            else:
                assert np.array_equal(now, before), f"structure {number}: a change that was answered is lost"
            self.masks[number] = now
        self.pending = None
        there = {v["number"] for v in case["versions"]}
        for number, files in self.versions.items():
            assert number in there, f"version {number} is gone"
            assert digests(self.store / "versions" / f"{number:04}") == files, f"version {number} was changed"
        assert case["organs"] and 0 in there

    def step(self, server):
        what = self.random.random()
        if what < 0.2:
            path = "/api/approve" if self.random.random() < 0.3 else "/api/save"
            number = server.post(path, {"by": "AB", "reason": "so"})["version"]
            self.versions[number] = digests(self.store / "versions" / f"{number:04}")
            self.saves += 1
            return
        if what < 0.23 and len(self.masks) < 15:
            organ = server.post("/api/organ", {"name": f"New {self.random.random()}", "colour": "#aabbcc"})
            self.masks[organ["id"]] = np.zeros(self.shape, bool)
            self.revision = organ["revision"]
            return
        organ = self.random.choice(sorted(self.masks))
        low = [self.random.randrange(n) for n in reversed(self.shape)]
        high = [self.random.randint(a + 1, min(n, a + 12)) for a, n in zip(low, reversed(self.shape))]
        size = [b - a for a, b in zip(low, high)][::-1]
        part = np.random.default_rng(self.random.getrandbits(32)).random(size) < self.random.random()
        after = self.masks[organ].copy()
        after[low[2]:high[2], low[1]:high[1], low[0]:high[0]] = part
        self.pending = (organ, after)
        self.revision = server.draw(organ, self.revision, low + high, part)
        self.masks[organ], self.pending = after, None
        self.draws += 1


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--versions", type=int, default=20, help="that must be answered")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    numbers = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="anatomynet-review-") as folder:
        folder = Path(folder)
        subprocess.run([options.program, "-q", "phantom", "--seed", "3", "--size", "24x40x40", "-o", folder / "p",
                        "--dicom"], check=True)
        case = (folder / "p/rtstruct.dcm", "--ct", folder / "p/dicom", "--store", folder / "store")
        script, kills, in_save = Script(numbers, folder / "store"), 0, 0
        while True:
            server = Server(options.program, *case)
            server.open()
            script.check(server)
            if kills >= options.kills and script.saves >= options.versions:
                break
            if kills == 6 * options.kills:
                sys.exit(f"only {script.saves} versions were answered in {kills} kills: that says too little of them")
            timer = threading.Timer(numbers.uniform(0, 3), server.kill)
            timer.start()
            try:
                while True:
                    script.step(server)
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                pass  # killed: the connection ended somewhere
            timer.join()
            kills += 1
            in_save += any(p.name.startswith(".anatomynet-") and p.name != LOCK for p in (folder / "store/versions").rglob("*"))
            time.sleep(0.01)
        assert server.stop() == 0
    print(f"{kills} kills, {in_save} of them within a save; {script.draws} changes and {script.saves} versions answered, "
          f"none lost; of changes under way {script.kept} were kept whole and {script.lost} not at all")


if __name__ == "__main__":
    sys.exit(main())
