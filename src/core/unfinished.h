#pragma once
#include <filesystem>
#include <mutex>
#include <string_view>

#include "core/names.h"

// What is on its way to its final name, in one place, so that a process that must end leaves none of it.
// Internal to the core module.
namespace anatomynet::core::unfinished {

/// Everything of ours that is hidden in an output folder begins so.
constexpr std::string_view hidden_prefix = ".anatomynet-";

/// Something that is removed when the process ends before it is finished.
class Item {
 public:
  Item() = default;
  virtual ~Item() = default;
  Item(const Item&) = delete;
  Item& operator=(const Item&) = delete;
  /// Called under the mutex below.
  virtual void discard() noexcept = 0;
};

/// Held while anything is made, renamed or removed.
std::mutex& mutex();
/// Both under the mutex.
void add(Item& item);
void remove(Item& item);

/// Flushes a file or folder to disk. Throws Error(output) for a file; a folder is flushed where its file
/// system can.
void flush_file(const std::filesystem::path& file);
void flush_folder(const std::filesystem::path& folder) noexcept;

}  // namespace anatomynet::core::unfinished
