#!/usr/bin/python3
"""end_to_end.py PROGRAM MODEL: a CT goes from one archive (Orthanc) through the node to another, as RTSTRUCT and SEG."""
import io
import socket
import subprocess

import pydicom
from node_tools import (Archive, Node, copy_ct, data_set_bytes, ending, free_ports, make_ct, run_test, series_of,
                        wait_for)


def faults_of_dciodvfy(raw, path):
    path.write_bytes(raw)
    done = subprocess.run(["dciodvfy", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return [line for line in done.stdout.splitlines() if line.startswith("Error")]


def check(folder, program, model):
    files = make_ct(program, folder / "ct")
    node_port, sink_dicom, sink_http, source_dicom, source_http = free_ports(5)
    sink = Archive(folder / "sink", "SINK", sink_dicom, sink_http)
    source = Archive(folder / "source", "SOURCE", source_dicom, source_http, {"node": ("NODE", node_port)})
    node = Node(program, model, folder / "node", node_port, sink_dicom)
    with ending(node, source, sink):
        assert node.act("--check").returncode == 2  # no archive answers yet
        sink.start()
        source.start()
        done = node.act("--check")
        assert done.returncode == 0, done.stderr
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", node_port))
            taken.listen()
            done = node.act("--check")
            assert done.returncode == 2 and f"port {node_port}" in done.stderr, done.stderr
        node.start_and_wait()
        assert node.act("--check").returncode == 0  # the node itself has the port
        source.add(files)
        series, = source.ask("/series")
        assert source.send("node", series)
        wait_for("the job is sent", lambda: node.states() == ["sent"], 120)

        structures, segments = sink.objects("RTSTRUCT"), sink.objects("SEG")
        assert (len(structures), len(segments)) == (1, 1), (len(structures), len(segments))
        ct = pydicom.dcmread(files[0])
        uid, referenced = series_of(structures[0])
        assert referenced == ct.SeriesInstanceUID
        names = {roi.ROIName for roi in pydicom.dcmread(io.BytesIO(structures[0])).StructureSetROISequence}
        assert "Brainstem" in names, names
        for raw in structures + segments:
            assert pydicom.dcmread(io.BytesIO(raw)).PatientID == ct.PatientID
            faults = faults_of_dciodvfy(raw, folder / "object.dcm")
            assert not faults, faults
        kept = node.instances()
        assert len(kept) == len(files)
        for file in files:
            stored = kept[pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID].read_bytes()
            assert data_set_bytes(stored) == data_set_bytes(file.read_bytes()), file

        # The same CT again is nothing new; contoured again it gives objects of the same UIDs.
        assert source.send("node", series)
        assert node.act("resend", 1).returncode == 0
        wait_for("it is sent again", lambda: node.states() == ["sent"])
        assert [series_of(raw)[0] for raw in sink.objects("RTSTRUCT")] == [uid]

        # A retry is for jobs that failed, and a number must be a job's.
        assert node.act("retry", 1).returncode == 2
        assert node.act("cancel", 99).returncode == 2

        # A second CT while the archive is down: nothing is lost.
        sink.stop()
        source.add(copy_ct(files, folder / "second", 2))
        other, = set(source.ask("/series")) - {series}
        assert source.send("node", other)
        wait_for("it is contoured", lambda: node.states() == ["sent", "sending"], 120)
        wait_for("a first try failed", lambda: node.jobs(2)[0]["deliveries"][0]["attempts"] > 0)
        node.stop()  # by SIGTERM, exit code 0
        sink.start()
        node.start_and_wait()
        wait_for("both are sent", lambda: node.states() == ["sent", "sent"])
        assert len(sink.objects("RTSTRUCT")) == 2

        text = node.text()
        assert "PHANTOM" not in text and str(ct.PatientName) not in text, text
        assert ct.SeriesInstanceUID not in text, text
        assert node.act("purge", 1, 2).returncode == 0
        assert not node.instances()
        node.stop()


if __name__ == "__main__":
    run_test(check, "the CT's structure set and segmentation reached the archive")
