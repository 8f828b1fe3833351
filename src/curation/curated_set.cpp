#include "curation/curated_set.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/output.h"
#include "curation/curated_case.h"

namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct SetCase {
  fs::path folder;
  ordered_json description;
  OverlapInput overlap;
  std::size_t order = 0;  ///< of its source in the configuration
};

[[noreturn]] void fail(const fs::path& where, const std::string& why) {
  throw Error(ErrorKind::input, where.string() + ": " + why);
}

std::string text_of(const ordered_json& j) { return json_text(j, 1) + "\n"; }

// One case, with who it is by the key ("patients" of a report).
SetCase set_case(const fs::path& folder, const ordered_json& report) {
  SetCase c;
  c.folder = folder;
  c.description = curation::read_case(folder);
  c.overlap = curation::read_overlap_input(folder);
  CaseRef& ref = c.overlap.ref;
  for (const auto& one : report.at("patients"))
    if (one.at("source") == ref.source && one.at("number") == ref.patient_number) {
      ref.patient = one.at("id");
      ref.aliases = one.at("aliases").get<std::vector<std::string>>();
    }
  return c;
}

std::vector<SetCase> read_cases(const fs::path& folder, const ordered_json& report) {
  std::map<std::string, std::size_t> order;
  for (const auto& source : report.at("sources"))
    order.emplace(source.at("name").get<std::string>(), order.size());
  std::vector<SetCase> cases;
  std::error_code error;
  for (fs::directory_iterator it(folder / "cases", error), end; !error && it != end; it.increment(error)) {
    if (std::error_code none; !fs::exists(it->path() / "case.json", none)) continue;
    SetCase c = set_case(it->path(), report);
    c.order = order[c.overlap.ref.source];
    cases.push_back(std::move(c));
  }
  std::sort(cases.begin(), cases.end(), [](const SetCase& a, const SetCase& b) {
    return a.order != b.order ? a.order < b.order : a.folder.filename() < b.folder.filename();
  });
  return cases;
}

// The same bytes under a second name; copied where the file system knows no links.
void link(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) throw Error(ErrorKind::output, to.string() + ": cannot write: " + error.message());
}

class SetMaker {
 public:
  SetMaker(const fs::path& folder, const std::string& report)
      : folder_(folder),
        report_(parse_json<ordered_json>(report, "the curation's report", ErrorKind::internal)) {
    cases_ = read_cases(folder, report_);
  }

  CurationResult make() {
    drop_overlaps();
    OutputFolder out(folder_);
    link_files(out);
    write_descriptions(out);
    CurationResult result = summarise(out);
    out.seal("dataset.json");
    out.commit();
    return result;
  }

 private:
  std::string id(std::size_t i) const { return cases_[i].folder.filename().string(); }
  std::string split(std::size_t i) const { return cases_[i].description.at("split"); }

  void drop_overlaps() {
    std::vector<OverlapInput> inputs;
    for (const SetCase& c : cases_) inputs.push_back(c.overlap);
    const auto overlaps = find_overlaps(inputs);
    for (const Leak& leak : resolve_overlaps(inputs, overlaps, report_.value("within_split", true)))
      dropped_.emplace(leak.dropped, leak);
    for (const Overlap& o : overlaps)
      overlaps_.push_back(
          {{"a", id(o.a)}, {"a_split", split(o.a)}, {"b", id(o.b)}, {"b_split", split(o.b)}, {"how", o.how}});
  }

