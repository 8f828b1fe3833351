#include "pipeline/derived_structures.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>

#include "core/upright.h"
#include "pipeline/body_mask.h"

namespace anatomynet::pipeline {
namespace {

using Kind = templates::Expression::Kind;

constexpr double oblique_degrees = 5;

// A part that an expression names is not there.
struct Missing {
  std::string name;
};

class Deriver {
 public:
  Deriver(const templates::StructureTemplate& wanted, const CtView& ct, const UnevenSlices* uneven,
          const PaintStructure& paint)
      : wanted_(wanted), ct_(ct), uneven_(uneven), paint_(paint) {}

  DerivedMasks all() {
    for (const templates::DerivedStructure& structure : wanted_.derived()) {
      now_ = &structure;
      empty_.clear();
      too_thin_.clear();
      try {
        LabelVolume mask = made(structure.expression);
        if (uneven_) mask = uneven_->to_even(uneven_->to_slices(mask));
        out_.masks.push_back({structure, evaluation::boxed(mask, 1)});
      } catch (const Missing& missing) {
        warn("left out, since there is no " + missing.name + " here");
      }
    }
    return std::move(out_);
  }

 private:
  void warn(const std::string& text) { out_.warnings.push_back(now_->name + ": " + text); }

  LabelVolume made(const templates::Expression& e) {
    if (e.kind == Kind::structure) return structure(e.name);
    LabelVolume mask = made(e.parts.front());
    const auto combine = [&](auto with) {
      for (std::size_t k = 1; k < e.parts.size(); ++k) {
        const LabelVolume part = made(e.parts[k]);
        std::transform(mask.voxels.begin(), mask.voxels.end(), part.voxels.begin(), mask.voxels.begin(),
                       [&](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(with(a, b)); });
      }
    };
    const geometry::MarginFrom from = wanted_.margins();
    switch (e.kind) {
      case Kind::structure:
        break;
      case Kind::unite:
        combine([](int a, int b) { return a | b; });
        break;
      case Kind::intersect:
        combine([](int a, int b) { return a & b; });
        break;
      case Kind::subtract:
        combine([](int a, int b) { return a & ~b; });
        break;
      case Kind::grow:
        check_sides(e.margin);
        geometry::grow(mask, e.margin, from);
        break;
      case Kind::shrink:
        check_sides(e.margin);
        geometry::shrink(mask, e.margin, from);
        break;
      case Kind::ring:
        make_ring(mask, e, from);
        break;
    }
    return mask;
  }

  void make_ring(LabelVolume& mask, const templates::Expression& e, geometry::MarginFrom from) {
    check_sides(geometry::Margin::all_around(e.inner > 0 ? e.inner : e.outer));
    LabelVolume inner = mask;
    if (e.inner > 0) geometry::grow(inner, geometry::Margin::all_around(e.inner), from);
    geometry::grow(mask, geometry::Margin::all_around(e.outer), from);
    for (std::size_t i = 0; i < mask.voxels.size(); ++i) mask.voxels[i] &= inner.voxels[i] == 0;
  }

  LabelVolume structure(const std::string& name) {
    LabelVolume mask(ct_.grid);
    const auto wants = [&](const templates::DerivedStructure& d) { return d.name == name; };
    if (const DerivedMask* derived = out_.find(name))
      evaluation::paint(derived->mask, 1, mask);
    else if (std::any_of(wanted_.derived().begin(), wanted_.derived().end(), wants))
      throw Missing{name};
    else if (!paint_(name, mask)) {
      if (name != templates::body_name) throw Missing{name};
      if (!body_) body_ = evaluation::boxed(body_mask(ct_), 1);
      evaluation::paint(*body_, 1, mask);
    }
    if (std::find(mask.voxels.begin(), mask.voxels.end(), 1) == mask.voxels.end() &&
        empty_.insert(name).second)
      warn(name + " has no voxel here and counts as empty");
    return mask;
  }

  void check_sides(const geometry::Margin& margin) {
    check_oblique(margin);
    const Orientation to = nearest_orientation(ct_.grid);
    const std::array<std::array<double, 2>, 3> sides{{{margin.left, margin.right},
                                                      {margin.anterior, margin.posterior},
                                                      {margin.superior, margin.inferior}}};
    constexpr std::array<const char*, 3> axes{"left and right", "front and back", "head and feet"};
    for (std::size_t k = 0; k < 3; ++k) {
      const double voxel = ct_.grid.spacing[static_cast<std::size_t>(to.axis[k])];
      const double least = wanted_.margins() == geometry::MarginFrom::centres ? voxel : voxel / 2;
      for (const double mm : sides[k]) {
        if (mm == 0 || mm * (1 + 1e-6) >= least || !too_thin_.insert(axes[k]).second) continue;
        char text[160];
        std::snprintf(text, sizeof text,
                      "a margin of %g mm changes nothing towards %s, where voxels are %.4g mm apart", mm,
                      axes[k], voxel);
        warn(text);
      }
    }
  }

  void check_oblique(const geometry::Margin& margin) {
    const double degrees = obliquity(ct_.grid);
    if (said_oblique_ || margin.same_all_around() || degrees <= oblique_degrees) return;
    said_oblique_ = true;
    char text[160];
    std::snprintf(text, sizeof text,
                  "the CT lies %.0f degrees oblique; margins of different sides follow its axes, not the "
                  "patient's",
                  degrees);
    warn(text);
  }

  const templates::StructureTemplate& wanted_;
  const CtView& ct_;
  const UnevenSlices* uneven_;
  const PaintStructure& paint_;
  DerivedMasks out_;
  const templates::DerivedStructure* now_ = nullptr;
  std::set<std::string> empty_, too_thin_;  // parts and axes that were warned of
  std::optional<evaluation::BoxedMask> body_;
  bool said_oblique_ = false;
};

}  // namespace

const DerivedMask* DerivedMasks::find(const std::string& name) const {
  const auto it = std::find_if(masks.begin(), masks.end(),
                               [&](const DerivedMask& derived) { return derived.structure.name == name; });
  return it == masks.end() ? nullptr : &*it;
}

DerivedMasks derive(const templates::StructureTemplate& wanted, const CtView& ct, const UnevenSlices* uneven,
                    const PaintStructure& paint) {
  return Deriver(wanted, ct, uneven, paint).all();
}

DerivedMasks derive(const templates::StructureTemplate& wanted, const io::CtImage& ct,
                    const LabelVolume& labels, const OrganTable& organs) {
  const UnevenSlices* uneven = ct.uneven ? &ct.uneven->slices : nullptr;
  return derive(wanted, ct.volume, uneven, [&](const std::string& name, LabelVolume& mask) {
    const Organ* organ = find_organ(organs, name);
    if (!organ) return false;
    std::transform(labels.voxels.begin(), labels.voxels.end(), mask.voxels.begin(),
                   [id = organ->id](std::uint8_t v) { return static_cast<std::uint8_t>(v == id); });
    return true;
  });
}

double ml_of(const DerivedMask& derived, const io::CtImage& ct) {
  const evaluation::BoxedMask& mask = derived.mask;
  return ct.uneven ? ct.uneven->slices.volumes_ml(whole(mask))[1] : double(mask.count) * mask.grid.voxel_ml();
}

LabelVolume whole(const evaluation::BoxedMask& mask) {
  LabelVolume out(mask.grid);
  evaluation::paint(mask, 1, out);
  return out;
}

}  // namespace anatomynet::pipeline
