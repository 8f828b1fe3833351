"""Models, CTs from files, contouring, DICOM objects."""

from __future__ import annotations

import ctypes
import json
import os
import weakref
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, List, Optional, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import _library as c
from ._volumes import Grid, Labels, Vector, labels_for, source_of, to_c, vector

Path = Union[str, "os.PathLike[str]"]
#: progress(stage, fraction): False cancels, and so does an exception, which goes to the caller.
Progress = Callable[[str, float], Optional[bool]]


class _Watcher:
    """A Progress as C calls it. There is always one, so that Ctrl-C is heard while the library works."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._thrown: BaseException | None = None
        self._cancelled = False
        self.seen = c.Progress(self._see)
        self.cancelled = c.IsCancelled(lambda _: int(self._cancelled))

    def _see(self, _: Any, stage: bytes, fraction: float) -> None:
        if self._cancelled:
            return
        try:
            self._cancelled = self._progress is not None and self._progress(c.text(stage), fraction) is False
        except BaseException as error:  # nothing may be thrown through C; raised again in __exit__
            self._thrown, self._cancelled = error, True

    def __enter__(self) -> "_Watcher":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._thrown is not None:
            raise self._thrown from None


class _Handle:
    """Something that the library made, freed when nobody uses it any more."""

    def __init__(self, library: c.Library, kind: str, make: Callable[[Any], Any]) -> None:
        made = ctypes.c_void_p()
        make(ctypes.byref(made))
        self.value = made
        self.close = weakref.finalize(self, getattr(library, kind + "_close"), made)


def _names(organs: Iterable[str] | str | None) -> bytes | None:
    if organs is None or isinstance(organs, str):
        return c.optional(organs)
    return ",".join(organs).encode()


@dataclass(frozen=True)
class Organ:
    """An organ that a model draws."""

    id: int  #: the value in label arrays
    name: str  #: TG-263
    snomed_code: str
    snomed_meaning: str
    side: str  #: "left", "right" or "": the patient's
    colour: Tuple[int, int, int]  #: RGB
    validation_dice: float  #: NaN where the weights file has none


class Model:
    """A weights file, ready to contour. Threads may share it; they contour one after the other."""

    def __init__(self, path: Path, *, precision: str = "auto", threads: int = 0, memory_limit: int = 0) -> None:
        """`threads`: 0 for all CPUs; `memory_limit`: bytes, 0 for what the machine has."""
        self._open(lambda lib, options, out: lib.model_open(os.fsencode(path), options, out), precision, threads,
                   memory_limit)

    @classmethod
    def from_bytes(cls, data: bytes, *, precision: str = "auto", threads: int = 0, memory_limit: int = 0) -> "Model":
        """A weights file that is in memory."""
        self = cls.__new__(cls)
        self._open(lambda lib, options, out: lib.model_open_memory(data, len(data), options, out), precision, threads,
                   memory_limit)
        return self

    def _open(self, make: Callable[[c.Library, Any, Any], Any], precision: str, threads: int, limit: int) -> None:
        lib = self._lib = c.load()
        options = ctypes.byref(c.CModelOptions(precision=precision.encode(), threads=threads, memory_limit=limit))
        self._handle = _Handle(lib, "model", lambda out: make(lib, options, out))
        h = self._c = self._handle.value
        self.name = c.text(lib.model_name(h))
        self.id = c.text(lib.model_id(h))
        self.precision = c.text(lib.model_precision(h))
        self.phantom_only = bool(lib.model_phantom_only(h))
        self.training_data = c.text(lib.model_training_data(h))
        self.attribution = c.text(lib.model_attribution(h))
        self.evidence: Any = json.loads(c.text(lib.model_evidence(h)))
        self.organs: List[Organ] = [self._organ(i) for i in range(lib.model_organ_count(h))]

    def _organ(self, index: int) -> Organ:
        o = c.COrgan()
        self._lib.model_organ(self._c, index, ctypes.byref(o))
        return Organ(o.id, c.text(o.name), c.text(o.snomed_code), c.text(o.snomed_meaning),
                     ("", "left", "right")[o.side], (o.colour[0], o.colour[1], o.colour[2]), o.validation_dice)

    def release_memory(self) -> None:
        """Gives back what contouring keeps for the next CT of the same size."""
        self._lib.model_release_memory(self._c)

    def contour(self, ct: Any, *, organs: Iterable[str] | str | None = None, post_processing: str = "default",
                progress: Progress | None = None, labels: Labels | None = None) -> "Contours":
        """Contours a CT: anatomynet.CT or Volume, or an image of nibabel or SimpleITK. The HU are not copied where
        they are int16 with x fastest in memory. `organs`: TG-263 names, all where None. `labels`: an array to fill,
        else there is a new one of uint8. Errors: UsageError, InputError, MemoryLimitError, Cancelled."""
        with _Watcher(progress) as watcher:
            options = ctypes.byref(c.CContourOptions(organs=_names(organs), post_processing=post_processing.encode(),
                                                     progress=watcher.seen, cancelled=watcher.cancelled))
            if isinstance(ct, CT):
                filled = labels_for(ct.array.shape, "C", labels)
                result = _Handle(self._lib, "result", lambda out: self._lib.contour_ct(
                    self._c, ct._c, ctypes.byref(to_c(filled)), options, out))
                return Contours._of(self, result, filled, ct.grid, lambda a: a)
            source = source_of(ct)
            filled = labels_for(source.hu.shape, source.order, labels)
            result = _Handle(self._lib, "result", lambda out: self._lib.contour(
                self._c, source.hu.ctypes.data, source.hu.size, ctypes.byref(source.grid.to_c()),
                ctypes.byref(to_c(filled)), options, out))
            return Contours._of(self, result, filled, source.grid, source.image_of)


@dataclass(frozen=True)
class Reason:
    """A reason to look at a contour again (docs/quality.md)."""

    code: str
    text: str


@dataclass(frozen=True)
class OrganResult:
    """What is known of one organ's contour."""

    organ: Organ
    voxels: int  #: 0: not found
    ml: float
    score: float  #: 0 to 1, below 0.5 where there is a reason
    centroid_mm: Vector  #: LPS
    mean_hu: float
    reasons: List[Reason]


