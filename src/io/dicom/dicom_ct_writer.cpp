#include "io/dicom/dicom_ct_writer.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/error.h"
#include "core/output.h"
#include "io/dicom/internal/dicom_item.h"
#include "io/dicom/internal/dicom_uid.h"
#include "io/dicom/internal/dicom_write.h"

namespace anatomynet::io {
namespace {

// How HU are stored: as most scanners do where they fit, else unchanged.
struct Storage {
  int bits_stored = 12, intercept = -1024;
  bool is_signed = false;
};

Storage storage_for(const CtVolume& ct) {
  const auto [low, high] = std::minmax_element(ct.voxels.begin(), ct.voxels.end());
  if (*low >= -1024 && *high <= 3071) return {};
  return {16, 0, true};
}

std::string joined(std::initializer_list<double> values) {
  std::string text;
  for (const double v : values) {
    if (!text.empty()) text += '\\';
    text += decimal_string(v);
  }
  return text;
}

void put_series(DcmItem& data, const DicomSource& source, const CtSeriesOptions& options) {
  put_patient_and_study(data, source);
  put_equipment(data, {});
  put(data, DCM_SOPClassUID, source.sop_class_uid);
  put(data, DCM_Modality, "CT");
  put(data, DCM_SeriesInstanceUID, source.series_instance_uid);
  put(data, DCM_SeriesNumber, "1");
  put(data, DCM_SeriesDescription, source.series_description);
  put(data, DCM_PatientPosition, options.patient_position);
  put(data, DCM_BodyPartExamined, "HEADNECK");  // unpaired, so that Laterality (type 2C) stays out
  put(data, DCM_FrameOfReferenceUID, source.frame_of_reference_uid);
  put(data, DCM_PositionReferenceIndicator, "");
  put(data, DCM_ImageType, "DERIVED\\SECONDARY\\AXIAL");
  put(data, DCM_AcquisitionNumber, "");
  put(data, DCM_KVP, "");
}

void put_image(DcmItem& data, const Grid& grid, const Storage& storage) {
  const Mat3& d = grid.direction;
  put(data, DCM_ImageOrientationPatient, joined({d[0][0], d[1][0], d[2][0], d[0][1], d[1][1], d[2][1]}));
  put(data, DCM_PixelSpacing, joined({grid.spacing[1], grid.spacing[0]}));
  put(data, DCM_SliceThickness, joined({grid.spacing[2]}));
  put_us(data, DCM_SamplesPerPixel, 1);
  put(data, DCM_PhotometricInterpretation, "MONOCHROME2");
  put_us(data, DCM_Rows, grid.size[1]);
  put_us(data, DCM_Columns, grid.size[0]);
  put_us(data, DCM_BitsAllocated, 16);
  put_us(data, DCM_BitsStored, storage.bits_stored);
  put_us(data, DCM_HighBit, storage.bits_stored - 1);
  put_us(data, DCM_PixelRepresentation, storage.is_signed);
  put(data, DCM_RescaleIntercept, std::to_string(storage.intercept));
  put(data, DCM_RescaleSlope, "1");
  put(data, DCM_RescaleType, "HU");
  put(data, DCM_WindowCenter, "40");
  put(data, DCM_WindowWidth, "400");
}

DicomSource describe_series(const CtSeriesOptions& options) {
  const auto uid = [&](const char* role) { return make_uid_for(options.uid_seed, role); };
  const Timestamp now = timestamp(!options.uid_seed.empty());
  DicomSource source;
  source.study_instance_uid = uid("study");
  source.series_instance_uid = uid("series");
  source.frame_of_reference_uid = uid("frame of reference");
  source.sop_class_uid = UID_CTImageStorage;
  source.specific_character_set = "ISO_IR 192";
  source.patient_name = options.patient_name;
  source.patient_id = options.patient_id;
  source.patient_sex = 'O';
  source.study_date = now.date;
  source.study_time = now.time;
  source.study_id = '1';
  source.study_description = options.study_description;
  source.series_description = options.series_description;
  source.patient_position = options.patient_position;
  return source;
}

}  // namespace

DicomSource write_ct_series(const std::filesystem::path& folder, const CtVolume& ct,
                            const CtSeriesOptions& options) {
  initialise();
  ct.grid.check(folder.string());
  if (ct.grid.size[0] > 65535 || ct.grid.size[1] > 65535)
    throw Error(ErrorKind::input,
                folder.string() + ": " + describe(ct.grid) + " is too large for DICOM rows and columns");
  DicomSource source = describe_series(options);
  const Storage storage = storage_for(ct);
  DcmDataset common;
  put_series(common, source, options);
  put_image(common, ct.grid, storage);

  OutputFolder output(folder);
  std::vector<std::uint16_t> stored(static_cast<std::size_t>(ct.grid.size[0] * ct.grid.size[1]));
  for (std::int64_t z = 0; z < ct.grid.size[2]; ++z) {
    DicomSlice slice;
    slice.position = ct.grid.to_world({0, 0, double(z)});
    slice.sop_instance_uid = make_uid_for(options.uid_seed, std::to_string(z));
    DcmDataset data(common);
    put(data, DCM_SOPInstanceUID, slice.sop_instance_uid);
    put(data, DCM_InstanceNumber, std::to_string(z + 1));
    put(data, DCM_ImagePositionPatient, joined({slice.position[0], slice.position[1], slice.position[2]}));
    const auto hu = ct.slice(z);
    std::transform(hu.begin(), hu.end(), stored.begin(),
                   [&](std::int16_t v) { return static_cast<std::uint16_t>(v - storage.intercept); });
    if (data.putAndInsertUint16Array(DCM_PixelData, stored.data(), static_cast<unsigned long>(stored.size()))
            .bad())
      throw Error(ErrorKind::internal, folder.string() + ": cannot set pixel data");
    char name[32];
    std::snprintf(name, sizeof name, "CT%04lld.dcm", static_cast<long long>(z + 1));
    const std::string bytes = encode(data, Encoding::explicit_little_endian);
    std::ofstream file(output.stage(name), std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) throw Error(ErrorKind::output, (folder / name).string() + ": cannot write; is the disk full?");
    source.slices.push_back(std::move(slice));
  }
  output.commit();
  return source;
}

}  // namespace anatomynet::io
