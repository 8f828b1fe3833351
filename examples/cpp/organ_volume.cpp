// organ_volume WEIGHTS CT ORGAN: an organ's volume in ml, from a CT that is an array in memory.
#include <cstdio>
#include <exception>
#include <vector>

#include <anatomynet/contour.hpp>

int main(int argc, char** argv) try {
  if (argc != 4) return 1;
  const anatomynet::Model model(argv[1]);
  const anatomynet::Ct file(argv[2]);
  const anatomynet::CtView ct{file.hu(), file.grid()};  // or a span of your own, x fastest
  std::vector<std::uint8_t> labels(ct.grid.voxel_count());
  const anatomynet::Result result = anatomynet::contour(model, ct, labels, {.organs = argv[3]});
  std::printf("%s: %.2f ml\n", argv[3], result.organs.front().ml);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "organ_volume: %s\n", error.what());
  return 1;
}
