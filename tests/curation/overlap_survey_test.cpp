#include <ctime>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "curation/overlap_match.h"
#include "io/image_file.h"
#include "planted.h"

namespace anatomynet {
namespace {
namespace fs = std::filesystem;

double now() {
  return double(std::clock()) / CLOCKS_PER_SEC;  // of the processor: the machine may be busy
}

struct Real {
  std::string id;
  CtVolume ct;
};

std::vector<Real> real_cases(const std::string& split) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(ANATOMYNET_SHARED_DIR) / "data/openkbp" / split))
    if (entry.path().string().ends_with("_ct.nii.gz")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Real> out;
  for (const auto& f : files) {
    const std::string name = f.filename().string();
    out.push_back({name.substr(0, name.find("_ct")), read_image_ct(f).volume});
  }
  return out;
}

// Not a test but the figures of docs/data.md; scripts/measure-overlap runs it.
TEST(OverlapSurvey, DISABLED_AllRealCases) {
  if (!fs::exists(fs::path(ANATOMYNET_SHARED_DIR) / "data/openkbp"))
    GTEST_SKIP() << "no ../shared/data/openkbp";
  const std::size_t every = std::getenv("EVERY") ? std::size_t(std::atoi(std::getenv("EVERY"))) : 1;
  auto all = real_cases("train");
  const auto valid = real_cases("validation");
  const std::size_t training = all.size();
  all.insert(all.end(), valid.begin(), valid.end());
  double t = now();
  std::vector<ScanDescriptor> d;
  for (const auto& c : all) d.push_back(describe_scan(c.ct));
  std::printf("%zu cases, describe %.4f s a case\n", all.size(), (now() - t) / double(all.size()));
  t = now();
  std::vector<MatchableScan> ready(d.begin(), d.end());
  std::printf("prepare %.5f s a case\n", (now() - t) / double(d.size()));
  t = now();
  std::vector<std::pair<double, std::string>> pairs;
  for (std::size_t a = 0; a < all.size(); ++a)
    for (std::size_t b = a + 1; b < all.size(); ++b)

      pairs.push_back({similarity(ready[a], ready[b]), std::string(b < training   ? "tt "
                                                                   : a < training ? "tv "
                                                                                  : "vv ") +
                                                           all[a].id + " " + all[b].id});
  std::printf("compare %.2f us a pair, %.2f s in all\n", 1e6 * (now() - t) / double(pairs.size()), now() - t);
  std::sort(pairs.rbegin(), pairs.rend());
  for (std::size_t i = 0; i < 30; ++i) std::printf("PAIR %.4f %s\n", pairs[i].first, pairs[i].second.c_str());
  for (double level = 0; level < 1; level += 0.1)
    std::printf("from %.1f: %zu\n", level,
                std::size_t(std::count_if(pairs.begin(), pairs.end(), [&](const auto& p) {
                  return p.first >= level && p.first < level + 0.1;
                })));
  std::map<std::string, std::vector<double>> found[2];
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++ * every; i < all.size(); i = next++ * every)
      for (const auto& [name, copy] : test::planted_copies(all[i].ct, std::uint32_t(i))) {
        const double s = similarity(d[i], describe_scan(copy));
        const std::lock_guard lock(mutex);
        found[i >= training][name].push_back(s);
       
        if (s < 0.93)
          std::printf("LOW %.4f %s %s %s\n", s, all[i].id.c_str(), name.c_str(),
                      describe(all[i].ct.grid).c_str());
      }
  };
  {
    std::jthread other(work);
    work();
  }
  for (int split = 0; split < 2; ++split)
    for (auto [name, v] : found[split]) {
      std::sort(v.begin(), v.end());
      std::printf("%s %-32s n %zu min %.4f 2nd %.4f 5%% %.4f median %.4f\n",
                  split ? "validation" : "training", name.c_str(), v.size(), v[0], v[1], v[v.size() / 20],
                  v[v.size() / 2]);
    }
}

}  // namespace
}  // namespace anatomynet
