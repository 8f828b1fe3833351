#!/usr/bin/python3
"""memory.py PROGRAM MODEL [--series N] [--large-mb N]: the node's memory while many series come in, 10 senders at a
time, and while one instance of 4 GB does, which is kept where max_instance_mb allows it and else refused."""
import argparse
import struct
import subprocess
import time
from pathlib import Path

import bad_peers
from bad_peers import Peer, command, data, request
from load import make_series, resident_mb, send
from node_tools import Folder, Node, ending, free_ports, make_ct, require_tools, wait_for

AT_A_TIME, SLICES = 10, 10


def peak_mb(process):
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


def many(folder, node, source, count):
    sizes = []
    for first in range(0, count, AT_A_TIME):
        folders = [folder / f"s{first + k}" for k in range(AT_A_TIME)]
        for k, one in enumerate(folders):
            make_series(source, one, first + k, SLICES)
        senders = [send(node.port, one, "NODE") for one in folders]
        assert all(sender.wait() == 0 for sender in senders), "a sender failed"
        for one in folders:
            subprocess.run(["rm", "-r", str(one)], check=True)
        if (first + AT_A_TIME) % max(AT_A_TIME, count // 10) == 0:
            sizes.append(resident_mb(node.process))
    wait_for("all series are complete", lambda: node.states() == ["cancelled"] * count, 300)
    assert len(node.instances()) == count * SLICES
    print(f"{count} series of {SLICES} slices: memory after each tenth " + ", ".join(f"{s:.1f}" for s in sizes) + " MB")
    assert sizes[-1] < sizes[0] + 4, "memory grows with the number of series"


def value(group, number, vr, text):
    text += b"\0" * (len(text) % 2)
    return struct.pack("<HH2sH", group, number, vr, len(text)) + text


def large(node, megabytes):
    """Sends one CT instance with so many MB of pixels; the status, and how long it took."""
    length = (megabytes << 20) - 65536
    head = (value(8, 0x16, b"UI", bad_peers.CT.encode()) + value(8, 0x18, b"UI", b"1.2.3.77") +
            value(8, 0x60, b"CS", b"CT") + value(0x20, 0xD, b"UI", b"1.2.3.78") + value(0x20, 0xE, b"UI", b"1.2.3.79") +
            struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, length))
    peer = Peer(node, request())
    assert peer.answer()[0] == 2
    peer.socket.settimeout(300)
    begun = time.time()
    peer.send(data(3, command("1.2.3.77")))
    peer.send(data(0, head))
    block = data(0, bytes(131000 - 6))
    size = len(block) - 12
    for _ in range(length // size):
        peer.socket.sendall(block)
    peer.socket.sendall(data(2, bytes(length % size)))
    kind, answer = peer.answer()
    assert kind == 4, kind
    at = answer.index(struct.pack("<HHI", 0, 0x900, 2)) + 8
    peer.close()
    return struct.unpack_from("<H", answer, at)[0], time.time() - begun


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--large-mb", type=int, default=4096)
    options = parser.parse_args()
    require_tools()
    with Folder() as folder:
        source = make_ct(options.program, folder / "ct")[0]
        node = Node(options.program, options.model, folder / "node", *free_ports(2))
        text = node.config.read_text().replace('Modality = "CT"', 'Modality = "MR"')
        with ending(node):
            node.config.write_text(text)
            node.start_and_wait()
            many(folder, node, source, options.series)
            before = peak_mb(node.process)
            status, took = large(node, options.large_mb)
            assert status == 0xA700, hex(status)
            print(f"an instance of {options.large_mb} MB: refused ({status:04X}) after {took:.0f} s; peak memory "
                  f"{before:.0f} MB before, {peak_mb(node.process):.0f} MB after")
            node.stop()
            node.config.write_text(text.replace("max_instance_mb = 64", "max_instance_mb = 8192"))
            node.start_and_wait()
            status, took = large(node, options.large_mb)
            assert status == 0, hex(status)
            print(f"the same where 8192 MB are allowed: kept after {took:.0f} s; peak memory "
                  f"{peak_mb(node.process):.0f} MB")
            assert peak_mb(node.process) < before + 60
            kept = node.instances()["1.2.3.77"]
            assert kept.stat().st_size > (options.large_mb - 1) << 20
            node.stop()


if __name__ == "__main__":
    main()