@dataclass
class Contours:
    """Labels, in the shape and axis order of the CT's array, and what is to be said about them."""

    labels: Labels
    grid: Grid
    organs: dict[str, OrganResult]  #: by TG-263 name
    reasons: List[Reason]  #: of the CT as a whole
    score: float
    quality: Any  #: quality.json
    _image_of: Callable[[Labels], Any] = field(repr=False)

    @property
    def image(self) -> Any:
        """The labels as an image of the CT's kind: of nibabel, of SimpleITK, or a Volume; of a CT from files the
        array."""
        return self._image_of(self.labels)

    @classmethod
    def _of(cls, model: Model, handle: _Handle, labels: Labels, grid: Grid,
            image_of: Callable[[Labels], Any]) -> "Contours":
        lib, h = model._lib, handle.value
        by_id = {o.id: o for o in model.organs}
        organs = {}
        for i in range(lib.result_organ_count(h)):
            r = c.COrganResult()
            lib.result_organ(h, i, ctypes.byref(r))
            reasons = [Reason(c.text(lib.result_reason_code(h, i, k)), c.text(lib.result_reason_text(h, i, k)))
                       for k in range(r.reason_count)]
            organ = by_id[r.organ_id]
            organs[organ.name] = OrganResult(organ, r.voxels, r.ml, r.score, vector(r.centroid_mm), r.mean_hu, reasons)
        reasons = [Reason(c.text(lib.result_case_reason_code(h, k)), c.text(lib.result_case_reason_text(h, k)))
                   for k in range(lib.result_case_reason_count(h))]
        return cls(labels, grid, organs, reasons, lib.result_score(h), json.loads(c.text(lib.result_quality_json(h))),
                   image_of)


class CT:
    """A CT from files: a DICOM folder or file, NIfTI, NRRD or MetaImage. `array` is HU, [z, y, x], without a copy."""

    def __init__(self, path: Path, *, series_uid: str | None = None, acquisition: str | None = None,
                 allow_gaps: bool = False, accept_damaged: bool = False, progress: Progress | None = None) -> None:
        lib = self._lib = c.load()
        with _Watcher(progress) as watcher:
            options = c.CReadOptions(series_uid=c.optional(series_uid), acquisition=c.optional(acquisition),
                                     progress=watcher.seen, cancelled=watcher.cancelled, allow_gaps=allow_gaps,
                                     accept_damaged=accept_damaged)
            self._handle = _Handle(lib, "ct", lambda out: lib.ct_read(os.fsencode(path), ctypes.byref(options), out))
        h = self._c = self._handle.value
        grid = c.CGrid()
        lib.ct_grid(h, ctypes.byref(grid))
        self.grid = Grid.from_c(grid)
        self.is_dicom = bool(lib.ct_is_dicom(h))
        self.warnings: List[Reason] = [Reason(c.text(lib.ct_warning_code(h, i)), c.text(lib.ct_warning_text(h, i)))
                                       for i in range(lib.ct_warning_count(h))]
        count = ctypes.c_size_t()
        first = lib.ct_voxels(h, ctypes.byref(count))
        voxels: Any = (ctypes.c_int16 * count.value).from_address(first)
        voxels._owner = self._handle  # the array may outlive this object
        self.array: npt.NDArray[np.int16] = np.frombuffer(voxels, dtype=np.int16).reshape(self.grid.size[::-1])
        self.array.flags.writeable = False


