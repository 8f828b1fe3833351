#include "cli/app/memory_end.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>

#include <alloca.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/error.h"
#include "core/output.h"

namespace anatomynet::cli {
namespace {

constexpr std::size_t reserve_bytes = 1 << 20, stack_bytes = 1 << 20;

std::atomic<void*> reserve{nullptr};

void give_up_reserve() {
  std::free(reserve.exchange(nullptr));
  throw std::bad_alloc();
}

[[noreturn]] void end(const char* text) {
  [[maybe_unused]] const auto held = discard_unfinished_output();
  ::_exit(fail_for_memory(text));
}

[[noreturn]] void end_of_process() {
  if (const std::exception_ptr thrown = std::current_exception()) try {
      std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
      end(out_of_memory_text);
    } catch (const std::system_error& error) {
      if (const char* text = memory_text_of(error)) end(text);
    } catch (...) {
    }
  std::abort();
}

// The stack grows as it is used, and a process whose addresses are used up then ends by a signal.
[[gnu::noinline]] void grow_stack() {
  rlimit stack{};
  if (::getrlimit(RLIMIT_STACK, &stack) != 0 || stack.rlim_cur < 4 * stack_bytes) return;
  void* const room =
      ::mmap(nullptr, 2 * stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) ::_exit(fail_for_memory(out_of_memory_text));
  ::munmap(room, 2 * stack_bytes);
  auto* const bytes = static_cast<volatile char*>(alloca(stack_bytes));
  for (std::size_t i = 0; i < stack_bytes; i += 4096) bytes[i] = 0;
}

}  // namespace

void prepare_for_the_end_of_memory() {
  std::set_terminate(end_of_process);
  grow_stack();
  void* const kept = std::malloc(reserve_bytes);
  if (kept) std::memset(kept, 1, reserve_bytes);
  reserve = kept;
  std::set_new_handler(give_up_reserve);
}

const char* memory_text_of(const std::system_error& error) noexcept {
  if (error.code() == std::errc::not_enough_memory) return out_of_memory_text;
  if (error.code() != std::errc::resource_unavailable_try_again) return nullptr;
  return "the system has no room for another thread (ulimit -v, ulimit -u); use --threads 1 or raise the "
         "limit";
}

int fail_for_memory(const char* text) noexcept {
  std::fprintf(stderr, "anatomynet: error: %s\n", text);
  return exit_code(ErrorKind::memory);
}

}  // namespace anatomynet::cli
