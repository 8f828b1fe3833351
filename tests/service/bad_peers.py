#!/usr/bin/python3
"""bad_peers.py PROGRAM MODEL [--malformed N] [--seed N]: peers that are strangers, break off, trickle, lie or send
nonsense are refused or flagged; the node goes on, and what good peers sent stays as it was."""
import argparse
import random
import socket
import struct
import subprocess
import time

import pydicom
from node_tools import Folder, Node, copy_ct, ending, free_ports, make_ct, require_tools, wait_for

CT, LITTLE, COMMITMENT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.20.1"


def item(kind, body):
    return struct.pack(">BBH", kind, 0, len(body)) + body


def pdu(kind, body):
    return struct.pack(">BBI", kind, 0, len(body)) + body


def request(calling="SOURCE", called="NODE", sop_class=CT, syntax=LITTLE):
    context = item(0x20, b"\1\0\0\0" + item(0x30, sop_class.encode()) + item(0x40, syntax.encode()))
    user = item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3"))
    return pdu(1, b"\0\1\0\0" + called.ljust(16).encode() + calling.ljust(16).encode() + bytes(32) +
               item(0x10, b"1.2.840.10008.3.1.1.1") + context + user)


def element(number, value):
    return struct.pack("<HHI", 0, number, len(value)) + value


def uid(text):
    return text.encode() + b"\0" * (len(text) % 2)


def command(sop_uid, sop_class=CT):
    body = (element(2, uid(sop_class)) + element(0x100, b"\1\0") + element(0x110, b"\1\0") + element(0x700, b"\0\0") +
            element(0x800, b"\1\0") + element(0x1000, uid(sop_uid)))
    return element(0, struct.pack("<I", len(body))) + body


def report(event=1):
    """The command of an N-EVENT-REPORT on storage commitment, and its data set."""
    body = (element(2, uid(COMMITMENT)) + element(0x100, b"\0\1") + element(0x110, b"\1\0") + element(0x800, b"\1\0") +
            element(0x1000, uid(COMMITMENT + ".1")) + element(0x1002, bytes([event, 0])))
    named = struct.pack("<HH2sH", 8, 0x1155, b"UI", 6) + b"2.25.7"
    item_ = struct.pack("<HHI", 0xFFFE, 0xE000, len(named)) + named
    set_ = (struct.pack("<HH2sH", 8, 0x1195, b"UI", 6) + b"2.25.9" +
            struct.pack("<HH2sHI", 8, 0x1199, b"SQ", 0, len(item_)) + item_)
    return data(3, element(0, struct.pack("<I", len(body))) + body), data(2, set_)


def data(header, bytes_):
    return pdu(4, struct.pack(">IBB", len(bytes_) + 2, 1, header) + bytes_)


class Peer:
    def __init__(self, node, first=None):
        self.socket = socket.create_connection(("127.0.0.1", node.port), timeout=20)
        if first is not None:
            self.send(first)

    def send(self, raw):
        try:
            self.socket.sendall(raw)
        except OSError:
            pass

    def answer(self):
        """Type and body of the next PDU; (None, b"") at the end."""
        try:
            head = self.receive(6)
            return head[0], self.receive(struct.unpack(">I", head[2:])[0])
        except OSError:
            return None, b""

    def receive(self, count):
        got = b""
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise ConnectionError
            got += more
        return got

    def close(self):
        self.socket.close()


def reset(peer):
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def strangers(node):
    for words, reason in (({"called": "OTHER"}, 7), ({"calling": "OTHER"}, 3)):
        kind, body = Peer(node, request(**words)).answer()
        assert (kind, body[1], body[2], body[3]) == (3, 1, 1, reason), (kind, body)
    # A class and a transfer syntax that it does not take: the context is refused.
    for words in ({"sop_class": "1.2.840.10008.5.1.4.1.1.4"}, {"syntax": "1.2.840.10008.1.2.4.100"}):
        kind, body = Peer(node, request(**words)).answer()
        assert kind == 2, kind
        at = body.index(b"\x21\0")
        assert body[at + 6] in (3, 4), body[at:at + 8]


def breaks(node):
    """Associations that end in the middle of an instance."""
    for _ in range(10):
        peer = Peer(node, request())
        assert peer.answer()[0] == 2
        peer.send(data(3, command("1.2.3.4")))
        peer.send(data(0, bytes(10000)))
        reset(peer)
    peer = Peer(node, request())
    peer.answer()
    peer.send(pdu(7, bytes(4)))  # A-ABORT
    peer.close()


