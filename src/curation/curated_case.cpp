#include "curation/curated_case.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

#include "core/checksum.h"
#include "core/error.h"
#include "core/folder_walk.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/output.h"
#include "core/resample.h"
#include "core/sha256.h"
#include "core/version.h"
#include "curation/source_common.h"
#include "io/image/image_file.h"

namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;
using nlohmann::ordered_json;

// Raised when what a case becomes changes without any option changing.
constexpr int format = 4;

std::string hex(std::uint64_t v) {
  char text[24];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(v));
  return text;
}

// FNV-1a over 64-bit words: the checksum of core one byte at a time would be the slowest part of a restart.
std::uint64_t add_contents(const fs::path& file, std::uint64_t hash) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (fs::exists(status) && !fs::is_regular_file(status))  // a pipe or device may never end
    throw Error(ErrorKind::input, file.string() + ": not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(ErrorKind::input, file.string() + ": cannot be opened");
  std::vector<char> block(1 << 20);
  for (;;) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto n = static_cast<std::size_t>(in.gcount());
    if (n == 0) return hash;
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, block.data() + i, 8);
      hash = (hash ^ word) * 1099511628211ull;
      hash ^= hash >> 29;
    }
    hash = checksum({block.data() + i, n - i}, hash);
  }
}

ordered_json box_json(const VoxelBox& box) { return {{"first", box.first}, {"last", box.last}}; }

ordered_json grid_json(const Grid& g) {
  return {{"size_xyz", g.size},
          {"spacing_xyz_mm", g.spacing},
          {"origin_lps_mm", g.origin},
          {"direction", g.direction}};
}

const char* name_of_kind(Note::Kind kind) {
  return kind == Note::Kind::info ? "info" : kind == Note::Kind::warning ? "warning" : "dropped";
}

ordered_json describe(const LoadedCase& loaded, const RoiNames& names) {
  ordered_json organs = ordered_json::array(), rois = ordered_json::array(), notes = ordered_json::array();
  for (const int id : loaded.annotated) organs.push_back(find_organ(names.organs(), id)->name);
  for (const RoiOutcome& roi : loaded.rois)
    rois.push_back(
        {{"name", roi.name}, {"organ", roi.organ}, {"why", roi.why}, {"ml", std::round(roi.ml * 1e4) / 1e4}});
  for (const Note& note : loaded.notes)
    notes.push_back({{"kind", name_of_kind(note.kind)}, {"text", note.text}});
  ordered_json quality = ordered_json::object();
  for (const auto& [organ, one] : loaded.quality)
    quality[organ] = {{"made", one.made}, {"approved_by", one.approved_by}, {"approved_at", one.approved_at}};
  const CaseRef& ref = loaded.ref;
  ordered_json files = ordered_json::array();
  for (const fs::path& file : ref.files) files.push_back(file.filename().string());
  return {{"id", curated_id(ref)},
          {"source", ref.source},
          {"original_id", ref.id},
          {"patient", ref.patient_number},
          {"split", split_name(ref.split)},
          {"dicom_uids", ref.dicom_uids},
          {"files", files},
          {"correspondence", loaded.correspondence},
          {"organs", organs},
          {"label_quality", quality},
          {"rois", rois},
          {"notes", notes}};
}

// int64 slices etc. are floats already; the file is the descriptor as it is in memory.
void write_scan(const fs::path& file, const ScanDescriptor& scan) {
  std::string bytes(sizeof scan.content + scan.values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), &scan.content, sizeof scan.content);
  std::memcpy(bytes.data() + sizeof scan.content, scan.values.data(), scan.values.size() * sizeof(float));
  write_file_atomically(file, bytes);
}

// Sets made before checksums were kept state sizes alone.
bool is_as_written(const fs::path& file, const ordered_json& was) {
  std::error_code error;
  if (was.is_number()) return fs::file_size(file, error) == was.get<std::uintmax_t>() && !error;
  const auto sha256 = was.at("sha256").get<std::string>();
  return !sha256.empty() && digest_of(file) == FileDigest{was.at("bytes").get<std::uint64_t>(), sha256};
}

