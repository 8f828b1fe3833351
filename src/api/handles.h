#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "anatomynet/anatomynet.h"
#include "inference/segmenter.h"
#include "io/ct_image.h"
#include "model/model_file.h"
#include "pipeline/judge.h"
#include "pipeline/stored_structures.h"

// What the C interface's handles hold.

struct anatomynet_model {
  anatomynet::model::ModelInfo info;
  std::string id, precision;
  std::vector<double> validation_dice;  // of each organ; NaN where the file has none
  int threads = 0;
  std::shared_ptr<anatomynet::inference::Engine> engine;
  std::unique_ptr<anatomynet::inference::Segmenter> segmenter;
  std::mutex one_at_a_time;  // an engine runs one volume at a time
};

struct anatomynet_ct {
  anatomynet::io::CtImage image;
  std::vector<std::string> warnings;  // with file names
};

struct anatomynet_result {
  anatomynet::pipeline::Judgement judgement;
};

struct anatomynet_structures {
  anatomynet::pipeline::StoredStructures stored;
  anatomynet::Grid grid;
};

namespace anatomynet::api {

/// Error(input) unless it can be a CT's.
Grid grid_of(const anatomynet_grid& grid);
anatomynet_grid grid_of(const Grid& grid);

/// Error(usage) unless `labels` has a place for every voxel of the grid.
void check_labels(const anatomynet_labels* labels, const Grid& grid);

/// CPUs that a number of threads stands for.
int threads_of(int asked);

}  // namespace anatomynet::api
