#pragma once
#include "core/names.h"
#include "core/organs.h"

namespace anatomynet::core {

/// All organs that the program knows by name: the standard nine and those that clinics contour beside them
/// (ids 10 to 22), with TG-263 names and SNOMED CT codes. A model's own table decides what it draws.
const OrganTable& known_organs();

}  // namespace anatomynet::core
