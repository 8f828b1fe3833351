#include "adaptation/local_cases.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include <torch/torch.h>

#include "acceptance/cohort.h"
#include "core/error.h"
#include "core/known_organs.h"
#include "core/resample.h"
#include "core/sha256.h"
#include "dataset/packed_file.h"
#include "evaluation/boxed_mask.h"
#include "io/image/image_file.h"
#include "pipeline/dataset_cases.h"

namespace anatomynet::adaptation {
namespace {

namespace fs = std::filesystem;
using training::TrainingCase;

// Prepared cases in one file, their CTs in a folder beside it.
class Packer {
 public:
  Packer(dataset::PackedDescription header, const fs::path& file)
      : input_(header.input), organs_(header.organs), writer_(std::move(header)), file_(file) {
    folder_ = file;
    folder_.replace_extension();
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) throw Error(ErrorKind::output, folder_.string() + ": cannot create: " + error.message());
  }

  void add(const dataset::LabelledCase& c) {
    fs::path& ct = of_case_[c.id];
    ct = folder_ / (std::to_string(of_case_.size()) + ".nii.gz");
    io::write_ct(ct, reorient(c.ct, nearest_orientation(c.ct.grid)));
    writer_.add(dataset::prepare_volumes(c, organs_, input_), true);
  }

  // Files by the cases' ids.
  std::map<std::string, fs::path> write() {
    writer_.write(file_);
    return std::move(of_case_);
  }

 private:
  dataset::InputOptions input_;
  OrganTable organs_;
  dataset::PackedWriter writer_;
  fs::path file_, folder_;
  std::map<std::string, fs::path> of_case_;
};

std::map<std::string, fs::path> pack_data_set(const fs::path& path, const dataset::InputOptions& input,
                                              const fs::path& file, bool validation_alone,
                                              Messages& messages) {
  const curation::DatasetFolder folder = curation::read_dataset_folder(path);
  Packer packer({folder.organs, input, folder.description, folder.attribution}, file);
  std::vector<const curation::DatasetCase*> cases;
  for (const curation::DatasetCase& c : folder.validation) cases.push_back(&c);
  if (!validation_alone || cases.empty())
    for (const curation::DatasetCase& c : folder.training) cases.push_back(&c);
  std::sort(cases.begin(), cases.end(), [](auto* a, auto* b) { return a->id < b->id; });
  double done = 0;
  for (const curation::DatasetCase* c : cases) {
    packer.add(pipeline::read_case(*c, folder, messages));
    messages.progress("reading cases", ++done / double(cases.size()));
  }
  return packer.write();
}

dataset::LabelledCase labelled(const acceptance::Cohort& cohort, const curation::CaseRef& ref,
                               Messages& messages) try {
  acceptance::LoadedContours loaded = cohort.load(ref);
  for (const curation::Note& note : loaded.notes)
    if (note.kind != curation::Note::Kind::info) messages.warning("case " + ref.id + ": " + note.text);
  dataset::LabelledCase out{ref.id, std::move(loaded.ct), LabelVolume(loaded.truth.grid), {}, {}, {}};
  std::vector<std::pair<std::int64_t, int>> by_size;
  for (const auto& [name, mask] : loaded.truth.organs) {
    const Organ* organ = find_organ(known_organs(), name);
    if (!organ) continue;
    out.annotated.push_back(organ->id);
    by_size.emplace_back(mask.count, organ->id);
  }
  std::sort(by_size.rbegin(), by_size.rend());  // where organs overlap the smaller one has the voxel
  for (const auto& [count, id] : by_size)
    evaluation::paint(loaded.truth.organs.at(find_organ(known_organs(), id)->name), id, out.labels);
  return out;
} catch (const Error& error) {
  throw error.within("case " + ref.id);
}

std::map<std::string, fs::path> pack_cohort(const fs::path& path, const dataset::InputOptions& input,
                                            const fs::path& file, Messages& messages) {
  acceptance::CohortOptions options;
  options.path = path;
  const acceptance::Cohort cohort(options, file.parent_path(), [&](std::string_view stage, double share) {
    messages.progress(stage, share);
  });
  for (const curation::Note& note : cohort.notes())
    if (note.kind != curation::Note::Kind::info) messages.warning(note.text);
  for (const acceptance::IdentityDoubt& doubt : cohort.doubts()) messages.warning(doubt.text);
  Packer packer({known_organs(), input, "cohort (" + cohort.form() + ")", ""}, file);
  double done = 0;
  for (const curation::CaseRef& ref : cohort.cases()) {
    const dataset::LabelledCase c = labelled(cohort, ref, messages);
    if (c.annotated.empty())
      messages.warning("case " + ref.id + ": no contour that the name rules know; left out");
    else
      packer.add(c);
    messages.progress("reading cases", ++done / double(cohort.cases().size()));
  }
  return packer.write();
}

// A packed set keeps no truth of training cases: the labels at the network's spacing take its place.
TrainingCase with_truth(TrainingCase listed) {
  TrainingCase out;
  out.id = listed.id;
  out.load = [listed = std::move(listed)] {
    TrainingCase c = training::loaded(listed);
    c.load = {};
    if (c.truth.voxels.size() > 1) return c;
    c.truth = LabelVolume(c.grid);
    const torch::Tensor labels = c.labels.contiguous();
    std::copy_n(labels.data_ptr<std::uint8_t>(), c.truth.voxels.size(), c.truth.voxels.begin());
    return c;
  };
  return out;
}

std::string digest(const torch::Tensor& tensor) {
  const torch::Tensor dense = tensor.contiguous();
  Sha256 hash;
  for (const std::int64_t n : dense.sizes()) hash.add_field(std::to_string(n));
  hash.add(std::span<const std::byte>(static_cast<const std::byte*>(dense.data_ptr()),
                                      static_cast<std::size_t>(dense.nbytes())));
  return hash.hex();
}

void take_facts(LocalCases& local) {
  std::vector<std::string> digests;
  std::map<std::string, std::size_t> scan_of;
  std::map<std::string, std::set<std::size_t>> drawn;
  for (const TrainingCase& listed : local.cases) {
    const TrainingCase c = training::loaded(listed);
    local.image_sha256.push_back(digest(c.image));
    const std::size_t scan = scan_of.emplace(local.image_sha256.back(), scan_of.size()).first->second;
    local.scan.push_back(scan);
    for (std::size_t k = 0; k < 3; ++k) local.largest[k] = std::max(local.largest[k], c.grid.size[k]);
    digests.push_back(local.image_sha256.back() + digest(c.labels) + digest(c.annotated));
    for (std::size_t i = 0; i < local.organs.size(); ++i) {
      const auto id = static_cast<std::int64_t>(i) + 1;
      if (c.annotated[id].item<float>() > 0 && (c.labels == id).any().item<bool>())
        drawn[local.organs[i].name].insert(scan);
    }
  }
  local.scans = scan_of.size();
  for (const auto& [organ, scans] : drawn) local.drawn[organ] = scans.size();
  std::sort(digests.begin(), digests.end());
  Sha256 all;
  for (const Organ& organ : local.organs) all.add_field(organ.name);
  for (const std::string& one : digests) all.add_field(one);
  local.sha256 = all.hex();
}

}  // namespace

