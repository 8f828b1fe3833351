#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "phantom/random.h"
#include "phantom/shapes.h"

namespace anatomynet::phantom {

/// A tissue's CT number: `hu`, varied by smooth noise of amplitude `grain` HU and cells of `cell` mm.
struct Tissue {
  float hu = 0, grain = 0, cell = 4;
};

struct Box {
  V3 low, high;
};

/// Where a voxel is. The anatomy frame has its origin midway between the ear canals, in mm of a patient of
/// mean size: +x left, +y back, +z head. The couch frame is the same before the patient's pose and build.
struct Place {
  V3 p;                 ///< anatomy frame
  V3 couch;             ///< couch frame
  float skin = 0;       ///< mm to the skin, negative inside the patient
  float braincase = 0;  ///< mm to the inside of the skull, negative inside
};

/// One solid of one tissue. Solids are painted in order, each over those before it.
struct Structure {
  Box bounds;
  Tissue tissue;
  std::uint8_t organ = 0;  ///< label of what it covers; 0 takes a label away
  float thickness = 1e9f;  ///< mm; thinner than a voxel it fills only its share of it
  float depth = 2;         ///< mm that it keeps below the skin
  bool on_couch = false;   ///< bounds are in the couch frame
  std::function<float(const Place&)> distance;
};

/// What is drawn once for the whole patient.
struct Build {
  float fat = 6;  ///< mm of fat under the skin of the neck
  float muscle_hu = 55;
  float blood_hu = 45;  ///< higher after contrast agent
  float age_bone = 1;   ///< factor on bone density
  bool mask = false, metal = false;
  std::uint32_t texture_seed = 0;
  // Braincase and face in mm
  V3 brain_centre{0, -1, 50}, brain_radii{66, 83, 66};
  float skull = 6, scalp = 5;
  float face_forward = 0, jaw_drop = 0, jaw_width = 0;
};

Build draw_build(Random& random);

float braincase_distance(const Build& build, V3 p);
float skin_distance(const Build& build, V3 p);

/// The list under construction; every helper adds one solid.
class Scene {
 public:
  Scene(const Build& patient, Random& draws) : build(patient), random(draws) {}

  const Build& build;
  Random& random;
  std::vector<Structure> structures;

  void ellipsoid(Tissue tissue, V3 centre, V3 radii, int organ = 0);
  void rod(Tissue tissue, V3 a, V3 b, float ra, float rb, int organ = 0);
  /// Rods along a line of points, one solid.
  void tube(Tissue tissue, std::vector<V3> points, float radius, int organ = 0);
  Structure& solid(Tissue tissue, Box bounds, std::function<float(const Place&)> distance, int organ = 0);
  /// A solid that may reach the skin and beyond it.
  Structure& outer(Tissue tissue, Box bounds, std::function<float(const Place&)> distance);

  Tissue muscle() const { return {build.muscle_hu, 14, 5}; }
  Tissue fat() const { return {-100, 14, 7}; }
  Tissue bone(float hu) const { return {hu * build.age_bone, 0.12f * hu, 3}; }
  Tissue air() const { return {-1000, 0, 4}; }
  Tissue blood() const { return {build.blood_hu, 3, 4}; }

  /// A point or length that differs from patient to patient.
  V3 near(V3 p, float deviation = 1.2f);
  float size(float mean, float share = 0.06f) { return random.about(mean, share * mean); }
  V3 sizes(V3 mean, float share = 0.06f);
};

// In the order of painting.
void add_couch(Scene& scene);
void add_body(Scene& scene);
void add_skull(Scene& scene);
void add_brain(Scene& scene);
void add_spine(Scene& scene);
void add_neck(Scene& scene);
void add_face(Scene& scene);
void add_jaws(Scene& scene);
void add_airway(Scene& scene);
void add_glands(Scene& scene);
void add_eyes(Scene& scene);

/// Distance to the lower jaw, shared by what must keep clear of it.
float mandible_distance(const Build& build, V3 p);

}  // namespace anatomynet::phantom
