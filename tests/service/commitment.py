#!/usr/bin/python3
"""commitment.py PROGRAM MODEL: storage commitment by an archive (Orthanc): of what it keeps, of what it says it took
and did not keep, and by one that cannot report."""
from node_tools import Archive, Node, ending, free_ports, make_ct, run_test, wait_for

FORGET = "function ReceivedInstanceFilter(dicom, origin, info) return dicom['Modality'] ~= 'RTSTRUCT' end"


def commitments(node, job):
    return {d["object"]: (d["state"], d["storage_commitment"]) for d in node.jobs(job)[0]["deliveries"]}


def check(folder, program, model):
    files = make_ct(program, folder / "ct")
    node_port, sink_dicom, sink_http = free_ports(3)
    (folder / "forget.lua").write_text(FORGET)

    knows_node = {"node": ("NODE", node_port)}
    node = Node(program, model, folder / "node", node_port, sink_dicom)
    text = node.config.read_text() + '[[dicom.peer]]\nae_title = "SINK"\naddresses = ["127.0.0.1"]\n'
    required = text.replace('ae_title = "SINK"\nsend', 'ae_title = "SINK"\nstorage_commitment = "required"\nsend')
    sink = Archive(folder / "sink", "SINK", sink_dicom, sink_http, knows_node, {"LuaScripts": [str(folder / "forget.lua")]})
    sender = Archive(folder / "source", "SOURCE", *free_ports(2), {"node": ("NODE", node_port)})
    with ending(node, sender, sink):
        node.config.write_text(required)
        sink.start()
        sender.start()
        node.start_and_wait()
        sender.add(files)
        series, = sender.ask("/series")
        assert sender.send("node", series)
        # The archive answers C-STORE of the structure set with success, and forgets it.
        wait_for("the segmentation is committed", lambda: node.states() == ["sending"] and
                 commitments(node, 1).get("SEG") == ("sent", "committed"), 120)
        wait_for("the structure set is refused",
                 lambda: "it does not commit to keep it" in node.jobs(1)[0]["deliveries"][0]["reason"], 60)
        assert commitments(node, 1)["RTSTRUCT"][0] in ("waiting", "stored"), commitments(node, 1)
        assert not sink.objects("RTSTRUCT")
        sink.restart(knows_node)
        wait_for("the job is sent", lambda: node.states() == ["sent"], 120)
        assert commitments(node, 1) == {"RTSTRUCT": ("sent", "committed"), "SEG": ("sent", "committed")}
        assert len(sink.objects("RTSTRUCT")) == 1
        node.stop()
        assert (folder / "node/store/audit.log").read_text().count('"storage committed"') == 2

        # An archive that does not know where the node is: its storage is what there is, where no more is required.
        sink.restart()
        node.config.write_text(text)
        node.start_and_wait()
        assert node.act("resend", 1).returncode == 0
        wait_for("it is sent again", lambda: node.states() == ["sent"])
        wait_for("it breaks off at the request", lambda: "is asked again for storage commitment" in node.text())
        assert node.states() == ["sent"] and {s for s, _ in commitments(node, 1).values()} == {"sent"}
        node.stop()


if __name__ == "__main__":
    run_test(check, "what the archive keeps is committed, what it forgot was sent again")