  void link_files(OutputFolder& out) {
    for (const char* sub : {"imagesTr", "labelsTr", "imagesTs", "labelsTs"}) out.replace(sub);
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (dropped_.contains(i)) continue;
      const std::string part = split(i) == "test" ? "Ts" : "Tr";
      link(cases_[i].folder / "image.nii.gz", out.stage("images" + part + "/" + id(i) + "_0000.nii.gz"));
      link(cases_[i].folder / "labels.nii.gz", out.stage("labels" + part + "/" + id(i) + ".nii.gz"));
    }
  }

  void write_descriptions(OutputFolder& out) {
    ordered_json labels{{"background", 0}}, annotated = ordered_json::object(),
                                            annotated_test = ordered_json::object(),
                                            quality = ordered_json::object();
    int value = 0;
    for (const auto& organ : report_.at("organ_table")) labels[organ.get<std::string>()] = ++value;
    ordered_json train = ordered_json::array(), val = ordered_json::array();
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (dropped_.contains(i)) continue;
      const std::string part = split(i);
      (part == "test" ? annotated_test : annotated)[id(i)] = cases_[i].description.at("organs");
      const ordered_json known = cases_[i].description.value("label_quality", ordered_json::object());
      if (!known.empty()) quality[id(i)] = known;
      if (part == "training") train.push_back(id(i));
      if (part == "validation") val.push_back(id(i));
    }
    ordered_json set{{"name", report_.at("name")},
                     {"channel_names", {{"0", "CT"}}},
                     {"labels", labels},
                     {"numTraining", train.size() + val.size()},
                     {"file_ending", ".nii.gz"},
                     {"description", report_.at("name").get<std::string>() + ", curated by anatomynet"},
                     {"attribution", report_.at("attribution")},
                     {"annotated", annotated},
                     {"annotated_test", annotated_test}};
    if (!quality.empty()) set["label_quality"] = quality;
    write_file_atomically(out.stage("dataset.json"), text_of(set));
    write_file_atomically(out.stage("splits_final.json"),
                          text_of(ordered_json::array({{{"train", train}, {"val", val}}})));
  }

  CurationResult summarise(OutputFolder& out) {
    CurationResult result;
    ordered_json cases = ordered_json::array(), dropped = report_.at("rejected"),
                 leaks = ordered_json::array();
    std::map<std::string, std::map<std::string, int>> organs;
    std::map<std::string, int> unknown, decoys, kept_of, dropped_of;
    const auto count_names = [&](const ordered_json& rois) {
      for (const auto& roi : rois) {
        const std::string why = roi.at("why"), name = roi.at("name");
        if (why == "unknown") ++unknown[name];
        if (why.starts_with("decoy")) ++decoys[name];
      }
    };
    for (const auto& entry : dropped) {
      if (entry.at("rois").is_array()) count_names(entry.at("rois"));
      ++dropped_of[entry.at("source").get<std::string>()];
    }
    result.rejected = dropped.size();
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const ordered_json& d = cases_[i].description;
      count_names(d.at("rois"));
      for (const auto& note : d.at("notes")) result.faults += note.at("kind") == "dropped";
      for (const auto& roi : d.at("rois"))
        result.faults += roi.at("why").get<std::string>().starts_with("rejected");
      const std::string source = d.at("source");
      if (const auto leak = dropped_.find(i); leak != dropped_.end()) {
        leaks.push_back({{"dropped", id(i)},
                         {"split", split(i)},
                         {"kept", id(leak->second.kept)},
                         {"kept_split", split(leak->second.kept)},
                         {"how", leak->second.how}});
        ++dropped_of[source];
        ++result.dropped;
        continue;
      }
      ++kept_of[source];
      ++result.kept;
      for (const auto& organ : d.at("organs")) ++organs[organ][split(i)];
      ordered_json c = d;
      c.erase("written");
      c.erase("key");
      if (std::error_code none; fs::exists(cases_[i].folder / "picture.png", none))
        c["picture"] = "cases/" + id(i) + "/picture.png";
      cases.push_back(std::move(c));
    }
    for (auto& source : report_.at("sources")) {
      source["kept"] = kept_of[source.at("name").get<std::string>()];
      source["dropped"] = dropped_of[source.at("name").get<std::string>()];
      for (const auto& note : source.at("notes")) result.faults += note.at("kind") == "dropped";
    }
    ordered_json summary{{"name", report_.at("name")},
                         {"attribution", report_.at("attribution")},
                         {"options", report_.at("options")},
                         {"within_split", report_.at("within_split")},
                         {"shard", report_.at("shard")},
                         {"anonymise", report_.value("anonymise", false)},
                         {"organ_table", report_.at("organ_table")},
                         {"sources", report_.at("sources")},
                         {"kept", result.kept},
                         {"organs", organs},
                         {"rejected", dropped},
                         {"leaks", leaks},
                         {"overlaps", overlaps_},
                         {"unknown_names", unknown},
                         {"decoys", decoys},
                         {"cases", cases}};
    if (!report_.value("anonymise", false)) summary["patients"] = report_.at("patients");
    result.summary = text_of(summary);
    write_file_atomically(out.stage("curation.json"), result.summary);
    return result;
  }

  fs::path folder_;
  ordered_json report_, overlaps_ = ordered_json::array();
  std::vector<SetCase> cases_;
  std::map<std::size_t, Leak> dropped_;
};

ordered_json read_part(const fs::path& part) {
  const fs::path file = part / "curation.json";
  std::error_code error;
  if (!fs::exists(file, error))
    fail(part, "holds no curation.json; expected the folder of a curation's shard");
  auto j = read_json<ordered_json>(file);
  if (j.is_object() && j.value("anonymise", false))
    fail(part,
         "was curated with --anonymise, so nothing tells which patients it shares with other parts; curate "
         "the parts without, and give --anonymise to merge");
  reading_json(file.string() + ": damaged; curate this part anew", ErrorKind::input, [&] {
    for (const char* key : {"name", "attribution"}) j.at(key).get<std::string>();
    for (const char* key : {"options", "within_split"}) j.at(key);
    j.at("organ_table").get<std::vector<std::string>>();
    j.at("shard").get<std::array<std::size_t, 2>>();
    for (const auto& source : j.at("sources")) {
      source.at("name").get<std::string>();
      for (const auto& note : source.at("notes")) note.at("kind").get<std::string>();
    }
    for (const auto& entry : j.at("rejected")) {
      for (const char* key : {"id", "source"}) entry.at(key).get<std::string>();
      for (const auto& roi : entry.at("rois"))
        for (const char* key : {"name", "why"}) roi.at(key).get<std::string>();
    }
    for (const auto& one : j.at("patients")) {
      for (const char* key : {"source", "id"}) one.at(key).get<std::string>();
      one.at("number").get<int>();
      one.at("aliases").get<std::vector<std::string>>();
    }
    return 0;
  });
  return j;
}

