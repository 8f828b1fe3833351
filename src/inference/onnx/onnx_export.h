#pragma once
#include <string>

#include "inference/folded_network.h"
#include "model/model_file.h"

namespace anatomynet::inference {

/// The network as an ONNX model (opset 13): input `image`, float 1 x 1 x D x H x W with D, H, W free (HU
/// window to [0, 1]), output `logits`, 1 x classes x D x H x W. Odd sizes are padded with air and cropped
/// inside. Batch norms are folded; the model's description stands in its metadata. Throws Error(model) as
/// `fold`.
std::string onnx_of(const model::Model& model);

}  // namespace anatomynet::inference
