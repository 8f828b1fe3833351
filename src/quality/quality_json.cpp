#include <cmath>

#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/version.h"
#include "quality/postprocess.h"
#include "quality/quality.h"
#include "quality/reference.h"

namespace anatomynet::quality {
namespace {

using json = nlohmann::ordered_json;

json json_of(const std::vector<Flag>& flags) {
  json list = json::array();
  for (const Flag& f : flags) list.push_back({{"code", f.code}, {"text", f.text}});
  return list;
}

json json_of(const std::vector<Piece>& pieces) {
  json list = json::array();
  for (const Piece& p : pieces)
    list.push_back({{"ml", p.ml}, {"gap_mm", p.gap_mm}, {"centroid_lps_mm", p.centroid}});
  return list;
}

json json_of(const std::vector<UnsurePlace>& places) {
  json list = json::array();
  for (const UnsurePlace& place : places)
    list.push_back({{"place_lps_mm", place.world}, {"close_share", place.close_share}});
  return list;
}

json json_of(const OrganQuality& q) {
  json organ{{"id", q.id}, {"name", q.organ}, {"score", q.score}, {"flags", json_of(q.flags)}};
  organ["voxels"] = q.voxels;
  if (q.voxels == 0) return organ;
  organ["ml"] = q.ml;
  organ["volume_over_other_side"] = q.twin_ratio ? json(*q.twin_ratio) : json(nullptr);
  organ["centroid_lps_mm"] = q.centroid;
  organ["extent_lps_mm"] = q.extent;
  organ["mean_hu"] = q.mean_hu;
  organ["edge_percent"] = q.edge_percent;
  organ["piece_count"] = q.piece_count;
  organ["pieces_beside_largest"] = json_of(q.pieces);
  organ["confidence"] = organ["unsure_places"] = nullptr;
  if (!q.confidence) return organ;
  organ["confidence"] = {{"mean", q.confidence->mean}, {"boundary_low", q.confidence->boundary_low}};
  organ["unsure_places"] = json_of(q.confidence->unsure);
  return organ;
}

json json_of(const PostProcessed& p) {
  json organ{{"id", p.id},
             {"name", p.organ},
             {"removed_ml", p.removed_ml},
             {"removed_pieces", json_of(p.removed)},
             {"filled_ml", p.filled_ml},
             {"bridged_ml", p.bridged_ml},
             {"filled_holes", p.holes}};
  for (const StrayPiece& piece : p.strays)
    organ["stray_pieces"].push_back(
        {{"ml", piece.ml}, {"off_mm", piece.off_mm}, {"centroid_lps_mm", piece.centroid}});
  if (p.ends)
    organ["ends_cut"] = {{"upper_mm", p.ends->upper_mm},
                         {"lower_mm", p.ends->lower_mm},
                         {"ml", p.ends->ml},
                         {"stayed", p.ends->stayed}};
  return organ;
}

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json json_of(const ImageFigures& figures) {
  return {{"noise_hu", number(figures.noise_hu)},
          {"texture", number(figures.texture)},
          {"across_slices", number(figures.across_slices)},
          {"bone_hu", number(figures.bone_hu)}};
}

}  // namespace

std::string quality_json(const QualityReport& report, const Reference& reference,
                         const std::vector<PostProcessed>& changed) {
  json organs = json::array(), changes = json::array();
  for (const OrganQuality& q : report.organs) organs.push_back(json_of(q));
  for (const PostProcessed& p : changed) changes.push_back(json_of(p));
  const json all{
      {"program", std::string("anatomynet ") + version()},
      {"notice",
       "Not a medical device: a contour without a flag can be wrong; review and correct every contour before "
       "any use."},
      {"score", report.score},
      {"flags", json_of(report.flags)},
      {"soft_tissue_hu", report.soft_tissue_hu},
      {"image", json_of(report.image)},
      {"handedness", number(report.handedness)},
      {"organs", organs},
      {"post_processing", changes},
      {"reference", {{"data", reference.data}, {"attribution", reference.attribution}}}};
  return json_text(all, 2) + "\n";
}

}  // namespace anatomynet::quality