// The patients of another part; numbers are the same, since every part sees the whole of its sources.
void add_patients(ordered_json& all, const ordered_json& more, const fs::path& part) {
  for (const auto& one : more) {
    bool known = false;
    for (const auto& other : all)
      if (other.at("source") == one.at("source") && other.at("number") == one.at("number")) {
        if (other.at("id") != one.at("id"))
          fail(part,
               "numbers its patients in another way than the parts before; was a source changed between "
               "them? Curate the parts anew into empty folders");
        known = true;
      }
    if (!known) all.push_back(one);
  }
}

// The report of all parts as one run would have made it.
ordered_json joined_reports(const std::vector<fs::path>& parts) {
  ordered_json all;
  std::set<std::size_t> shards;
  for (const fs::path& part : parts) {
    const ordered_json j = read_part(part);
    if (all.is_null()) {
      all = j;
      all["rejected"] = ordered_json::array();
    } else {
      add_patients(all["patients"], j.at("patients"), part);
    }
    if (!shards.insert(j.at("shard").at(0).get<std::size_t>()).second)
      fail(part, "this shard is given twice");
    if (j.at("shard").at(1) != all.at("shard").at(1))
      fail(part, "is a shard of " + json_text(j.at("shard").at(1)) + ", not of " +
                     json_text(all.at("shard").at(1)) + " as " + parts[0].string());
    for (const char* key : {"options", "organ_table", "within_split", "name"})
      if (j.at(key) != all.at(key))
        fail(part, std::string("was curated with other options (") + key + ") than " + parts[0].string());
    for (const auto& entry : j.at("rejected")) all["rejected"].push_back(entry);
  }
  const auto wanted = all.at("shard").at(1).get<std::size_t>();
  for (std::size_t i = 1; i <= wanted; ++i)
    if (!shards.contains(i))
      throw Error(ErrorKind::input, "shard " + std::to_string(i) + "/" + std::to_string(wanted) +
                                        " is not among the folders to merge; give all of them");
  all["shard"] = {1, 1};
  std::sort(all["rejected"].begin(), all["rejected"].end(),
            [](const ordered_json& a, const ordered_json& b) { return a.at("id") < b.at("id"); });
  return all;
}

void link_case(const SetCase& c, OutputFolder& out) {
  const fs::path& folder = c.folder;
  const std::string id = folder.filename().string();
  if (const std::string name = curation::first_changed(folder, c.description); !name.empty())
    fail(folder / name, "is gone, or not what was written; curate this case anew");
  for (const char* name : {"image.nii.gz", "labels.nii.gz", "scan.bin", "case.json", "picture.png"}) {
    std::error_code none;
    if (fs::is_regular_file(folder / name, none))
      link(folder / name, out.stage("cases/" + id + "/" + name));
    else if (std::string(name) != "picture.png")
      fail(folder / name, "is not there; curate this case anew");
  }
}

}  // namespace

CurationResult make_curated_set(const fs::path& folder, const std::string& report) {
  try {
    return SetMaker(folder, report).make();
  } catch (const nlohmann::json::exception& error) {
    fail(folder / "cases", std::string("a case.json is damaged: ") + error.what() + "; curate it anew");
  }
}

CurationResult merge_curated(const std::vector<fs::path>& parts, const fs::path& folder, bool anonymise) {
  if (parts.empty()) throw Error(ErrorKind::usage, "no parts to merge");
  try {
    ordered_json all = joined_reports(parts);
    all["anonymise"] = anonymise;
    OutputFolder out(folder);
    std::set<std::string> seen;
    for (const fs::path& part : parts)
      for (const SetCase& c : read_cases(part, all)) {  // all are sound before anything is written
        if (!seen.insert(c.folder.filename().string()).second)
          fail(c.folder, "this case is in another part too; are the shards of one run?");
        link_case(c, out);
      }
    out.replace("cases");
    out.commit();
    return make_curated_set(folder, json_text(all));
  } catch (const nlohmann::json::exception& error) {
    fail(parts.front(), std::string("its JSON is damaged: ") + error.what() + "; curate it anew");
  } catch (const fs::filesystem_error& error) {
    fail(error.path1(), "cannot be read: " + error.code().message());
  }
}

}  // namespace anatomynet::curation
