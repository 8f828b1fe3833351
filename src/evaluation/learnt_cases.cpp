#include "evaluation/learnt_cases.h"

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/json.h"

namespace anatomynet::evaluation {
namespace {

constexpr std::size_t shortest_id = 4;  // shorter ones occur in any text

bool of_a_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool names(const std::string& text, const std::string& word) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !of_a_word(text[at - 1])) && (end == text.size() || !of_a_word(text[end]))) return true;
  }
  return false;
}

std::string training_data(const std::filesystem::path& summary) try {
  const nlohmann::json report = read_json(summary);
  return report.at("model").at("training_data").get<std::string>();
} catch (const Error&) {
  return {};
} catch (const nlohmann::json::exception&) {
  return {};
}

}  // namespace

bool learnt_from(const std::filesystem::path& predicted, const std::string& id) {
  const bool digits = std::any_of(id.begin(), id.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (id.size() < shortest_id || !digits) return false;
  std::error_code error;
  const bool folder = std::filesystem::is_directory(predicted, error);
  const auto summary = (folder ? predicted : predicted.parent_path()) / "summary.json";
  return std::filesystem::exists(summary, error) && names(training_data(summary), id);
}

}  // namespace anatomynet::evaluation
