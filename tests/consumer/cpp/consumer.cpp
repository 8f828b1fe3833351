// consumer WEIGHTS CT: prints the model's organs and, of each, the volume in ml on the CT.
#include <cstdio>
#include <exception>
#include <vector>

#include <anatomynet/contour.hpp>

int main(int argc, char** argv) try {
  if (argc != 3) return 1;
  const anatomynet::Model model(argv[1]);
  const anatomynet::Ct file(argv[2]);
  const anatomynet::CtView ct{file.hu(), file.grid()};
  std::vector<std::uint8_t> labels(ct.grid.voxel_count());
  const anatomynet::Result result = anatomynet::contour(model, ct, labels);
  const std::vector<anatomynet::Organ> organs = model.organs();
  for (std::size_t i = 0; i < organs.size(); ++i) {
    if (result.organs.at(i).organ_id != organs[i].id) return 1;
    std::printf("%d %s %.2f ml\n", organs[i].id, organs[i].name.c_str(), result.organs[i].ml);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "consumer: %s\n", error.what());
  return 1;
}