ordered_json digest_json(const fs::path& file) {
  const FileDigest digest = digest_of(file);
  if (digest.sha256.empty())
    throw Error(ErrorKind::output, file.string() + ": cannot be read back after it was written");
  return {{"bytes", digest.bytes}, {"sha256", digest.sha256}};
}

std::string slurp(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(ErrorKind::input, file.string() + ": cannot be opened; curate this case anew");
  return {std::istreambuf_iterator<char>(in), {}};
}

// On a coarser or finer grid if asked; the CT linear, the labels by linear organ masks.
void resample(LoadedCase& c, const Vec3& spacing) {
  const Grid target = with_spacing(c.ct.grid, spacing);
  const Volume<float> linear = resample_linear(c.ct, target);
  CtVolume ct(target);
  for (std::size_t i = 0; i < ct.voxels.size(); ++i)
    ct.voxels[i] = static_cast<std::int16_t>(std::lround(linear.voxels[i]));
  c.labels = resample_labels(c.labels, target);
  c.ct = std::move(ct);
}

}  // namespace

std::string curated_id(const CaseRef& ref) { return safe_id(ref.source + "_" + ref.id); }

std::string options_text(const Curation& curation, const RoiNames& names) {
  ordered_json j{{"format", format},
                 {"crop", curation.crop},
                 {"margin_mm", curation.field.margin_mm},
                 {"below_shoulders_mm", curation.field.below_shoulders_mm}};
  if (curation.spacing) j["spacing"] = *curation.spacing;
  if (curation.fill_gaps) j["fill_gaps"] = true;
  for (const auto& [id, box] : curation.boxes) j["boxes"][id] = box_json(box);
  if (curation.accept_damaged) j["accept_damaged"] = true;
  if (curation.anonymise) j["anonymise"] = true;
  for (const Organ& organ : names.organs()) j["organs"].push_back(organ.name);
  j["names"] = hex(names.fingerprint());
  return json_text(j);
}

std::string case_key(const CaseRef& ref, const std::string& options) {
  std::uint64_t hash = checksum(options);
  for (const std::string& part : {ref.source, ref.id, ref.patient, split_name(ref.split)})
    hash = checksum(part + '\n', hash);
  for (const std::string& alias : ref.aliases) hash = checksum(alias + '\n', hash);
  for (const fs::path& file : ref.files) {
    std::error_code error;
    if (fs::is_directory(file, error)) {  // a DICOM folder
      for (const fs::path& one : walk_folder(file).files) hash = add_contents(one, hash);
    } else {
      hash = add_contents(file, hash);
    }
  }
  return hex(hash);
}

std::string first_changed(const fs::path& folder, const ordered_json& description) {
  for (const auto& [name, was] : description.at("written").items())
    if (!is_as_written(folder / name, was)) return name;
  return {};
}

bool is_finished(const fs::path& folder, const std::string& key) {
  std::error_code ignored;
  if (!fs::exists(folder / "case.json", ignored)) return false;
  try {
    const auto j = read_json<ordered_json>(folder / "case.json");
    if (j.at("key") != key) return false;
    return first_changed(folder, j).empty();
  } catch (const Error&) {  // damaged: made anew
  } catch (const nlohmann::json::exception&) {
  }
  return false;
}

