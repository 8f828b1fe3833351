"""organ_volume.py WEIGHTS CT ORGAN: an organ's volume in ml, from a CT that is an array in memory."""
import sys

import anatomynet

weights, ct, organ = sys.argv[1:]
try:
    model = anatomynet.Model(weights)
    # Or an image of nibabel or SimpleITK, or anatomynet.Volume(array, spacing=...).
    contours = model.contour(anatomynet.CT(ct), organs=organ)
    print(f"{organ}: {contours.organs[organ].ml:.2f} ml")
except anatomynet.Error as error:
    sys.exit(f"organ_volume: {error}")
