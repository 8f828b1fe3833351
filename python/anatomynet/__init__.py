"""AnatomyNet: organs at risk on head-and-neck CT.

    import anatomynet, nibabel
    model = anatomynet.Model("anatomynet-openkbp.safetensors")
    contours = model.contour(nibabel.load("ct.nii.gz"))
    print(contours.organs["Parotid_L"].ml)

Not a medical device: every contour must be reviewed and corrected by a qualified person before any use.
"""

from ._contours import (CT, Contours, Model, Organ, OrganResult, Reason, Structures, write_rtstruct, write_seg)
from ._library import (Cancelled, Error, InputError, MemoryLimitError, ModelError, OutputError, UsageError, load, text)
from ._volumes import Grid, Volume


def version() -> str:
    """Of the library that is loaded: "0.2.0 (git 1a2b3c4d)"."""
    return text(load().version())


__all__ = ["CT", "Cancelled", "Contours", "Error", "Grid", "InputError", "MemoryLimitError", "Model", "ModelError",
           "Organ", "OrganResult", "OutputError", "Reason", "Structures", "UsageError", "Volume", "load", "version",
           "write_rtstruct", "write_seg"]
