"""The C interface (include/anatomynet/anatomynet.h) by ctypes: where the library lies, its structures, its errors."""

from __future__ import annotations

import ctypes
import os
import sysconfig
from ctypes import (CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t,
                    c_uint8, c_uint16, c_void_p)
from pathlib import Path
from typing import Any

FILE_NAME = "libanatomynet.so.0"
VERSION = (0, 2)  # of the header that this file follows


class Error(Exception):
    """Every failure of the library: one line, and the status that C has for it (docs/errors.md)."""

    status = 1


class UsageError(Error, ValueError):
    """An argument or option."""

    status = 2


class InputError(Error, ValueError):
    """A CT, its geometry, or a DICOM file."""

    status = 3


class ModelError(Error, ValueError):
    """A weights file."""

    status = 4


class OutputError(Error, OSError):
    """A file that cannot be written."""

    status = 5


class MemoryLimitError(Error, MemoryError):
    """Work that does not fit into the limit or the machine's memory."""

    status = 6


class Cancelled(Error):
    """The caller's `progress` returned False."""

    status = 9


_ERRORS = {e.status: e for e in (Error, UsageError, InputError, ModelError, OutputError, MemoryLimitError, Cancelled)}

Progress = CFUNCTYPE(None, c_void_p, c_char_p, c_double)
IsCancelled = CFUNCTYPE(c_int32, c_void_p)
Warn = CFUNCTYPE(None, c_void_p, c_char_p)


