#include "evaluation/evaluate_cases.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <new>
#include <optional>

#include "core/cpus.h"
#include "core/error.h"
#include "core/parallel_for.h"
#include "core/resample.h"
#include "curation/ct_of_structures.h"
#include "evaluation/learnt_cases.h"
#include "io/ct_image.h"
#include "io/dicom/dicom_index.h"
#include "io/image/image_file.h"

namespace anatomynet::evaluation {
namespace fs = std::filesystem;
namespace {

std::string some_of(const std::vector<std::string>& ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size() && i < 3; ++i) text += (i ? ", " : "") + ids[i];
  return ids.size() > 3 ? text + " and " + std::to_string(ids.size() - 3) + " more" : text;
}

std::vector<std::string> ids_of(const CaseFiles& files) {
  std::vector<std::string> ids;
  for (const CaseFile& c : files.cases) ids.push_back(c.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

Grid upright(const Grid& grid) { return reoriented(grid, nearest_orientation(grid)); }

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool wanted(const EvaluateOptions& options, const std::string& organ) {
  return options.organs.empty() || contains(options.organs, organ);
}

// Whether the truth says nothing of the organ beyond its first and last slice.
bool ends_anywhere(const CaseFile& truth, const std::string& organ, const EvaluateOptions& options) {
  if (contains(options.within_ends, organ)) return true;
  if (truth.data_case == nullptr) return false;
  const std::vector<int>& partial = truth.data_case->partial_extent;
  const Organ* known = find_organ(truth.data_set->organs, organ);
  return known != nullptr && std::find(partial.begin(), partial.end(), known->id) != partial.end();
}

EvaluationRow row_of(const CasePair& pair, const std::string& organ, const CasePairStructures& both,
                     const EvaluateOptions& options) {
  EvaluationRow row;
  row.case_id = pair.name;
  row.organ = organ;
  const auto truth = both.truth.organs.find(organ);
  const auto predicted = both.predicted.organs.find(organ);
  if (truth == both.truth.organs.end()) {
    row.state = EvaluationRow::State::missing_in_truth;
    return row;
  }
  BoxedMask none;
  none.grid = both.truth.grid;
  if (predicted == both.predicted.organs.end() && options.organs.empty()) {
    row.state = EvaluationRow::State::missing_in_prediction;
    return row;
  }
  const BoxedMask* drawn = predicted == both.predicted.organs.end() ? &none : &predicted->second;
  BoxedMask cut;
  row.within_ends = !truth->second.empty() && ends_anywhere(pair.truth, organ, options);
  if (row.within_ends) {
    cut = within_slices_of(*drawn, truth->second);
    drawn = &cut;
  }
  row.metrics = measure(*drawn, truth->second,
                        {options.surface, options.combination, tolerance_of(options.tolerances, organ)});
  return row;
}

std::vector<EvaluationRow> rows_of(const CasePair& pair, const CasePairStructures& both,
                                   const EvaluateOptions& options, int threads) {
  std::vector<EvaluationRow> found;
  for (const auto* side : {&both.truth.organs, &both.predicted.organs})
    for (const auto& [organ, mask] : *side) {
      EvaluationRow row;
      row.organ = organ;
      if (wanted(options, organ)) found.push_back(std::move(row));
    }
  const std::vector<std::string> organs = organs_of(found);
  std::vector<EvaluationRow> rows(organs.size());
  parallel_for(organs.size(), threads,
               [&](std::size_t i) { rows[i] = row_of(pair, organs[i], both, options); });
  return rows;
}

// What the DICOM object of one side was drawn on against the CT, where that is DICOM, else against the other
// side. A segmentation has a grid of its own, so where nobody tells nothing is said.
void check_scan(const CaseFile& file, Structures& drawn, const Structures& other,
                const io::ImageReferences& ct) {
  const bool contours = needs_frame(file);
  const bool ask_ct = !ct.none() || other.references.none();
  io::ImageReferences on = ask_ct ? ct : other.references;
  if (!contours && (!wants_frame(file) || drawn.references.none() || on.none())) return;
  if (on.source.empty()) on.source = "what it is compared with";
  std::vector<std::string> said = io::check_same_scan(drawn.references, on);
  // Two segmentations of one CT seldom refer to the same slices.
  if (contours || ask_ct) drawn.warnings.insert(drawn.warnings.end(), said.begin(), said.end());
  // Another scan is the better reason.
  if (!drawn.misplaced.empty()) throw Error(ErrorKind::input, drawn.misplaced);
}

// DCMTK keeps state of its own: files are read one at a time, measured side by side.
std::mutex& reading() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

CasePairs match_cases(const CaseFiles& predicted, const CaseFiles& truth) {
  CasePairs out;
  if (predicted.cases.size() == 1 && truth.cases.size() == 1) {
    out.pairs.push_back({predicted.cases.front(), truth.cases.front(), truth.cases.front().id});
    return out;
  }
  std::map<std::string, const CaseFile*> by_id;
  for (const CaseFile& c : predicted.cases) by_id[c.id] = &c;
  std::map<std::string, CasePair> pairs;
  for (const CaseFile& c : truth.cases) {
    const auto it = by_id.find(c.id);
    if (it == by_id.end()) {
      out.without_prediction.push_back(c.id);
      continue;
    }
    pairs[c.id] = {*it->second, c, c.id};
    by_id.erase(it);
  }
  for (const auto& [id, unused] : by_id) out.without_truth.push_back(id);
  if (pairs.empty())
    throw Error(ErrorKind::input, "no case has both a prediction and a truth: predicted are " +
                                      some_of(ids_of(predicted)) + "; the truth has " +
                                      some_of(ids_of(truth)) +
                                      "; ids come from file and folder names (docs/evaluation.md)");
  for (auto& [id, pair] : pairs) out.pairs.push_back(std::move(pair));
  std::sort(out.without_prediction.begin(), out.without_prediction.end());
  return out;
}

fs::path ct_of(const CasePair& pair, const EvaluateOptions& options) {
  std::error_code error;
  if (options.ct.empty()) return pair.truth.image.empty() ? pair.predicted.image : pair.truth.image;
  if (!fs::exists(options.ct, error))
    throw Error(ErrorKind::input, options.ct.string() + ": no such file or folder");
  if (!fs::is_directory(options.ct, error)) return options.ct;
  for (const char* extension : io::usual_image_extensions)
    for (const std::string& stem : {pair.truth.id + "_ct", pair.truth.id + "_0000", pair.truth.id,
                                    pair.truth.id + "/ct", pair.truth.id + "/img"})
      if (fs::is_regular_file(options.ct / (stem + extension), error)) return options.ct / (stem + extension);
  if (fs::is_directory(options.ct / pair.truth.id, error)) return options.ct / pair.truth.id;
  return io::index_dicom(options.ct).cts.empty() ? fs::path() : options.ct;
}

namespace {

struct Scan {
  std::optional<Frame> frame;
  io::ImageReferences references;
};

// Of the CT, where it says more than a mask's grid does: where no side has one, or a DICOM object was drawn
// on a DICOM CT, whose slices may lie unevenly and which tells whose contours they are.
Scan scan_of(const CasePair& pair, const EvaluateOptions& options, std::vector<std::string>& warnings) {
  const bool truth = wants_frame(pair.truth), predicted = wants_frame(pair.predicted);
  const bool alone = truth && predicted;
  if (!alone && !((truth || predicted) && !options.ct.empty())) return {};
  const fs::path path = ct_of(pair, options);
  if (path.empty() || (!alone && io::is_image_file_name(path))) return {};
  const bool by_truth = truth && (needs_frame(pair.truth) || !needs_frame(pair.predicted));
  const CaseFile& drawn = by_truth ? pair.truth : pair.predicted;
  const io::CtImage ct = needs_frame(drawn)
                             ? curation::read_ct_of(io::read_structure_set(drawn.path), path, options.reading)
                             : curation::read_ct_of(io::references_in(drawn.path), path, options.reading);
  for (const Warning& warning : ct.warnings) warnings.push_back(with_files(warning));
  Scan scan{Frame{upright(ct.volume.grid), {}}, io::references_of(ct)};
  if (ct.uneven) scan.frame->uneven = ct.uneven->slices;
  return scan;
}

}  // namespace

CasePairStructures read_pair(const CasePair& pair, const EvaluateOptions& options) {
  const std::lock_guard lock(reading());
  CasePairStructures both;
  const bool alone = wants_frame(pair.truth) && wants_frame(pair.predicted);
  std::vector<std::string> warnings;  // of the CT
  const Scan scan = scan_of(pair, options, warnings);
  const std::optional<Frame>& ct = scan.frame;
  std::optional<Frame> frame = alone ? ct : std::nullopt;
  geometry::RasteriseOptions filling;
  filling.gaps = options.fill_gaps ? geometry::SliceGaps::interpolate : geometry::SliceGaps::leave;
  if (!frame && needs_frame(pair.truth) && needs_frame(pair.predicted))
    throw Error(ErrorKind::input, pair.truth.path.string() + " and " + pair.predicted.path.string() +
                                      ": both are contours; give the CT they were drawn on with --ct");
  // Whoever knows its grid best comes first: images, then segmentations, then contours.
  const auto unsure = [](const CaseFile& c) { return int(wants_frame(c)) + int(needs_frame(c)); };
  const auto read_in_turn = [&](const CaseFile& first, Structures& a, const CaseFile& second, Structures& b) {
    a = read_structures(first, options.labels, frame ? &*frame : nullptr, filling);
    // A segmentation's own slices are too few for contours that go beyond it.
    if (!frame && wants_frame(first) && needs_frame(second))
      frame = Frame{with_slices_of(a.grid, second.path), {}};
    if (!frame) frame = Frame{a.grid, ct ? ct->uneven : a.uneven};
    b = read_structures(second, options.labels, &*frame, filling);
    a.warnings.insert(a.warnings.begin(), warnings.begin(), warnings.end());
  };
  if (unsure(pair.truth) <= unsure(pair.predicted))
    read_in_turn(pair.truth, both.truth, pair.predicted, both.predicted);
  else
    read_in_turn(pair.predicted, both.predicted, pair.truth, both.truth);
  check_scan(pair.truth, both.truth, both.predicted, scan.references);
  check_scan(pair.predicted, both.predicted, both.truth, scan.references);
  if (same_grid(both.predicted.grid, both.truth.grid, 0.01)) return both;
  // Two segmentations of one CT seldom leave out the same slices.
  if (wants_frame(pair.truth) && wants_frame(pair.predicted))
    if (const auto whole = grid_around(both.truth.grid, both.predicted.grid)) {
      place(both.truth, *whole);
      place(both.predicted, *whole);
      return both;
    }
  if (!options.resample) {
    try {
      require_same_grid(both.predicted.grid, both.truth.grid);
    } catch (const Error& error) {
      throw Error(error.kind(), std::string(error.what()) + ", here with --resample");
    }
  }
  for (auto& [organ, mask] : both.predicted.organs) mask = resampled(mask, both.truth.grid);
  both.predicted.grid = both.truth.grid;
  return both;
}

namespace {

bool for_want_of_memory(const std::exception_ptr& failure) try {
  std::rethrow_exception(failure);
} catch (const std::bad_alloc&) {
  return true;
} catch (const Error& error) {
  return error.kind() == ErrorKind::memory;
} catch (...) {
  return false;
}

std::string reason_of(const std::exception_ptr& failure) try {
  std::rethrow_exception(failure);
} catch (const Error& error) {
  return error.what();
} catch (const std::bad_alloc&) {
  return "not enough memory, also with no other case beside it";
} catch (const std::exception& error) {
  return error.what() + std::string("; this is a fault of the program, please report it");
} catch (...) {
  return "an unknown fault of the program; please report it";
}

[[noreturn]] void rethrow_of(const CasePair& pair, const std::exception_ptr& failure) try {
  std::rethrow_exception(failure);
} catch (const Error& error) {
  throw error.within("case " + pair.name);
}

}  // namespace

Evaluation evaluate_cases(const CasePairs& pairs, const EvaluateOptions& options, const Progress& progress,
                          const std::function<void(const std::string&)>& warn) {
  Evaluation out;
  out.without_truth = pairs.without_truth;
  out.without_prediction = pairs.without_prediction;
  const std::size_t count = pairs.pairs.size();
  std::vector<std::vector<EvaluationRow>> rows(count);
  std::vector<std::exception_ptr> failures(count);
  std::mutex telling;
  std::size_t done = 0;
  const int threads = options.threads > 0 ? options.threads : usable_cpus();
  const int beside = count == 0 ? 1 : std::max(1, threads / static_cast<int>(count));  // organs of a case
  const auto measure_case = [&](std::size_t i, int organs_beside) {
    const CasePair& pair = pairs.pairs[i];
    failures[i] = nullptr;
    try {
      CasePairStructures both = read_pair(pair, options);
      rows[i] = rows_of(pair, both, options, organs_beside);
      if (learnt_from(pair.predicted.path, pair.truth.id))
        both.predicted.warnings.push_back(pair.name +
                                          ": the weights that drew it name this patient among their training "
                                          "data; its figures are no test");
      const std::lock_guard lock(telling);
      for (const auto* side : {&both.truth, &both.predicted})
        for (const std::string& warning : side->warnings) warn(warning);
      if (progress) progress("measuring cases", double(++done) / double(count));
    } catch (...) {
      failures[i] = std::current_exception();
    }
  };
  parallel_for(count, threads, [&](std::size_t i) { measure_case(i, beside); });
  for (std::size_t i = 0; i < count; ++i)
    if (failures[i] && for_want_of_memory(failures[i])) measure_case(i, 1);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& name = pairs.pairs[i].name;
    if (failures[i]) {
      out.failed.push_back({name, reason_of(failures[i])});
      continue;
    }
    out.cases.push_back(name);
    out.rows.insert(out.rows.end(), rows[i].begin(), rows[i].end());
  }
  if (out.cases.empty() && count > 0) rethrow_of(pairs.pairs.front(), failures.front());
  return out;
}

}  // namespace anatomynet::evaluation
