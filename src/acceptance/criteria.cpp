#include "acceptance/criteria.h"

#include <algorithm>

#include "acceptance/shipped_criteria.h"
#include "core/sha256.h"
#include "core/toml.h"
#include "core/toml_section.h"
#include "evaluation/metrics.h"

namespace anatomynet::acceptance {
namespace {

struct KnownRule {
  const char* name;
  double low, high;
};

constexpr std::array<KnownRule, 10> known_rules{{{"least_patients", 1, 10000},
                                                 {"fewest_patients", 2, 10000},
                                                 {"below_evidence", 0, 1},
                                                 {"failed_dice", 0, 1},
                                                 {"failed_share_care", 0, 1},
                                                 {"failed_share_refuse", 0, 1},
                                                 {"end_mm", 0, 1000},
                                                 {"shift_mm", 0, 1000},
                                                 {"volume_percent", 0, 1000},
                                                 {"see_dice", 0.001, 1}}};

constexpr auto own_source = "this clinic's criteria";

class Reader {
 public:
  Reader(const toml::table& table, std::string file, Criteria& criteria)
      : top_(table, file, ""), file_(std::move(file)), criteria_(criteria) {}

  void read() {
    Section rules(subtable(top_, "rule"), file_, "rule.");
    for (const KnownRule& known : known_rules) {
      if (!rules.find(known.name)) continue;
      Section one(subtable(rules, known.name), file_, std::string("rule.") + known.name + ".");
      Rule rule{criteria_.rules[known.name].value, own_source};
      one.take("value", rule.value, known.low, known.high);
      one.take("source", rule.source);
      one.finish();
      criteria_.rules[known.name] = rule;
    }
    rules.finish();
    std::vector<Level> levels;
    each("level", [&](Section& section) { levels.push_back(level(section)); });
    std::erase_if(criteria_.levels, [&](const Level& old) {
      return std::any_of(levels.begin(), levels.end(), [&](const Level& level) {
        return level.organ == old.organ && level.figure == old.figure;
      });
    });
    criteria_.levels.insert(criteria_.levels.end(), levels.begin(), levels.end());
    each("trained_on", [&](Section& section) {
      criteria_.trained_on.insert(criteria_.trained_on.begin(), trained_on(section));
    });
    top_.finish();
  }

 private:
  template <class Take>
  void each(const char* key, Take take) {
    const toml::node* list = top_.find(key);
    if (!list) return;
    if (!list->is_array_of_tables())
      top_.fail(*list, key, "must be a list of tables, [[" + std::string(key) + "]]");
    for (const auto& node : *list->as_array()) {
      Section section(*node.as_table(), file_, std::string(key) + ".");
      take(section);
      section.finish();
    }
  }

  static Level level(Section& section) {
    Level level;
    level.source = own_source;
    std::vector<std::string> figures;
    for (const evaluation::Metric& metric : evaluation::metrics())
      if (metric.better != 0) figures.emplace_back(metric.key);
    for (const char* key : {"organ", "figure", "use", "care"})
      if (!section.find(key)) section.fail_table("lacks the key " + std::string(key));
    section.take("organ", level.organ);
    section.take_one_of("figure", level.figure, figures);
    section.take_one_of("statistic", level.statistic, std::array<std::string, 2>{"mean", "median"});
    section.take("use", level.use, 0, 100000);
    section.take("care", level.care, 0, 100000);
    section.take("pixels_from_mm", level.pixels_from_mm, 0, 1000);
    section.take("pixels_below_mm", level.pixels_below_mm, 0, 1000);
    section.take("source", level.source);
    if (evaluation::metric(level.figure).better * (level.use - level.care) < 0)
      section.fail(*section.find("care"), "care", "must not be better than use");
    return level;
  }

  static TrainedOn trained_on(Section& section) {
    TrainedOn known;
    known.source = own_source;
    section.take("model", known.model);
    section.take("source", known.source);
    for (auto [key, range] :
         {std::pair{"pixel_mm", &known.pixel_mm}, std::pair{"slice_mm", &known.slice_mm}}) {
      const auto values = section.list<double>(key, 2);
      if (values.size() != 2) section.fail_table("lacks the key " + std::string(key));
      *range = {values[0], values[1]};
    }
    return known;
  }

  Section top_;
  std::string file_;
  Criteria& criteria_;
};

}  // namespace

std::vector<Level> Criteria::of(const std::string& organ, double pixel_mm) const {
  std::vector<Level> found;
  for (const std::string& name : {organ, std::string("*")})
    for (const Level& level : levels) {
      if (level.organ != name || !(pixel_mm >= level.pixels_from_mm && pixel_mm < level.pixels_below_mm))
        continue;
      const bool own = std::any_of(found.begin(), found.end(), [&](const Level& other) {
        return other.figure == level.figure && other.organ != level.organ;
      });
      if (!own) found.push_back(level);
    }
  return found;
}

const TrainedOn* Criteria::trained_on_of(const std::string& model) const {
  const auto it = std::find_if(trained_on.begin(), trained_on.end(),
                               [&](const TrainedOn& known) { return model.starts_with(known.model); });
  return it == trained_on.end() ? nullptr : &*it;
}

Criteria shipped_criteria() {
  Criteria criteria;
  Reader(parse_toml(shipped_criteria_text, "built-in criteria"), "built-in criteria", criteria).read();
  return criteria;
}

Criteria read_criteria(const std::filesystem::path& file) {
  Criteria criteria = shipped_criteria();
  Reader(read_toml(file, "criteria for contours (docs/commissioning.md)"), file.string(), criteria).read();
  criteria.file = file.filename().string();
  criteria.sha256 = digest_of(file).sha256;
  return criteria;
}

}  // namespace anatomynet::acceptance
