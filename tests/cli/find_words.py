"""find_words.py FOLDER WORD...: names every file below FOLDER whose path or bytes hold a WORD, also within gzip,
PNG chunks and data URLs, in any case of letters, as UTF-8, Latin-1 or UTF-16. Exit code 0 where one does."""
import base64
import gzip
import os
import re
import struct
import sys
import zlib


def layers(data):
    yield data
    if data[:2] == b"\x1f\x8b":
        yield from layers(gzip.decompress(data))
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        at = 8
        while at + 12 <= len(data):
            size = struct.unpack(">I", data[at:at + 4])[0]
            body = data[at + 8:at + 8 + size]
            for start in {0, body.find(b"\0") + 2, body.find(b"\0") + 3}:
                try:
                    yield zlib.decompress(body[start:])
                except zlib.error:
                    pass
            at += 12 + size
    for found in re.finditer(rb";base64,([A-Za-z0-9+/=]+)", data):
        yield from layers(base64.b64decode(found.group(1)))


def needles(word):
    return [word.lower().encode(code, "ignore") for code in ("utf-8", "latin-1", "utf-16-le")]


folder, words = os.fsencode(sys.argv[1]), sys.argv[2:]
wanted = [n for word in words for n in needles(word)]
hits = []
for top, folders, files in os.walk(folder):
    for name in folders + files:
        path = os.path.join(top, name)
        texts = [os.path.relpath(path, folder)]
        if name in files:
            with open(path, "rb") as file:
                texts += layers(file.read())
        if any(needle in text.lower() for text in texts for needle in wanted):
            hits.append(path)
for path in hits:
    print(os.fsdecode(path))
sys.exit(0 if hits else 1)
