#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dctk.h>

#include "io/dicom/structure_set.h"

// Contours of an RTSTRUCT's items. Internal to the io module.
namespace anatomynet::io {

/// Calls `visit` for each item of a sequence; for none where the sequence is missing or is no sequence.
void each_item(DcmItem& parent, const DcmTagKey& sequence, const std::function<void(DcmItem&)>& visit);

/// The same, freeing every item after its visit.
void take_items(DcmItem& parent, const DcmTagKey& sequence, const std::function<void(DcmItem&)>& visit);

/// The number of a DS or IS value, blanks around it ignored; NaN where it is none.
double decimal_number(std::string_view text);

/// Reads items of ROIContourSequence (PS3.3 C.8.8.6).
class ContourReader {
 public:
  /// Adds the contours, colour and warnings of one item to `roi`. Throws Error(input) where the file ends
  /// before its contours do.
  void read_roi(DcmItem& item, StoredRoi& roi);

 private:
  struct Faults {
    std::size_t unreadable = 0, odd = 0, miscounted = 0, none = 0;
    ContourTypeCounts types;
    void say(std::vector<std::string>& warnings) const;
  };
  StoredContour read_contour(DcmItem& item, Faults& faults);
  void read_points(DcmElement& data, std::vector<Vec3>& points, Faults& faults);

  DcmFileCache cache_;  ///< keeps the file open from contour to contour
  std::string buffer_;
};

}  // namespace anatomynet::io
