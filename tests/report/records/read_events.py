"""Prints the records of a TensorBoard event file, one line each; standard library alone."""
import struct
import sys
import zlib


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def check(data, expected):
    crc = crc32c(data)
    assert ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF == expected, "CRC"


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def fields(data):
    at, found = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size
        else:
            size = {1: 8, 5: 4}[kind]
            value, at = struct.unpack("<d" if size == 8 else "<f", data[at:at + size])[0], at + size
        found[key >> 3] = value
    return found


content = open(sys.argv[1], "rb").read()
at = 0
while at < len(content):
    if at + 12 > len(content):
        print("torn")
        break
    size, crc = struct.unpack("<QI", content[at:at + 12])
    check(content[at:at + 8], crc)
    data = content[at + 12:at + 12 + size]
    if at + 16 + size > len(content):
        print("torn")
        break
    check(data, struct.unpack("<I", content[at + 12 + size:at + 16 + size])[0])
    at += 16 + size
    event = fields(data)
    line = ["%.3f" % event[1], str(event.get(2, 0))]
    if 3 in event:
        line.append("version " + event[3].decode())
    if 7 in event:
        line.append("session %d" % fields(event[7])[1])
    if 5 in event:
        value = fields(fields(event[5])[1])
        line.append(value[1].decode())
        if 2 in value:
            line.append("%.6g" % value[2])
        if 4 in value:
            image = fields(value[4])
            line.append("%dx%d %d crc %08x" % (image[2], image[1], image[3], zlib.crc32(image[4])))
    print(" | ".join(line))
