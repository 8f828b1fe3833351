#include "core/known_organs.h"

namespace anatomynet::core {

const OrganTable& known_organs() {
  using enum Laterality;
  static const OrganTable table = [] {
    OrganTable all = standard_organs();
    const OrganTable more = {
        {10, "SpinalCord", "", "2748008", "Spinal cord", none, {255, 60, 160}},
        {11, "Larynx", "", "4596009", "Larynx", none, {140, 200, 120}},
        {12, "Esophagus", "", "32849002", "Esophagus", none, {200, 140, 90}},
        {13, "Eye_L", "", "81745001", "Eye", left, {120, 190, 255}},
        {14, "Eye_R", "", "81745001", "Eye", right, {255, 170, 170}},
        {15, "Lens_L", "", "78076003", "Lens of eye", left, {30, 90, 200}},
        {16, "Lens_R", "", "78076003", "Lens of eye", right, {200, 40, 40}},
        {17, "Glnd_Lacrimal_L", "", "13561001", "Lacrimal gland", left, {0, 150, 150}},
        {18, "Glnd_Lacrimal_R", "", "13561001", "Lacrimal gland", right, {190, 190, 0}},
        {19, "Cochlea_L", "", "80169004", "Cochlea", left, {110, 60, 180}},
        {20, "Cochlea_R", "", "80169004", "Cochlea", right, {210, 100, 0}},
        {21, "Brain", "", "12738006", "Brain", none, {190, 190, 210}},
        {22, "SpinalCanal", "", "61853006", "Vertebral canal", none, {150, 120, 150}},
    };
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return table;
}

}  // namespace anatomynet::core
