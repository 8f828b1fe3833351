#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace anatomynet::model {

enum class ElementType { float32, float64, int16, int64, uint8 };
std::size_t bytes_of(ElementType type);

/// One dense array, row-major, little-endian bytes.
struct NamedTensor {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;

  std::int64_t count() const;  ///< elements
};

/// A file of named arrays and texts in the safetensors layout: 8 bytes little-endian header length, a JSON
/// header {name: {dtype, shape, data_offsets}, "__metadata__": {key: text}}, then the arrays. Any safetensors
/// reader opens it.
struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::vector<NamedTensor> tensors;  ///< in file order

  const NamedTensor* find(const std::string& name) const;
};

/// Throws Error(model) naming the file and what is wrong: not this format, truncated, trailing bytes,
/// overlapping or wrong offsets, unknown element type, sizes that do not fit the shape.
TensorFile read_tensor_file(const std::filesystem::path& path);

/// An array of a file that lies in memory.
struct TensorView {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};
struct TensorFileView {
  std::map<std::string, std::string> metadata;
  std::vector<TensorView> tensors;  ///< in file order
};

/// The same without a copy, of a whole file's bytes, which must outlive the views; messages start with
/// `path` where it is not empty.
TensorFileView view_tensor_file(const std::filesystem::path& path, std::span<const std::byte> file);

/// Whole or not at all (core/output.h).
void write_tensor_file(const std::filesystem::path& path, const TensorFile& file);

}  // namespace anatomynet::model
