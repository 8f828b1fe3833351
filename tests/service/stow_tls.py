#!/usr/bin/python3
"""stow_tls.py PROGRAM MODEL: STOW-RS over https, in and out, between archives (Orthanc with its DICOMweb plugin). What
the node sends to must show a certificate of the configured authority, for its host, in its time, and take the
password; who sends to the node must have an account."""
import json
import os
import subprocess
import sys
import time

import pydicom
from certificates import Authority
from node_tools import DICOMWEB, Archive, Folder, Node, ending, free_ports, make_ct, require_tools, wait_for

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
        (self.node_port, self.node_http, self.sink_dicom, self.sink_http, self.source_dicom,
         self.source_http) = free_ports(6)
        self.node = Node(program, model, folder / "node", self.node_port, self.sink_dicom)
        (folder / "password").write_text(PASSWORD + "\n")
        self.text = self.node.config.read_text().replace(
            f'host = "127.0.0.1"\nport = {self.sink_dicom}\nae_title = "SINK"\nsend = ["RTSTRUCT", "SEG"]\n',
            f'kind = "stow"\nurl = "https://127.0.0.1:{self.sink_http}/dicom-web"\nuser = "node"\n'
            f'authorities = "{folder}/good-ca.pem"\npassword_file = "{folder}/password"\nretry_hours = 1\n')
        self.text = self.text.replace("longest_retry_s = 3", "longest_retry_s = 1")
        self.text += (f'[http]\nport = {self.node_http}\nstow = true\naccounts = "accounts"\n[http.tls]\n'
                      f'certificate = "{folder}/node.pem"\nkey = "{folder}/node.key"\n')
        self.configure()
        for name, (role, password) in ACCOUNTS.items():
            subprocess.run([program, "serve", "accounts", "add", name, "--role", role, "--config",
                            str(self.node.config)], input=password, text=True, check=True, stdout=subprocess.DEVNULL)
        self.sink = self.source = None
        self.said = []  # all that the node told

    def configure(self, *changes):
        text = self.text
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        self.node.config.write_text(text)

    def sink_with(self, certificate, password=PASSWORD):
        """The receiving archive, anew with another certificate; None: without TLS."""
        if self.sink:
            self.sink.stop()
        more = {"Plugins": [DICOMWEB], "DicomWeb": {"Enable": True}, "AuthenticationEnabled": True,
                "RegisteredUsers": {"node": password}}
        if certificate:
            more |= {"SslEnabled": True, "SslCertificate": f"{self.folder}/{certificate}-both.pem"}
        self.sink = Archive(self.folder / "sink", "SINK", self.sink_dicom, self.sink_http, {}, more)
        self.sink.start()

    def refused_by_check(self, *said):
        done = self.node.act("--check")
        lines = done.stderr.splitlines()
        assert done.returncode == 2 and len(lines) == 1 and all(one in lines[0] for one in said), (said, done.stderr)
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
        if self.source:
            self.source.stop()
        server = {"Url": f"https://127.0.0.1:{self.node_http}/dicom-web/", "Username": user, "Password": password,
                  "HasDelete": False}
        self.source = Archive(self.folder / "source", "SOURCE", self.source_dicom, self.source_http, {},
                              {"Plugins": [DICOMWEB], "HttpsVerifyPeers": True,
                               "HttpsCACertificates": f"{self.folder}/{authority}-ca.pem",
                               "DicomWeb": {"Enable": True, "Servers": {"node": server}}})
        self.source.start()

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
        assert "does not take user and password" in self.node.jobs(1)[0]["reason"], self.node.jobs(1)
        time.sleep(2)
        self.sink_with("sink")
        assert self.node.act("resend", 1).returncode == 0
        wait_for("it is sent again", lambda: self.node.states() == ["sent"])
        assert len(self.sink.objects("RTSTRUCT")) == 1

    def run(self, files):
        with ending(self.node):
            try:
                self.check_checks()
                self.sink_with("stranger")
                self.node.start_and_wait()
                self.check_incoming(files)
                wait_for("the job is contoured", lambda: self.node.states() == ["sending"], 120)
                self.check_outgoing()
                self.node.stop()
            finally:
                for archive in (self.source, self.sink):
                    if archive:
                        archive.stop()
        ct = pydicom.dcmread(files[0], stop_before_pixels=True)
        told = "".join(self.said) + self.node.text() + (self.node.store / "audit.log").read_text() + \
            json.dumps(self.node.jobs(1))
        for secret in (PASSWORD, STALE, *(p for _, p in ACCOUNTS.values()), str(ct.PatientName), ct.PatientID):
            assert secret not in told, secret
        assert {line["who"] for line in self.node.audit() if line["did"] == "began to send"} == {"pacs"}


if __name__ == "__main__":
    require_tools()
    if not os.path.exists(DICOMWEB):
        print(f"SKIPPED: needs {DICOMWEB}", file=sys.stderr)
        sys.exit(77)
    with Folder() as place:
        Test(place, *sys.argv[1:3]).run(make_ct(sys.argv[1], place / "ct"))
    print("over https a CT comes by an account and its structure set goes to a server that is who it says")
