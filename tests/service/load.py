#!/usr/bin/python3
"""load.py PROGRAM MODEL [--associations N] [--slices N] [--size N]: N senders at a time, a CT each, and none of their
instances lost; then one sender, eight and N of them to the node and to DCMTK's storescp in turn, how long each
took, and what the disk took for a flush meanwhile. Contours nothing."""
import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import pydicom
from node_tools import Folder, Node, ending, free_ports, make_ct, require_tools, wait_for


def resident_mb(process):
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def cpu_seconds(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def make_series(source, folder, number, slices):
    """A series by changed UIDs of the same length, in the bytes themselves: thousands of files in seconds."""
    folder.mkdir()
    raw = source.read_bytes()
    data = pydicom.dcmread(source, stop_before_pixels=True)
    for k in range(slices):
        out = raw
        for keyword, tail in (("SOPInstanceUID", f"{number:04}{k:04}"), ("SeriesInstanceUID", f"{number:08}"),
                              ("StudyInstanceUID", f"{number:08}")):
            uid = getattr(data, keyword)
            out = out.replace(uid.encode(), (uid[:-8] + tail).encode())
        (folder / f"{k:04}.dcm").write_bytes(out)


def send(port, folder, called):
    return subprocess.Popen(["storescu", "-aet", "SOURCE", "-aec", called, "+sd", "127.0.0.1", str(port), str(folder)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env={**os.environ, "TCP_NODELAY": "1"})


def flush_ms(folder):
    """What the disk takes for a new file of 0.5 MB that is written and flushed: the median of 20."""
    took = []
    for k in range(20):
        begun = time.time()
        with open(folder / "flushed", "wb") as file:
            file.write(bytes([k]) * (512 << 10))
            file.flush()
            os.fdatasync(file.fileno())
        took.append(1000 * (time.time() - begun))
        (folder / "flushed").unlink()
    return sorted(took)[10]


numbers = itertools.count(1000)  # of series, of four digits


def in_turn(folder, node, options, source, senders, slices):
    """So many senders at a time, so many copies of `source` each, to the node and to storescp (a process a sender)."""
    took = {"node": [], "storescp": [], "flush": []}
    for turn in range(options.turns):
        parts = [folder / f"turn{senders}.{turn}.{k}" for k in range(senders)]
        for k, part in enumerate(parts):
            make_series(source, part, next(numbers), slices)
        took["flush"].append(flush_ms(folder))
        begun = time.time()
        assert not any([s.wait() for s in [send(node.port, part, "NODE") for part in parts]])
        took["node"].append(time.time() - begun)
        port, = free_ports(1)
        (folder / "plain").mkdir()
        plain = subprocess.Popen(["storescp", "--fork", "+B", "-od", str(folder / "plain"), str(port)],
                                 env={**os.environ, "TCP_NODELAY": "1"})
        time.sleep(0.5)
        begun = time.time()
        assert not any([s.wait() for s in [send(port, part, "ANY") for part in parts]])
        took["storescp"].append(time.time() - begun)
        plain.kill()
        plain.wait()
        shutil.rmtree(folder / "plain")
        for part in parts:
            shutil.rmtree(part)
    return {name: statistics.median(times) for name, times in took.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--associations", type=int, default=50)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    require_tools()
    with Folder() as folder:
        small = make_ct(options.program, folder / "ct")[0]
        subprocess.run([options.program, "phantom", "--seed", "3", "--size", "16x512x512", "--spacing", "12x1x1", "-o",
                        str(folder / "large"), "--dicom", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        options.large = sorted((folder / "large/dicom").glob("*.dcm"))[0]
        node = Node(options.program, options.model, folder / "node", *free_ports(2))
        node.config.write_text(node.config.read_text().replace('Modality = "CT"', 'Modality = "MR"'))
        for k in range(options.associations):
            make_series(small, folder / f"s{k}", k, options.slices)
        with ending(node):
            node.start_and_wait()
            before = resident_mb(node.process)
            begun = time.time()
            senders = [send(node.port, folder / f"s{k}", "NODE") for k in range(options.associations)]
            assert all(sender.wait() == 0 for sender in senders), "a sender failed"
            took = time.time() - begun
            count = len(node.instances())
            assert count == options.associations * options.slices, count
            wait_for("all series are complete", lambda: node.states() == ["cancelled"] * options.associations, 120)
            after = resident_mb(node.process)
            print(f"{options.associations} associations of {options.slices} slices: {count} instances in {took:.1f} s, "
                  f"{count / took:.0f} a second; memory {before:.0f} MB before, {after:.0f} MB after")
            for source, size, senders, slices in (
                    (options.large, "512 x 512", 1, 200), (options.large, "512 x 512", 8, 25),
                    (options.large, "512 x 512", options.associations, options.slices),
                    (small, "small", options.associations, options.slices)):
                took = in_turn(folder, node, options, source, senders, slices)
                print(f"{senders} at a time, {slices} slices each ({size}), medians of {options.turns} turns: node "
                      f"{took['node']:.2f} s, storescp {took['storescp']:.2f} s: {took['storescp'] / took['node']:.2f} "
                      f"of its rate; a file of 0.5 MB was written and flushed in {took['flush']:.2f} ms")
            time.sleep(3)
            cpu, begun = cpu_seconds(node.process), time.time()
            time.sleep(10)
            print(f"idle: {100 * (cpu_seconds(node.process) - cpu) / (time.time() - begun):.2f}% of a CPU; memory "
                  f"{resident_mb(node.process):.0f} MB")
            node.stop()


if __name__ == "__main__":
    main()
