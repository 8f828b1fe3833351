"""A small file system whose power can be cut: ext4 in a file, mounted by a loop device. For root alone.

A cut is ext4's own (FS_IOC_SHUTDOWN without a flush of its journal, the kernel's documentation of ext4, as xfstests
does it): from one moment to the next nothing more reaches the file, and what the system had taken but not yet written
is lost. The next mount replays the journal, as after a power cut. What it does not play: a disk that loses or reorders
what it was given before a flush. The journal is committed every 60 s instead of every 5, so that more is lost.
"""
import fcntl
import os
import subprocess
import threading
import time
from pathlib import Path

SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
WITHOUT_LOG_FLUSH = (2).to_bytes(4, "little")


class Disk:
    def __init__(self, folder, megabytes=192):
        self.folder, self.image = Path(folder), Path(f"{folder}.img")
        self.lock = threading.Lock()  # a ballast is laid on the mounted disk alone, never into the folder below it
        self.full = False
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.image.exists():
            with open(self.image, "wb") as file:
                file.truncate(megabytes << 20)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(self.image)], check=True)

    def mount(self):
        subprocess.run(["mount", "-o", "loop,commit=60", str(self.image), str(self.folder)], check=True)
        try:
            os.listdir(self.folder)
        except OSError as error:
            raise AssertionError(f"{self.folder}: {error}: another mount namespace still holds what was cut off; run "
                                 "this in one of its own: unshare --mount --propagation private") from error
        if not self.full:
            (self.folder / "ballast").unlink(missing_ok=True)

    def unmount(self):
        """At once where nobody has a file open there, as after a kill."""
        for _ in range(100):
            if subprocess.run(["umount", str(self.folder)], stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError(f"{self.folder} stays in use")

    def cut_power(self, end_programs):
        """From the cut on programs meet errors; `end_programs` then ends them. A full disk is full again afterwards."""
        with self.lock:
            place = os.open(self.folder, os.O_RDONLY)
            fcntl.ioctl(place, SHUTDOWN, WITHOUT_LOG_FLUSH)
            os.close(place)
            end_programs()
            self.unmount()
            self.mount()
            if self.full:
                self.lay_ballast()

    def fill(self):
        with self.lock:
            self.full = True
            self.lay_ballast()

    def lay_ballast(self):
        subprocess.run(["dd", "if=/dev/zero", f"of={self.folder}/ballast", "bs=64k"], stderr=subprocess.DEVNULL,
                       check=False)

    def empty(self):
        with self.lock:
            self.full = False
            (self.folder / "ballast").unlink(missing_ok=True)
