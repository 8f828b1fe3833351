#include "report/pages/segmentation_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/json.h"
#include "core/json_text.h"
#include "core/version.h"
#include "report/html.h"
#include "report/pages/segmentation_style.h"
#include "report/views/organ_planes.h"
#include "report/views/plane_svg.h"
#include "report/views/surface_view.h"

namespace anatomynet::report {
namespace {

struct Page {
  const Study& study;
  const model::Model& model;
  const SegmentationReport& report;
  std::vector<Extent> extents;  // in the order of study.organs

  const OrganVerdict* verdict_of(int id) const {
    const auto& all = report.verdicts;
    const auto it = std::find_if(all.begin(), all.end(), [&](const OrganVerdict& v) { return v.id == id; });
    return it == all.end() ? nullptr : &*it;
  }
};

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string ml_text(double ml) { return number(ml < 10 ? "%.2f" : "%.1f", ml); }

std::string ml_of(const Extent& e) { return ml_text(e.ml); }

std::string swatch(const Organ& organ) {
  char text[80];
  std::snprintf(text, sizeof text, "<span class=\"swatch\" style=\"background:#%02x%02x%02x\"></span>",
                organ.colour[0], organ.colour[1], organ.colour[2]);
  return text;
}

// How an organ is to be read at a glance.
struct Badge {
  const char *kind, *text;
};

Badge badge_of(const Page& page, std::size_t i) {
  const OrganVerdict* verdict = page.verdict_of(page.study.organs[i].id);
  if (page.extents[i].voxels == 0) return {"missing", "not found"};
  if (!verdict) return {"unchecked", "not checked"};
  if (!verdict->reasons.empty()) return {"look", "look again"};
  return {"fine", "nothing odd"};
}

std::string badge(const Page& page, std::size_t i) {
  const Badge b = badge_of(page, i);
  std::string title;
  const OrganVerdict* verdict = page.verdict_of(page.study.organs[i].id);
  if (verdict && verdict->score) title = " <small>" + number("%.2f", *verdict->score) + "</small>";
  return std::string("<span class=\"badge ") + b.kind + "\">" + b.text + "</span>" + title;
}

std::string reasons(const Page& page, std::size_t i) {
  const OrganVerdict* verdict = page.verdict_of(page.study.organs[i].id);
  if (!verdict || verdict->reasons.empty()) return {};
  std::string out = "<ul class=\"reasons\">";
  for (const auto& reason : verdict->reasons)
    out += "<li><b>" + html_text(reason.code) + "</b> " + html_text(reason.text) + "</li>";
  return out + "</ul>";
}

std::string notices(const Page& page) {
  std::string out;
  if (page.model.info.phantom_only)
    out +=
        "<p class=\"notice alarm\">These weights know synthetic patients only: on a person's CT their "
        "contours mean nothing.</p>\n";
  out +=
      "<p class=\"notice\">Not a medical device: for research; a qualified person must review and correct "
      "every contour before any use.</p>\n";
  for (const std::string& warning : page.report.warnings)
    out += "<p class=\"notice warning\">" + html_text(warning) + "</p>\n";
  return out;
}

std::string identity(const Page& page) {
  std::string rows;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      rows += "<div><dt>" + std::string(name) + "</dt><dd>" + html_text(value) + "</dd></div>";
  };
  if (const auto& who = page.report.identity) {
    add("patient", who->patient_name);
    add("ID", who->patient_id);
    add("study date", who->study_date);
    add("series", who->series_description);
    add("read from", who->source);
  }
  add("CT", describe(page.study.ct.grid));
  add("written", page.report.written);
  return "<dl class=\"facts\">" + rows + "</dl>\n";
}

std::string in_short(const Page& page) {
  std::string look, missing;
  for (std::size_t i = 0; i < page.extents.size(); ++i) {
    const std::string kind = badge_of(page, i).kind;
    std::string* list = kind == "look" ? &look : kind == "missing" ? &missing : nullptr;
    if (list) *list += (list->empty() ? "" : ", ") + html_text(page.study.organs[i].name);
  }
  std::string out;
  if (!look.empty()) out += "<p class=\"notice look\"><b>Look again:</b> " + look + "</p>\n";
  if (!missing.empty()) out += "<p class=\"notice alarm\"><b>Not found:</b> " + missing + "</p>\n";
  return out;
}

std::string organ_table(const Page& page) {
  std::string rows = html_row({"organ", "ml", "check"}, "th");
  for (std::size_t i = 0; i < page.extents.size(); ++i) {
    const Organ& organ = page.study.organs[i];
    const Extent& e = page.extents[i];
    rows += html_row({swatch(organ) + "<a href=\"#organ-" + std::to_string(organ.id) + "\">" +
                          html_text(organ.name) + "</a>",
                      e.voxels ? ml_of(e) : "&ndash;", badge(page, i) + reasons(page, i)});
  }
  return "<table class=\"organs\">\n" + rows + "</table>\n";
}

std::string derived_table(const SegmentationReport& report) {
  if (report.derived.empty()) return {};
  std::string rows = html_row({"derived", "ml", "made of"}, "th");
  for (const DerivedFigures& f : report.derived)
    rows += html_row({swatch(f.organ) + "<a href=\"#derived-" + std::to_string(f.organ.id) + "\">" +
                          html_text(f.organ.name) + "</a>",
                      f.mask->empty() ? "&ndash;" : ml_text(f.ml), html_text(f.expression)});
  return "<table class=\"organs derived\">\n" + rows + "</table>\n";
}

std::string in_space(const Page& page) {
  std::vector<ColouredSurface> surfaces;
  for (std::size_t i = 0; i < page.extents.size(); ++i) {
    const Organ& organ = page.study.organs[i];
    if (page.extents[i].voxels > 0)
      surfaces.push_back(
          {organ.name, organ.colour,
           geometry::trace_surface(page.study.labels, organ.id,
                                   {.smoothing = 40, .most_triangles = 5000, .box = page.extents[i].box()})});
  }
  if (surfaces.empty()) return {};
  std::string stills;
  for (const auto& [name, angle] : {std::pair{"from the front", ViewAngle{0, 0}},
                                    {"from the patient's left", {90, 0}},
                                    {"from the patient's right", {-90, 0}},
                                    {"from below", {0, -90}}})
    stills += std::string("<figure><img alt=\"All organs ") + name + "\" src=\"" +
              data_url("image/png", draw_surfaces(surfaces, angle, 260).png()) + "\"><figcaption>" + name +
              "</figcaption></figure>\n";
  return "<div class=\"space\"><div class=\"stills\">\n" + stills +
         "</div>\n<div class=\"turn\"><canvas id=\"turn\" width=\"520\" height=\"520\" tabindex=\"0\" "
         "role=\"img\" aria-label=\"All organs in space; arrow keys turn them\"></canvas><div "
         "id=\"turn-controls\"></div><small>Drag to turn.</small></div>\n" +
         surface_elements(surfaces) + "</div>\n";
}

std::string tiles(const Study& study, const Sections& sections, int pixels, int own,
                  const std::string& what) {
  std::string out = "<div class=\"tiles\">\n";
  for (const Section& s : sections) {
    const std::string text = caption(s, study.ct.grid);
    out += "<figure>" + plane_svg(study, *s.plane, s.index, s.frame, pixels, own, what + ", " + text) +
           "<figcaption>" + text + "</figcaption></figure>\n";
  }
  return out + "</div>\n";
}

std::string organ_section(const Page& page, std::size_t i) {
  const Organ& organ = page.study.organs[i];
  const Extent& e = page.extents[i];
  std::string out = "<section id=\"organ-" + std::to_string(organ.id) + "\">\n<h3>" + swatch(organ) +
                    html_text(organ.name) + (e.voxels ? " <small>" + ml_of(e) + " ml</small> " : " ") +
                    badge(page, i) + "</h3>\n" + reasons(page, i);
  if (e.voxels == 0)
    return out + "<p class=\"absent\">The model drew no voxel of this organ on this CT.</p>\n</section>\n";
  const Sections sections = sections_through(e, page.study.ct.grid);
  if (reaches_beyond(e, sections, page.study.ct.grid))
    out += "<p class=\"absent\">Parts of the contour lie outside these pictures.</p>\n";
  return out + tiles(page.study, sections, 400, organ.id, organ.name) + "</section>\n";
}

// Structures may overlap, so each is drawn by itself.
std::string derived_section(const CtVolume& ct, const SegmentationReport& report, const DerivedFigures& f) {
  std::string out = "<section id=\"derived-" + std::to_string(f.organ.id) + "\">\n<h3>" + swatch(f.organ) +
                    html_text(f.organ.name) + " <small>" + html_text(f.expression);
  if (f.mask->empty())
    return out + "</small></h3>\n<p class=\"absent\">It holds no voxel on this CT.</p>\n</section>\n";
  out += ", " + ml_text(f.ml) + " ml</small></h3>\n";
  LabelVolume mask(f.mask->grid);
  evaluation::paint(*f.mask, 1, mask);
  const UprightCase upright(ct, mask, "report");
  Organ organ = f.organ;
  organ.id = 1;
  const OrganTable alone{organ};
  const Study study{upright.ct(), upright.labels(), alone, {report.window_centre, report.window_width}};
  const Extent extent = survey(upright.labels(), alone, {0, f.ml}).front();
  return out + tiles(study, sections_through(extent, study.ct.grid), 400, 1, organ.name) + "</section>\n";
}

std::string metric_text(const nlohmann::json& value) {
  return value.is_number_float() ? number("%.3f", value.get<double>())
         : value.is_string()     ? value.get<std::string>()
                                 : json_text(value);
}

// Figures a row each where the metrics are what training writes, else the text as it is.
std::string metrics(const std::string& text) {
  if (text.empty()) return "none stored";
  nlohmann::json json;
  try {
    json = parse_json(text, "metrics");
  } catch (const Error&) {
  }
  if (!json.is_object()) return html_text(text);
  std::string out;
  for (const auto& [name, value] : json.items()) {
    std::string title = name;
    std::replace(title.begin(), title.end(), '_', ' ');
    if (!value.is_object()) {
      out += "<div>" + html_text(title) + ": " + html_text(metric_text(value)) + "</div>";
      continue;
    }
    std::string rows;
    for (const auto& [organ, figure] : value.items())
      rows += html_row({html_text(organ), html_text(metric_text(figure))});
    out += "<div>" + html_text(title) + "<table>" + rows + "</table></div>";
  }
  return out;
}

std::string evidence_rows(const model::ModelInfo& info) {
  std::string rows;
  for (const model::OrganEvidence& e : info.evidence)
    rows += "<tr><th>" + html_text(e.organ) + "</th><td>" + html_text(e.text()) +
            (e.is_weak() ? "; <b>check first</b>" : "") + "</td></tr>\n";
  return rows;
}

std::string shape_rows(const model::ModelInfo& info) {
  std::string rows;
  for (const model::ShapePrior& prior : info.shape_priors)
    rows += "<tr><th>" + html_text(prior.organ) +
            (model::lies_where_found(prior) ? ", drawn by shape" : ", placed by shape") + "</th><td>" +
            html_text(prior.source) + "<br>" + html_text(prior.attribution) + "</td></tr>\n";
  return rows;
}

std::string hu_curve_rows(const model::ModelInfo& info) {
  std::string rows;
  for (const model::OrganHuCurve& c : info.hu_curves)
    rows += "<tr><th>" + html_text(c.organ) + ", HU of its voxels</th><td>" + html_text(c.source) +
            "</td></tr>\n";
  return rows;
}

std::string refinement_rows(const model::ModelInfo& info) {
  std::string rows;
  for (const model::Refinement& r : info.refinements)
    rows += "<tr><th>" + html_text(model::organs_of(r)) + ", drawn anew on a finer grid</th><td>" +
            html_text(r.source) + "<br>" + html_text(r.attribution) + "</td></tr>\n";
  return rows;
}

std::string organ_ends_rows(const model::ModelInfo& info) {
  std::string rows;
  for (const model::OrganEnds& e : info.organ_ends)
    rows += "<tr><th>" + html_text(e.organ) + ", cut at its ends</th><td>" + number("%.3g", e.upper_mm) +
            " mm above, " + number("%.3g", e.lower_mm) + " mm below: " + html_text(e.source) + "</td></tr>\n";
  return rows;
}

std::string model_card(const Page& page) {
  const model::ModelInfo& info = page.model.info;
  const auto row = [](const char* name, const std::string& cell) {
    return "<tr><th>" + std::string(name) + "</th><td>" + cell + "</td></tr>\n";
  };
  std::string spacing = "the CT's own";
  if (info.spacing)
    spacing = number("%.3g", (*info.spacing)[0]) + " x " + number("%.3g", (*info.spacing)[1]) + " x " +
              number("%.3g", (*info.spacing)[2]) + " mm";
  return "<h2>Model and run</h2>\n<div class=\"wide\"><table class=\"card\">\n" +
         row("model", html_text(page.model.id)) + row("network", html_text(info.architecture)) +
         row("trained on", html_text(info.training_data)) + row("attribution", html_text(info.attribution)) +
         row("validation, as stored in the weights file", metrics(info.metrics)) + evidence_rows(info) +
         shape_rows(info) + hu_curve_rows(info) + refinement_rows(info) + organ_ends_rows(info) +
         row("works on",
             spacing + ", HU " + number("%g", info.hu_low) + " to " + number("%g", info.hu_high)) +
         row("trained by", html_text(info.code_version)) +
         row("drawn by", "anatomynet " + html_text(version()) + ", " + html_text(page.report.engine)) +
         row("time", number("%.1f", page.report.total_seconds) + " s, of which " +
                         number("%.1f", page.report.network_seconds) + " s in the network") +
         "</table></div>\n";
}

}  // namespace