class _Sized(Structure):
    """A structure whose first field is its size."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(size=ctypes.sizeof(type(self)), **fields)


class CGrid(Structure):
    _fields_ = [("size", c_int64 * 3), ("spacing", c_double * 3), ("origin", c_double * 3), ("direction", c_double * 9)]


class CLabels(Structure):
    _fields_ = [("voxels", c_void_p), ("count", c_size_t), ("type", c_int)]


class CModelOptions(_Sized):
    _fields_ = [("size", c_size_t), ("precision", c_char_p), ("memory_limit", c_int64), ("threads", c_int32),
                ("reserved", c_int32)]


class COrgan(_Sized):
    _fields_ = [("size", c_size_t), ("name", c_char_p), ("snomed_code", c_char_p), ("snomed_meaning", c_char_p),
                ("validation_dice", c_double), ("id", c_int32), ("side", c_int), ("colour", c_uint8 * 3),
                ("reserved", c_uint8 * 5)]


class CReadOptions(_Sized):
    _fields_ = [("size", c_size_t), ("series_uid", c_char_p), ("acquisition", c_char_p), ("progress", Progress),
                ("cancelled", IsCancelled), ("user", c_void_p), ("allow_gaps", c_int32), ("accept_damaged", c_int32)]


class CContourOptions(_Sized):
    _fields_ = [("size", c_size_t), ("organs", c_char_p), ("post_processing", c_char_p), ("progress", Progress),
                ("cancelled", IsCancelled), ("user", c_void_p)]


class COrganResult(_Sized):
    _fields_ = [("size", c_size_t), ("voxels", c_int64), ("ml", c_double), ("score", c_double),
                ("centroid_mm", c_double * 3), ("mean_hu", c_double), ("reason_count", c_size_t), ("organ_id", c_int32),
                ("reserved", c_int32)]


class CDicomOptions(_Sized):
    _fields_ = [("size", c_size_t), ("organs", c_char_p), ("names", c_char_p), ("warning", Warn), ("user", c_void_p),
                ("smooth", c_int32), ("exclusive_or", c_int32), ("anonymise", c_int32), ("reserved", c_int32)]


_HANDLE = c_void_p
_OUT = POINTER(c_void_p)

class Status(c_int):
    """anatomynet_status; a type of its own, since c_int can be c_int32."""


# Function: what it returns, what it takes.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "version_number": (c_int32, []),
    "version": (c_char_p, []),
    "last_error": (c_char_p, []),
    "model_open": (Status, [c_char_p, POINTER(CModelOptions), _OUT]),
    "model_open_memory": (Status, [c_char_p, c_size_t, POINTER(CModelOptions), _OUT]),
    "model_close": (None, [_HANDLE]),
    "model_release_memory": (None, [_HANDLE]),
    "model_name": (c_char_p, [_HANDLE]),
    "model_id": (c_char_p, [_HANDLE]),
    "model_precision": (c_char_p, [_HANDLE]),
    "model_phantom_only": (c_int32, [_HANDLE]),
    "model_training_data": (c_char_p, [_HANDLE]),
    "model_attribution": (c_char_p, [_HANDLE]),
    "model_evidence": (c_char_p, [_HANDLE]),
    "model_organ_count": (c_size_t, [_HANDLE]),
    "model_organ": (Status, [_HANDLE, c_size_t, POINTER(COrgan)]),
    "ct_read": (Status, [c_char_p, POINTER(CReadOptions), _OUT]),
    "ct_close": (None, [_HANDLE]),
    "ct_grid": (Status, [_HANDLE, POINTER(CGrid)]),
    "ct_voxels": (c_void_p, [_HANDLE, POINTER(c_size_t)]),
    "ct_is_dicom": (c_int32, [_HANDLE]),
    "ct_warning_count": (c_size_t, [_HANDLE]),
    "ct_warning_code": (c_char_p, [_HANDLE, c_size_t]),
    "ct_warning_text": (c_char_p, [_HANDLE, c_size_t]),
    "contour": (Status, [_HANDLE, c_void_p, c_size_t, POINTER(CGrid), POINTER(CLabels), POINTER(CContourOptions), _OUT]),
    "contour_ct": (Status, [_HANDLE, _HANDLE, POINTER(CLabels), POINTER(CContourOptions), _OUT]),
    "result_close": (None, [_HANDLE]),
    "result_organ_count": (c_size_t, [_HANDLE]),
    "result_organ": (Status, [_HANDLE, c_size_t, POINTER(COrganResult)]),
    "result_reason_code": (c_char_p, [_HANDLE, c_size_t, c_size_t]),
    "result_reason_text": (c_char_p, [_HANDLE, c_size_t, c_size_t]),
    "result_case_reason_count": (c_size_t, [_HANDLE]),
    "result_case_reason_code": (c_char_p, [_HANDLE, c_size_t]),
    "result_case_reason_text": (c_char_p, [_HANDLE, c_size_t]),
    "result_score": (c_double, [_HANDLE]),
    "result_quality_json": (c_char_p, [_HANDLE]),
    "write_rtstruct": (Status, [_HANDLE, _HANDLE, POINTER(CLabels), c_char_p, POINTER(CDicomOptions)]),
    "write_seg": (Status, [_HANDLE, _HANDLE, POINTER(CLabels), c_char_p, POINTER(CDicomOptions)]),
    "structures_read": (Status, [c_char_p, _HANDLE, POINTER(CGrid), _OUT]),
    "structures_close": (None, [_HANDLE]),
    "structures_count": (c_size_t, [_HANDLE]),
    "structures_name": (c_char_p, [_HANDLE, c_size_t]),
    "structures_organ": (c_char_p, [_HANDLE, c_size_t]),
    "structures_warning_count": (c_size_t, [_HANDLE]),
    "structures_warning": (c_char_p, [_HANDLE, c_size_t]),
    "structures_paint": (Status, [_HANDLE, c_size_t, c_uint16, POINTER(CLabels), POINTER(c_size_t), POINTER(c_size_t)]),
}


class Library:
    """The functions of one loaded library without their prefix; those that can fail raise."""

    def __init__(self, path: str) -> None:
        self._dll = ctypes.CDLL(path)
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(self._dll, "anatomynet_" + name)
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, self._checked(function) if result is Status else function)
        number = self._dll.anatomynet_version_number()
        if (number // 10000, number // 100 % 100) != VERSION:
            raise ImportError(f"{path} is version {number // 10000}.{number // 100 % 100}, this package is for "
                              f"{VERSION[0]}.{VERSION[1]}; install both from one release")

    def _checked(self, function: Any) -> Any:
        def call(*arguments: Any) -> None:
            status = function(*arguments).value
            if status != 0:
                text = self._dll.anatomynet_last_error().decode("utf-8", "replace")
                raise _ERRORS.get(status, Error)(text)

        return call

    def __getattr__(self, name: str) -> Any:  # for type checkers: the functions are set above
        raise AttributeError(name)


_loaded: Library | None = None


def _installed_here() -> Path | None:
    """Beside this package, or in PREFIX/lib of PREFIX/lib/python3/dist-packages/anatomynet (cmake --install)."""
    here = Path(__file__).resolve().parent
    folders = [here]
    if here.parent.name in ("dist-packages", "site-packages"):
        lib = here.parents[2]
        folders += [lib / (sysconfig.get_config_var("MULTIARCH") or ""), lib]
    return next((f / FILE_NAME for f in folders if (f / FILE_NAME).exists()), None)


def load(path: str | os.PathLike[str] | None = None) -> Library:
    """The library: that of `path` (once, before anything else is used), else the file that the environment variable
    ANATOMYNET_LIBRARY names, else the one beside this package or in the same prefix, else the system's."""
    global _loaded
    if _loaded is None:
        named = path or os.environ.get("ANATOMYNET_LIBRARY") or _installed_here() or FILE_NAME
        try:
            _loaded = Library(os.fspath(named))
        except OSError as error:
            raise ImportError(f"{error}; install libanatomynet0, or name the file of a build in ANATOMYNET_LIBRARY"
                              ) from None
    elif path is not None:
        raise UsageError("the library is loaded already; call load() before anything else")
    return _loaded


def text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def optional(value: str | os.PathLike[str] | None) -> bytes | None:
    return None if value is None else os.fsencode(value)
