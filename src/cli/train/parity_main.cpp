// A developer's tool: is our network still the authors' function? Exit code 1 past tolerance.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "core/error.h"
#include "training/parity/parity.h"

int main(int argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[1], "--help") == 0) {
    std::fprintf(
        argc < 2 ? stderr : stdout,
        "usage: anatomynet-parity FILE...\n"
        "Compares network, losses, gradients and one RMSprop step with reference tensors (docs/parity.md).\n"
        "Prints the largest absolute and relative difference of each entry; exits with 1 past tolerance.\n");
    return argc < 2 ? 2 : 0;
  }
  int result = 0;
  for (int i = 1; i < argc; ++i) {
    try {
      const auto report = anatomynet::training::check_parity(argv[i]);
      std::printf("%s  (%s, %zu entries)\n", argv[i], report.architecture.c_str(), report.entries.size());
      for (const auto& e : report.entries) {
        std::printf("  %-4s %-52s abs %.3e  rel %.3e  tolerance %.0e\n", e.passed() ? "ok" : "FAIL",
                    e.name.c_str(), e.max_absolute, e.max_relative, e.tolerance);
      }
      for (const auto& key : report.not_compared) std::printf("  --   %-52s not compared\n", key.c_str());
      if (!report.passed()) result = std::max(result, 1);
    } catch (const anatomynet::Error& error) {
      std::fprintf(stderr, "anatomynet-parity: error: %s\n", error.what());
      result = anatomynet::exit_code(error.kind());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "anatomynet-parity: error: %s: %s\n", argv[i], error.what());
      result = 1;
    }
  }
  return result;
}
