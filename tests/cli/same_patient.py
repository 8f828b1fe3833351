"""The same patient in other geometries, and whether its organs stay where they are in the body.

    same_patient.py vary CT.nii.gz FOLDER            NIfTI variants
    same_patient.py vary-dicom DICOM_FOLDER FOLDER   DICOM variants
    same_patient.py compare LABELS.nii.gz OTHER.nii.gz exact|voxel

`compare voxel`: the surfaces' voxels of each organ lie within a voxel of each other on the mean, and 95% of them within one and a half: on grids
that are turned against each other the centres of one surface lie half a voxel from those of the other.
"""
import copy, glob, gzip, os, struct, sys

import numpy as np
from scipy import ndimage


def read(path):
    data = gzip.open(path).read()
    nx, ny, nz = struct.unpack_from("<3h", data, 42)
    kind = {2: np.uint8, 4: np.int16, 16: np.float32, 512: np.uint16}[struct.unpack_from("<h", data, 70)[0]]
    offset = int(struct.unpack_from("<f", data, 108)[0])
    affine = np.vstack([np.array(struct.unpack_from("<12f", data, 280)).reshape(3, 4), [0, 0, 0, 1]])
    voxels = np.frombuffer(data, kind, nx * ny * nz, offset).reshape((nx, ny, nz), order="F")
    return voxels, affine


def write(path, voxels, affine):
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *voxels.shape, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, 4, 16)
    struct.pack_into("<8f", header, 76, 1, *np.linalg.norm(affine[:3, :3], axis=0), 1, 1, 1, 1)
    struct.pack_into("<fff", header, 108, 352, 1, 0)
    struct.pack_into("<B", header, 123, 2)
    struct.pack_into("<hh", header, 252, 0, 1)
    struct.pack_into("<12f", header, 280, *affine[:3].ravel())
    header[344:348] = b"n+1\0"
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(bytes(header) + voxels.astype("<i2").tobytes(order="F"))


def turned(axes_degrees):
    """A rotation about x, then y, then z."""
    m = np.eye(3)
    for axis, degrees in enumerate(axes_degrees):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        i, j = [k for k in range(3) if k != axis]
        r = np.eye(3)
        r[i, i] = r[j, j] = c
        r[i, j], r[j, i] = -s, s
        m = r @ m
    return m


def sampled(voxels, affine, new_affine, shape, order=1, fill=-1000):
    """The image on another grid: affine and shape say where its voxels lie."""
    m = np.linalg.inv(affine) @ new_affine
    return ndimage.affine_transform(voxels.astype(np.float32), m[:3, :3], m[:3, 3], shape, order=order, cval=fill)


def rotated_grid(shape, affine, rotation):
    """A grid of the same spacing, turned about the centre, large enough for the whole image."""
    size = np.array(shape)
    centre = (affine @ np.append((size - 1) / 2, 1))[:3]
    axes = rotation @ affine[:3, :3]
    corners = np.array(np.meshgrid(*[[0, n - 1] for n in size])).reshape(3, -1)
    world = affine[:3, :3] @ corners + affine[:3, 3:]
    index = np.linalg.inv(axes) @ (world - centre[:, None])
    reach = np.ceil(np.abs(index).max(axis=1)).astype(int)
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = axes, centre - axes @ reach
    return out, tuple(2 * reach + 1)


def vary(source, folder):
    voxels, affine = read(source)
    os.makedirs(folder, exist_ok=True)
    flips = {"sagittal": ((1, 2, 0), (1, 1, 1)), "coronal": ((0, 2, 1), (1, 1, -1)), "feet_first": ((0, 1, 2), (-1, 1, -1)),
             "prone": ((0, 1, 2), (-1, -1, 1)), "permuted": ((2, 0, 1), (-1, 1, -1)), "mirrored_axis": ((0, 1, 2), (-1, 1, 1))}
    for name, (order, signs) in flips.items():
        out, m = voxels, affine.copy()
        for axis, sign in enumerate(signs):
            if sign < 0:
                out = np.flip(out, axis)
                m[:3, 3] += m[:3, axis] * (voxels.shape[axis] - 1)
                m[:3, axis] = -m[:3, axis]
        out, m[:3, :3] = out.transpose(order), m[:3, list(order)]
        write(f"{folder}/{name}.nii.gz", out, m)
    for name, angles in {"oblique": (12, -7, 9), "very_oblique": (22, 12, -20)}.items():
        m, shape = rotated_grid(voxels.shape, affine, turned(angles))
        write(f"{folder}/{name}.nii.gz", np.rint(sampled(voxels, affine, m, shape)), m)


