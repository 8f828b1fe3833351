#include "pipeline/reports.h"

#include <cstdio>

#include "core/clock.h"
#include "geometry/surface.h"
#include "io/dicom/dicom_text.h"
#include "io/mesh/mesh_file.h"
#include "pipeline/derived_structures.h"
#include "report/views/organ_picture.h"

namespace anatomynet::pipeline {
namespace {

// "FAMILY^Given^Middle" of the first representation (PS3.5 6.2.1.1) as people write it.
std::string person(std::string name) {
  name = name.substr(0, name.find('='));
  std::string out;
  for (bool first = true; !name.empty();) {
    const auto end = name.find('^');
    const std::string part = name.substr(0, end);
    if (!part.empty()) out += (out.empty() ? "" : first ? ", " : " ") + part;
    first = out.empty() || (first && end != std::string::npos && out == part);
    name = end == std::string::npos ? "" : name.substr(end + 1);
  }
  return out;
}

std::string date(const std::string& raw) {
  return raw.size() == 8 ? raw.substr(0, 4) + "-" + raw.substr(4, 2) + "-" + raw.substr(6) : raw;
}

std::vector<std::uint8_t> found_in(const LabelVolume& labels) {
  std::vector<std::uint8_t> found(256, 0);
  for (const std::uint8_t v : labels.voxels) found[v] = 1;
  return found;
}

}  // namespace

report::CaseIdentity identity_of(const io::CtImage& ct) {
  report::CaseIdentity who;
  who.source = ct.source;
  if (!ct.dicom) return who;
  io::TextDecoder text(ct.dicom->specific_character_set);
  who.patient_name = person(text(ct.dicom->patient_name));
  who.patient_id = text(ct.dicom->patient_id);
  who.study_date = date(ct.dicom->study_date);
  who.series_description = text(ct.dicom->series_description);
  return who;
}

void add_reports(std::vector<std::function<void()>>& tasks, OutputFolder& out, const io::CtImage& ct,
                 const LabelVolume& labels, const model::Model& model, const ReportOptions& options,
                 const report::SegmentationReport& report, Messages& messages) {
  for (const char* old : {"report.html", "meshes", "pictures"}) out.replace(old);
  tasks.push_back([&, path = out.stage("report.html")] {
    const double start = seconds_now();
    write_file_atomically(path, report::segmentation_page(ct.volume, labels, model, report));
    char text[64];
    std::snprintf(text, sizeof text, "report.html took %.2f s", seconds_now() - start);
    messages.debug(text);
  });
  if (options.mesh.empty() && !options.pictures) return;
  const auto found = found_in(labels);
  for (const Organ& organ : model.info.organs) {
    if (found[static_cast<std::size_t>(organ.id)] == 0) {
      messages.warning(organ.name + " was not found: no mesh and no picture of it");
      continue;
    }
    if (!options.mesh.empty())
      tasks.push_back([&, path = out.stage("meshes/" + organ.name + "." + options.mesh)] {
        io::write_mesh(path, geometry::trace_surface(labels, organ.id), organ.name);
      });
  }
  if (!options.mesh.empty())
    for (const report::DerivedFigures& derived : report.derived)
      if (!derived.mask->empty())
        tasks.push_back([&derived, path = out.stage("meshes/" + derived.organ.name + "." + options.mesh)] {
          io::write_mesh(path, geometry::trace_surface(whole(*derived.mask), 1), derived.organ.name);
        });
  if (options.pictures)
    tasks.push_back([&, pictures = [&] {
      std::vector<std::filesystem::path> paths;
      for (const Organ& organ : model.info.organs)
        paths.push_back(out.stage("pictures/" + organ.name + ".png"));
      return paths;
    }()] { report::write_organ_pictures(pictures, ct.volume, labels, model.info.organs, report.ml); });
}

}  // namespace anatomynet::pipeline
