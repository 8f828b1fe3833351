#include "review/case_site.h"

#include <charconv>
#include <climits>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/text.h"
#include "review/case_json.h"
#include "review/edits.h"

namespace anatomynet::review {
namespace {

using nlohmann::json;

// Scripts, styles and requests are the page's own. Textures for WebGL are made out of memory, without
// addresses.
constexpr const char* page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

template <class Json>
http::Response json_response(const Json& body, int status = 200) {
  return {status, "application/json", json_text(body) + '\n', http::closed_headers()};
}

http::Response bytes_response(std::string_view lasting, std::string body = {}) {
  http::Response out{200, "application/octet-stream", std::move(body), http::closed_headers()};
  out.lasting = lasting;
  return out;
}

std::optional<int> whole_number(const std::string& text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
  return value;
}

json body_of(const http::Request& request) {
  std::string text;
  const int status = request.body ? request.body(text) : 411;
  if (status != 0)
    throw Refused(status, status == 413 ? "the body is too large" : "the body cannot be read whole");
  try {
    json body = parse_json(text, "body");
    if (!body.is_object()) throw Refused(400, "the body must be a JSON object");
    return body;
  } catch (const Refused&) {
    throw;
  } catch (const Error&) {
    throw Refused(400, "the body is no JSON that can be read");
  }
}

std::string text_in(const json& body, const char* key, bool must = true) {
  if (!body.contains(key)) {
    if (must) throw Refused(400, std::string("the body lacks '") + key + "'");
    return "";
  }
  if (!body[key].is_string()) throw Refused(400, std::string("'") + key + "' must be a text");
  return body[key].get<std::string>();
}

double seconds_in(const json& body) {
  const auto found = body.find("seconds");
  if (found == body.end()) return 0;
  if (!found->is_number()) throw Refused(400, "'seconds' must be a number");
  return *found;
}

std::int64_t integer_in(const json& body, const char* key) {
  if (!body.contains(key) || !body[key].is_number_integer() ||
      (body[key].is_number_unsigned() && body[key].get<std::uint64_t>() > std::uint64_t(INT64_MAX)))
    throw Refused(400, std::string("'") + key + "' must be a whole number");
  return body[key].get<std::int64_t>();
}

LabelBox box_in(const json& body) {
  constexpr std::int64_t most = std::int64_t(1) << 40;
  const auto box = body.find("box");
  LabelBox out;
  bool good = box != body.end() && box->is_array() && box->size() == 6;
  for (std::size_t k = 0; good && k < 6; ++k)
    good = (*box)[k].is_number_integer() && (*box)[k] >= 0 && (*box)[k] <= most;
  if (!good) throw Refused(400, "'box' must be six whole numbers: x0, y0, z0, x1, y1, z1, half open");
  for (std::size_t k = 0; k < 3; ++k) {
    out.low[k] = (*box)[k];
    out.size[k] = (*box)[k + 3].get<std::int64_t>() - out.low[k];
  }
  return out;
}

}  // namespace

http::Response CaseSite::answer(const http::Request& request, const Seat& seat) {
  try {
    const Parts parts = http::parts_of(request.path);
    return request.method == "POST" ? change(request, parts, seat) : read(request, parts, seat);
  } catch (const Refused& refused) {
    json body{{"error", refused.what()}};
    if (refused.status == 409) body["revision"] = review_.state()->revision;
    return json_response(body, refused.status);
  }
}

nlohmann::ordered_json CaseSite::case_for(const Seat& seat) const {
  nlohmann::ordered_json out = case_json(review_);
  if (!seat.looks_because.empty()) {
    out["role"] = "look";
    out["looks_because"] = seat.looks_because;
  }
  if (!seat.by.empty()) out["by"] = seat.by;
  if (!seat.token.empty()) out["token"] = seat.token;
  out["recontour"] = recontour_json();
  return out;
}

nlohmann::ordered_json CaseSite::recontour_json() const {
  const auto& contourer = recontouring_.contourer;
  if (!contourer) return {{"organs", json::array()}, {"none_because", recontouring_.none_because}};
  nlohmann::ordered_json organs = json::array();
  for (const Structure& one : review_.state()->structures)
    if (contourer->draws(one.organ.name)) organs.push_back(one.organ.id);
  return {{"organs", organs},
          {"model", clean_text(contourer->model_id())},
          {"none_because", organs.empty() ? "the network of " + clean_text(contourer->model_name()) +
                                                " draws none of these structures"
                                          : ""}};
}

http::Response CaseSite::page_file(const std::string& path) const {
  const auto found = page_.find(path);
  if (found == page_.end())
    return page_.empty() ? http::refusal(501,
                                         "this build has no page: install node and npm, run make web, and "
                                         "build again; the interface under /api works")
                         : http::refusal(404, "nothing is here");
  http::Response out{200, found->second.type, "", http::headers_with_policy(page_policy)};
  out.lasting = found->second.bytes;
  return out;
}

http::Response CaseSite::read(const http::Request& request, const Parts& parts, const Seat& seat) {
  const std::string& path = request.path;
  if (path == "/") return page_file("/index.html");
  if (parts[0] != "api") return page_file(path);
  if (path == "/api/case") return json_response(case_for(seat));
  if (path == "/api/ct") return ct();
  if (path == "/api/edits") return json_response(edits_json(review_.edits()));
  if (parts.size() == 3 && parts[1] == "mask")
    if (const std::optional<int> id = whole_number(parts[2])) return mask(request, *id);
  return http::refusal(404, "nothing is here");
}

http::Response CaseSite::ct() const {
  const std::vector<std::int16_t>& voxels = review_.opened().hu().voxels;
  return bytes_response({reinterpret_cast<const char*>(voxels.data()), voxels.size() * sizeof voxels[0]});
}

http::Response CaseSite::mask(const http::Request& request, int id) const {
  const std::vector<std::string> versions = request.parameters("version"),
                                 comparisons = request.parameters("comparison");
  const auto state = review_.state();
  std::shared_ptr<const Version> version;
  const Structures* structures = &state->structures;
  if (!versions.empty()) {
    const std::optional<int> number = whole_number(versions.front());
    if (!number) return http::refusal(400, "version must be the number of a version");
    version = review_.version(*number);
    structures = &version->structures;
  } else if (!comparisons.empty()) {
    structures = nullptr;
    for (const Comparison& one : review_.comparisons())
      if (one.id == comparisons.front()) structures = &one.structures;
    if (!structures) return http::refusal(404, "there is no such comparison");
  }
  const Structure* const found = find_structure(*structures, id);
  if (!found) return http::refusal(404, "there is no structure " + std::to_string(id));
  http::Response out = bytes_response({}, bytes_of(runs_of(*found->mask)));
  out.headers.emplace_back("X-Revision", std::to_string(state->revision));
  return out;
}

http::Response CaseSite::change(const http::Request& request, const Parts& parts, const Seat& seat) {
  const std::string& path = request.path;
  if (path == "/api/heartbeat") {
    json out{{"revision", review_.state()->revision}};
    if (!seat.looks_because.empty()) out["looks_because"] = seat.looks_because;
    out["may_edit"] = seat.looks_because.empty() && (review_.may_edit() || review_.store().is_free());
    return json_response(out);
  }
  if (path == "/api/goodbye") return json_response(json::object());
  if (!seat.looks_because.empty()) throw Refused(423, seat.looks_because);
  if (path == "/api/edit") {
    if (!review_.take_over()) review_.require_editor();
    return json_response(json{{"revision", review_.state()->revision}});
  }
  if (path == "/api/save" || path == "/api/approve") return save(request, path == "/api/approve", seat);
  if (path == "/api/recontour") return recontour(request);
  if (parts.size() >= 2 && parts[0] == "api" && parts[1] == "organ" && parts.size() <= 3)
    return organ(request, parts);
  if (parts.size() == 3 && parts[0] == "api" && parts[1] == "mask")
    if (const std::optional<int> id = whole_number(parts[2])) return replace_mask(request, *id);
  return http::refusal(404, "nothing is here");
}

http::Response CaseSite::replace_mask(const http::Request& request, int id) {
  const json body = body_of(request);
  const std::int64_t revision = review_.replace_mask(id, integer_in(body, "revision"), box_in(body),
                                                     text_in(body, "runs"), seconds_in(body));
  return json_response(json{{"revision", revision}});
}

http::Response CaseSite::organ(const http::Request& request, const Parts& parts) {
  const json body = body_of(request);
  int id = 0;
  if (parts.size() == 2) {
    id = review_.add_structure(text_in(body, "name"), text_in(body, "colour"));
  } else {
    const std::optional<int> given = whole_number(parts[2]);
    if (!given) return http::refusal(404, "nothing is here");
    id = *given;
    bool locked = false;
    std::string colour, name;
    Review::Change change;
    if (body.contains("locked")) {
      if (!body["locked"].is_boolean()) throw Refused(400, "'locked' must be true or false");
      locked = body["locked"];
      change.locked = &locked;
    }
    if (body.contains("colour")) {
      colour = text_in(body, "colour");
      change.colour = &colour;
    }
    if (body.contains("name")) {
      name = text_in(body, "name");
      change.name = &name;
    }
    change.seconds = seconds_in(body);
    review_.change_structure(id, change);
  }
  const auto state = review_.state();
  auto out = organ_json(*find_structure(state->structures, id));
  out["revision"] = state->revision;
  return json_response(out);
}

// The page takes the answer over as an edit of its own, so nothing changes here.
http::Response CaseSite::recontour(const http::Request& request) {
  const auto& contourer = recontouring_.contourer;
  if (!contourer) throw Refused(404, recontouring_.none_because);
  review_.require_editor();
  const json body = body_of(request);
  const std::int64_t id = integer_in(body, "id");
  const LabelBox box = box_in(body);
  const auto state = review_.state();
  const Structure* const structure =
      id >= 0 && id <= INT_MAX ? find_structure(state->structures, static_cast<int>(id)) : nullptr;
  if (!structure) throw Refused(404, "there is no structure " + std::to_string(id));
  if (structure->locked) throw Refused(423, structure->label + " is locked");
  try {
    const std::optional<std::vector<std::uint8_t>> voxels =
        contourer->contour(review_.opened().ct, structure->organ.name, box);
    if (!voxels) throw Refused(503, "another box is being contoured; try again in a moment");
    return json_response(json{{"runs", to_base64(bytes_of(runs_of(*voxels)))}});
  } catch (const Refused&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::memory) throw Refused(503, error.what());
    if (error.kind() == ErrorKind::usage || error.kind() == ErrorKind::input)
      throw Refused(400, error.what());
    throw;
  }
}

http::Response CaseSite::save(const http::Request& request, bool approve, const Seat& seat) {
  const json body = body_of(request);
  const std::string by = seat.by.empty() ? text_in(body, "by") : seat.by;
  const VersionInfo saved = review_.save(by, text_in(body, "reason", false), approve, seat.role);
  messages_.info("version " + std::to_string(saved.number) + (approve ? " approved" : " saved"));
  if (saved_) saved_(saved, seat.user);
  return json_response(json{{"version", saved.number}, {"revision", review_.state()->revision}});
}

}  // namespace anatomynet::review
