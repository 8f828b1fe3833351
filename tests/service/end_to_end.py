#!/usr/bin/python3
"""end_to_end.py PROGRAM MODEL: a CT goes from one archive (Orthanc) through the node to another, as RTSTRUCT and SEG.

Rules choose which, and a template names and derives what arrives."""
import io
import socket
import subprocess

import numpy as np
import pydicom
from node_tools import (Archive, Node, copy_ct, data_set_bytes, ending, free_ports, make_ct, run_test, series_of,
                        wait_for)


RULES = """
[[rule]]
name = "scouts"
match = { Modality = "CT", SeriesDescription = "*scout*" }
contour = false
"""
TEMPLATE = """
order = ["Parotids", "Brainstem_PRV13"]
others = false
longest_name = 16
[organs]
Brainstem = { name = "Hirnstamm", colour = [10, 200, 30] }
[derived]
Parotids = "Parotid_L | Parotid_R"
Brainstem_PRV13 = { is = "Brainstem + 13 mm", type = "AVOIDANCE" }
"""
NAMES = ["Parotids", "Brainstem_PRV13", "Hirnstamm"]


def write_config(node):
    (node.folder / "clinic.toml").write_text(TEMPLATE)
    text = node.config.read_text()
    assert text.count("[[rule]]") == 1
    node.config.write_text(text.replace("[[rule]]", RULES + "[[rule]]") + 'template = "clinic.toml"\n')


def masks_of(raw):
    """Segment label -> mask [z, y, x] of a SEG, slices by their position."""
    seg = pydicom.dcmread(io.BytesIO(raw))
    frames = [(f.SegmentIdentificationSequence[0].ReferencedSegmentNumber,
               float(f.PlanePositionSequence[0].ImagePositionPatient[2])) for f in seg.PerFrameFunctionalGroupsSequence]
    heights = sorted({z for _, z in frames})
    steps = np.diff(heights)
    count = round((heights[-1] - heights[0]) / steps.min()) + 1
    names = {s.SegmentNumber: str(s.SegmentLabel) for s in seg.SegmentSequence}
    out = {name: np.zeros((count, seg.Rows, seg.Columns), bool) for name in names.values()}
    for (number, z), pixels in zip(frames, seg.pixel_array):
        out[names[number]][round((z - heights[0]) / steps.min())] = pixels
    return out, steps.min()


def check_template(structures, segments):
    """Names, order, colours and types of both objects, and the margin against SciPy's distances."""
    from scipy.ndimage import distance_transform_edt
    rt = pydicom.dcmread(io.BytesIO(structures))
    assert [str(roi.ROIName) for roi in rt.StructureSetROISequence] == NAMES, rt.StructureSetROISequence
    numbers = {str(roi.ROIName): roi.ROINumber for roi in rt.StructureSetROISequence}
    colours = {roi.ReferencedROINumber: list(roi.ROIDisplayColor) for roi in rt.ROIContourSequence}
    assert colours[numbers["Hirnstamm"]] == [10, 200, 30], colours
    types = {o.ReferencedROINumber: o.RTROIInterpretedType for o in rt.RTROIObservationsSequence}
    assert [types[numbers[name]] for name in NAMES] == ["ORGAN", "AVOIDANCE", "ORGAN"], types
    assert all(len(roi.ContourSequence) > 0 for roi in rt.ROIContourSequence)
    masks, step = masks_of(segments)
    assert set(masks) == set(NAMES), set(masks)
    stem = masks["Hirnstamm"]
    grown = distance_transform_edt(~stem, sampling=(step, 6, 6)) <= 13
    assert stem.any() and (masks["Brainstem_PRV13"] == grown).all()
    assert masks["Parotids"][:, :, :24].any() and masks["Parotids"][:, :, 24:].any(), "both sides"


def check_scout(node, source, files, folder, sink):
    """A series that a rule keeps without contours, until the rules change."""
    scouts = copy_ct(files, folder / "scout", 7)
    for file in scouts:
        data = pydicom.dcmread(file)
        data.SeriesDescription = "Scout 512"
        data.save_as(file)
    known = set(source.ask("/series"))
    source.add(scouts)
    series, = set(source.ask("/series")) - known
    assert source.send("node", series)
    wait_for("the scout is kept", lambda: node.states()[-1] == "cancelled")
    number = len(node.states())
    assert "rule scouts keeps it" in node.jobs(number)[0]["reason"], node.jobs(number)
    assert len(sink.objects("RTSTRUCT")) == number - 1

    # After a change of the rules a retry asks them anew.
    node.stop()
    node.config.write_text(node.config.read_text().replace(RULES, ""))
    node.start_and_wait()
    assert node.act("retry", number).returncode == 0
    wait_for("it is sent", lambda: node.states()[-1] == "sent", 120)
    assert len(sink.objects("RTSTRUCT")) == number


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
    write_config(node)
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
        check_template(structures[0], segments[0])
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
        check_scout(node, source, files, folder, sink)

        text = node.text()
        assert "PHANTOM" not in text and str(ct.PatientName) not in text, text
        assert ct.SeriesInstanceUID not in text, text
        assert node.act("purge", 1, 2, 3).returncode == 0
        assert not node.instances()
        node.stop()


if __name__ == "__main__":
    run_test(check, "the CT's structure set and segmentation reached the archive")
