#include "phantom/phantom.h"

#include "core/error.h"
#include "phantom/paint.h"
#include "phantom/pose.h"
#include "phantom/scanner.h"
#include "phantom/structures.h"

namespace anatomynet::phantom {
namespace {

void check(const PhantomOptions& options) {
  for (int k = 0; k < 3; ++k) {
    const std::int64_t n = options.size[k];
    if (n < 16 || n > 2048)
      throw Error(ErrorKind::usage, "phantom size " + std::to_string(n) + " along axis " + std::to_string(k) +
                                        ": expected 16 to 2048 voxels");
    if (!options.spacing) continue;
    const double mm = (*options.spacing)[k];
    if (!(mm >= 0.2 && mm <= 20))
      throw Error(ErrorKind::usage, "phantom spacing " + std::to_string(mm) + " mm along axis " +
                                        std::to_string(k) + ": expected 0.2 to 20 mm");
  }
}

void check_memory(const Size3& size) {
  constexpr std::int64_t most = 1 << 29;  // about 4 GB while it is made
  if (size[0] * size[1] * size[2] > most)
    throw Error(ErrorKind::usage, "phantom of " + std::to_string(size[0]) + " x " + std::to_string(size[1]) +
                                      " x " + std::to_string(size[2]) + " voxels: expected at most " +
                                      std::to_string(most) + " in all");
}

double tidy(double mm) { return std::round(mm * 1e4) / 1e4; }

// The field of view and where the couch frame's origin lies in it.
struct View {
  Grid grid;
  Vec3 couch_origin{};
};

View draw_view(const PhantomOptions& options, const Pose& pose, Random& random) {
  View view;
  Grid& g = view.grid;
  g.size = options.size;
  // At least 262 mm across the shorter side shows the whole head.
  const double across = double(std::max(g.size[0], g.size[1])),
               shorter = double(std::min(g.size[0], g.size[1]));
  const double field = std::max<double>(random.uniform(320, 500), 262 * across / shorter);
  const double long_side = random.uniform(262, 300);
  const double pixel = tidy(field / across);
  g.spacing = options.spacing.value_or(Vec3{pixel, pixel, tidy(long_side / double(g.size[2]))});
  for (double& o : g.origin) o = tidy(random.uniform(-600, 200));
  Vec3 extent{};
  for (int k = 0; k < 3; ++k) extent[k] = g.spacing[k] * double(g.size[k] - 1);
  const double vertex = 130 * pose.scale_z() + random.uniform(4, 25), chin = -125;
  const double top = extent[2] > 185 ? std::min(vertex, chin + extent[2]) : -30 + extent[2] / 2;
  const double x = random.uniform(-8, 8), y = random.uniform(-6, 14);
  view.couch_origin = {g.origin[0] + extent[0] / 2 + x, g.origin[1] + extent[1] / 2 - y,
                       g.origin[2] + extent[2] - top};
  return view;
}

}  // namespace

Phantom make_phantom(const PhantomOptions& options) {
  check(options);
  check_memory(options.size);
  // Separate streams, so that one part may draw more without changing the others.
  Random view_draws(mix(options.seed) ^ 1), pose_draws(mix(options.seed) ^ 2),
      build_draws(mix(options.seed) ^ 3), scene_draws(mix(options.seed) ^ 4),
      scanner_draws(mix(options.seed) ^ 5);
  const Pose pose(pose_draws);
  const View view = draw_view(options, pose, view_draws);
  const Build build = draw_build(build_draws);
  Scene scene(build, scene_draws);
  for (const auto add : {add_couch, add_body, add_neck, add_airway, add_skull, add_brain, add_face, add_jaws,
                         add_glands, add_eyes})
    add(scene);
  Volume<float> truth;
  truth.grid = view.grid;
  truth.voxels.assign(static_cast<std::size_t>(view.grid.voxel_count()), -1000.f);
  Phantom out{{}, LabelVolume(view.grid)};
  paint(scene, pose, view.couch_origin, truth, out.labels);
  out.ct = scan(draw_scanner(scanner_draws, view.grid), std::move(truth));
  return out;
}

}  // namespace anatomynet::phantom
