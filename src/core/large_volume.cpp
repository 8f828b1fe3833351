#include "core/large_volume.h"

#include <memory>

#include <sys/mman.h>
#include <unistd.h>

namespace anatomynet::core {

void advise_large_pages(void* memory, std::size_t bytes) {
  constexpr std::size_t least = 8 << 20;  // below, the pages at either end would be more than is asked for
  if (bytes < least) return;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  // The pages that lie in it as a whole.
  if (std::align(page, page, memory, bytes)) ::madvise(memory, bytes / page * page, MADV_HUGEPAGE);
}

}  // namespace anatomynet::core
