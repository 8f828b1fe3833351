#include "service/sender/stow_carrier.h"

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "io/dicom/instance_header.h"

namespace anatomynet::service {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* studies = "/studies";

// A text, a file and a text, as if they were one.
class Body {
 public:
  Body(std::string before, const fs::path& file, std::string after)
      : before_(std::move(before)),
        after_(std::move(after)),
        in_(file, std::ios::binary),
        file_bytes_(fs::file_size(file)) {}

  std::uint64_t bytes() const { return before_.size() + file_bytes_ + after_.size(); }
  bool give(std::uint64_t offset, std::size_t most, std::string& to) {
    if (offset < before_.size()) {
      to = before_.substr(offset, most);
    } else if (offset < before_.size() + file_bytes_) {
      to.resize(std::min<std::uint64_t>(most, before_.size() + file_bytes_ - offset));
      in_.seekg(static_cast<std::streamoff>(offset - before_.size()));
      in_.read(to.data(), static_cast<std::streamsize>(to.size()));
      return static_cast<std::size_t>(in_.gcount()) == to.size();
    } else {
      to = after_.substr(offset - before_.size() - file_bytes_, most);
    }
    return true;
  }

 private:
  const std::string before_, after_;
  std::ifstream in_;
  const std::uint64_t file_bytes_;
};

// PS3.18 10.5.3: what was refused stands in Failed SOP Sequence (0008,1198).
bool refuses_something(const std::string& body) {
  const json report = json::parse(body, nullptr, false);
  if (!report.is_object() || !report.contains("00081198")) return false;
  const json& failed = report["00081198"];
  return failed.is_object() && failed.contains("Value") && !failed["Value"].empty();
}

SendOutcome outcome_of(const http::Answer& answer, bool has_user) {
  if (answer.status == 0) return "no answer: " + answer.problem;
  if (answer.status == 401)
    return has_user ? "it answers with status 401: it does not take user and password"
                    : "it answers with status 401: it wants user and password_file";
  if (answer.status != 200 && answer.status != 202)
    return "it answers with status " + std::to_string(answer.status);
  return refuses_something(answer.body) ? "it refuses the object" : "";
}

}  // namespace

std::vector<SendOutcome> StowCarrier::send(const std::vector<Delivery>& deliveries) {
  std::vector<SendOutcome> outcomes;
  outcomes.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) {
    try {
      outcomes.push_back(send(files_.results(delivery.job) / delivery.object.file));
    } catch (const fs::filesystem_error& error) {
      outcomes.push_back(error.code().message());
    }
  }
  return outcomes;
}

SendOutcome StowCarrier::send(const fs::path& file) {
  const std::string boundary = io::random_uid();
  Body body("--" + boundary + "\r\nContent-Type: application/dicom\r\n\r\n", file,
            "\r\n--" + boundary + "--\r\n");
  return outcome_of(
      http::post(web_, studies, R"(multipart/related; type="application/dicom"; boundary=)" + boundary,
                 "application/dicom+json", body.bytes(),
                 [&](std::uint64_t offset, std::size_t most, std::string& to) {
                   return body.give(offset, most, to);
                 }),
      !web_.user.empty());
}

// A search (QIDO-RS, PS3.18 10.6) for a study that nobody has. What must not come is that nobody is there or
// may send; not every server searches.
SendOutcome StowCarrier::probe() {
  const http::Answer answer =
      http::get(web_, std::string(studies) + "?StudyInstanceUID=2.25.1", "application/dicom+json");
  const bool refused =
      answer.status == 401 || answer.status == 403 || answer.status == 404 || answer.status >= 500;
  return answer.status == 0 || refused ? outcome_of(answer, !web_.user.empty()) : "";
}

}  // namespace anatomynet::service
