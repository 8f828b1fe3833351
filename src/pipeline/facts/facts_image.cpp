#include <algorithm>
#include <array>

#include "core/error.h"
#include "io/image/image_file.h"
#include "io/image/image_survey.h"
#include "pipeline/facts/facts.h"

namespace anatomynet::pipeline {
namespace {

// How often each value is there.
Facts values_of(const LabelVolume& labels) {
  std::array<std::int64_t, 256> voxels{};
  for (const std::uint8_t value : labels.voxels) ++voxels[value];
  Facts list = Facts::array();
  for (std::size_t value = 0; value < voxels.size(); ++value)
    if (voxels[value] > 0)
      list.push_back({{"value", value},
                      {"voxels", voxels[value]},
                      {"ml", double(voxels[value]) * labels.grid.voxel_ml()}});
  return list;
}

}  // namespace

// What values an image has decides whether it is one of labels or a CT; the header does not tell.
Facts image_facts(const std::filesystem::path& file) {
  const io::ImageSurvey header = io::survey_image(file);
  Facts facts{{"kind", "image"},
              {"format", header.format},
              {"stored_as", header.voxel_type + (header.compressed ? ", compressed" : "")},
              {"grid", grid_facts(header.grid)}};
  if (header.slope != 1 || header.intercept != 0)
    facts["slope_and_intercept"] = {header.slope, header.intercept};
  std::vector<Warning> warnings = header.warnings;
  try {
    const LabelVolume labels = io::read_labels(file);
    facts["kind"] = "label-map";
    facts["values"] = values_of(labels);
  } catch (const Error& no_labels) {
    try {
      const io::CtImage ct = io::read_image_ct(file);
      const auto [low, high] = std::minmax_element(ct.volume.voxels.begin(), ct.volume.voxels.end());
      facts["kind"] = "ct-image";
      facts["range_hu"] = {*low, *high};
      warnings = ct.warnings;
    } catch (const Error& no_ct) {
      if (no_ct.kind() != ErrorKind::input) throw;
      facts["problem"] = std::string("neither a CT nor a label map: ") + no_ct.what();
    }
  }
  facts["warnings"] = warning_facts(warnings);
  return facts;
}

}  // namespace anatomynet::pipeline
