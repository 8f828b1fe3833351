#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <anatomynet/model.hpp>
#include <anatomynet/volume.hpp>

namespace anatomynet {
inline namespace v0 {

struct DicomOptions {
  std::string organs;  ///< names or ids separated by commas; empty: all of the model
  std::string names;   ///< template: names, colours, derived structures (docs/templates.md); empty: TG-263
  bool smooth = false, exclusive_or = false, anonymise = false;
};

namespace detail {

using WriteDicom = anatomynet_status(const anatomynet_ct*, const anatomynet_model*, const anatomynet_labels*,
                                     const char*, const anatomynet_dicom_options*);

inline std::vector<std::string> write(WriteDicom* writer, const std::string& path, const Ct& ct,
                                      const Model& model, const LabelView& labels, const DicomOptions& how) {
  struct Lines {
    std::vector<std::string> text;
    bool lost = false;
  } lines;
  anatomynet_dicom_options options{};
  options.size = sizeof options;
  options.organs = or_null(how.organs);
  options.names = or_null(how.names);
  options.smooth = how.smooth;
  options.exclusive_or = how.exclusive_or;
  options.anonymise = how.anonymise;
  options.warning = [](void* user, const char* text) {
    Lines& to = *static_cast<Lines*>(user);
    try {
      to.text.emplace_back(text);
    } catch (...) {
      to.lost = true;
    }
  };
  options.user = &lines;
  check(writer(ct.c(), model.c(), labels.c(), path.c_str(), &options));
  if (lines.lost) throw std::bad_alloc();
  return lines.text;
}

}  // namespace detail

/// Writes labels on the grid of a DICOM CT as an RT Structure Set. Returns warnings.
inline std::vector<std::string> write_rtstruct(const std::string& path, const Ct& ct, const Model& model,
                                               const LabelView& labels, const DicomOptions& how = {}) {
  return detail::write(anatomynet_write_rtstruct, path, ct, model, labels, how);
}

/// The same as a DICOM Segmentation.
inline std::vector<std::string> write_seg(const std::string& path, const Ct& ct, const Model& model,
                                          const LabelView& labels, const DicomOptions& how = {}) {
  return detail::write(anatomynet_write_seg, path, ct, model, labels, how);
}

/// The ROIs of an RT Structure Set or the segments of a Segmentation, on a CT's grid.
class Structures {
 public:
  Structures(const std::string& path, const Ct& ct) { read(path, ct.c(), nullptr); }
  Structures(const std::string& path, const Grid& grid) {
    const anatomynet_grid c = detail::to_c(grid);
    read(path, nullptr, &c);
  }

  std::size_t size() const { return anatomynet_structures_count(c()); }
  std::string name(std::size_t i) const { return anatomynet_structures_name(c(), i); }
  std::string organ(std::size_t i) const {
    return anatomynet_structures_organ(c(), i);
  }  ///< TG-263, or empty
  std::vector<std::string> warnings() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < anatomynet_structures_warning_count(c()); ++i)
      all.emplace_back(anatomynet_structures_warning(c(), i));
    return all;
  }
  /// Gives the voxels inside the label `value`; returns how many they are.
  std::size_t paint(std::size_t i, std::uint16_t value, const LabelView& labels) const {
    std::size_t voxels = 0;
    detail::check(anatomynet_structures_paint(c(), i, value, labels.c(), &voxels, nullptr));
    return voxels;
  }
  const anatomynet_structures* c() const { return structures_.get(); }

 private:
  void read(const std::string& path, const anatomynet_ct* ct, const anatomynet_grid* grid) {
    anatomynet_structures* structures = nullptr;
    detail::check(anatomynet_structures_read(path.c_str(), ct, grid, &structures));
    structures_.reset(structures);
  }
  struct Close {
    void operator()(anatomynet_structures* structures) const { anatomynet_structures_close(structures); }
  };
  std::unique_ptr<anatomynet_structures, Close> structures_;
};

}  // namespace v0
}  // namespace anatomynet
