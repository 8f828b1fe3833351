#!/usr/bin/env python3
"""make_checkpoint.py FORM FILE --from SOURCE [--prefix P] [--nest KEY] [--half] [--transpose] [--drop NAME ...]
[--add NAME ...]

Writes a PyTorch checkpoint without PyTorch. FORM: zip (torch.save since 1.6), legacy (before it), or json: name, shape
and SHA-256 of each tensor. SOURCE: a weights file (.safetensors), or a reference file (.pt), of which it takes state/."""
import argparse
import collections
import hashlib
import io
import json
import math
import pickle
import struct
import sys
import types
import zipfile


class Storage:
    def __init__(self, kind, data):
        self.kind, self.data, self.key = kind, data, None


def fake(module, name, **more):
    made = type(name, (), more) if name.endswith("Storage") else types.FunctionType((lambda *a: a).__code__, {}, name)
    made.__module__, made.__qualname__, made.__name__ = module, name, name
    holder = sys.modules.setdefault(module, types.ModuleType(module))
    setattr(holder, name, made)
    return made


KINDS = {name: fake("torch", name + "Storage", size=size)
         for name, size in {"Float": 4, "Half": 2, "Double": 8, "Long": 8, "Byte": 1}.items()}
rebuild = fake("torch._utils", "_rebuild_tensor_v2")


class Tensor:
    def __init__(self, storage, shape, strides, offset=0):
        self.storage, self.shape, self.strides, self.offset = storage, shape, strides, offset

    def __reduce__(self):
        return rebuild, (self.storage, self.offset, self.shape, self.strides, False, collections.OrderedDict())


def contiguous(shape):
    strides = [1]
    for n in reversed(shape[1:]):
        strides.insert(0, strides[0] * n)
    return tuple(strides) if len(shape) else ()


class Reader(pickle.Unpickler):
    def __init__(self, archive, root):
        super().__init__(io.BytesIO(archive.read(root + "data.pkl")))
        self.archive, self.root = archive, root

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: Tensor(storage, shape, strides, offset)
        return name

    def persistent_load(self, pid):
        return Storage(pid[1][:-len("Storage")], self.archive.read(self.root + "data/" + pid[2]))


def weights_file(path):
    """A weights file of ours, or any safetensors file of F32 and I64."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    state = {}
    for name, entry in sorted(((k, e) for k, e in header.items() if k != "__metadata__"),
                              key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        kind = {"F32": "Float", "I64": "Long"}[entry["dtype"]]
        state[name] = Tensor(Storage(kind, data[begin:end]), tuple(entry["shape"]), contiguous(entry["shape"]))
    return state


def reference(path):
    if path.endswith(".safetensors"):
        return weights_file(path)
    with zipfile.ZipFile(path) as archive:
        root = archive.namelist()[0].split("/")[0] + "/"
        everything = Reader(archive, root).load()
    return {k[len("state/"):]: v for k, v in everything.items() if k.startswith("state/")}


class Writer(pickle.Pickler):
    def __init__(self, out):
        super().__init__(out, protocol=2)
        self.storages = {}

    def persistent_id(self, thing):
        if not isinstance(thing, Storage):
            return None
        if thing.key is None:
            thing.key = str(len(self.storages))
            self.storages[thing.key] = thing
        kind = KINDS[thing.kind]
        return ("storage", kind, thing.key, "cuda:0", len(thing.data) // kind.size)


def save_zip(path, thing):
    out = io.BytesIO()
    writer = Writer(out)
    writer.dump(thing)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", out.getvalue())
        for key, storage in writer.storages.items():
            archive.writestr("archive/data/" + key, storage.data)
        archive.writestr("archive/version", "3\n")


def save_legacy(path, thing):
    with open(path, "wb") as out:
        pickle.dump(0x1950a86a20f9469cfc6c, out, 2)
        pickle.dump(1001, out, 2)
        pickle.dump({"protocol_version": 1001, "little_endian": True,
                     "type_sizes": {"short": 2, "int": 4, "long": 4}}, out, 2)
        writer = Writer(out)
        writer.dump(thing)
        keys = sorted(writer.storages)
        pickle.dump(keys, out, 2)
        for key in keys:
            storage = writer.storages[key]
            out.write(struct.pack("<q", len(storage.data) // KINDS[storage.kind].size) + storage.data)


def to_half(tensor):
    if tensor.storage.kind == "Float":
        values = struct.unpack("<%df" % (len(tensor.storage.data) // 4), tensor.storage.data)
        tensor.storage = Storage("Half", struct.pack("<%de" % len(values), *values))


def transposed(tensor):
    """The same values, the last axis outermost in memory: what a .t() leaves behind."""
    shape, size = tensor.shape, KINDS[tensor.storage.kind].size
    if len(shape) < 2 or tensor.offset or tensor.strides != contiguous(shape):
        return tensor
    rows = math.prod(shape[:-1])
    data, n = tensor.storage.data, shape[-1]
    turned = b"".join(data[(r * n + c) * size:(r * n + c + 1) * size] for c in range(n) for r in range(rows))
    strides = contiguous(shape[:-1]) + (rows,)
    return Tensor(Storage(tensor.storage.kind, b"\0" * size + turned), shape, strides, 1)


def values(tensor):
    assert tensor.strides == contiguous(tensor.shape), "only contiguous tensors are listed"
    size = KINDS[tensor.storage.kind].size
    count = math.prod(tensor.shape)
    return tensor.storage.data[tensor.offset * size:(tensor.offset + count) * size]


parser = argparse.ArgumentParser()
parser.add_argument("form", choices=["zip", "legacy", "json"])
parser.add_argument("file")
parser.add_argument("--from", dest="source", required=True)
parser.add_argument("--prefix", default="")
parser.add_argument("--nest")
parser.add_argument("--half", action="store_true")
parser.add_argument("--transpose", action="store_true")
parser.add_argument("--drop", nargs="*", default=[])
parser.add_argument("--add", nargs="*", default=[])
options = parser.parse_args()
state = reference(options.source)
if options.form == "json":
    json.dump({k: [list(t.shape), hashlib.sha256(values(t)).hexdigest()] for k, t in sorted(state.items())},
              open(options.file, "w"))
    sys.exit()
for name in [n for n in state if any(n.endswith(d) for d in options.drop)]:
    del state[name]
for name in options.add:
    state[name] = Tensor(Storage("Float", bytes(8)), (2,), (1,))
if options.half:
    for t in state.values():
        to_half(t)
if options.transpose:
    state = {k: transposed(t) for k, t in state.items()}
thing = collections.OrderedDict((options.prefix + k, t) for k, t in state.items())
thing._metadata = collections.OrderedDict([("", {"version": 1})])
if options.nest:
    thing = {"epoch": 150, "loss": 0.25, options.nest: thing,
             "optimizer": {"state": {0: {"momentum_buffer": Tensor(Storage("Float", bytes(8)), (2,), (1,))}}, "lr": 2e-3}}
(save_zip if options.form == "zip" else save_legacy)(options.file, thing)