def lies(node):
    """An instance whose UIDs are not those of its request."""
    peer = Peer(node, request())
    peer.answer()
    body = struct.pack("<HH2sH", 8, 0x18, b"UI", 8) + b"1.2.3.9\0"
    peer.send(data(3, command("1.2.3.4")))
    peer.send(data(2, body))
    kind, answer = peer.answer()
    assert kind == 4 and struct.pack("<H", 0xA900) in answer, answer
    # A path is no UID.
    peer.send(data(3, command("../../etc/x")))
    peer.send(data(2, body))
    kind, answer = peer.answer()
    assert kind == 4 and struct.pack("<H", 0xA900) in answer, answer
    # Larger than max_instance_mb: drained, refused, and the association serves on.
    peer.send(data(3, command("1.2.3.5")))
    block = bytes(16000)
    for _ in range((65 << 20) // len(block)):
        peer.send(data(0, block))
    peer.send(data(2, b""))
    kind, answer = peer.answer()
    assert kind == 4 and struct.pack("<H", 0xA700) in answer, answer
    peer.close()


def false_reports(node):
    """Reports on storage commitment that nobody asked for, of an unknown event, and without a context for them."""
    peer = Peer(node, request(calling="SINK", sop_class=COMMITMENT))
    assert peer.answer()[0] == 2
    for event, status in ((1, 0x0110), (2, 0x0110), (7, 0x0113)):
        peer.send(b"".join(report(event)))
        kind, answer = peer.answer()
        assert kind == 4 and struct.pack("<HHIH", 0, 0x900, 2, status) in answer, answer
    peer.close()
    peer = Peer(node, request())
    peer.answer()
    peer.send(b"".join(report()))
    assert peer.answer()[0] in (7, None)
    peer.close()


def trickles(node):
    """Slow loris: before and within an association; both are ended, and others are served meanwhile."""
    slow = [Peer(node) for _ in range(20)]
    within = Peer(node, request())
    assert within.answer()[0] == 2
    begun = time.time()
    raw, more = request(), data(3, command("1.2.3.4"))
    for k in range(8):
        for peer in slow:
            peer.send(raw[k:k + 1])
        within.send(more[k:k + 1])
        assert node.echo()
        time.sleep(1)
    for peer in [*slow, within]:
        while peer.answer()[0] is not None:  # an A-ABORT may come first
            pass
    assert time.time() - begun < 25, "slow peers are not ended"


def crowd(node):
    """50 associations are served, the next is refused for now."""
    peers = [Peer(node, request()) for _ in range(50)]
    assert all(peer.answer()[0] == 2 for peer in peers)
    kind, body = Peer(node, request()).answer()
    assert (kind, body[1], body[2], body[3]) == (3, 2, 3, 2), (kind, body)
    for peer in peers:
        peer.close()
    wait_for("there is room again", node.echo)


def malformed(node, count):
    """Requests and commands with changed bytes, cut, repeated or random."""
    good = [request(), request() + data(3, command("1.2.3.4")), request() + data(3, command("1.2.3.4")) +
            data(2, bytes(100)), request(calling="SINK", sop_class=COMMITMENT) + b"".join(report())]
    for k in range(count):
        raw = bytearray(random.choice(good))
        for _ in range(random.choice((1, 1, 2, 8, 40))):
            raw[random.randrange(len(raw))] = random.randrange(256)
        if random.random() < 0.2:
            del raw[random.randrange(len(raw)):]
        if random.random() < 0.05:
            raw = bytearray(random.randbytes(random.randrange(1, 2000)))
        peer = Peer(node, bytes(raw))
        if random.random() < 0.1:
            peer.socket.settimeout(0.05)
            peer.answer()
        reset(peer)
        if k % 200 == 0:
            assert node.process.poll() is None, "the node ended"
    wait_for("it answers", node.echo)


def nested(node):
    """A command of sequences within sequences, as deep as a command may be long."""
    peer = Peer(node, request())
    peer.answer()
    deep = struct.pack("<HHI", 8, 0x1140, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    for _ in range(40):
        peer.send(data(1, deep * 1000))
    peer.answer()
    peer.close()


def mixes(node, files, folder):
    """A series with slices of two patients, and one whose UIDs come again with other bytes."""
    mixed = copy_ct(files, folder / "mixed", 5)
    for file in mixed[:3]:
        other = pydicom.dcmread(file)
        other.PatientID = "ANOTHER"
        other.save_as(file)
    send(node, mixed)
    wait_for("it fails", lambda: node.states()[-1] == "failed")
    failed = node.jobs()[-1]
    assert "several patients" in failed["reason"]
    assert node.act("retry", failed["job"]).returncode == 0
    wait_for("it fails again", lambda: node.states()[-1] == "failed")
    changed = pydicom.dcmread(files[0])
    changed.SeriesDescription = "changed"
    changed.save_as(folder / "changed.dcm")
    before = node.instances()[changed.SOPInstanceUID].read_bytes()
    send(node, [folder / "changed.dcm"])
    assert node.jobs(1)[0]["set_aside"] == 1
    assert node.instances()[changed.SOPInstanceUID].read_bytes() == before


def send(node, files):
    subprocess.run(["storescu", "-aet", "SOURCE", "-aec", "NODE", "-R", "127.0.0.1", str(node.port), *map(str, files)],
                   check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--malformed", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    require_tools()
    random.seed(options.seed)
    with Folder() as folder:
        files = make_ct(options.program, folder / "ct")
        node = Node(options.program, options.model, folder / "node", *free_ports(2))
        with open(node.config, "a") as config:
            config.write('[[dicom.peer]]\nae_title = "SINK"\n')
        with ending(node):
            node.start_and_wait()
            send(node, files)
            wait_for("the CT is contoured", lambda: node.states() == ["sending"], 120)
            strangers(node)
            breaks(node)
            lies(node)
            false_reports(node)
            trickles(node)
            crowd(node)
            nested(node)
            malformed(node, options.malformed)
            mixes(node, files, folder)
            assert node.process.poll() is None
            assert node.states() == ["sending", "failed"], node.states()
            assert len(node.instances()) == 2 * len(files)
            assert node.act("purge", node.jobs()[-1]["job"]).returncode == 0
            assert len(node.instances()) == len(files), "slices of a series that was never contoured go too"
            wait_for("nothing is left on its way in", lambda: not list((node.store / "incoming").iterdir()))
            node.stop()
            print(f"bad peers were refused, {options.malformed} malformed requests among them")


if __name__ == "__main__":
    main()
