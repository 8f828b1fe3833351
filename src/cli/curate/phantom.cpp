#include "phantom/phantom.h"

#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/app/command_line.h"
#include "cli/app/options.h"
#include "cli/app/progress_bar.h"
#include "core/json_text.h"
#include "core/organs.h"
#include "core/output.h"
#include "core/version.h"
#include "io/dicom/dicom_ct_writer.h"
#include "io/dicom/rtstruct.h"
#include "io/image/image_file.h"
#include "pipeline/roi_contours.h"

namespace anatomynet::cli {
namespace {

struct Options {
  std::uint64_t seed = 1;
  std::string size = "96x160x160", spacing, folder;
  bool dicom = false;
};

nlohmann::ordered_json describe_phantom(const Options& options, const phantom::Phantom& phantom) {
  const Grid& grid = phantom.ct.grid;
  std::vector<std::int64_t> voxels(256);
  for (const std::uint8_t id : phantom.labels.voxels) ++voxels[id];
  nlohmann::ordered_json organs = nlohmann::json::array();
  for (const Organ& organ : standard_organs()) {
    const std::int64_t count = voxels[static_cast<std::size_t>(organ.id)];
    organs.push_back({{"id", organ.id},
                      {"name", organ.name},
                      {"voxels", count},
                      {"ml", static_cast<double>(count) * grid.voxel_ml()}});
  }
  return {{"program", std::string("anatomynet ") + version()},
          {"synthetic", true},
          {"seed", options.seed},
          {"size_xyz", grid.size},
          {"spacing_xyz_mm", grid.spacing},
          {"origin_lps_mm", grid.origin},
          {"organs", organs}};
}

void write_dicom(OutputFolder& out, const Options& options, const phantom::Phantom& phantom) {
  const std::string seed = "phantom " + std::to_string(options.seed) + ", " +
                           describe(phantom.ct.grid);  // same patient, same UIDs
  io::CtSeriesOptions series;
  series.uid_seed = seed;
  const io::DicomSource source =
      io::write_ct_series(out.stage("dicom/CT0001.dcm").parent_path(), phantom.ct, series);
  io::RtStructOptions rtstruct;
  rtstruct.label = "Truth";
  rtstruct.series_description = "Known organs of a synthetic patient";
  rtstruct.software_version = version();
  rtstruct.uid_seed = seed;
  io::write_rtstruct(out.stage("rtstruct.dcm"), source,
                     pipeline::roi_contours(phantom.labels, standard_organs()), rtstruct);
}

void make(const Options& options) {
  phantom::PhantomOptions wanted;
  wanted.seed = options.seed;
  wanted.size = parse_size(options.size);
  if (!options.spacing.empty()) wanted.spacing = parse_spacing(options.spacing);

  OutputFolder out(options.folder);  // before the work: an unwritable folder is known at once
  ProgressBar bar;
  const Progress progress = bar.callback();
  progress("making the patient", 0);
  const phantom::Phantom phantom = phantom::make_phantom(wanted);
  progress("writing files", 0.7);
  io::write_ct(out.stage("ct.nii.gz"), phantom.ct);
  io::write_labels(out.stage("labels.nii.gz"), phantom.labels);
  const std::string json = json_text(describe_phantom(options, phantom), 2) + "\n";
  write_file_atomically(out.stage("phantom.json"), json);
  if (options.dicom) write_dicom(out, options, phantom);
  out.commit();
}

}  // namespace

Action declare_phantom(CommandLine& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--seed", options->seed, "Same seed, same patient, bit for bit")
      ->check(whole_number())
      ->capture_default_str();
  app.add_option("--size", options->size, "Voxels: slices, rows, columns")
      ->type_name("DxHxW")
      ->capture_default_str();
  app.add_option("--spacing", options->spacing, "Voxel spacing in mm; drawn from the seed where not given")
      ->type_name("ZxYxX");
  app.add_option("-o,--output", options->folder, "Folder for ct.nii.gz, labels.nii.gz and phantom.json")
      ->type_name("DIR")
      ->required();
  app.add_flag("--dicom", options->dicom, "Also dicom/ (a CT series) and rtstruct.dcm (its organs)");
  return [options] { make(*options); };
}

}  // namespace anatomynet::cli
