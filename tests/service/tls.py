#!/usr/bin/python3
"""tls.py PROGRAM MODEL: over TLS the node takes peers whose certificate its authorities signed, no other ones, and none
in the clear; a connection that never shakes hands keeps nobody waiting. Results go to an archive over TLS too."""
import socket
import subprocess
import sys

from certificates import Authority
from node_tools import Folder, Node, free_ports, make_ct, require_tools, wait_for


def tool(folder, name, node, certificate, *more):
    secure = ["+tls", f"{folder}/{certificate}.key", f"{folder}/{certificate}.pem", "+cf", f"{folder}/good-ca.pem"]
    return subprocess.run([name, "-to", "8", "-aet", "SOURCE", "-aec", "NODE", *(secure if certificate else []),
                           "127.0.0.1", str(node.port), *map(str, more)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def main():
    require_tools()
    program, model = sys.argv[1:3]
    with Folder() as folder:
        for name in ("good", "other"):
            Authority(folder, name).sign(name)
        files = make_ct(program, folder / "ct")
        node_port, archive_port = free_ports(2)
        node = Node(program, model, folder / "node", node_port, archive_port)
        text = node.config.read_text().replace('ae_title = "SINK"', 'ae_title = "SINK"\ntls = true')
        text += "".join(f'\n{line}' for line in ("[dicom.tls]", f'certificate = "{folder}/good.pem"',
                                                   f'key = "{folder}/good.key"',
                                                   f'authorities = "{folder}/good-ca.pem"'))
        node.config.write_text(text)
        (folder / "sink").mkdir()
        archive = subprocess.Popen(["storescp", "+tls", f"{folder}/good.key", f"{folder}/good.pem", "+cf",
                                    f"{folder}/good-ca.pem", "-od", f"{folder}/sink", "-aet", "SINK",
                                    str(archive_port)])
        try:
            node.start()
            wait_for("it answers over TLS", lambda: tool(folder, "echoscu", node, "good"))
            assert not tool(folder, "echoscu", node, "other"), "a stranger's certificate is taken"
            assert not tool(folder, "echoscu", node, ""), "a peer in the clear is taken"
            silent = [socket.create_connection(("127.0.0.1", node_port)) for _ in range(20)]
            assert tool(folder, "storescu", node, "good", "-R", *files)
            for one in silent:
                one.settimeout(15)
                assert one.recv(1) == b"", "a peer that never shakes hands is not ended"
            wait_for("the results arrive over TLS", lambda: node.states() == ["sent"], 120)
            assert len(list((folder / "sink").iterdir())) == 2
            node.config.write_text(text.replace("good.key", "other.key"))
            done = node.act("--check")
            assert done.returncode == 2 and "does not belong to" in done.stderr, done.stderr
            node.config.write_text(text)
            node.stop()
        except BaseException:
            print(node.text()[-3000:], file=sys.stderr)
            raise
        finally:
            archive.kill()
            if node.process:
                node.kill()
    print("TLS: peers of the authorities are served, others are not")


if __name__ == "__main__":
    main()
