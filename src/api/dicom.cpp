#include <algorithm>
#include <array>

#include "api/guard.h"
#include "api/handles.h"
#include "core/chosen_organs.h"
#include "core/messages.h"
#include "pipeline/dicom_output.h"

namespace anatomynet::api {
namespace {

class Warnings : public Messages {
 public:
  Warnings(anatomynet_warning callback, void* user) : callback_(callback), user_(user) {}
  void warning(const std::string& text) override {
    if (callback_) callback_(user_, text.c_str());
  }

 private:
  anatomynet_warning callback_;
  void* user_;
};

template <class T>
LabelVolume read_labels(const T* voxels, const Grid& grid, const model::ModelInfo& model) {
  std::array<bool, 256> known{true};
  for (const Organ& organ : model.organs) known[static_cast<std::size_t>(organ.id)] = true;
  LabelVolume labels(grid);
  for (std::size_t i = 0; i < labels.voxels.size(); ++i) {
    if (voxels[i] > 255 || !known[voxels[i]])
      refuse("label " + std::to_string(voxels[i]) + " is no organ of model " + model.name);
    labels.voxels[i] = static_cast<std::uint8_t>(voxels[i]);
  }
  return labels;
}

enum class Object { rtstruct, seg };

anatomynet_status write(Object object, const anatomynet_ct* ct, const anatomynet_model* model,
                        const anatomynet_labels* given, const char* path,
                        const anatomynet_dicom_options* asked) {
  return guarded([&] {
    require(ct, "ct");
    require(model, "model");
    require(path, "path");
    const Grid& grid = ct->image.volume.grid;
    check_labels(given, grid);
    const auto options = options_of(asked, "anatomynet_dicom_options");
    if (!ct->image.dicom) refuse("the CT is not DICOM: an object of it needs a series that it can refer to");
    const LabelVolume labels =
        given->type == ANATOMYNET_UINT8
            ? read_labels(static_cast<const std::uint8_t*>(given->voxels), grid, model->info)
            : read_labels(static_cast<const std::uint16_t*>(given->voxels), grid, model->info);
    const OrganTable& known = model->info.organs;
    const OrganTable chosen =
        chosen_organs(known, text_or(options.organs, "all"), "model " + model->info.name);
    pipeline::DicomOutputOptions how;
    how.objects = object == Object::seg ? "seg" : "rtstruct";
    how.template_file = text_or(options.names, "");
    how.holes = options.exclusive_or ? "xor" : "keyhole";
    how.smooth = options.smooth != 0;
    how.anonymise = options.anonymise != 0;
    Warnings warnings(options.warning, options.user);
    const auto wanted = pipeline::read_template(how, known, warnings);
    const pipeline::DerivedMasks derived = pipeline::derive(*wanted, ct->image, labels, chosen);
    for (const std::string& warning : derived.warnings) warnings.warning(warning);
    const pipeline::DicomStructures structures(labels, derived,
                                               pipeline::described(wanted->rois(chosen), model->info));
    const pipeline::DicomOutput out(how, ct->image, wanted, warnings);
    const std::string note = pipeline::series_note(model->info);
    if (object == Object::seg)
      out.write_segments_of(path, structures, model->id, note);
    else
      out.write_contours_of(path, structures, model->id, note);
  });
}

template <class T>
void paint(const evaluation::BoxedMask& mask, T* voxels, std::uint16_t value, std::size_t& overwritten) {
  std::size_t at = 0;
  for (std::int64_t z = 0; z < mask.size[2]; ++z)
    for (std::int64_t y = 0; y < mask.size[1]; ++y) {
      T* const row = voxels + mask.grid.offset(mask.low[0], mask.low[1] + y, mask.low[2] + z);
      for (std::int64_t x = 0; x < mask.size[0]; ++x, ++at) {
        if (!mask.voxels[at]) continue;
        overwritten += row[x] != 0 && row[x] != value;
        row[x] = static_cast<T>(value);
      }
    }
}

}  // namespace
}  // namespace anatomynet::api

using namespace anatomynet;
using namespace anatomynet::api;

anatomynet_status anatomynet_write_rtstruct(const anatomynet_ct* ct, const anatomynet_model* model,
                                            const anatomynet_labels* labels, const char* path,
                                            const anatomynet_dicom_options* options) {
  return write(Object::rtstruct, ct, model, labels, path, options);
}

anatomynet_status anatomynet_write_seg(const anatomynet_ct* ct, const anatomynet_model* model,
                                       const anatomynet_labels* labels, const char* path,
                                       const anatomynet_dicom_options* options) {
  return write(Object::seg, ct, model, labels, path, options);
}

anatomynet_status anatomynet_structures_read(const char* path, const anatomynet_ct* ct,
                                             const anatomynet_grid* grid,
                                             anatomynet_structures** structures) {
  if (structures) *structures = nullptr;
  return guarded([&] {
    require(structures, "structures");
    require(path, "path");
    if (!ct) require(grid, "grid");
    auto made = std::make_unique<anatomynet_structures>();
    made->grid = ct ? ct->image.volume.grid : grid_of(*grid);
    made->stored = pipeline::read_stored_structures(path, made->grid, ct ? &ct->image : nullptr);
    *structures = made.release();
  });
}

void anatomynet_structures_close(anatomynet_structures* structures) { delete structures; }

size_t anatomynet_structures_count(const anatomynet_structures* structures) {
  return structures ? structures->stored.structures.size() : 0;
}

const char* anatomynet_structures_name(const anatomynet_structures* structures, size_t index) {
  return index < anatomynet_structures_count(structures) ? structures->stored.structures[index].name.c_str()
                                                         : "";
}

const char* anatomynet_structures_organ(const anatomynet_structures* structures, size_t index) {
  return index < anatomynet_structures_count(structures) ? structures->stored.structures[index].organ.c_str()
                                                         : "";
}

size_t anatomynet_structures_warning_count(const anatomynet_structures* structures) {
  return structures ? structures->stored.warnings.size() : 0;
}

const char* anatomynet_structures_warning(const anatomynet_structures* structures, size_t index) {
  return index < anatomynet_structures_warning_count(structures) ? structures->stored.warnings[index].c_str()
                                                                 : "";
}

anatomynet_status anatomynet_structures_paint(const anatomynet_structures* structures, size_t index,
                                              uint16_t value, const anatomynet_labels* labels, size_t* voxels,
                                              size_t* overwritten) {
  return guarded([&] {
    require(structures, "structures");
    require_index(index, structures->stored.structures.size(), "structure");
    check_labels(labels, structures->grid);
    if (labels->type == ANATOMYNET_UINT8 && value > 255)
      refuse("value is " + std::to_string(value) + "; 8-bit labels hold 0 to 255");
    const evaluation::BoxedMask& mask = structures->stored.structures[index].mask;
    std::size_t others = 0;
    if (labels->type == ANATOMYNET_UINT8)
      paint(mask, static_cast<std::uint8_t*>(labels->voxels), value, others);
    else
      paint(mask, static_cast<std::uint16_t*>(labels->voxels), value, others);
    if (voxels) *voxels = static_cast<std::size_t>(mask.count);
    if (overwritten) *overwritten = others;
  });
}
