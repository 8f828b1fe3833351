#!/usr/bin/python3
"""stow_tls.py PROGRAM MODEL: STOW-RS over https, in and out, between archives (Orthanc with its DICOMweb plugin). What
the node sends to must show a certificate of the configured authority, for its host, in its time, and take the
password; who sends to the node must have an account."""
import json
import time

import pydicom
from certificates import Authority, TlsFront
from node_tools import DICOMWEB, Archive, Node, basic, ending, free_ports, make_ct, run_test, wait_for

PASSWORD, STALE = "what the archive asks for", "what it asked for before"
ACCOUNTS = {"pacs": ("send", "pacs sends its slices"), "vera": ("view", "vera looks at them")}
WRONG = {"stranger": "unable to get local issuer certificate", "elsewhere": "it is not for 127.0.0.1",
         "expired": "certificate has expired"}


class Test:
    def __init__(self, folder, program, model):
        self.folder = folder
        good, other = Authority(folder, "good"), Authority(folder, "other")
        for name in ("sink", "node"):
            good.sign(name)
        other.sign("stranger")
        good.sign("elsewhere", host="127.0.0.2")
        good.sign("expired", days=-1)
        self.node_port, self.node_http, sink_dicom, sink_http, self.sink_https, source_dicom, source_http = free_ports(7)
        self.node = Node(program, model, folder / "node", self.node_port, sink_dicom)
        (folder / "password").write_text(PASSWORD + "\n")
        self.text = self.node.config.read_text().replace(
            f'host = "127.0.0.1"\nport = {sink_dicom}\nae_title = "SINK"\nsend = ["RTSTRUCT", "SEG"]\n',
            f'kind = "stow"\nurl = "https://127.0.0.1:{self.sink_https}/dicom-web"\nuser = "node"\n'
            f'authorities = "{folder}/good-ca.pem"\npassword_file = "{folder}/password"\nretry_hours = 1\n')
        self.text = self.text.replace("longest_retry_s = 3", "longest_retry_s = 1")
        self.text += (f'[http]\nport = {self.node_http}\nstow = true\naccounts = "accounts"\n[http.tls]\n'
                      f'certificate = "{folder}/node.pem"\nkey = "{folder}/node.key"\n')
        self.configure()
        self.node.add_accounts(ACCOUNTS)
        self.sink = Archive(folder / "sink", "SINK", sink_dicom, sink_http)
        self.front = None
        self.source = Archive(folder / "source", "SOURCE", source_dicom, source_http)
        self.said = []  # all that the node told

    def configure(self, *changes):
        text = self.text
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        self.node.config.write_text(text)

    def sink_with(self, certificate, password=PASSWORD):
        """The receiving archive with another certificate, None: without TLS; or another password."""
        self.front = self.front or TlsFront(self.sink_https, self.sink.http)
        self.front.certificate = certificate and f"{self.folder}/{certificate}-both.pem"
        if self.sink.process and self.sink.headers == basic("node", password):
            return
        self.sink.restart({}, {"Plugins": [DICOMWEB], "DicomWeb": {"Enable": True}, "AuthenticationEnabled": True,
                               "RegisteredUsers": {"node": password}})

    def refused_by_check(self, *said):
        done = self.node.act("--check")
        line, end = done.stderr.splitlines()
        assert done.returncode == 2 and all(one in line for one in said), (said, done.stderr)
        assert "1 problems" in end, end
        self.said.append(done.stderr)

    def check_checks(self):
        """serve --check tells what is wrong with a destination in one line."""
        self.refused_by_check("destination archive", "cannot connect to 127.0.0.1")
        self.sink_with(None)
        self.refused_by_check("destination archive", "TLS 1.2 or later")
        for certificate, reason in WRONG.items():
            self.sink_with(certificate)
            self.refused_by_check("destination archive", reason, "good-ca.pem")
        self.sink_with("sink", STALE)
        self.refused_by_check("destination archive", "status 401", "user and password")
        self.sink_with("sink")
        done = self.node.act("--check")
        assert done.returncode == 0, done.stderr
        self.configure(("/good-ca.pem", "/good-ca.key"))
        for act in ("--check", "run"):
            done = self.node.act(act)
            assert done.returncode == 2 and "good-ca.key" in done.stderr and "in PEM" in done.stderr, done.stderr
        self.configure((f'authorities = "{self.folder}/good-ca.pem"\n', ""))
        self.refused_by_check("destination archive", "signed by the system's authorities")
        self.configure()

    def source_with(self, authority, user, password):
        server = {"Url": f"https://127.0.0.1:{self.node_http}/dicom-web/", "Username": user, "Password": password,
                  "HasDelete": False}
        self.source.restart({}, {"Plugins": [DICOMWEB], "HttpsVerifyPeers": True,
                                 "HttpsCACertificates": f"{self.folder}/{authority}-ca.pem",
                                 "DicomWeb": {"Enable": True, "Servers": {"node": server}}})

    def sends(self):
        """Whether the sending archive's STOW-RS of its series succeeds."""
        status, _ = self.source.request("POST", "/dicom-web/servers/node/stow", json.dumps(
            {"Resources": self.source.ask("/series"), "Synchronous": True}))
        return status == 200

    def check_incoming(self, files):
        """Only an account that may send, and a client that trusts the node's certificate, bring anything."""
        for authority, user, password in (("other", "pacs", ACCOUNTS["pacs"][1]), ("good", "pacs", STALE),
                                          ("good", "vera", ACCOUNTS["vera"][1]), ("good", "", "")):
            self.source_with(authority, user, password)
            if not self.source.ask("/series"):
                self.source.add(files)
            assert not self.sends(), (authority, user)
            assert not self.node.instances() and not self.node.jobs(), (authority, user)
        self.source_with("good", "pacs", ACCOUNTS["pacs"][1])
        assert self.sends()
        assert len(self.node.instances()) == len(files)

    def reason(self):
        return self.node.jobs(1)[0]["deliveries"][0]["reason"]

    def check_outgoing(self):
        """Nothing arrives where the certificate is wrong, and one structure set once it is right."""
        for certificate, reason in WRONG.items():
            self.sink_with(certificate)
            wait_for(reason, lambda: self.node.states() == ["sending"] and reason in self.reason())
        self.sink_with("sink", STALE)
        wait_for("the password is refused", lambda: "does not take user and password" in self.reason())
        assert not self.sink.objects("RTSTRUCT")
        self.sink_with("sink")
        wait_for("it is sent", lambda: self.node.states() == ["sent"])
        assert len(self.sink.objects("RTSTRUCT")) == 1
        self.node.stop()

        # Where its time is up, the job fails, and says why.
        self.configure(("retry_hours = 1", "retry_hours = 0.0005"))
        self.sink_with("sink", STALE)
        self.node.start_and_wait()
        assert self.node.act("resend", 1).returncode == 0
        wait_for("it fails", lambda: self.node.states() == ["failed"])
        assert "does not take user and password" in self.reason(), self.node.jobs(1)
        time.sleep(2)
        self.sink_with("sink")
        assert self.node.act("resend", 1).returncode == 0
        wait_for("it is sent again", lambda: self.node.states() == ["sent"])
        assert len(self.sink.objects("RTSTRUCT")) == 1

    def run(self, files):
        with ending(self.node, self.source, self.sink):
            self.check_checks()
            self.sink_with("stranger")
            self.node.start_and_wait()
            self.check_incoming(files)
            wait_for("the job is contoured", lambda: self.node.states() == ["sending"], 120)
            self.check_outgoing()
            self.node.stop()
        ct = pydicom.dcmread(files[0], stop_before_pixels=True)
        told = "".join(self.said) + self.node.text() + (self.node.store / "audit.log").read_text() + \
            json.dumps(self.node.jobs(1))
        for secret in (PASSWORD, STALE, *(p for _, p in ACCOUNTS.values()), str(ct.PatientName), ct.PatientID):
            assert secret not in told, secret
        assert {line["who"] for line in self.node.audit() if line["did"] == "began to send"} == {"pacs"}


def check(folder, program, model):
    Test(folder, program, model).run(make_ct(program, folder / "ct"))


if __name__ == "__main__":
    run_test(check, "over https a CT comes by an account, and its structure set goes to the server that was meant",
             DICOMWEB)
