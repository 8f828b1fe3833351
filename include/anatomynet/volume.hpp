#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <anatomynet/error.hpp>

namespace anatomynet {
inline namespace v0 {

/// Where voxels lie: mm, LPS, x fastest; column k of `direction` (row-major) is the unit vector along index
/// axis k.
struct Grid {
  std::array<std::int64_t, 3> size{};
  std::array<double, 3> spacing{1, 1, 1};
  std::array<double, 3> origin{};
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};

  std::size_t voxel_count() const { return static_cast<std::size_t>(size[0] * size[1] * size[2]); }
  double voxel_ml() const { return spacing[0] * spacing[1] * spacing[2] / 1000; }
};

/// A CT that the caller owns: HU, and where they lie.
struct CtView {
  std::span<const std::int16_t> hu;
  Grid grid;
};

/// Labels that the caller owns, 8 or 16 bits a voxel.
class LabelView {
 public:
  LabelView(std::span<std::uint8_t> labels) : c_{labels.data(), labels.size(), ANATOMYNET_UINT8} {}
  LabelView(std::span<std::uint16_t> labels) : c_{labels.data(), labels.size(), ANATOMYNET_UINT16} {}
  LabelView(std::vector<std::uint8_t>& labels) : LabelView(std::span(labels)) {}
  LabelView(std::vector<std::uint16_t>& labels) : LabelView(std::span(labels)) {}
  const anatomynet_labels* c() const { return &c_; }

 private:
  anatomynet_labels c_;
};

/// Called as work goes on, with the stage and the share of it that is done. False ends the work: Error with
/// ANATOMYNET_CANCELLED. What it throws ends it too, and goes to the caller.
using Progress = std::function<bool(std::string_view stage, double fraction)>;

namespace detail {

inline anatomynet_grid to_c(const Grid& grid) {
  anatomynet_grid out{};
  for (std::size_t k = 0; k < 3; ++k) {
    out.size[k] = grid.size[k];
    out.spacing[k] = grid.spacing[k];
    out.origin[k] = grid.origin[k];
  }
  for (std::size_t k = 0; k < 9; ++k) out.direction[k] = grid.direction[k];
  return out;
}

inline Grid from_c(const anatomynet_grid& grid) {
  Grid out;
  for (std::size_t k = 0; k < 3; ++k) {
    out.size[k] = grid.size[k];
    out.spacing[k] = grid.spacing[k];
    out.origin[k] = grid.origin[k];
  }
  for (std::size_t k = 0; k < 9; ++k) out.direction[k] = grid.direction[k];
  return out;
}

/// A Progress as the C interface calls it; keeps what it throws, since nothing may be thrown through C.
class Watcher {
 public:
  explicit Watcher(const Progress& progress) : progress_(progress) {}

  template <class Options>
  void watch(Options& options) {
    if (!progress_) return;
    options.progress = [](void* self, const char* stage, double fraction) {
      static_cast<Watcher*>(self)->see(stage, fraction);
    };
    options.cancelled = [](void* self) -> std::int32_t { return static_cast<Watcher*>(self)->cancelled_; };
    options.user = this;
  }

  void check(anatomynet_status status) const {
    if (thrown_) std::rethrow_exception(thrown_);
    detail::check(status);
  }

 private:
  void see(const char* stage, double fraction) noexcept {
    if (cancelled_) return;
    try {
      cancelled_ = !progress_(stage, fraction);
    } catch (...) {
      thrown_ = std::current_exception();
      cancelled_ = true;
    }
  }

  const Progress& progress_;
  std::exception_ptr thrown_;
  bool cancelled_ = false;
};

}  // namespace detail

struct ReadOptions {
  std::string series_uid;   ///< DICOM: take this series; empty: there must be one CT
  std::string acquisition;  ///< DICOM: of a series that holds several
  bool allow_gaps = false, accept_damaged = false;
  Progress progress;
};

/// What was repaired or looks odd.
struct Warning {
  std::string code, text;
};

/// A CT from files: a DICOM folder or file, NIfTI, NRRD or MetaImage.
class Ct {
 public:
  explicit Ct(const std::string& path, const ReadOptions& how = {}) {
    anatomynet_read_options options{};
    options.size = sizeof options;
    options.series_uid = detail::or_null(how.series_uid);
    options.acquisition = detail::or_null(how.acquisition);
    options.allow_gaps = how.allow_gaps;
    options.accept_damaged = how.accept_damaged;
    detail::Watcher watcher(how.progress);
    watcher.watch(options);
    anatomynet_ct* ct = nullptr;
    watcher.check(anatomynet_ct_read(path.c_str(), &options, &ct));
    ct_.reset(ct);
  }

  std::span<const std::int16_t> hu() const {
    std::size_t count = 0;
    const std::int16_t* first = anatomynet_ct_voxels(c(), &count);
    return {first, count};
  }
  Grid grid() const {
    anatomynet_grid grid;
    detail::check(anatomynet_ct_grid(c(), &grid));
    return detail::from_c(grid);
  }
  bool is_dicom() const { return anatomynet_ct_is_dicom(c()) != 0; }
  std::vector<Warning> warnings() const {
    std::vector<Warning> all;
    for (std::size_t i = 0; i < anatomynet_ct_warning_count(c()); ++i)
      all.push_back({anatomynet_ct_warning_code(c(), i), anatomynet_ct_warning_text(c(), i)});
    return all;
  }
  const anatomynet_ct* c() const { return ct_.get(); }

 private:
  struct Close {
    void operator()(anatomynet_ct* ct) const { anatomynet_ct_close(ct); }
  };
  std::unique_ptr<anatomynet_ct, Close> ct_;
};

}  // namespace v0
}  // namespace anatomynet
