#!/usr/bin/python3
"""certificates_renewed.py PROGRAM MODEL: while the node runs its certificates and authorities are exchanged, for DICOM
and HTTP over TLS: new connections get the new ones, running ones go on; what does not serve is said, not used."""
import json
import socket
import ssl
import subprocess

from bad_peers import LITTLE, Peer, data, element, request, uid
from certificates import Authority
from node_tools import Node, ending, free_ports, make_ct, run_test, wait_for

VERIFICATION = "1.2.840.10008.1.1"


class TlsPeer(Peer):
    """A peer with a certificate, who has asked for an association; `shown`: the certificate that the node showed."""

    def __init__(self, node, folder, certificate):
        super().__init__(node)
        context = ssl.create_default_context(cafile=str(folder / "good-ca.pem"))
        context.load_cert_chain(folder / f"{certificate}-both.pem")
        self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.shown = self.socket.getpeercert(binary_form=True)
        self.send(request(sop_class=VERIFICATION, syntax=LITTLE))
        self.is_served = self.answer()[0] == 2

    def echo(self):
        body = (element(2, uid(VERIFICATION)) + element(0x100, b"\x30\0") + element(0x110, b"\1\0") +
                element(0x800, b"\1\1"))
        self.send(data(3, element(0, len(body).to_bytes(4, "little")) + body))
        return self.answer()[0] == 4


def is_served(node, folder, certificate):
    try:
        return TlsPeer(node, folder, certificate).is_served
    except (ssl.SSLError, OSError):
        return False


def der(folder, name):
    return ssl.PEM_cert_to_DER_cert((folder / f"{name}.pem").read_text())


class Test:
    def __init__(self, folder, program, model):
        self.folder = folder
        good, other = Authority(folder, "good"), Authority(folder, "other")
        for name in ("first", "second", "peer"):
            good.sign(name, days=100)
        good.sign("soon", days=3)
        other.sign("stranger")
        self.use("first", "first")
        self.authorities = folder / "authorities.pem"
        self.authorities.write_bytes(good.file.read_bytes())
        node_port, self.web, self.sink_port = free_ports(3)
        self.node = Node(program, model, folder / "node", node_port, self.sink_port)
        text = self.node.config.read_text().replace('ae_title = "SINK"', 'ae_title = "SINK"\ntls = true')
        text = text.replace("dimse_timeout_s = 5", "dimse_timeout_s = 600")
        self.node.config.write_text(text + f'[http]\nport = {self.web}\n' + "".join(
            f'[{table}]\ncertificate = "{folder}/node.pem"\nkey = "{folder}/node.key"\n{more}'
            for table, more in (("http.tls", ""), ("dicom.tls", f'authorities = "{self.authorities}"\n'))))

    def use(self, certificate, key):
        """What the configuration names becomes these files."""
        for name, end in ((certificate, "pem"), (key, "key")):
            part = self.folder / "part"
            part.write_bytes((self.folder / f"{name}.{end}").read_bytes())
            part.rename(self.folder / f"node.{end}")

    def link(self):
        """A connection to the HTTP server after its handshake."""
        context = ssl.create_default_context(cafile=str(self.folder / "good-ca.pem"))
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.web)), server_hostname="127.0.0.1")

    def ask(self, link, path="/health"):
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.web}\r\nConnection: close\r\n\r\n".encode())
        said = b""
        while piece := link.recv(65536):
            said += piece
        head, body = said.split(b"\r\n\r\n", 1)
        assert b" 200 " in head.split(b"\r\n")[0], head
        return body.decode()

    def health(self):
        return {t["table"]: t for t in json.loads(self.ask(self.link()))["certificates"]["tables"]}

    def shown(self):
        return TlsPeer(self.node, self.folder, "peer").shown, self.link().getpeercert(binary_form=True)

    def check(self, files):
        folder, node = self.folder, self.node
        assert set(self.shown()) == {der(folder, "first")}
        assert {t: (v["status"], v["latest"]) for t, v in self.health().items()} == {
            "dicom.tls": ("ok", True), "http.tls": ("ok", True)}, self.health()
        running, waiting = TlsPeer(node, folder, "peer"), self.link()
        assert running.is_served and running.echo()

        self.use("second", "second")
        wait_for("new connections get the new certificate", lambda: set(self.shown()) == {der(folder, "second")}, 15)
        assert running.echo(), "a running association was ended"
        assert "certificates" in self.ask(waiting), "an open connection was ended"
        assert {line["with"] for line in node.audit() if line["did"] == "took new certificates"} == {
            "dicom.tls", "http.tls"}

        # What does not serve: a key of another certificate, no certificate, no file.
        for spoil in (lambda: self.use("second", "first"), lambda: (folder / "node.pem").write_text("nonsense"),
                      lambda: (folder / "node.pem").unlink()):
            said = node.text().count("the ones from before are used")
            spoil()
            wait_for("it says so", lambda: node.text().count("the ones from before are used") == said + 2, 15)
            assert set(self.shown()) == {der(folder, "second")} and running.echo()
            assert {(v["status"], v["latest"]) for v in self.health().values()} == {("degraded", False)}
            assert 'anatomynet_certificate_latest{table="http.tls"} 0' in self.ask(self.link(), "/metrics")

        # One that ends soon serves, and is told of.
        self.use("soon", "soon")
        wait_for("it is used", lambda: set(self.shown()) == {der(folder, "soon")}, 15)
        assert {(v["status"], v["latest"]) for v in self.health().values()} == {("degraded", True)}

        # What the node sends shows its new certificate too: the archive takes the other authority's alone.
        assert not is_served(node, folder, "stranger")
        done = subprocess.run(["storescu", "+tls", "peer.key", "peer.pem", "+cf", "good-ca.pem", "-aet", "SOURCE",
                               "-aec", "NODE", "127.0.0.1", str(node.port), *map(str, files)], cwd=folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        wait_for("a try failed", lambda: any(d["attempts"] for j in node.jobs(1) for d in j["deliveries"]), 120)
        both = (folder / "good-ca.pem").read_bytes() + (folder / "other-ca.pem").read_bytes()
        self.authorities.write_bytes(both)
        self.use("stranger", "stranger")
        wait_for("the results arrive", lambda: node.states() == ["sent"])
        assert len(list((folder / "sink").iterdir())) == 2
        assert running.echo()
        (folder / "good-ca.pem").write_bytes(both)
        assert is_served(node, folder, "stranger"), "the new authority is not taken"

    def run(self, files):
        with ending(self.node):
            (self.folder / "sink").mkdir()
            archive = subprocess.Popen(["storescp", "+tls", "stranger.key", "stranger.pem", "+cf", "other-ca.pem",
                                        "-od", "sink", "-aet", "SINK", str(self.sink_port)], cwd=self.folder)
            try:
                self.node.start()
                wait_for("it answers over TLS", lambda: is_served(self.node, self.folder, "peer"))
                self.check(files)
                self.node.stop()
            finally:
                archive.kill()
                archive.wait()


def check(folder, program, model):
    Test(folder, program, model).run(make_ct(program, folder / "ct"))


if __name__ == "__main__":
    run_test(check, "new certificates are taken while the node runs, and no connection ends")
