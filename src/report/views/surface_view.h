#pragma once
#include <string>
#include <vector>

#include "geometry/surface.h"
#include "report/image/canvas.h"

namespace anatomynet::report {

struct ColouredSurface {
  std::string name;
  Colour colour{};
  geometry::Surface surface;
};

/// From where surfaces are seen, degrees: azimuth 0 from the front, 90 from the patient's left; elevation 90
/// from above, -90 from below.
struct ViewAngle {
  double azimuth = 0, elevation = 0;
};

/// All surfaces as solid bodies in parallel projection, nearer ones in front, in a square that holds them
/// from any side, but for lone voxels far away.
Canvas draw_surfaces(const std::vector<ColouredSurface>& surfaces, const ViewAngle& angle, int size);

/// The surfaces as hidden elements that `turntable_script` draws on <canvas id="turn">: coordinates in
/// 1/10000 of the radius that holds them, as 16-bit numbers. Surfaces of more than 65536 points are left
/// out.
std::string surface_elements(const std::vector<ColouredSurface>& surfaces);

/// Turns the surfaces with mouse, finger or arrow keys, on a plain 2D canvas, so without any need of a GPU.
/// It sets the class "live" on the page's root once it runs. `turntable_hash` allows this very script in a
/// Content-Security-Policy.
extern const char* const turntable_script;
extern const char* const turntable_hash;

}  // namespace anatomynet::report
