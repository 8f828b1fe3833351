#include "api/guard.h"
#include "api/handles.h"

using namespace anatomynet;
using namespace anatomynet::api;

anatomynet_status anatomynet_ct_read(const char* path, const anatomynet_read_options* given,
                                     anatomynet_ct** ct) {
  if (ct) *ct = nullptr;
  return guarded([&] {
    require(ct, "ct");
    require(path, "path");
    const auto options = options_of(given, "anatomynet_read_options");
    io::ReadOptions how;
    how.series_uid = text_or(options.series_uid, "");
    how.acquisition = text_or(options.acquisition, "");
    how.allow_gaps = options.allow_gaps != 0;
    how.accept_damaged = options.accept_damaged != 0;
    how.threads = 0;
    auto made = std::make_unique<anatomynet_ct>();
    made->image = io::read_ct(path, how, progress_of(options));
    for (const Warning& warning : made->image.warnings) made->warnings.push_back(with_files(warning));
    *ct = made.release();
  });
}

void anatomynet_ct_close(anatomynet_ct* ct) { delete ct; }

anatomynet_status anatomynet_ct_grid(const anatomynet_ct* ct, anatomynet_grid* grid) {
  return guarded([&] {
    require(ct, "ct");
    require(grid, "grid");
    *grid = grid_of(ct->image.volume.grid);
  });
}

const int16_t* anatomynet_ct_voxels(const anatomynet_ct* ct, size_t* count) {
  if (count) *count = ct ? ct->image.volume.voxels.size() : 0;
  return ct ? ct->image.volume.voxels.data() : nullptr;
}

int32_t anatomynet_ct_is_dicom(const anatomynet_ct* ct) { return ct && ct->image.dicom.has_value(); }

size_t anatomynet_ct_warning_count(const anatomynet_ct* ct) { return ct ? ct->warnings.size() : 0; }

const char* anatomynet_ct_warning_code(const anatomynet_ct* ct, size_t index) {
  return index < anatomynet_ct_warning_count(ct) ? ct->image.warnings[index].code.c_str() : "";
}

const char* anatomynet_ct_warning_text(const anatomynet_ct* ct, size_t index) {
  return index < anatomynet_ct_warning_count(ct) ? ct->warnings[index].c_str() : "";
}
