"""organ_volume.py WEIGHTS CT ORGAN: an organ's volume in ml, from a CT that is an array in memory."""
import sys

import nibabel

import anatomynet

weights, ct, organ = sys.argv[1:]
try:
    model = anatomynet.Model(weights)
    contours = model.contour(nibabel.load(ct), organs=organ)  # or anatomynet.Volume(array, spacing=...)
    print(f"{organ}: {contours.organs[organ].ml:.2f} ml")
except anatomynet.Error as error:
    sys.exit(f"organ_volume: {error}")
