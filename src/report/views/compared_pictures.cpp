#include "report/views/compared_pictures.h"

#include "core/known_organs.h"
#include "report/views/comparison.h"

namespace anatomynet::report {
namespace {

OrganTable table_of(const ComparedPictures::Masks& predicted, const ComparedPictures::Masks& truth) {
  OrganTable table;
  int next = 1;
  for (const auto* side : {&truth, &predicted})
    for (const auto& [name, mask] : *side) {
      if (find_organ(table, name) || next > 255) continue;
      const Organ* known = find_organ(known_organs(), name);
      Organ organ = known ? *known : Organ{};
      organ.id = next++;
      organ.name = name;
      if (!known) organ.colour = {255, 180, 60};
      table.push_back(organ);
    }
  return table;
}

LabelVolume painted(const Grid& grid, const ComparedPictures::Masks& side, const OrganTable& organs) {
  LabelVolume labels(grid);
  for (const Organ& organ : organs)
    if (const auto it = side.find(organ.name); it != side.end())
      evaluation::paint(it->second, organ.id, labels);
  return labels;
}

}  // namespace

ComparedPictures::ComparedPictures(const CtVolume& ct, const Masks& predicted, const Masks& truth)
    : ct_(ct),
      organs_(table_of(predicted, truth)),
      predicted_(painted(ct.grid, predicted, organs_)),
      truth_(painted(ct.grid, truth, organs_)) {}

std::string ComparedPictures::png(const std::string& name, const std::string& caption) const {
  const Comparison comparison{ct_, predicted_, truth_, organs_};
  const Organ& organ = *find_organ(organs_, name);
  return draw_comparison(comparison, organ, most_different_slice(comparison, organ.id), caption).png();
}

}  // namespace anatomynet::report
