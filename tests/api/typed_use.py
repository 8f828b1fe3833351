"""A stranger's program as mypy sees it: the types that the package gives, and misuse that it must find (an ignore that
is not needed is an error). It is checked and never run."""
from typing import Any, List, Tuple, assert_type

import numpy as np
import numpy.typing as npt

import anatomynet


def typed(model: anatomynet.Model, hu: npt.NDArray[np.int16]) -> None:
    contours = model.contour(anatomynet.Volume(hu, spacing=(1.0, 1.0, 2.5)), organs=["Parotid_L"],
                             progress=lambda stage, fraction: fraction < 0.5)
    assert_type(contours, anatomynet.Contours)
    assert_type(contours.organs["Parotid_L"].ml, float)
    assert_type(contours.organs["Parotid_L"].organ.colour, Tuple[int, int, int])
    assert_type(contours.reasons, List[anatomynet.Reason])
    assert_type(contours.labels, npt.NDArray[Any])
    ct = anatomynet.CT("ct", allow_gaps=True)
    assert_type(ct.array, npt.NDArray[np.int16])
    assert_type(anatomynet.write_rtstruct("rtstruct.dcm", ct, model, contours.labels), List[str])
    assert_type(anatomynet.Structures("rtstruct.dcm", ct).mask(0), npt.NDArray[np.bool_])


def misused(model: anatomynet.Model, ct: anatomynet.CT) -> None:
    anatomynet.Model(3)  # type: ignore[arg-type]
    anatomynet.Model("weights", threads="two")  # type: ignore[arg-type]
    model.contour(ct, organ="Parotid_L")  # type: ignore[call-arg]
    model.contour(ct, progress=lambda stage: True)  # type: ignore[arg-type, misc]
    model.contour(ct).labels = None  # type: ignore[assignment]
    model.contour(ct).organs[6]  # type: ignore[index]
    anatomynet.Volume([1, 2, 3])  # type: ignore[arg-type]
    anatomynet.write_seg("seg.dcm", ct, model)  # type: ignore[call-arg]
    model.organs[0].name = "Lips"  # type: ignore[misc]
