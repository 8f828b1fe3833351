#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "model/pickle.h"

// The two layouts of torch.save. Internal to the model module.
namespace anatomynet::model {

/// How the elements of a storage class lie in the file.
struct StorageType {
  std::string_view global;                                 ///< such as "torch FloatStorage"
  std::size_t bytes = 0;                                   ///< of an element
  bool floating = false, is_signed = true, brain = false;  ///< brain: bfloat16
};

/// Throws Error(model) where a persistent id is not that of a storage.
struct StorageId {
  StorageType type;
  std::string key;
  std::uint64_t count = 0;  ///< elements
};
StorageId storage_id(const pickle::Pickle& pickle, const pickle::Value& persistent, const std::string& what);

/// An open checkpoint: its pickle, and the bytes of its storages by key.
struct TorchArchive {
  pickle::Pickle pickle;
  std::map<std::string, std::span<const std::byte>, std::less<>> storages;
};

/// Of a whole file's bytes, which must outlive it. Throws Error(model) "what: ...".
TorchArchive open_torch_archive(std::span<const std::byte> file, const std::string& what);

}  // namespace anatomynet::model
