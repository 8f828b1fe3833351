"""NIfTI by nibabel, an independent reader and writer.

write FOLDER: makes files of many kinds and prints a line for each: name, sizes, the affine's 12 numbers in LPS mm
(row by row), and the voxels, x fastest.
read FILE: prints the same for a file, and after it "agree" with the farthest that sform and qform lie apart in mm at a
corner, or "agree none" where the qform's code is 0.
"""
import itertools
import sys

import nibabel
import numpy


def line(name, image, affine):
    lps = numpy.diag([-1, -1, 1, 1]) @ affine
    values = numpy.asarray(image.dataobj).ravel(order="F")
    numbers = [*image.shape[:3], *lps[:3].ravel(), *values]
    return " ".join([name, *(repr(float(n)) for n in numbers)])


def write(folder):
    random = numpy.random.default_rng(5)
    number = 0
    kinds = [(nibabel.Nifti1Image, ".nii"), (nibabel.Nifti1Image, ".nii.gz"), (nibabel.Nifti2Image, ".nii"),
             (nibabel.Nifti1Pair, ".img"), (nibabel.Nifti2Pair, ".img")]
    types = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
    for (kind, ending), dtype, order in itertools.product(kinds, types, "<>"):
        number += 1
        angle = random.uniform(-3, 3, 3)
        affine = nibabel.affines.from_matvec(
            nibabel.eulerangles.euler2mat(*angle) @ numpy.diag(random.uniform(0.4, 5, 3) * random.choice([-1, 1], 3)),
            random.uniform(-500, 500, 3))
        values = random.integers(0, 100, (5, 4, 3)).astype(dtype)
        image = kind(values, affine, dtype=dtype)
        header = type(image.header)(image.header.binaryblock, endianness=image.header.endianness).as_byteswapped(order)
        header.set_data_dtype(numpy.dtype(order + dtype) if dtype[1] != "1" else numpy.dtype(dtype))
        header.set_sform(affine, int(number % 5) + 1 if number % 3 else 0)
        header.set_qform(affine, 1 if number % 3 != 1 else 0)
        image = kind(values, None, header)
        name = "n%d%s" % (number, ending)
        nibabel.save(image, folder + "/" + name)
        loaded = nibabel.load(folder + "/" + name)
        print(line(name.replace(".img", ".hdr"), loaded, loaded.affine))


def read(path):
    image = nibabel.load(path)
    print(line(path, image, image.get_sform()))
    if image.header["qform_code"] == 0:
        print("agree none")
        return
    corners = numpy.array([[*c, 1] for c in itertools.product(*((0, n - 1) for n in image.shape))]).T
    print("agree", float(numpy.abs((image.get_sform() - image.get_qform()) @ corners).max()))


{"write": write, "read": read}[sys.argv[1]](sys.argv[2])
