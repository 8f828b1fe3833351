"""CTs in: NumPy arrays, nibabel and SimpleITK images as HU in memory, x fastest, and where they lie (mm, LPS)."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Tuple

import numpy as np
import numpy.typing as npt

from . import _library as c

Vector = Tuple[float, float, float]
Matrix = Tuple[Vector, Vector, Vector]
Labels = npt.NDArray[Any]  #: of uint8 or uint16


def vector(values: Iterable[float]) -> Vector:
    x, y, z = values
    return float(x), float(y), float(z)


def matrix(row_major: Iterable[float]) -> Matrix:
    d = list(row_major)
    return vector(d[0:3]), vector(d[3:6]), vector(d[6:9])


@dataclass(frozen=True)
class Grid:
    """Where voxels lie: mm, LPS. Column k of `direction` is the unit vector along index axis k; axes are x, y, z."""

    size: Tuple[int, int, int]
    spacing: Vector = (1.0, 1.0, 1.0)
    origin: Vector = (0.0, 0.0, 0.0)
    direction: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    def to_c(self) -> c.CGrid:
        flat = [float(v) for row in self.direction for v in row]
        return c.CGrid((ctypes.c_int64 * 3)(*map(int, self.size)), (ctypes.c_double * 3)(*map(float, self.spacing)),
                       (ctypes.c_double * 3)(*map(float, self.origin)), (ctypes.c_double * 9)(*flat))

    @staticmethod
    def from_c(grid: c.CGrid) -> "Grid":
        x, y, z = grid.size
        return Grid((x, y, z), vector(grid.spacing), vector(grid.origin), matrix(grid.direction))


@dataclass
class Volume:
    """A CT as an array of HU, indexed [z, y, x], and where it lies."""

    array: npt.NDArray[Any]
    spacing: Vector = (1.0, 1.0, 1.0)  #: mm along x, y, z
    origin: Vector = (0.0, 0.0, 0.0)
    direction: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass
class Source:
    """A CT on its way to the library."""

    hu: npt.NDArray[np.int16]  #: x fastest in memory: [z, y, x] in C order or [x, y, z] in Fortran order
    grid: Grid
    order: str  #: of labels that have the shape of the caller's array: "C" or "F"
    image_of: Callable[[Labels], Any]  #: labels as an image of the caller's kind


def _hu(array: npt.NDArray[Any], order: str) -> npt.NDArray[np.int16]:
    """The array itself where it is int16 and lies in memory as the library takes it; else a copy."""
    if array.ndim != 3:
        raise c.UsageError(f"the CT has {array.ndim} dimensions; expected 3")
    if array.dtype == np.bool_ or array.dtype.kind not in "iuf":
        raise c.UsageError(f"the CT's voxels are {array.dtype}; expected numbers, HU")
    if array.dtype != np.int16:
        if array.dtype.kind == "f":
            if not np.isfinite(array).all():
                raise c.InputError("the CT holds NaN or infinite voxels; expected HU in every voxel")
            array = np.copysign(np.floor(np.abs(array) + 0.5), array)  # as the program rounds
        array = np.clip(array, -32768, 32767).astype(np.int16)
    return np.asarray(array, dtype=np.int16, order=order)  # type: ignore[call-overload, no-any-return]


def _from_array(volume: Volume) -> Source:
    hu = _hu(np.asarray(volume.array), "C")
    depth, height, width = hu.shape
    return Source(hu, Grid((width, height, depth), volume.spacing, volume.origin, volume.direction), "C",
                  lambda labels: Volume(labels, volume.spacing, volume.origin, volume.direction))


def _from_nibabel(image: Any) -> Source:
    hu = _hu(np.asanyarray(image.dataobj), "F")
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(image.affine, dtype=float)  # RAS to LPS
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    if not (np.isfinite(affine).all() and (spacing > 0).all()):
        raise c.InputError("the image's affine is not finite or has no extent along an axis")
    width, height, depth = hu.shape
    direction = matrix((affine[:3, :3] / spacing).ravel())
    grid = Grid((width, height, depth), vector(spacing), vector(affine[:3, 3]), direction)

    def image_of(labels: Labels) -> Any:
        made = type(image)(labels, image.affine)
        made.set_data_dtype(labels.dtype)
        return made

    return Source(hu, grid, "F", image_of)


def _from_sitk(image: Any) -> Source:
    sitk: Any = sys.modules[type(image).__module__.split(".")[0]]
    hu = _hu(sitk.GetArrayViewFromImage(image), "C")
    depth, height, width = hu.shape
    grid = Grid((width, height, depth), vector(image.GetSpacing()), vector(image.GetOrigin()),
                matrix(image.GetDirection()))

    def image_of(labels: Labels) -> Any:
        made = sitk.GetImageFromArray(labels)
        made.CopyInformation(image)
        return made

    return Source(hu, grid, "C", image_of)


def source_of(ct: Any) -> Source:
    """What the library takes of a Volume, a nibabel image or a SimpleITK image."""
    if isinstance(ct, Volume):
        return _from_array(ct)
    if hasattr(ct, "dataobj") and hasattr(ct, "affine"):
        return _from_nibabel(ct)
    if hasattr(ct, "GetDirection") and hasattr(ct, "GetSpacing"):
        return _from_sitk(ct)
    if isinstance(ct, np.ndarray):
        raise c.UsageError("an array does not say where it lies; give anatomynet.Volume(array, spacing=...)")
    raise c.UsageError(f"a {type(ct).__name__} is no CT; expected anatomynet.CT or Volume, or an image of nibabel or "
                       "SimpleITK")


def labels_for(shape: Tuple[int, ...], order: str, given: Labels | None) -> Labels:
    """The caller's label array, checked, or a new one of 8 bits."""
    if given is None:
        return np.zeros(shape, dtype=np.uint8, order=order)  # type: ignore[call-overload, no-any-return]
    fits = given.flags.c_contiguous if order == "C" else given.flags.f_contiguous
    if given.shape != shape or given.dtype not in (np.uint8, np.uint16) or not fits or not given.flags.writeable:
        raise c.UsageError(f"labels must be a writable uint8 or uint16 array of shape {shape}, contiguous in {order} "
                           "order")
    return given


def to_c(labels: Labels) -> c.CLabels:
    return c.CLabels(labels.ctypes.data, labels.size, 1 if labels.dtype == np.uint8 else 2)
