#include "cli/evaluate/evaluate_pictures.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <new>

#include <spdlog/spdlog.h>

#include "core/error.h"
#include "core/resample.h"
#include "io/ct_image.h"
#include "report/views/compared_pictures.h"

namespace anatomynet::cli {
namespace {

std::vector<const evaluation::EvaluationRow*> worst_of(const evaluation::Evaluation& evaluation,
                                                       const std::string& organ, int count) {
  std::vector<const evaluation::EvaluationRow*> rows;
  for (const evaluation::EvaluationRow& row : evaluation.rows)
    if (row.organ == organ && row.state == evaluation::EvaluationRow::State::measured && row.metrics.dice)
      rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const evaluation::EvaluationRow* a, const evaluation::EvaluationRow* b) {
                     return *a->metrics.dice < *b->metrics.dice;
                   });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(count)));
  return rows;
}

CtVolume ct_on(const Grid& grid, const evaluation::CasePair& pair,
               const evaluation::EvaluateOptions& options) {
  const CtVolume grey(grid, -160);
  const auto path = evaluation::ct_of(pair, options);
  if (path.empty()) return grey;
  CtVolume ct = io::read_ct(path, options.reading).volume;
  if (const Orientation orientation = nearest_orientation(ct.grid); !orientation.identity())
    ct = reorient(ct, orientation);
  if (same_grid(ct.grid, grid, 0.02)) return ct;
  spdlog::warn("{}: not on the grid of the truth; its picture is drawn without CT", path.string());
  return grey;
}

std::string caption(const evaluation::EvaluationRow& row) {
  char text[64];
  std::snprintf(text, sizeof text, " Dice %.3f", *row.metrics.dice);
  return row.case_id + text;
}

using Drawn = std::map<const evaluation::EvaluationRow*, std::string>;

void draw(const evaluation::CasePair& pair, const evaluation::EvaluateOptions& options,
          const std::vector<const evaluation::EvaluationRow*>& rows, Drawn& drawn) {
  const evaluation::CasePairStructures both = evaluation::read_pair(pair, options);
  const CtVolume ct = ct_on(both.truth.grid, pair, options);
  const report::ComparedPictures pictures(ct, both.predicted.organs, both.truth.organs);
  for (const evaluation::EvaluationRow* row : rows) drawn[row] = pictures.png(row->organ, caption(*row));
}

}  // namespace

std::vector<report::EvaluationReport::Picture> worst_pictures(const evaluation::CasePairs& pairs,
                                                              const evaluation::Evaluation& evaluation,
                                                              const evaluation::EvaluateOptions& options,
                                                              int count, const Progress& progress) {
  // By case, so that each is read once.
  std::map<std::string, std::vector<const evaluation::EvaluationRow*>> wanted;
  std::vector<const evaluation::EvaluationRow*> order;
  for (const std::string& organ : evaluation::organs_of(evaluation.rows))
    for (const evaluation::EvaluationRow* row : worst_of(evaluation, organ, count)) {
      wanted[row->case_id].push_back(row);
      order.push_back(row);
    }
  Drawn drawn;
  for (const evaluation::CasePair& pair : pairs.pairs) {
    const auto it = wanted.find(pair.name);
    if (it == wanted.end()) continue;
    progress("drawing the worst cases", double(drawn.size()) / double(order.size()));
    try {
      draw(pair, options, it->second, drawn);
    } catch (const std::bad_alloc&) {
      spdlog::warn("{}: no picture: not enough memory", pair.name);
    } catch (const std::exception& error) {
      spdlog::warn("{}: no picture: {}", pair.name, error.what());
    }
  }
  std::vector<report::EvaluationReport::Picture> out;
  for (const evaluation::EvaluationRow* row : order)
    if (const auto it = drawn.find(row); it != drawn.end())
      out.push_back({row->organ, row->case_id, caption(*row), it->second});
  return out;
}

}  // namespace anatomynet::cli
