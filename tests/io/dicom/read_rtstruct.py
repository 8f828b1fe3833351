"""Prints an RTSTRUCT as lines of text, read with pydicom: an oracle independent of the program's DICOM library."""
import sys

import pydicom

data = pydicom.dcmread(sys.argv[1])
print("class", data.SOPClassUID)
print("patient", data.PatientName, data.PatientID)
print("study", data.StudyInstanceUID)
print("label", data.StructureSetLabel)
frame = data.ReferencedFrameOfReferenceSequence[0]
print("frame", frame.FrameOfReferenceUID, data.FrameOfReferenceUID)
study = frame.RTReferencedStudySequence[0]
series = study.RTReferencedSeriesSequence[0]
print("reference", study.ReferencedSOPInstanceUID, series.SeriesInstanceUID)
print("slices", *[image.ReferencedSOPInstanceUID for image in series.ContourImageSequence])
contours = {roi.ReferencedROINumber: roi for roi in data.ROIContourSequence}
observations = {o.ReferencedROINumber: o for o in data.RTROIObservationsSequence}
for roi in data.StructureSetROISequence:
    colour = contours[roi.ROINumber].ROIDisplayColor
    observation = observations[roi.ROINumber]
    code = observation.RTROIIdentificationCodeSequence[0]
    side = [m.CodeMeaning for m in code.get("SegmentedPropertyTypeModifierCodeSequence", [])]
    print("roi", roi.ROINumber, roi.ROIName, roi.ROIGenerationAlgorithm, *colour, observation.RTROIInterpretedType,
          code.CodingSchemeDesignator, code.CodeValue, *side)
    for contour in contours[roi.ROINumber].get("ContourSequence", []):
        longest = max(len(str(v)) for v in contour.ContourData)
        assert longest <= 16, longest
        assert len(contour.ContourData) == 3 * contour.NumberOfContourPoints
        print("contour", roi.ROINumber, contour.ContourGeometricType, contour.NumberOfContourPoints,
              contour.ContourImageSequence[0].ReferencedSOPInstanceUID, *contour.ContourData)