std::string segmentation_page(const CtVolume& ct, const LabelVolume& labels, const model::Model& model,
                              const SegmentationReport& report) {
  const UprightCase upright(ct, labels, "report");
  const Study study{
      upright.ct(), upright.labels(), model.info.organs, {report.window_centre, report.window_width}};
  const Page page{study, model, report, survey(upright.labels(), model.info.organs, report.ml)};
  const std::string window =
      "window " + number("%g", report.window_centre) + " / " + number("%g", report.window_width) + " HU";
  std::string body =
      "<input type=\"checkbox\" id=\"outlines\" checked>\n<main>\n<header><h1>Organs at risk</h1>\n" +
      identity(page) + notices(page) + in_short(page) + "</header>\n<div class=\"top\"><div>" +
      organ_table(page) + derived_table(report) + "</div>\n" + in_space(page) + "</div>\n" +
      "<h2>All organs</h2>\n<p><small>The patient's right is at the picture's left; " + window +
      "; bar 20 mm.</small> <label class=\"toggle\" for=\"outlines\">Contours on or off</label></p>\n" +
      tiles(study, sections_of_all(page.extents, study.ct.grid, 60), 560, 0, "all organs") +
      "<h2>Organ by organ</h2>\n<p><small>The slices that hold most of the organ; its own "
      "contour is the thicker line.</small></p>\n";
  for (std::size_t i = 0; i < page.extents.size(); ++i) body += organ_section(page, i);
  if (!report.derived.empty()) body += "<h2>Derived structures</h2>\n";
  for (const DerivedFigures& f : report.derived) body += derived_section(ct, report, f);
  body += model_card(page) + "</main>\n<script>" + std::string(turntable_script) + "</script>\n";
  return html_page("Organs at risk", std::string(plane_svg_style) + segmentation_style, body,
                   std::string(sealed) + "; script-src '" + turntable_hash + "'");
}

}  // namespace anatomynet::report
