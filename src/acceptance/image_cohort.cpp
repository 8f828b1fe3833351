#include "acceptance/image_cohort.h"

#include <map>

#include "core/error.h"
#include "core/grid_difference.h"
#include "core/resample.h"
#include "evaluation/structure_files.h"
#include "io/ct_image.h"

namespace anatomynet::acceptance {
namespace {

class ImageSource : public curation::Source {
 public:
  explicit ImageSource(const curation::SourceOptions& options)
      : options_(options), files_(evaluation::find_cases({options.path})) {}

  std::vector<curation::CaseRef> list(std::vector<curation::Note>& notes, const Progress&) override {
    std::vector<curation::CaseRef> refs;
    for (std::size_t i = 0; i < files_.cases.size(); ++i) {
      const evaluation::CaseFile& c = files_.cases[i];
      if (c.image.empty()) {
        notes.push_back({curation::Note::Kind::dropped, c.path.string() + ": no CT beside it (" + c.id +
                                                            "_ct, or ct and img in its folder)"});
        continue;
      }
      curation::CaseRef ref;
      ref.source = options_.name;
      ref.id = ref.patient = c.id;
      ref.files = {c.image, c.path};
      ref.index = i;
      refs.push_back(std::move(ref));
    }
    return refs;
  }

  curation::LoadedCase load(const curation::CaseRef& ref, const curation::RoiNames& names) const override {
    const evaluation::CaseFile& file = files_.cases.at(ref.index);
    io::CtImage image = io::read_ct(file.image);
    const Orientation orientation = nearest_orientation(image.volume.grid);
    curation::LoadedCase out;
    out.ref = ref;
    out.ct = orientation.identity() ? std::move(image.volume) : reorient(image.volume, orientation);
    for (const Warning& warning : image.warnings)
      out.notes.push_back({curation::Note::Kind::warning, with_files(warning)});
    const evaluation::Frame frame{out.ct.grid, {}};
    geometry::RasteriseOptions filling;
    filling.gaps = options_.fill_gaps ? geometry::SliceGaps::interpolate : geometry::SliceGaps::leave;
    const evaluation::Structures drawn = evaluation::read_structures(file, {}, &frame, filling);
    for (const std::string& warning : drawn.warnings)
      out.notes.push_back({curation::Note::Kind::warning, warning});
    if (!same_grid(drawn.grid, out.ct.grid, 0.01))
      throw Error(ErrorKind::input, file.path.string() + ": on another grid (" + describe(drawn.grid) +
                                        ") than the CT (" + describe(out.ct.grid) +
                                        "): " + grid_difference(drawn.grid, out.ct.grid) +
                                        "; write the contours on the CT's grid");
    if (!drawn.misplaced.empty()) throw Error(ErrorKind::input, drawn.misplaced);
    out.labels = LabelVolume(out.ct.grid);
    for (const auto& [name, mask] : drawn.organs) take(name, mask, names, out);
    out.correspondence = "files side by side";
    return out;
  }

 private:
  static void take(const std::string& name, const evaluation::BoxedMask& mask,
                   const curation::RoiNames& names, curation::LoadedCase& out) {
    const curation::NamedOrgan named = names(name);
    const Organ* organ = find_organ(names.organs(), named.organ_id);
    const double ml = double(mask.count) * mask.grid.voxel_ml();
    if (named.verdict != curation::NamedOrgan::Verdict::organ || !organ) {
      out.rois.push_back({name, "", named.reason, ml});
      return;
    }
    out.rois.push_back({name, organ->name, named.reason, ml});
    out.annotated.push_back(organ->id);
    evaluation::paint(mask, organ->id, out.labels);
  }

  curation::SourceOptions options_;
  evaluation::CaseFiles files_;
};

}  // namespace

std::unique_ptr<curation::Source> make_image_source(const curation::SourceOptions& options) {
  return std::make_unique<ImageSource>(options);
}

}  // namespace anatomynet::acceptance