def _write(kind: str, path: Path, ct: CT, model: Model, labels: Labels, organs: Iterable[str] | str | None,
           names: Path | None, smooth: bool, exclusive_or: bool, anonymise: bool) -> List[str]:
    warnings: List[str] = []
    warn = c.Warn(lambda _, text: warnings.append(c.text(text)))
    options = c.CDicomOptions(organs=_names(organs), names=c.optional(names), warning=warn, smooth=smooth,
                              exclusive_or=exclusive_or, anonymise=anonymise)
    given = np.ascontiguousarray(labels)
    if given.dtype not in (np.uint8, np.uint16):
        raise c.UsageError(f"labels are {given.dtype}; expected uint8 or uint16")
    getattr(ct._lib, kind)(ct._c, model._c, ctypes.byref(to_c(given)), os.fsencode(path), ctypes.byref(options))
    return warnings


def write_rtstruct(path: Path, ct: CT, model: Model, labels: Labels, *, organs: Iterable[str] | str | None = None,
                   names: Path | None = None, smooth: bool = False, exclusive_or: bool = False,
                   anonymise: bool = False) -> List[str]:
    """Writes labels [z, y, x], perhaps corrected since, on a DICOM CT's grid as an RT Structure Set. Returns
    warnings."""
    return _write("write_rtstruct", path, ct, model, labels, organs, names, smooth, exclusive_or, anonymise)


def write_seg(path: Path, ct: CT, model: Model, labels: Labels, *, organs: Iterable[str] | str | None = None,
              names: Path | None = None, anonymise: bool = False) -> List[str]:
    """The same as a DICOM Segmentation."""
    return _write("write_seg", path, ct, model, labels, organs, names, False, False, anonymise)


class Structures:
    """The ROIs of an RT Structure Set, or the segments of a Segmentation, on the grid of a CT."""

    def __init__(self, path: Path, ct: CT | Grid) -> None:
        lib = self._lib = c.load()
        handle, grid = (ct._c, None) if isinstance(ct, CT) else (None, ctypes.byref(ct.to_c()))
        self.grid = ct.grid if isinstance(ct, CT) else ct
        self._handle = _Handle(lib, "structures",
                               lambda out: lib.structures_read(os.fsencode(path), handle, grid, out))
        h = self._c = self._handle.value
        count = lib.structures_count(h)
        self.names: List[str] = [c.text(lib.structures_name(h, i)) for i in range(count)]
        self.organs: List[str] = [c.text(lib.structures_organ(h, i)) for i in range(count)]  #: TG-263, or ""
        self.warnings: List[str] = [c.text(lib.structures_warning(h, i))
                                    for i in range(lib.structures_warning_count(h))]

    def paint(self, index: int, value: int, labels: Labels) -> int:
        """Gives the voxels inside a structure the label `value`; returns how many they are."""
        filled = labels_for(self.grid.size[::-1], "C", labels)
        voxels = ctypes.c_size_t()
        if not 0 <= value <= 65535 or index < 0:
            raise c.UsageError(f"structure {index}, value {value}: out of range")
        self._lib.structures_paint(self._c, index, value, ctypes.byref(to_c(filled)), ctypes.byref(voxels), None)
        return voxels.value

    def mask(self, index: int) -> npt.NDArray[np.bool_]:
        """True inside a structure, [z, y, x]."""
        labels = np.zeros(self.grid.size[::-1], dtype=np.uint8)
        self.paint(index, 1, labels)
        return labels.astype(bool)

    def labels(self, model: Model) -> Labels:
        """The structures that are organs of the model, under its labels, [z, y, x]; where two overlap the later."""
        ids = {o.name: o.id for o in model.organs}
        labels = np.zeros(self.grid.size[::-1], dtype=np.uint8)
        for i, (name, organ) in enumerate(zip(self.names, self.organs)):
            value = ids.get(name, ids.get(organ))
            if value is not None:
                self.paint(i, value, labels)
        return labels
