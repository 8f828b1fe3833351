#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "curation/overlap_match.h"
#include "curation/planted.h"
#include "io/image/image_file.h"

// Not a test but the figures of docs/data.md: scripts/measure-overlap runs it.
namespace anatomynet::curation {
namespace {
namespace fs = std::filesystem;

// Of the processor, all threads: the machine may be busy.
double seconds() { return double(std::clock()) / CLOCKS_PER_SEC; }

struct Real {
  std::string id;
  CtVolume ct;
  ScanDescriptor scan;
};

std::vector<Real> real_cases(const std::string& split) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(ANATOMYNET_SHARED_DIR) / "data/openkbp" / split))
    if (entry.path().string().ends_with("_ct.nii.gz")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Real> out;
  for (const auto& f : files) {
    const std::string name = f.filename().string();
    out.push_back({name.substr(0, name.find("_ct")), io::read_image_ct(f).volume, {}});
  }
  return out;
}

void print_pairs(const std::string& what, const std::vector<Real>& a_cases,
                 const std::vector<Real>& b_cases) {
  std::vector<MatchableScan> a, b;
  const double start = seconds();
  for (const Real& c : a_cases) a.emplace_back(c.scan);
  for (const Real& c : b_cases) b.emplace_back(c.scan);
  std::vector<std::pair<double, std::string>> pairs;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = &a_cases == &b_cases ? i + 1 : 0; k < b.size(); ++k)
      pairs.emplace_back(similarity(a[i], b[k]), a_cases[i].id + " and " + b_cases[k].id);
  const double used = seconds() - start;
  std::sort(pairs.rbegin(), pairs.rend());
  std::printf("%s: %zu pairs, %.0f us a pair\n", what.c_str(), pairs.size(),
              1e6 * used / double(pairs.size()));
  for (std::size_t i = 0; i < std::min<std::size_t>(5, pairs.size()); ++i)
    std::printf("  %.3f %s\n", pairs[i].first, pairs[i].second.c_str());
}

void print_planted(const std::string& what, const std::vector<Real>& cases, std::size_t nth) {
  std::map<std::string, std::vector<double>> found;
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = nth * next++; i < cases.size(); i = nth * next++) {
      auto copies = test::planted_copies(cases[i].ct, std::uint32_t(i));
      copies.push_back({"mirrored (another scan)", test::mirrored(cases[i].ct)});
      for (const auto& [how, copy] : copies) {
        const double alike = similarity(cases[i].scan, describe_scan(copy));
        const std::lock_guard lock(mutex);
        found[how].push_back(alike);
        if (alike < same_scan_similarity && !how.starts_with("mirrored"))
          std::printf("MISSED %.3f %s: %s\n", alike, cases[i].id.c_str(), how.c_str());
      }
    }
  };
  {
    const std::jthread other(work);
    work();
  }
  for (auto& [how, values] : found) {
    std::sort(values.begin(), values.end());
    const auto n =
        std::count_if(values.begin(), values.end(), [](double v) { return v >= same_scan_similarity; });
    std::printf("%-11s %-32s found %3td of %3zu   lowest %.3f   median %.3f   highest %.3f\n", what.c_str(),
                how.c_str(), n, values.size(), values.front(), values[values.size() / 2], values.back());
  }
}

TEST(OverlapSurvey, DISABLED_AllRealCases) {
  if (!fs::exists(fs::path(ANATOMYNET_SHARED_DIR) / "data/openkbp"))
    GTEST_SKIP() << "NOT CHECKED: real CTs are absent: ../shared/data/openkbp";
  const char* given = std::getenv("NTH");
  const std::size_t nth = given ? std::max<std::size_t>(1, std::strtoul(given, nullptr, 10)) : 1;
  auto training = real_cases("train"), validation = real_cases("validation");
  const double start = seconds();
  for (auto* cases : {&training, &validation})
    for (Real& c : *cases) c.scan = describe_scan(c.ct);
  std::printf("%zu + %zu cases, %.3f s a descriptor; the same from %.2f\n", training.size(),
              validation.size(), (seconds() - start) / double(training.size() + validation.size()),
              same_scan_similarity);
  print_pairs("training", training, training);
  print_pairs("validation", validation, validation);
  print_pairs("between them", training, validation);
  print_planted("training", training, nth);
  print_planted("validation", validation, nth);
}

}  // namespace
}  // namespace anatomynet::curation
