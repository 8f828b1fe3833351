#include "report/pages/curation_page.h"

#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "report/html.h"

namespace anatomynet::report {
namespace {
using nlohmann::ordered_json;
using report::html_page;
using report::html_text;

// A path within the folder as a relative URL.
std::string url(const std::string& path) {
  static const char* digits = "0123456789ABCDEF";
  std::string out;
  for (const char ch : path) {
    const auto c = static_cast<unsigned char>(ch);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '_' || c == '-';
    if (plain)
      out += ch;
    else
      out = out + '%' + digits[c >> 4U] + digits[c & 15U];
  }
  return out;
}

std::string text_of(const ordered_json& value) {
  return html_text(value.is_null() ? "-" : value.is_string() ? value.get<std::string>() : json_text(value));
}

std::string row(std::initializer_list<std::string> cells, const char* tag = "td") {
  std::string out = "<tr>";
  for (const std::string& cell : cells) out += std::string("<") + tag + ">" + cell + "</" + tag + ">";
  return out + "</tr>\n";
}

std::string table(const std::string& head, const std::string& rows, const char* none) {
  return rows.empty() ? std::string("<p>") + none + "</p>\n" : "<table>\n" + head + rows + "</table>\n";
}

std::string sources(const ordered_json& j) {
  std::string rows, notes;
  for (const auto& s : j.at("sources")) {
    const bool off = !s.at("expected").is_null() && s.at("expected") != s.at("found");
    rows += row({text_of(s.at("name")), text_of(s.at("kind")), text_of(s.at("found")),
                 text_of(s.at("expected")) + (off ? " <b>differs</b>" : ""), text_of(s.at("kept")),
                 text_of(s.at("dropped"))});
    for (const auto& note : s.at("notes"))
      notes += row({text_of(s.at("name")), text_of(note.at("kind")), text_of(note.at("text"))});
  }
  return "<h2>Sources</h2>\n" +
         table(row({"source", "kind", "found", "expected", "kept", "dropped"}, "th"), rows, "none") +
         "<details><summary>Files passed over, and why</summary>\n" +
         table(row({"source", "kind", "file and reason"}, "th"), notes, "none") + "</details>\n";
}

std::string organs(const ordered_json& j) {
  std::string rows;
  for (const auto& [organ, counts] : j.at("organs").items())
    rows += row({html_text(organ), std::to_string(counts.value("training", 0)),
                 std::to_string(counts.value("validation", 0)), std::to_string(counts.value("test", 0))});
  return "<h2>Annotated organs</h2>\n" +
         table(row({"organ", "training", "validation", "test"}, "th"), rows, "none");
}

std::string left_out(const ordered_json& j) {
  std::string leaks, rejected;
  for (const auto& l : j.at("leaks"))
    leaks += row({text_of(l.at("dropped")), text_of(l.at("split")), text_of(l.at("kept")),
                  text_of(l.at("kept_split")), text_of(l.at("how"))});
  for (const auto& r : j.at("rejected"))
    rejected += row({text_of(r.at("id")), text_of(r.at("source")), text_of(r.at("why"))});
  return "<h2>Dropped: the same patient or scan twice</h2>\n" +
         table(row({"dropped", "split", "kept", "split", "known by"}, "th"), leaks, "none") +
         "<h2>Rejected</h2>\n" + table(row({"case", "source", "reason"}, "th"), rejected, "none");
}

std::string names(const ordered_json& j, const char* key, const char* title) {
  std::string rows;
  for (const auto& [name, n] : j.at(key).items()) rows += row({html_text(name), json_text(n)});
  return std::string("<h2>") + title + "</h2>\n" + table(row({"ROI name", "cases"}, "th"), rows, "none");
}

std::string one_case(const ordered_json& c) {
  std::string out = "<article id=\"" + text_of(c.at("id")) + "\">\n<h3>" + text_of(c.at("id")) + " <small>" +
                    text_of(c.at("split")) + "</small></h3>\n";
  if (c.contains("picture"))
    out += "<img loading=\"lazy\" alt=\"Three planes with contours\" src=\"" +
           url(c.at("picture").get<std::string>()) + "\">\n";
  std::string listed;
  for (const auto& organ : c.at("organs")) listed += (listed.empty() ? "" : ", ") + text_of(organ);
  out += "<p>" + listed + "</p>\n<p>" + text_of(c.at("correspondence"));
  if (c.contains("field")) out += "; " + text_of(c.at("field"));
  out += "</p>\n";
  std::string notes, rois;
  for (const auto& note : c.at("notes"))
    notes += "<li class=\"" + text_of(note.at("kind")) + "\">" + text_of(note.at("text")) + "</li>\n";
  if (!notes.empty()) out += "<ul>\n" + notes + "</ul>\n";
  for (const auto& roi : c.at("rois"))
    rois += row(
        {text_of(roi.at("name")), text_of(roi.at("organ")), text_of(roi.at("why")), text_of(roi.at("ml"))});
  return out + "<details><summary>ROIs</summary>\n" +
         table(row({"ROI", "organ", "why", "ml"}, "th"), rois, "none") + "</details>\n</article>\n";
}

constexpr auto style =
    "body{max-width:70rem}article{border-top:2px solid #d8dee4;margin-top:1.5rem}"
    ".warning,.dropped{color:#9a3412}";

}  // namespace

std::string curation_page(const ordered_json& j) {
  std::string cases;
  for (const auto& c : j.at("cases")) cases += one_case(c);
  // Pictures lie beside the page.
  return html_page("Curation of " + (j.at("name").is_string() ? j.at("name").get<std::string>() : ""), style,
                   "<h1>Curation of " + text_of(j.at("name")) + "</h1>\n<p>" + text_of(j.at("kept")) +
                       " cases kept. " + text_of(j.at("attribution")) +
                       "</p>\n<p>Not a medical device: look at every contour before you rely on it.</p>\n" +
                       sources(j) + organs(j) + left_out(j) +
                       names(j, "unknown_names", "Names that no rule knows") +
                       names(j, "decoys", "Names of what is not the organ") + "<h2>Cases</h2>\n" + cases,
                   "");
}

}  // namespace anatomynet::report
