#include "service/web/stow.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include <dcmtk/dcmdata/dcuid.h>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "http/multipart.h"
#include "io/dicom/instance_header.h"

namespace anatomynet::service {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t longest_header = 64 << 10;

// Failure Reason (0008,1197), PS3.4 B.2.3 and PS3.7 annex C.
enum Reason : unsigned {
  none = 0,
  class_not_supported = 0x0122,
  out_of_resources = 0xA700,
  no_match = 0xA900,
  cannot_understand = 0xC000,
  syntax_not_supported = 0xC122
};

struct Outcome {
  InstanceNames names;
  Reason reason = none;
};

json sequence(std::vector<json> items) { return {{"vr", "SQ"}, {"Value", std::move(items)}}; }
json uid(const std::string& text) { return {{"vr", "UI"}, {"Value", {text}}}; }

// PS3.18 table 10.5.3-2 in the DICOM JSON model (annex F).
json report_of(const std::vector<Outcome>& outcomes) {
  std::vector<json> kept, failed;
  for (const Outcome& outcome : outcomes) {
    json item = json::object();
    if (!outcome.names.sop_instance_uid.empty())
      item = {{"00081150", uid(outcome.names.sop_class)}, {"00081155", uid(outcome.names.sop_instance_uid)}};
    if (outcome.reason != none) item["00081197"] = {{"vr", "US"}, {"Value", {unsigned{outcome.reason}}}};
    (outcome.reason == none ? kept : failed).push_back(std::move(item));
  }
  json report = json::object();
  if (!failed.empty()) report["00081198"] = sequence(std::move(failed));
  if (!kept.empty()) report["00081199"] = sequence(std::move(kept));
  return report;
}

Reason reason_of(Taken taken) {
  switch (taken) {
    case Taken::kept:
      return none;
    case Taken::no_match:
      return no_match;
    case Taken::damaged:
      return cannot_understand;
    case Taken::not_stored:
      break;
  }
  return out_of_resources;
}

// One part of the body on its way to the store.
class Part {
 public:
  Part(const NodeConfig& config, Store& store, Intake::Visit& visit)
      : config_(config), store_(store), visit_(visit), path_(store.files().new_incoming()) {}
  ~Part() {
    std::error_code ignored;
    fs::remove(path_, ignored);  // there no more where it was kept
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  void take(std::string_view bytes) {
    if (file_ || outcome_.reason != none) {
      if (file_) file_->write(bytes.data(), static_cast<offile_off_t>(bytes.size()));
      return;
    }
    start_ += bytes;
    if (std::optional<FileHeader> header = read_file_header(start_)) open(*header);
    if (!file_ && start_.size() > longest_header && outcome_.reason == none)
      outcome_.reason = cannot_understand;
  }

  Outcome end() {
    if (outcome_.reason != none) return outcome_;
    outcome_.reason = cannot_understand;
    if (!file_) return outcome_;
    file_->finish();
    outcome_.reason = file_->problem().empty()
                          ? reason_of(visit_.take(path_, outcome_.names, file_->content(), file_->bytes()))
                          : out_of_resources;
    return outcome_;
  }

 private:
  void open(const FileHeader& header) {
    outcome_.names = header.names;
    outcome_.names.calling_ae = Stow::calling_ae;
    const std::vector<std::string> syntaxes = io::readable_transfer_syntaxes();
    if (!is_uid(header.names.sop_instance_uid) || !is_uid(header.names.sop_class)) {
      outcome_.names = {};
      outcome_.reason = no_match;
    } else if (!takes_class(config_.dicom, header.names.sop_class)) {
      outcome_.reason = class_not_supported;
    } else if (std::find(syntaxes.begin(), syntaxes.end(), header.names.transfer_syntax) == syntaxes.end()) {
      outcome_.reason = syntax_not_supported;
    } else if (store_.files().free_bytes() < static_cast<std::uint64_t>(config_.min_free_mb) << 20) {
      outcome_.reason = out_of_resources;
    } else {
      file_ = std::make_unique<ReceivedFile>(path_, outcome_.names, config_.dicom.max_instance_mb << 20);
      file_->write(start_.data() + header.bytes, static_cast<offile_off_t>(start_.size() - header.bytes));
    }
    start_ = {};
  }

  const NodeConfig& config_;
  Store& store_;
  Intake::Visit& visit_;
  const fs::path path_;
  std::string start_;  ///< until the data set begins
  std::unique_ptr<ReceivedFile> file_;
  Outcome outcome_;
};

}  // namespace

http::Response Stow::take(const http::Request& request, const std::string& study) {
  const std::vector<std::string> types = request.headers("Content-Type");
  const http::ContentType type = http::content_type(types.size() == 1 ? types.front() : "");
  const std::string boundary = type.parameter("boundary"), of = type.parameter("type");
  if (type.type != "multipart/related" || boundary.empty() || !(of.empty() || of == "application/dicom"))
    return http::refusal(
        415, "instances are taken as multipart/related; type=\"application/dicom\"; boundary=...");
  if (!study.empty() && !is_uid(study)) return http::refusal(400, "the study's UID is none");

  Intake::Visit visit(
      intake_, [&](const std::string& what) { messages_.warning("STOW-RS: " + what); }, study, request.user);
  std::vector<Outcome> outcomes;
  std::unique_ptr<Part> part;
  http::MultipartReader::Parts parts;
  parts.begin = [&](const std::string& content_type) {
    const std::string kind = http::content_type(content_type).type;
    if (kind.empty() || kind == "application/dicom")
      part = std::make_unique<Part>(config_, store_, visit);
    else
      outcomes.push_back({{}, cannot_understand});
  };
  parts.bytes = [&](std::string_view bytes) {
    if (part) part->take(bytes);
  };
  parts.end = [&] {
    if (part) outcomes.push_back(part->end());
    part.reset();
  };
  http::MultipartReader reader(boundary, parts);
  const int status = request.pieces([&](std::string_view bytes) { return reader.take(bytes); });
  visit.end(status == 0 && reader.ended());
  if (status != 0)
    return http::refusal(status, "the body could not be read to its end; what came before it is kept");
  if (!reader.ended() || outcomes.empty())
    return http::refusal(400, "the body is no multipart body with instances");
  const auto refused = std::count_if(outcomes.begin(), outcomes.end(),
                                     [](const Outcome& outcome) { return outcome.reason != none; });
  const bool all = static_cast<std::size_t>(refused) == outcomes.size();
  const int answer = refused == 0 ? 200 : all ? 409 : 202;
  return {answer, "application/dicom+json", json_text(report_of(outcomes)) + '\n', http::closed_headers()};
}

}  // namespace anatomynet::service
