#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/messages.h"
#include "core/organs.h"
#include "geometry/margin.h"
#include "templates/structure_expression.h"

namespace anatomynet::templates {

/// What expressions call the patient's outline, which is found on the CT (pipeline/body_mask.h).
inline constexpr const char* body_name = "Body";

/// A structure that is made of others.
struct DerivedStructure {
  std::string name;  ///< its key: how other expressions call it, and its mask's file
  std::string text;  ///< the expression as the file has it
  Expression expression;
  ExpressionPlace place;
  bool written = true;  ///< otherwise it serves other expressions alone: no mask, no figures, not in DICOM
};

/// A structure as it goes into DICOM objects.
struct TemplateRoi {
  Organ organ;                 ///< as it is to be called there, in its colour
  std::string structure;       ///< TG-263 name, or the key of a derived one
  std::string type = "ORGAN";  ///< RT ROI Interpreted Type (PS3.3 C.8.8.8.1)
  std::string description;     ///< what a derived one is made of, what to know of an organ; else empty
  bool keep_empty = true;      ///< whether an RTSTRUCT has it when it holds no voxel
  const DerivedStructure* derived = nullptr;
};

/// How a hospital wants its structures: names, colours and types of organs, which of them are written, in
/// which order, and structures derived from them (a TOML file, docs/templates.md).
class StructureTemplate {
 public:
  static constexpr int first_derived_id = 1000;  ///< Organ::id of derived structures, beyond every label

  StructureTemplate() = default;  ///< all organs, under their TG-263 names
  /// Throws Error(usage) with file, line, key and what was expected: unknown keys, names longer than DICOM's
  /// 64 characters or the file's own limit, colours outside 0..255, expressions that cannot be read,
  /// structures that are made of themselves, keys that are taken. Warns of names that planning systems cut.
  StructureTemplate(const std::string& file, Messages& messages);

  /// Throws Error(usage) where the file names a structure that is neither in `known`, nor a standard organ,
  /// nor one of its own. One file may serve models of different organs.
  void check(const OrganTable& known) const;

  /// The structures that are written, in their order: those of `organs` (ids and codes stay) and the derived
  /// ones. Throws Error(usage) where the file calls two of them alike, or leaves none.
  std::vector<TemplateRoi> rois(const OrganTable& organs) const;

  /// All derived structures, written or not, each after those that it is made of.
  const std::vector<DerivedStructure>& derived() const { return derived_; }
  geometry::MarginFrom margins() const { return margins_; }

 private:
  struct Entry {
    std::string structure, name, type = "ORGAN";
    std::optional<std::array<std::uint8_t, 3>> colour;
    bool written = true, keep_empty = true;
    int line = 0;
  };
  struct Reader;
  const Entry* find(const std::string& structure) const;
  void check_names(const std::vector<TemplateRoi>& rois) const;

  std::string file_;
  std::vector<Entry> organs_, derived_entries_;  ///< in the order of the file
  std::vector<DerivedStructure> derived_;
  std::vector<std::string> order_;
  geometry::MarginFrom margins_ = geometry::MarginFrom::centres;
  bool others_ = true;
  int order_line_ = 0;
};

}  // namespace anatomynet::templates
