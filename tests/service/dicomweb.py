#!/usr/bin/python3
"""dicomweb.py PROGRAM MODEL: a CT comes by STOW-RS and its objects leave by STOW-RS, between archives (Orthanc with its
DICOMweb plugin); and bodies that are wrong."""
import getpass
import http.client
import json

import pydicom
from node_tools import (DICOMWEB, Archive, Node, copy_ct, data_set_bytes, ending, free_ports, make_ct, run_test,
                        wait_for)

RELATED = 'multipart/related; type="application/dicom"; boundary=b'


def body_of(parts, kind="application/dicom", end=b"--b--\r\n"):
    head = f"--b\r\nContent-Type: {kind}\r\n\r\n".encode()
    return b"".join(head + part + b"\r\n" for part in parts) + end


def post(port, body, content_type=RELATED, path="/dicom-web/studies", **headers):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.request("POST", path, body, {"Content-Type": content_type, **headers})
    answer = link.getresponse()
    return answer.status, json.loads(answer.read() or b"{}")


def reasons(report):
    return [item["00081197"]["Value"][0] for item in report.get("00081198", {}).get("Value", [])]


def check_bodies(node, port, files):
    raw = [file.read_bytes() for file in files]
    ct = pydicom.dcmread(files[0])
    before = len(node.instances())
    status, report = post(port, body_of(raw[:3]))
    assert status == 200 and len(report["00081199"]["Value"]) == 3, (status, report)
    assert report["00081199"]["Value"][0]["00081155"]["Value"] == [ct.SOPInstanceUID]
    assert len(node.instances()) == before + 3
    assert post(port, body_of(raw[:1]), path=f"/dicom-web/studies/{ct.StudyInstanceUID}")[0] == 200
    status, report = post(port, body_of(raw[3:4]), path="/dicom-web/studies/1.2.3")
    assert (status, reasons(report)) == (409, [0xA900]), (status, report)
    other = raw[3].replace(b"1.2.840.10008.5.1.4.1.1.2\0", b"1.2.840.10008.5.1.4.1.1.4\0")  # an MR
    status, report = post(port, body_of([raw[3], b"nonsense" * 20000, other, raw[3][:700]]))  # cut short
    assert status == 202 and reasons(report)[:2] == [0xC000, 0x0122], (status, report)
    assert reasons(report)[2:] in ([0xC000], [0xA900]), report
    assert len(node.instances()) == before + 4
    assert post(port, body_of([b""]))[0] == 409
    assert post(port, b"")[0] == 400
    assert post(port, body_of([]))[0] == 400
    assert post(port, body_of(raw[4:5], end=b""))[0] == 400  # no closing delimiter
    assert post(port, body_of(raw[4:5]), "application/dicom")[0] == 415
    assert post(port, body_of(raw[4:5]), 'multipart/related; type="application/dicom"')[0] == 415
    assert post(port, body_of(raw[4:5]), 'multipart/related; type="application/dicom+json"; boundary=b')[0] == 415
    assert post(port, body_of(raw[4:5]), Origin="http://elsewhere")[0] == 403
    assert post(port, body_of(raw[4:5]), path="/dicom-web/studies/x")[0] == 400
    try:
        assert post(port, body_of([b"x" * (9 << 20)]))[0] == 413
    except ConnectionError:
        pass  # the answer came, and the end, while the body was still being sent
    assert len(node.instances()) == before + 4


def check(folder, program, model):
    files = make_ct(program, folder / "ct")
    node_port, node_http, sink_dicom, sink_http, source_dicom, source_http = free_ports(6)
    web = {"Plugins": [DICOMWEB]}
    servers = {"node": {"Url": f"http://127.0.0.1:{node_http}/dicom-web/", "HasDelete": False}}
    sink = Archive(folder / "sink", "SINK", sink_dicom, sink_http, {}, {**web, "DicomWeb": {"Enable": True}})
    source = Archive(folder / "source", "SOURCE", source_dicom, source_http, {"node": ("NODE", node_port)},
                     {**web, "DicomWeb": {"Enable": True, "Servers": servers}})
    node = Node(program, model, folder / "node", node_port, sink_dicom)
    by_web = f'kind = "stow"\nurl = "http://127.0.0.1:{sink_http}/dicom-web"\n'
    text = node.config.read_text().replace(
        f'host = "127.0.0.1"\nport = {sink_dicom}\nae_title = "SINK"\n', by_web)
    text += f'[http]\nport = {node_http}\n'
    with ending(node, source, sink):
        node.config.write_text(text)
        source.start()
        node.start_and_wait()
        assert post(node_http, body_of([files[0].read_bytes()]))[0] in (403, 404)  # off unless configured
        node.stop()
        assert node.act("--check").returncode == 2  # nobody answers
        node.config.write_text(text + "stow = true\nstow_mb = 8\n")
        sink.start()
        done = node.act("--check")
        assert done.returncode == 0, done.stderr
        node.start_and_wait()

        source.add(files)
        series, = source.ask("/series")
        status, answer = source.request("POST", "/dicom-web/servers/node/stow",
                                        json.dumps({"Resources": [series], "Synchronous": True}))
        assert status == 200, (status, answer)
        wait_for("the job is sent", lambda: node.states() == ["sent"], 120)
        assert (len(sink.objects("RTSTRUCT")), len(sink.objects("SEG"))) == (1, 1)
        kept = node.instances()
        for file in files:
            stored = kept[pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID].read_bytes()
            assert data_set_bytes(stored) == data_set_bytes(file.read_bytes()), file
        assert source.send("node", series)  # by C-STORE: nothing new
        assert len(node.instances()) == len(files) and node.states() == ["sent"]
        check_bodies(node, node_http, copy_ct(files, folder / "second", 2))
        began = [(line["who"], line["with"]) for line in node.audit() if line["did"] == "began to send"]
        assert began[0] == (getpass.getuser(), "by STOW-RS"), began
        node.stop()


if __name__ == "__main__":
    run_test(check, "a CT came, and its objects left, by STOW-RS", DICOMWEB)
