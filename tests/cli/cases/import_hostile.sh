# needs: onednn
# Checkpoints that are damaged or made to do harm: one line, nothing executed, nothing written.
need_model
python3 - "$source_dir" "$model" <<'PY' || fail "the case could not make its files"
import io, pickle, subprocess, struct, sys, zipfile
source, model = sys.argv[1:]
for form in ("zip", "legacy"):
    subprocess.check_call([sys.executable, source + "/tests/cli/make_checkpoint.py", form, form + ".pth", "--from", model])
whole = open("zip.pth", "rb").read()
old = open("legacy.pth", "rb").read()
open("truncated.pth", "wb").write(whole[:len(whole) // 2])
open("truncated_legacy.pth", "wb").write(old[:len(old) // 2])
open("flipped.pth", "wb").write(whole[:1000000] + bytes([whole[1000000] ^ 1]) + whole[1000001:])
open("empty.pth", "wb").close()
open("text.pth", "w").write("weights\n")
open("tar.pth", "wb").write(bytes(257) + b"ustar" + bytes(500))


def zipped(name, data, more=()):
    with zipfile.ZipFile(name, "w") as z:
        z.writestr("a/data.pkl", data)
        for key, value in more:
            z.writestr("a/data/" + key, value)


class Harm:
    def __reduce__(self):
        import os
        return os.system, ("touch harmed",)


zipped("system.pth", pickle.dumps({"state_dict": Harm()}, 2))
zipped("builtin.pth", b"\x80\x02c__builtin__\neval\nX\x0c\0\0\0open('x','w')\x85R.")
zipped("stack_global.pth", pickle.dumps({"state_dict": Harm()}, 4))
zipped("deep.pth", b"\x80\x02" + b"]" * 100000 + b"a" * 99999 + b".")
zipped("itself.pth", b"\x80\x02}q\0X\n\0\0\0state_dicth\0s.")
zipped("wide.pth", b"\x80\x02(" + b"N" * 2000000 + b"t.")
zipped("long.pth", b"\x80\x02X\xff\xff\xff\xff.")


def tensor(numel, size, stride, offset=0, key="0"):
    number = lambda n: b"\x8a\x08" + struct.pack("<q", n)
    text = lambda s: b"X" + struct.pack("<I", len(s)) + s.encode()
    tuple_of = lambda items: b"(" + b"".join(map(number, items)) + b"t"
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + number(numel) + b"tQ"
    return (b"\x80\x02}" + text("conv1.weight") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) +
            tuple_of(size) + tuple_of(stride) + b"\x89}tRs.")


data = [("0", bytes(16))]
zipped("beyond.pth", tensor(4, [2, 2], [2, 2]), data)
zipped("offset.pth", tensor(4, [4], [1], 1), data)
zipped("far.pth", tensor(4, [1], [1], 1 << 62), data)
zipped("huge.pth", tensor(4, [1 << 40], [0]), data)
zipped("wrapped.pth", tensor(4, [1 << 32, 1 << 32], [0, 0]), data)
zipped("negative.pth", tensor(4, [2], [-1], 1), data)
zipped("claims.pth", tensor(1 << 60, [1 << 40], [1]), data)
zipped("absent.pth", tensor(4, [4], [1], 0, "../../../etc/passwd"), data)
with zipfile.ZipFile("packed.pth", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("a/data.pkl", b"\x80\x02}." + bytes(100))
with zipfile.ZipFile("other.pth", "w") as z:
    z.writestr("readme.txt", "hello")
PY
refuse() {
  run import "$1.pth" -o out.safetensors --organs Parotid_L --hu -1024,3071
  expect_refused 4 "$1.pth" "${@:2}"
}
refuse truncated "truncated"
refuse truncated_legacy "truncated"
refuse flipped "checksum"
refuse empty "no checkpoint"
refuse text "no checkpoint"
refuse tar "before 0.2"
refuse system "posix.system" "do not need"
refuse builtin "__builtin__.eval"
refuse stack_global "posix.system"
[[ ! -e harmed && ! -e x ]] || fail "a pickle was executed"
refuse deep "no state_dict"
refuse itself "no state_dict"
refuse wide "more than 1000000 values"
refuse long "truncated"
refuse beyond "beyond its storage"
refuse offset "beyond its storage"
refuse far "beyond its storage"
refuse huge "larger than its storage"
refuse wrapped "larger than its storage"
refuse negative "impossible shape"
refuse claims "holds 4 elements"
refuse absent "is missing"
refuse packed "compressed"
refuse other "without data.pkl"
run import . -o out.safetensors --organs Parotid_L --hu -1024,3071
expect_refused 4 "folder"
