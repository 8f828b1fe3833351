#pragma once
#include "core/volume.h"
#include "phantom/random.h"

namespace anatomynet::phantom {

/// What a scanner adds to the truth, in place: blur, streaks from metal, noise that is correlated in plane
/// and grows with the tissue it looks through.
struct Scanner {
  float blur_mm;    ///< standard deviation of the in-plane point spread
  float noise_hu;   ///< standard deviation behind 150 mm of water
  float grain_mm;   ///< correlation length of the noise
  float streak_hu;  ///< strength of streaks from metal
  bool circle;      ///< only the inscribed circle is reconstructed; -1024 outside
  std::uint64_t seed;
};

Scanner draw_scanner(Random& random, const Grid& grid);
CtVolume scan(const Scanner& scanner, Volume<float> truth);

}  // namespace anatomynet::phantom
