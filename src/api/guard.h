#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>

#include "anatomynet/anatomynet.h"
#include "core/error.h"

// What every function of the C interface is made with: exceptions become a status, structures grow.
namespace anatomynet::api {

/// The caller's `cancelled` said so. No std::exception, so that nothing on the way makes another error of it.
struct Cancelled {};

/// Keeps the text for anatomynet_last_error.
anatomynet_status failed(anatomynet_status status, const char* text) noexcept;
anatomynet_status status_of(ErrorKind kind) noexcept;

/// Calls `work`; what it throws becomes a status and this thread's last error.
template <class Work>
anatomynet_status guarded(const Work& work) noexcept {
  try {
    work();
    return ANATOMYNET_OK;
  } catch (const Cancelled&) {
    return failed(ANATOMYNET_CANCELLED, "cancelled by the caller");
  } catch (const Error& error) {
    return failed(status_of(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return failed(ANATOMYNET_MEMORY, "not enough memory; close other programs or use a machine with more");
  } catch (const std::exception& error) {
    return failed(ANATOMYNET_INTERNAL, error.what());
  } catch (...) {
    return failed(ANATOMYNET_INTERNAL, "unknown exception");
  }
}

[[noreturn]] inline void refuse(const std::string& text) { throw Error(ErrorKind::usage, text); }

/// Error(usage) that names what is null.
inline void require(const void* pointer, const char* name) {
  if (!pointer) refuse(std::string(name) + " is a null pointer");
}

inline void require_index(std::size_t index, std::size_t count, const char* what) {
  if (index >= count)
    refuse(std::string(what) + " " + std::to_string(index) + " is out of range: there are " +
           std::to_string(count));
}

/// The size that the caller has set. Fields are only added behind those of the first release, so `least` is
/// what a structure had there.
inline std::size_t size_of(const void* structure, std::size_t least, const char* name) {
  constexpr std::size_t most = 4096;  // more is memory that nobody has set
  std::size_t size = 0;
  std::memcpy(&size, structure, sizeof size);
  if (size < least || size > most)
    refuse(std::string(name) + ": its field size is " + std::to_string(size) + "; set it to sizeof(" + name +
           ")");
  return size;
}

/// The caller's options, zero where it knows less than this library; all zero for a null pointer.
template <class T>
T options_of(const T* given, const char* name) {
  T options{};
  if (!given) return options;
  const std::size_t size = size_of(given, sizeof(T), name);
  const auto* const bytes = reinterpret_cast<const char*>(given);
  if (!std::all_of(bytes + std::min(size, sizeof(T)), bytes + size, [](char c) { return c == 0; }))
    refuse(std::string(name) + ": sets a field that this version of the library does not know; update it");
  std::memcpy(&options, given, std::min(size, sizeof(T)));
  return options;
}

/// Fills in as much of the caller's structure as it has.
template <class T>
void give(T* to, T from, const char* name) {
  require(to, name);
  const std::size_t size = size_of(to, sizeof(T), name);
  from.size = size;
  std::memcpy(to, &from, std::min(size, sizeof(T)));
}

/// The caller's callbacks as the modules take them; empty where it has none. The caller's options outlive it.
template <class Options>
auto progress_of(const Options& options) {
  return [progress = options.progress, cancelled = options.cancelled, user = options.user](
             std::string_view stage, double fraction) {
    if (progress) progress(user, std::string(stage).c_str(), std::clamp(fraction, 0.0, 1.0));
    if (cancelled && cancelled(user)) throw Cancelled{};
  };
}

inline std::string text_or(const char* text, const char* otherwise) { return text ? text : otherwise; }

}  // namespace anatomynet::api
