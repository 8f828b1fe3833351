#!/usr/bin/env python3
"""The Python package on the synthetic patient of make_case: arrays, nibabel and SimpleITK images, DICOM, errors."""
import gc
import json
import os
import subprocess
import sys
import tempfile
import types
import unittest
import weakref

import nibabel
import numpy as np

import anatomynet

CASE = os.environ["ANATOMYNET_CASE"]
WEIGHTS = os.environ["ANATOMYNET_WEIGHTS"]
DICOM = CASE + "/patient/dicom"
IMAGE = CASE + "/patient/ct.nii.gz"
EXPECTED = np.asarray(nibabel.load(CASE + "/from-nifti/labels.nii.gz").dataobj)  # [x, y, z], by the program


def array_of(image: nibabel.Nifti1Image) -> np.ndarray:
    return np.ascontiguousarray(np.asarray(image.dataobj).T)


class SitkImage:
    """What the package asks of a SimpleITK image."""

    __module__ = "SimpleITK.SimpleITK"

    def __init__(self, array, spacing=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0), direction=(1, 0, 0, 0, 1, 0, 0, 0, 1)):
        self.array, self.geometry = array, (spacing, origin, direction)

    def GetSize(self):
        return self.array.shape[::-1]

    def GetSpacing(self):
        return self.geometry[0]

    def GetOrigin(self):
        return self.geometry[1]

    def GetDirection(self):
        return self.geometry[2]

    def CopyInformation(self, other):
        self.geometry = other.geometry