def vary_dicom(source, folder):
    import pydicom

    files = sorted((pydicom.dcmread(f) for f in glob.glob(source + "/*.dcm")), key=lambda d: d.ImagePositionPatient[2])
    dy, dx = (float(v) for v in files[0].PixelSpacing)
    rows, columns = files[0].Rows, files[0].Columns
    volume = np.stack([d.pixel_array for d in files])  # z, y, x
    first = np.array(files[0].ImagePositionPatient, float)
    dz = float(files[1].ImagePositionPatient[2]) - first[2]

    def save(name, slices, position):
        os.makedirs(f"{folder}/{name}")
        for i, (d, pixels, where, orientation) in enumerate(slices):
            d = copy.deepcopy(d)
            d.PixelData = np.ascontiguousarray(pixels.astype(volume.dtype)).tobytes()
            d.ImagePositionPatient = [f"{v:.6g}" for v in where]
            d.ImageOrientationPatient = [f"{v:.8g}" for v in orientation]
            d.PatientPosition = position
            d.InstanceNumber = len(slices) - i if position.startswith("FF") else i + 1
            d.save_as(f"{folder}/{name}/{i:04d}.dcm")

    for position, (fx, fy) in {"HFP": (-1, -1), "FFS": (-1, 1), "FFP": (1, -1)}.items():
        save(position, [(d, d.pixel_array[::fy, ::fx],
                         np.array(d.ImagePositionPatient, float) + [dx * (columns - 1) * (fx < 0), dy * (rows - 1) * (fy < 0), 0],
                         [fx, 0, 0, 0, fy, 0]) for d in files], position)
    tilt = np.radians(14)
    down = np.array([0, np.cos(tilt), np.sin(tilt)])
    slices = []
    air = -1024 - float(files[0].RescaleIntercept)
    for i, d in enumerate(files):
        corner = first + [0, 0, dz * i] - [0, 0, np.sin(tilt) * dy * (rows - 1) / 2]
        y, x = np.mgrid[0:rows, 0:columns].astype(float)
        z_mm, y_mm = corner[2] + y * dy * down[2], corner[1] + y * dy * down[1]
        index = [(z_mm - first[2]) / dz, (y_mm - first[1]) / dy, x]
        pixels = ndimage.map_coordinates(volume.astype(np.float32), index, order=1, cval=air)
        slices.append((d, np.rint(pixels), corner, [1, 0, 0, *down]))
    save("tilted", slices, "HFS")


def surface(mask):
    return mask & ~ndimage.binary_erosion(mask)


def compare(a_path, b_path, how):
    (a, to_world_a), (b, to_world_b) = read(a_path), read(b_path)
    worst = 0.0
    voxel = max(np.linalg.norm(m[:3, :3], axis=0).max() for m in (to_world_a, to_world_b))
    points_of = lambda mask, m: np.argwhere(surface(mask)) @ m[:3, :3].T + m[:3, 3]
    from scipy.spatial import cKDTree

    for organ in sorted(set(np.unique(a)) | set(np.unique(b)) - {0}):
        if organ == 0:
            continue
        if not (a == organ).any() or not (b == organ).any():
            sys.exit(f"organ {organ} is in one of the two alone")
        pa, pb = points_of(a == organ, to_world_a), points_of(b == organ, to_world_b)
        near = np.concatenate([cKDTree(pa).query(pb)[0], cKDTree(pb).query(pa)[0]]) / voxel
        shift = np.linalg.norm(np.mean(np.argwhere(a == organ) @ to_world_a[:3, :3].T + to_world_a[:3, 3], 0)
                               - np.mean(np.argwhere(b == organ) @ to_world_b[:3, :3].T + to_world_b[:3, 3], 0)) / voxel
        print(f"organ {organ}: centre {shift:.2f}, surface mean {near.mean():.2f}, 95% {np.percentile(near, 95):.2f}, most {near.max():.2f} voxels")
        if how == "exact" and near.max() > 1e-3:
            sys.exit(f"organ {organ}: the labels are not in the same place")
        worst = max(worst, near.mean(), np.percentile(near, 95) - 0.5)
    if worst > 1:
        sys.exit(f"organs moved by {worst:.2f} voxels")


if __name__ == "__main__":
    {"vary": vary, "vary-dicom": vary_dicom, "compare": compare}[sys.argv[1]](*sys.argv[2:])