LocalCases read_local_cases(const fs::path& path, const dataset::InputOptions& input, const fs::path& file,
                            bool validation_alone, Messages& messages) {
  const bool packed = fs::is_regular_file(path);
  std::map<std::string, fs::path> cts;
  if (!packed && fs::exists(path / "dataset.json"))
    cts = pack_data_set(path, input, file, validation_alone, messages);
  else if (!packed)
    cts = pack_cohort(path, input, file, messages);
  training::TrainingSet set = training::read_packed_set(packed ? path : file, input);
  LocalCases local;
  local.organs = set.organs;
  local.description = set.description;
  local.attribution = set.attribution;
  for (TrainingCase& c : set.validation) local.cases.push_back(with_truth(std::move(c)));
  if (!validation_alone || local.cases.empty())
    for (TrainingCase& c : set.training) local.cases.push_back(with_truth(std::move(c)));
  if (local.cases.empty()) throw Error(ErrorKind::input, path.string() + ": holds no case with contours");
  for (const TrainingCase& c : local.cases) local.ct.push_back(cts[c.id]);
  take_facts(local);
  return local;
}

CtVolume ct_of(const LocalCases& local, std::size_t i, const TrainingCase& c) {
  if (!local.ct[i].empty()) {
    CtVolume ct = io::read_image_ct(local.ct[i]).volume;
    if (ct.grid.size != c.truth.grid.size)
      throw Error(ErrorKind::internal, local.ct[i].string() + ": not the CT of case " + c.id);
    ct.grid = c.truth.grid;  // as exact as it was before it was written
    return ct;
  }
  const torch::Tensor image = c.image.to(torch::kCPU).contiguous();
  const CtView view(c.grid, {image.data_ptr<std::int16_t>(), static_cast<std::size_t>(image.numel())});
  const Volume<float> values = resample_linear(view, c.truth.grid);
  CtVolume out(c.truth.grid);
  std::transform(values.voxels.begin(), values.voxels.end(), out.voxels.begin(),
                 [](float hu) { return static_cast<std::int16_t>(std::lround(hu)); });
  return out;
}

}  // namespace anatomynet::adaptation