def install_sitk() -> None:
    """SimpleITK is no Debian package: its three functions that the package uses."""
    if "SimpleITK" not in sys.modules:
        module = types.ModuleType("SimpleITK")
        module.GetArrayViewFromImage = lambda image: image.array
        module.GetImageFromArray = SitkImage
        sys.modules["SimpleITK"] = module


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.model = anatomynet.Model(WEIGHTS)
        cls.image = nibabel.load(IMAGE)
        # LPS geometry of the file, by nibabel's RAS affine.
        affine = np.diag([-1, -1, 1, 1]) @ cls.image.affine
        cls.spacing = tuple(np.linalg.norm(affine[:3, :3], axis=0))
        cls.origin = tuple(affine[:3, 3])
        cls.direction = tuple(map(tuple, affine[:3, :3] / np.array(cls.spacing)))

    def test_a_model_tells_what_it_draws(self) -> None:
        self.assertEqual([o.id for o in self.model.organs], list(range(1, 10)))
        parotid = self.model.organs[5]
        self.assertEqual((parotid.name, parotid.side, parotid.colour), ("Parotid_L", "left", (80, 120, 255)))
        self.assertAlmostEqual(parotid.validation_dice, self.model.evidence["validation_dice"]["Parotid_L"])
        self.assertTrue(self.model.phantom_only)
        self.assertEqual(anatomynet.version().split()[0].rsplit(".", 1)[0], "%d.%d" % anatomynet._library.VERSION)
        with open(WEIGHTS, "rb") as file:
            self.assertEqual(anatomynet.Model.from_bytes(file.read()).id, self.model.id)

    def test_a_nibabel_image_gets_the_labels_of_segment(self) -> None:
        contours = self.model.contour(self.image)
        self.assertTrue(np.array_equal(contours.labels, EXPECTED))
        made = contours.image
        self.assertIs(type(made), type(self.image))
        self.assertTrue(np.array_equal(made.affine, self.image.affine))
        for organ in contours.organs.values():
            self.assertEqual(organ.voxels, np.count_nonzero(EXPECTED == organ.organ.id))
            self.assertEqual(organ.score < 0.5, bool(organ.reasons))
        with open(CASE + "/from-nifti/quality.json") as file:
            self.assertEqual(contours.quality, json.load(file))

    def test_an_array_and_a_sitk_image_get_them_too(self) -> None:
        volume = anatomynet.Volume(array_of(self.image), self.spacing, self.origin, self.direction)
        labels = self.model.contour(volume).labels
        self.assertEqual(labels.shape, volume.array.shape)
        self.assertTrue(np.array_equal(labels.T, EXPECTED))

        install_sitk()
        flat = tuple(v for row in self.direction for v in row)
        sitk = SitkImage(array_of(self.image), self.spacing, self.origin, flat)
        contours = self.model.contour(sitk)
        self.assertTrue(np.array_equal(contours.image.array.T, EXPECTED))
        self.assertEqual(contours.image.geometry, sitk.geometry)

    def test_the_ct_is_not_copied(self) -> None:
        from anatomynet._volumes import source_of

        array = array_of(self.image)
        self.assertTrue(np.shares_memory(source_of(anatomynet.Volume(array)).hu, array))
        fortran = np.asfortranarray(np.asarray(self.image.dataobj))
        image = nibabel.Nifti1Image(fortran, self.image.affine)
        self.assertTrue(np.shares_memory(source_of(image).hu, fortran))
        self.assertFalse(np.shares_memory(source_of(anatomynet.Volume(array.astype(np.int32))).hu, array))

    def test_other_types_and_orders_give_the_same_labels(self) -> None:
        array = array_of(self.image)
        for same in (array.astype(np.float32), array.astype(">i2"), np.asfortranarray(array),
                     array.astype(np.float64) + 0.25):
            volume = anatomynet.Volume(same, self.spacing, self.origin, self.direction)
            self.assertTrue(np.array_equal(self.model.contour(volume).labels.T, EXPECTED), same.dtype)

    def test_labels_of_the_caller_are_filled(self) -> None:
        volume = anatomynet.Volume(array_of(self.image), self.spacing, self.origin, self.direction)
        labels = np.full(volume.array.shape, 7, dtype=np.uint16)
        self.assertIs(self.model.contour(volume, labels=labels).labels, labels)
        self.assertTrue(np.array_equal(labels.T, EXPECTED))
        for wrong in (labels[:-1], labels.astype(np.int16), labels[::-1]):
            with self.assertRaises(anatomynet.UsageError):
                self.model.contour(volume, labels=wrong)

    def test_dicom_there_and_back(self) -> None:
        ct = anatomynet.CT(DICOM)
        self.assertTrue(ct.is_dicom)
        self.assertFalse(ct.array.flags.writeable)
        contours = self.model.contour(ct, organs=["Bone_Mandible", "Parotid_L"])
        self.assertEqual(list(contours.organs), ["Bone_Mandible", "Parotid_L"])
        with tempfile.TemporaryDirectory() as folder:
            for write, name in ((anatomynet.write_rtstruct, "rtstruct.dcm"), (anatomynet.write_seg, "seg.dcm")):
                path = os.path.join(folder, name)
                warnings = write(path, ct, self.model, contours.labels, organs=["Bone_Mandible", "Parotid_L"])
                self.assertEqual(warnings, [])
                structures = anatomynet.Structures(path, ct)
                self.assertEqual(sorted(structures.organs), ["Bone_Mandible", "Parotid_L"])
                self.assertTrue(np.array_equal(structures.labels(self.model), contours.labels), name)
                on_grid = anatomynet.Structures(path, ct.grid)
                self.assertTrue(np.array_equal(on_grid.mask(0), structures.mask(0)), name)
                with self.assertRaises(anatomynet.UsageError):
                    structures.mask(9)

    def test_a_cts_array_outlives_it(self) -> None:
        ct = anatomynet.CT(IMAGE)
        array, gone = ct.array, weakref.ref(ct)
        del ct
        gc.collect()
        self.assertIsNone(gone())
        self.assertTrue(np.array_equal(array.T, np.asarray(self.image.dataobj)))

    def test_progress_cancels_and_throws(self) -> None:
        seen = []
        self.model.contour(self.image, progress=lambda stage, fraction: seen.append((stage, fraction)))
        self.assertGreater(len(seen), 10)
        self.assertTrue(all(0 <= fraction <= 1 for _, fraction in seen))
        with self.assertRaises(anatomynet.Cancelled):
            self.model.contour(self.image, progress=lambda stage, fraction: fraction < 0.3)

        class Mine(Exception):
            pass

        def throw(stage: str, fraction: float) -> None:
            raise Mine

        with self.assertRaises(Mine):
            self.model.contour(self.image, progress=throw)
        with self.assertRaises(Mine):
            anatomynet.CT(DICOM, progress=throw)

    def test_what_is_wrong_is_an_exception(self) -> None:
        array = array_of(self.image)
        nan = float("nan")
        skewed = ((nan, 0, 0), (0, 1, 0), (0, 0, 1))
        small = anatomynet.Model(WEIGHTS, memory_limit=1 << 20)
        for error, call in (
                (anatomynet.ModelError, lambda: anatomynet.Model(IMAGE)),
                (anatomynet.UsageError, lambda: anatomynet.Model(WEIGHTS, precision="fp64")),
                (anatomynet.InputError, lambda: anatomynet.CT("/nonexistent")),
                (anatomynet.UsageError, lambda: self.model.contour(array)),
                (anatomynet.UsageError, lambda: self.model.contour("ct.nii.gz")),
                (anatomynet.UsageError, lambda: self.model.contour(anatomynet.Volume(array[0]))),
                (anatomynet.UsageError, lambda: self.model.contour(self.image, organs="Spleen")),
                (anatomynet.InputError, lambda: self.model.contour(anatomynet.Volume(array, (nan, 1, 1)))),
                (anatomynet.InputError, lambda: self.model.contour(anatomynet.Volume(array, direction=skewed))),
                (anatomynet.InputError, lambda: self.model.contour(anatomynet.Volume(array * np.float32(nan)))),
                (anatomynet.InputError, lambda: self.model.contour(anatomynet.Volume(np.zeros_like(array)))),
                (anatomynet.MemoryLimitError, lambda: small.contour(self.image))):
            with self.assertRaises(error) as caught:
                call()
            self.assertTrue(str(caught.exception))
            self.assertIsInstance(caught.exception, anatomynet.Error)

    def test_a_library_that_is_not_there_is_an_import_error(self) -> None:
        said = subprocess.run([sys.executable, "-c", "import anatomynet; anatomynet.version()"], check=False,
                              capture_output=True, text=True,
                              env={**os.environ, "ANATOMYNET_LIBRARY": "/nonexistent/libanatomynet.so.0"})
        self.assertIn("ImportError", said.stderr)
        self.assertIn("ANATOMYNET_LIBRARY", said.stderr)

    def test_structures_of_the_header_are_those_here(self) -> None:
        from anatomynet import _library as c
        import ctypes

        self.assertEqual([ctypes.sizeof(s) for s in (c.CGrid, c.CLabels, c.CModelOptions, c.COrgan, c.CReadOptions,
                                                     c.CContourOptions, c.COrganResult, c.CDicomOptions)],
                         [144, 24, 32, 56, 56, 48, 80, 56])


if __name__ == "__main__":
    unittest.main()
