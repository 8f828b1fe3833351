# needs: io
# An archive (Orthanc) on loopback takes CT, RTSTRUCT and SEG by C-STORE, files them under one patient and study, and
# gives them back as they were. It is started here and ended here.
for tool in Orthanc storescu dcmdump; do
  PATH=$PATH:/usr/sbin command -v $tool > /dev/null || skip "needs $tool"
done
must phantom --seed 7 --size 32x48x48 --spacing 6x6x6 -o p --dicom
mkdir send db
must convert --ct p/dicom p/labels.nii.gz -o send/rtstruct.dcm
must convert --ct p/dicom p/labels.nii.gz -o send/seg.dcm --dicom seg
cp p/dicom/*.dcm send

read -r http dicom < <(python3 - <<'PY'
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PY
)
cat > orthanc.json <<JSON
{"Name": "test", "StorageDirectory": "$PWD/db", "IndexDirectory": "$PWD/db", "HttpPort": $http, "DicomPort": $dicom,
 "DicomAet": "ARCHIVE", "RemoteAccessAllowed": false, "AuthenticationEnabled": false, "DicomAlwaysAllowStore": false,
 "DicomCheckCalledAet": true, "DicomCheckModalityHost": true, "StorageCompression": false, "Plugins": [],
 "DicomModalities": {"sender": ["SENDER", "127.0.0.1", 104]}}
JSON
# should this shell be killed, the archive still ends by itself
timeout 120 /usr/sbin/Orthanc orthanc.json > orthanc.log 2>&1 &
server=$!
cleanup() {
  kill "$server" 2> /dev/null
  wait "$server" 2> /dev/null
}
cat > ask.py <<PY
import http.client, json


def get(path):
    link = http.client.HTTPConnection("127.0.0.1", $http, timeout=20)
    link.request("GET", path)
    answer = link.getresponse()
    assert answer.status == 200, (path, answer.status)
    return answer.read()


def ask(path):
    return json.loads(get(path))
PY
for _ in $(seq 100); do
  python3 -c 'from ask import ask; ask("/system")' 2> /dev/null && break
  kill -0 "$server" 2> /dev/null || fail "the archive does not start: $(tail -3 orthanc.log)"
  sleep 0.1
done
python3 -c 'from ask import ask; assert ask("/statistics")["CountInstances"] == 0' || fail "the archive is not a new one"

# in the transfer syntax of each file: a translated file would not be the same bytes
storescu -R -aet SENDER -aec ARCHIVE -xi 127.0.0.1 "$dicom" send/rtstruct.dcm || fail "the archive refuses the RTSTRUCT"
storescu -R -aet SENDER -aec ARCHIVE -xe 127.0.0.1 "$dicom" send/seg.dcm send/CT*.dcm || fail "the archive refuses SEG or CT"

python3 - <<'PY' || fail "the archive holds something else than was sent"
import collections, glob, io, pydicom
from ask import ask, get

sent = {}
for path in glob.glob("send/*.dcm"):
    sent[pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID] = path


def body(raw):  # without the file's own header, which every store writes anew
    assert raw[128:132] == b"DICM"
    length = int.from_bytes(raw[140:144], "little")
    return raw[144 + length:]


statistics = ask("/statistics")
assert (statistics["CountPatients"], statistics["CountStudies"], statistics["CountSeries"]) == (1, 1, 3), statistics
assert statistics["CountInstances"] == len(sent) == 34, statistics
study, = ask("/studies")
about = ask("/studies/" + study)
assert about["PatientMainDicomTags"]["PatientID"] == "PHANTOM", about
kinds = collections.Counter()
returned = 0
for series in about["Series"]:
    facts = ask("/series/" + series)
    kinds[facts["MainDicomTags"]["Modality"]] = len(facts["Instances"])
    for instance in facts["Instances"]:
        raw = get("/instances/" + instance + "/file")
        uid = pydicom.dcmread(io.BytesIO(raw), stop_before_pixels=True).SOPInstanceUID
        assert body(raw) == body(open(sent.pop(uid), "rb").read()), uid
        returned += len(raw)
assert kinds == {"CT": 32, "RTSTRUCT": 1, "SEG": 1}, kinds
assert not sent, sent
assert returned == int(statistics["TotalUncompressedSize"]), (returned, statistics)
print("archive:", statistics, dict(kinds))
PY

kill "$server"
wait "$server" 2> /dev/null
python3 -c 'from ask import ask; ask("/system")' 2> /dev/null && fail "the archive still answers"
exit 0
