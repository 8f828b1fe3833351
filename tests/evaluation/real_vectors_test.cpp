#include <filesystem>

#include "evaluation/vectors.h"
#include "io/image/image_file.h"

namespace anatomynet::evaluation {
namespace {

TEST(Vectors, RealOrgansAgreeWithTheOracles) {
  const std::filesystem::path data = ANATOMYNET_SHARED_DIR "/data";
  if (!std::filesystem::exists(data / "observers"))
    GTEST_SKIP() << data << " is absent: metrics are NOT compared with the oracles on real organs";
  int count = 0;
  for (const auto& pair : test::vectors()) {
    if (pair.contains("size")) continue;
    const auto mask = [&](const nlohmann::json& of) {
      return boxed(io::read_labels(data / of.at("file").get<std::string>()), of.at("value"));
    };
    test::expect_agreement(pair, mask(pair.at("predicted")), mask(pair.at("truth")));
    ++count;
  }
  EXPECT_GE(count, 40);
}

}  // namespace
}  // namespace anatomynet::evaluation
