#include "report/pages/segmentation_page.h"

#include <algorithm>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "core/error.h"
#include "report/pages/page_tags.h"
#include "report/small_case.h"

namespace anatomynet::report {
namespace {

using test::Case;
using test::lopsided;
using test::tags_of;
using test::two_organs;

model::Model some_model() {
  model::Model model;
  model.id = "some-model-1234";
  model.info.name = "some-model";
  model.info.organs = two_organs;
  model.info.training_data = "40 cases";
  model.info.metrics = R"({"epoch": 3, "validation_dice": {"Middle": 0.81234}})";
  return model;
}

std::string page_of(const Case& c, const SegmentationReport& report = {},
                    const model::Model& model = some_model()) {
  return segmentation_page(c.ct, c.labels, model, report);
}

int count(const std::string& page, const std::string& text) {
  int n = 0;
  for (auto at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++n;
  return n;
}

std::string section_of(const std::string& page, int id) {
  const auto from = page.find("<section id=\"organ-" + std::to_string(id) + "\">");
  EXPECT_NE(from, std::string::npos);
  return from == std::string::npos ? "" : page.substr(from, page.find("</section>", from) - from);
}

TEST(SegmentationPage, ShowsEveryOrganInThreePlanesWithItsVolume) {
  SegmentationReport report;
  report.verdicts = {{4, 0.31, {{"volume", "2.1 ml; expected 3 to 9 ml"}}}, {9, 0.9, {}}};
  const Case c = lopsided();
  const std::string page = page_of(c, report);
  tags_of(page);
  const double ml =
      double(std::count(c.labels.voxels.begin(), c.labels.voxels.end(), 4)) * c.labels.grid.voxel_ml();
  char text[32];
  std::snprintf(text, sizeof text, "%.2f ml", ml);
  for (const Organ& organ : two_organs) {
    const std::string section = section_of(page, organ.id);
    EXPECT_EQ(count(section, "<svg class=\"plane\""), 3) << organ.name;
    EXPECT_EQ(count(section, "class=\"own\""), 3) << organ.name;
    EXPECT_NE(section.find(organ.name), std::string::npos);
  }
  const std::string red = section_of(page, 4);
  EXPECT_NE(red.find(text), std::string::npos) << text;
  EXPECT_NE(red.find("look again"), std::string::npos);
  EXPECT_NE(red.find("<b>volume</b> 2.1 ml; expected 3 to 9 ml"), std::string::npos);
  EXPECT_NE(section_of(page, 9).find("nothing odd"), std::string::npos);
  EXPECT_NE(page.find("<b>Look again:</b> Left_Front_Top</p>"), std::string::npos);
  EXPECT_NE(page.find("some-model-1234"), std::string::npos);
  EXPECT_NE(page.find("<td>Middle</td><td>0.812</td>"), std::string::npos);
  EXPECT_NE(page.find("Not a medical device"), std::string::npos);
  EXPECT_EQ(page.find("synthetic"), std::string::npos);
}

// Coordinates of the first path of a class after a place in the page: mm from the picture's corner.
std::vector<std::array<double, 2>> points_of(const std::string& svg) {
  const auto at = svg.find("class=\"own\""), from = svg.find(" d=\"", at) + 4;
  const std::string d = svg.substr(from, svg.find('"', from) - from);
  std::vector<std::array<double, 2>> points;
  const std::regex pair(R"(([-0-9.]+) ([-0-9.]+))");
  for (std::sregex_iterator i(d.begin(), d.end(), pair), end; i != end; ++i)
    points.push_back({std::stod((*i)[1]), std::stod((*i)[2])});
  return points;
}

TEST(SegmentationPage, DrawsContoursWhereTheOrganIsInSquareMillimetres) {
  const std::string section = section_of(page_of(lopsided()), 4);  // a ball of 8 mm on 2 x 2 x 5 mm
  std::size_t at = 0;
  for (int plane = 0; plane < 3; ++plane) {
    at = section.find("<svg", at + 1);
    const std::string svg = section.substr(at, section.find("</svg>", at) - at);
    EXPECT_NE(svg.find("viewBox=\"0 0 80 80\""), std::string::npos);
    const auto points = points_of(svg);
    ASSERT_GT(points.size(), 3u);
    std::array<double, 2> low{1e9, 1e9}, high{-1e9, -1e9};
    for (const auto& p : points)
      for (int k = 0; k < 2; ++k) {
        low[k] = std::min(low[k], p[k]);
        high[k] = std::max(high[k], p[k]);
      }
    EXPECT_NEAR((low[0] + high[0]) / 2, 40, 1) << plane;
    EXPECT_NEAR((low[1] + high[1]) / 2, 40, 1) << plane;
    EXPECT_NEAR(high[0] - low[0], 16, 2.1) << plane;
    EXPECT_NEAR(high[1] - low[1], 16, plane == 0 ? 2.1 : 5.1) << plane;
  }
}

TEST(SegmentationPage, PutsLeftAtTheRightFrontAtTheTopAndHeadUpInThePictureOfAllOrgans) {
  const std::string page = page_of(lopsided());
  const auto tiles =
      page.substr(page.find("<h2>All organs"), page.find("<h2>Organ by organ") - page.find("<h2>All organs"));
  EXPECT_EQ(count(tiles, "<svg class=\"plane\""), 3);
  const std::regex letter(R"re(text-anchor="(\w+)" x="([-0-9.]+)" y="([-0-9.]+)"[^>]*>(\w)<)re");
  std::string seen;
  for (std::sregex_iterator i(tiles.begin(), tiles.end(), letter), end; i != end; ++i) seen += (*i)[4];
  EXPECT_EQ(seen, "RLAPRLSIAPSI");  // left, right, top and bottom of each
}

TEST(SegmentationPage, LooksTheSameHoweverTheVoxelsAreStored) {
  const std::string expected = page_of(lopsided());
  for (const Orientation& o :
       {Orientation{{1, 0, 2}, {true, false, false}}, Orientation{{2, 0, 1}, {false, true, true}},
        Orientation{{0, 1, 2}, {true, true, true}}})
    EXPECT_EQ(page_of(test::stored_as(lopsided(), o)), expected);
}

TEST(SegmentationPage, SaysWhichOrgansAreMissing) {
  Case c = lopsided();
  std::replace(c.labels.voxels.begin(), c.labels.voxels.end(), std::uint8_t{4}, std::uint8_t{0});
  const std::string page = page_of(c), section = section_of(page, 4);
  EXPECT_NE(page.find("<b>Not found:</b> Left_Front_Top</p>"), std::string::npos);
  EXPECT_NE(section.find("badge missing"), std::string::npos);
  EXPECT_EQ(count(section, "<svg"), 0);
  EXPECT_EQ(count(section_of(page, 9), "<svg"), 3);
  EXPECT_EQ(count(page, "<i data-name="), 1);
}

TEST(SegmentationPage, SaysWhereAVoxelLiesOutsideThePictures) {
  Case c = lopsided();
  const char* words = "Parts of the contour lie outside";
  EXPECT_EQ(page_of(c).find(words), std::string::npos);
  c.labels.at(0, 0, 0) = 9;
  const std::string page = page_of(c);
  EXPECT_NE(section_of(page, 9).find(words), std::string::npos);
  EXPECT_NE(section_of(page, 9).find("viewBox=\"0 0 80 80\""), std::string::npos) << "not zoomed out for it";
}

TEST(SegmentationPage, EscapesTheTextOfOthersAndReachesForNothing) {
  const std::string evil = "</script></style>\"><script src=\"https://example.org/x.js\">alert('&')</script>";
  model::Model model = some_model();
  model.id = model.info.architecture = model.info.training_data = model.info.attribution =
      model.info.code_version = evil;
  model.info.metrics = "{\"" + std::string("<img onerror=1>") + "\": {\"<b>\": \"<script>\"}}";
  model.info.organs[0].name = evil;
  SegmentationReport report;
  report.identity = CaseIdentity{evil, evil, evil, evil, evil};
  report.verdicts = {{4, 0.1, {{evil, evil}}}};
  report.warnings = {evil};
  report.engine = report.written = evil;
  for (const std::string& metrics : {model.info.metrics, evil}) {
    model.info.metrics = metrics;
    const std::string page = page_of(lopsided(), report, model);
    EXPECT_EQ(count(page, "<script"), 1) << "its own";
    EXPECT_EQ(count(page, "<img onerror"), 0);
    EXPECT_NE(page.find("&lt;script src=&quot;https://example.org/x.js&quot;&gt;"), std::string::npos);
    EXPECT_NE(page.find("default-src 'none'; img-src data:"), std::string::npos);
    const std::regex quoted(R"re((aria-label|alt|data-name)="[^"]*")re");
    const std::regex reaching(
        R"re((src|href|srcset|action|poster)\s*=\s*"(?!data:|#organ-)|\son\w+\s*=|url\()re");
    for (const std::string& tag : tags_of(page)) {
      const std::string rest = std::regex_replace(tag.substr(0, 400), quoted, "");
      EXPECT_FALSE(std::regex_search(rest, reaching)) << rest;
    }
  }
}

TEST(SegmentationPage, TellsThePatientOnlyWhereItIsHandedIn) {
  SegmentationReport report;
  EXPECT_EQ(page_of(lopsided(), report).find("<dt>patient"), std::string::npos);
  EXPECT_EQ(page_of(lopsided(), report).find("<dt>read from"), std::string::npos);
  report.identity = CaseIdentity{"M\xc3\xbcller, Eva", "17", "", "", "folder/ct"};
  const std::string page = page_of(lopsided(), report);
  EXPECT_NE(page.find("<dt>patient</dt><dd>M\xc3\xbcller, Eva</dd>"), std::string::npos);
  EXPECT_NE(page.find("<dt>ID</dt><dd>17</dd>"), std::string::npos);
  EXPECT_EQ(page.find("<dt>series"), std::string::npos);
}

TEST(SegmentationPage, WarnsOfWeightsThatKnowPhantomsOnly) {
  model::Model model = some_model();
  model.info.phantom_only = true;
  EXPECT_NE(page_of(lopsided(), {}, model).find("synthetic patients only"), std::string::npos);
}

std::string without_long_words(const std::string& text) {
  std::istringstream in(text);
  std::string rest;
  for (std::string word; in >> word;)
    if (word.size() < 1000) rest += word + ' ';
  return rest;
}

TEST(SegmentationPage, OfOddVolumesIsWhole) {
  Case nothing = lopsided();
  std::fill(nothing.labels.voxels.begin(), nothing.labels.voxels.end(), std::uint8_t{0});
  tags_of(page_of(nothing));
  for (const Size3 size : {Size3{1, 1, 1}, Size3{64, 64, 1}, Size3{1, 64, 64}, Size3{4, 4, 300}}) {
    Grid g;
    g.size = size;
    const std::string page = page_of({CtVolume(g, 40), LabelVolume(g, 9)});
    tags_of(page);
    EXPECT_EQ(count(section_of(page, 9), "<svg"), 3) << describe(g);
    const std::string text = without_long_words(page);  // base64 of pictures and surfaces spells anything
    const auto nan = text.find("nan");
    EXPECT_EQ(nan, std::string::npos)
        << describe(g) << ": " << text.substr(std::max<std::size_t>(nan, 60) - 60, 120);
  }
  Case other = lopsided();
  other.labels.grid.origin[0] += 1;
  EXPECT_THROW(page_of(other), Error);
}

}  // namespace
}  // namespace anatomynet::report