void write_case(const fs::path& folder, const LoadedCase& given, const Curation& curation,
                const RoiNames& names, const std::string& key, const CurationRun& run) {
  if (given.annotated.empty()) {
    std::string list;
    for (const RoiOutcome& roi : given.rois)
      if (list.size() < 200) list += (list.empty() ? "" : "; ") + roi.name + " (" + roi.why + ")";
    throw Error(ErrorKind::input, "no organ at risk among its ROIs" + (list.empty() ? "" : ": " + list));
  }
  LoadedCase c = given;
  ordered_json j = describe(c, names);
  j["original_grid"] = grid_json(c.ct.grid);
  const ScanDescriptor scan = describe_scan(c.ct);
  auto box = curation.boxes.find(c.ref.id);
  if (box == curation.boxes.end()) box = curation.boxes.find(c.ref.patient);
  if (box != curation.boxes.end()) {
    const auto inside = [](const LabelVolume& labels) {
      std::int64_t n = 0;
      for (const auto v : labels.voxels) n += v != 0;
      return n;
    };
    const std::int64_t before = inside(c.labels);
    c.ct = cropped(c.ct, box->second);
    c.labels = cropped(c.labels, box->second);
    j["crop"] = box_json(box->second);
    j["field"] = "the user's box";
    if (const auto after = inside(c.labels); after < before)
      j["notes"].push_back(
          {{"kind", "warning"},
           {"text", "the user's box cuts " + std::to_string(before - after) + " voxels of organs off"}});
  } else if (curation.crop) {
    const HeadNeckField field = find_head_neck_field(c.ct, c.labels, curation.field);
    c.ct = cropped(c.ct, field.box);
    c.labels = cropped(c.labels, field.box);
    j["crop"] = box_json(field.box);
    j["field"] = field.reason;
  }
  if (curation.spacing) resample(c, *curation.spacing);
  j["grid"] = grid_json(c.ct.grid);
  j["code_version"] = version();

  OutputFolder out(folder);
  for (const char* old : {"image.nii.gz", "labels.nii.gz", "scan.bin", "picture.png"}) out.replace(old);
  out.seal("case.json");  // by it the case is known to be whole
  std::vector<std::string> written{"image.nii.gz", "labels.nii.gz", "scan.bin"};
  io::write_ct(out.stage("image.nii.gz"), c.ct);
  io::write_labels(out.stage("labels.nii.gz"), c.labels);
  write_scan(out.stage("scan.bin"), scan);
  if (run.picture) {
    OrganTable shown;
    for (const int id : c.annotated) shown.push_back(*find_organ(names.organs(), id));
    run.picture(out.stage("picture.png"), c.ct, c.labels, shown, curated_id(c.ref));
    written.emplace_back("picture.png");
  }
  for (const std::string& name : written) j["written"][name] = digest_json(out.stage(name));
  j["key"] = key;
  write_file_atomically(out.stage("case.json"), json_text(j, 1) + "\n");
  out.commit();
}

ordered_json read_case(const fs::path& folder) {
  const fs::path file = folder / "case.json";
  auto j = read_json<ordered_json>(file);
  reading_json(file.string(), ErrorKind::input, [&] {
    for (const char* key : {"id", "source", "original_id", "correspondence"}) j.at(key).get<std::string>();
    j.at("patient").get<int>();
    for (const char* key : {"dicom_uids", "organs"}) j.at(key).get<std::vector<std::string>>();
    split_named(j.at("split"), file.string());
    for (const auto& roi : j.at("rois"))
      for (const char* key : {"name", "why"}) roi.at(key).get<std::string>();
    for (const auto& note : j.at("notes"))
      for (const char* key : {"kind", "text"}) note.at(key).get<std::string>();
    return 0;
  });
  return j;
}

OverlapInput read_overlap_input(const fs::path& folder) {
  OverlapInput input;
  const auto j = read_case(folder);
  input.ref.source = j.at("source");
  input.ref.id = j.at("original_id");
  input.ref.patient_number = j.at("patient");
  input.ref.dicom_uids = j.at("dicom_uids").get<std::vector<std::string>>();
  input.ref.split = split_named(j.at("split"), folder.string());
  const std::string bytes = slurp(folder / "scan.bin");
  if (bytes.size() < sizeof(std::uint64_t) || (bytes.size() - sizeof(std::uint64_t)) % sizeof(float) != 0)
    throw Error(ErrorKind::input, (folder / "scan.bin").string() + ": damaged; curate this case anew");
  std::memcpy(&input.scan.content, bytes.data(), sizeof input.scan.content);
  input.scan.values.resize((bytes.size() - sizeof(std::uint64_t)) / sizeof(float));
  std::memcpy(input.scan.values.data(), bytes.data() + sizeof(std::uint64_t),
              bytes.size() - sizeof(std::uint64_t));
  return input;
}

}  // namespace anatomynet::curation
