#include "service/web/watch_page.h"

#include <nlohmann/json.hpp>

#include "report/html.h"
#include "report/pages/watch_page.h"
#include "report/views/chart.h"

namespace anatomynet::service {
namespace {

using nlohmann::json;
using report::html_text;

constexpr const char* head = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Watch: AnatomyNet node</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/worklist.css">
<link rel="stylesheet" href="/watch.css">
<script src="/watch.js" defer></script>
</head>
<body>
<header>
<p><a href="/">Worklist</a></p>
<p id="said" class="bad" role="status"></p>
</header>
)html";

std::string content_of(const StoreWatch::Shown& shown) {
  if (!shown.watched) return "<h1>Watch</h1>\n<p>" + html_text(shown.line) + ".</p>\n";
  const std::string note = shown.note.empty() ? "" : "<p class=\"wait\">" + html_text(shown.note) + "</p>\n";
  return note + report::watch_content(acceptance::record_of(*shown.watched));
}

}  // namespace

std::string watch_html(const StoreWatch::Shown& shown) {
  return std::string(head) + "<main data-version=\"" + std::to_string(shown.version) + "\">\n" +
         content_of(shown) + "</main>\n</body>\n</html>\n";
}

std::string watch_css() {
  return std::string(report::chart_style) + report::watch_style +
         "figure{margin:0}@media (prefers-color-scheme:dark){.fine{color:var(--good)}.plot{fill:#1a2027}"
         ".grid{stroke:#fff}svg text{fill:#9aa4ae}}\n";
}

const char* const watch_js = R"js("use strict";
// Asks every few seconds whether there is something new, and then puts the page's new middle in place of the old.
const main = document.querySelector("main"), said = document.getElementById("said");
const pause = 5000, patience = 10000;
let timer = setTimeout(refresh, pause);

async function ask(path) {
  const answer = await fetch(path, {cache: "no-store", signal: AbortSignal.timeout(patience),
                                    headers: {"X-Anatomynet-Idle": "1"}});  // keeps nobody signed in
  if (answer.status === 401) location.replace("/login");
  if (!answer.ok) throw new Error("status " + answer.status);
  return answer;
}

async function refresh() {
  clearTimeout(timer);
  try {
    const now = await (await ask("/api/v1/watch")).json();
    if (String(now.version) !== main.dataset.version) {
      const page = new DOMParser().parseFromString(await (await ask("/watch")).text(), "text/html");
      const fresh = page.querySelector("main");
      main.replaceChildren(...fresh.childNodes);
      main.dataset.version = fresh.dataset.version;
    }
    said.textContent = "";
  } catch (error) {
    said.textContent = "The node does not answer: what is shown may be old.";
  }
  timer = setTimeout(() => document.hidden || refresh(), pause);
}

document.addEventListener("visibilitychange", () => document.hidden || refresh());
)js";

json watch_json(const StoreWatch::Shown& shown) {
  json out{{"version", shown.version}, {"state", "waiting"}, {"line", shown.line},
           {"note", shown.note},       {"baseline", 0},      {"arrivals", 0},
           {"moved", json::array()}};
  if (!shown.watched) return out;
  const acceptance::Watched& watched = *shown.watched;
  out["state"] = watched.moved.empty() ? "quiet" : "moved";
  out["baseline"] = watched.baseline;
  out["arrivals"] = watched.arrivals;
  for (const acceptance::Movement& moved : watched.moved)
    out["moved"].push_back({{"figure", moved.key},
                            {"text", moved.text},
                            {"since", watched.names.at(moved.since - 1)},
                            {"cases", moved.cases}});
  return out;
}

}  // namespace anatomynet::service
