#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inference/engine.h"

namespace anatomynet::inference {

/// How the labels of an arithmetic agreed with those of fp32 on some CTs.
struct Agreement {
  double voxels = 0;      ///< share of voxels with the same label
  double least_dice = 0;  ///< of the organs, over all CTs together
  int cases = 0;
  bool proven() const;  ///< at least 99.9% of voxels and Dice 0.995 of every organ
};

/// Where int8 is used and what it stands for: value = step x integer.
struct Int8Block {
  double input = 0, middle = 0;  ///< steps of conv1's and conv2's inputs
};

/// What inference has found out about a weights file, kept in it (ModelInfo::engines) under the identity of
/// the weights: notes about other weights count for nothing.
struct EngineNotes {
  std::map<std::string, Agreement> agreement;  ///< by Engine::proof()
  std::map<std::string, Int8Block> int8;       ///< by block, such as layer1.0; the others stay in bf16
};

/// Errors: Error(model) where the notes are damaged.
EngineNotes read_notes(const model::Model& model);
std::string notes_text(const EngineNotes& notes, const model::Model& model);

/// bf16 is two arithmetics, proven each for itself: "bf16", products of bf16 on AMX and GPUs, and
/// "bf16-stored", activations stored in bf16 with products of fp32.
const char* bf16_proof(bool products);

/// bf16 where the weights file records its agreement with fp32, else fp32: for a GPU, whatever the CPU has.
Arithmetic proven_bf16(const model::Model& model);

/// The fastest arithmetic on this CPU whose agreement with fp32 the weights file records; fp32 where it
/// records none.
Arithmetic fastest_proven(const model::Model& model);

}  // namespace anatomynet::inference
