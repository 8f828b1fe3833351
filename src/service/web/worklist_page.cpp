#include "service/web/worklist_page.h"

namespace anatomynet::service {

const char* const worklist_html = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Worklist: AnatomyNet node</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/worklist.css">
<script src="/worklist.js" defer></script>
</head>
<body>
<a class="skip" href="#jobs">To the jobs</a>
<header>
<h1>Worklist</h1>
<p class="notice">Not a medical device: review and correct every contour before any use.</p>
<p id="health" role="status"></p>
<p><a href="/watch">Watch</a>: <span id="watch" role="status"></span></p>
<p><span id="user"></span> <button type="button" id="out" hidden>Sign out</button></p>
</header>
<main>
<div class="bar">
<label for="state">State</label>
<select id="state">
<option value="">all</option>
<option>received</option><option>complete</option><option>running</option><option>contoured</option>
<option>review</option><option>sending</option><option>sent</option><option>failed</option>
<option>cancelled</option><option>superseded</option>
</select>
<button type="button" id="newer" disabled>Latest</button>
<button type="button" id="older" disabled>Older</button>
<span id="said" role="status"></span>
</div>
<div class="scroll" id="jobs" tabindex="0" role="region" aria-labelledby="caption">
<table>
<caption id="caption">Jobs, the latest first; times are in this computer's zone</caption>
<thead><tr><th scope="col">Job</th><th scope="col">State</th><th scope="col">Since</th><th scope="col">From</th>
<th scope="col">Rule</th><th scope="col">Slices</th><th scope="col">To be looked at</th><th scope="col">Report</th>
<th scope="col">Actions</th></tr></thead>
<tbody id="rows"></tbody>
</table>
</div>
<p id="none" hidden>No jobs.</p>
</main>
<noscript><p>This page needs JavaScript; <code>anatomynet serve jobs</code> tells the same.</p></noscript>
<dialog id="detail" aria-labelledby="detail-title">
<h2 id="detail-title"></h2>
<h3>History</h3>
<ol id="history"></ol>
<h3>Deliveries</h3>
<ul id="deliveries"></ul>
<button type="button" id="close">Close</button>
</dialog>
</body>
</html>
)html";

const char* const worklist_css = R"css(:root {
  color-scheme: light dark;
  --back: #ffffff; --text: #1b1f24; --faint: #57606a; --line: #d0d7de; --head: #f3f5f7; --link: #0757ad;
  --good: #116329; --wait: #7a4b00; --bad: #a40e26;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0f1318; --text: #e6e9ec; --faint: #9aa4ae; --line: #343b43; --head: #1a2027; --link: #78b6ff;
    --good: #65d17f; --wait: #e5b567; --bad: #ff8a8a;
  }
}
body { margin: 0 auto; max-width: 90rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
.notice { color: var(--faint); margin: 0.2rem 0; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
a { color: var(--link); }
.bar { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin: 0.8rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--faint); padding: 0.2rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
thead th { background: var(--head); white-space: nowrap; }
td ul { margin: 0; padding-left: 1.1rem; }
.reason { color: var(--faint); display: block; }
.good { color: var(--good); } .wait { color: var(--wait); } .bad { color: var(--bad); font-weight: 600; }
button, select { font: inherit; padding: 0.15rem 0.6rem; border: 1px solid var(--line); border-radius: 4px;
  background: var(--head); color: inherit; }
button:disabled { color: var(--faint); border-style: dashed; }
td button { margin: 0 0.25rem 0.25rem 0; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 1px; }
dialog { background: var(--back); color: var(--text); border: 1px solid var(--line); border-radius: 6px;
  max-width: min(50rem, 90vw); }
)css";

const char* const worklist_js = R"js("use strict";
// Everything that comes from the node is put in as text.
const byId = (id) => document.getElementById(id);
const classes = {sent: "good", review: "wait", sending: "wait", running: "wait", failed: "bad"};
const pause = 5000, patience = 10000;
const idle = {headers: {"X-Anatomynet-Idle": "1"}};  // looking again by itself keeps nobody signed in
let before = 0, last = 0, timer = 0, turn = 0, session = {token: ""};

function make(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

async function ask(path, options) {
  const answer = await fetch(path, {cache: "no-store", signal: AbortSignal.timeout(patience), ...options});
  if (answer.status === 401) location.replace("/login");
  const body = await answer.json();
  if (!answer.ok && !body.status) throw new Error(body.error || "status " + answer.status);
  return body;
}

const local = (time) => new Date(time).toLocaleString();

function button(text, kind, job, act) {
  const node = make("button", text);
  node.type = "button";
  node.dataset.kind = kind;
  node.setAttribute("aria-label", text + ", job " + job.job);
  node.addEventListener("click", act);
  return node;
}

function rowOf(job) {
  const row = make("tr");
  row.dataset.job = job.job;
  row.shown = JSON.stringify(job);
  const number = make("th", job.job);
  number.scope = "row";
  const state = make("td");
  state.append(make("span", job.state, classes[job.state] || ""));
  if (job.reason) state.append(make("span", job.reason, "reason"));
  const flagged = make("td");
  if (job.flagged.length) {
    const list = make("ul");
    for (const text of job.flagged) list.append(make("li", text, "wait"));
    flagged.append(list);
  }
  const report = make("td");
  for (const [word, path] of [["review", job.review], ["report", job.report], ["picture", job.picture]]) {
    if (!/^\/(jobs\/[1-9][0-9]*\/(report\.html|preview\.png)|review\/[1-9][0-9]*\/)$/.test(path || "")) continue;
    const link = make("a", word);
    link.href = path;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.setAttribute("aria-label", word + " of job " + job.job);
    report.append(link, " ");
  }
  const actions = make("td");
  actions.append(button("history", "history", job, () => show(job)));
  for (const action of job.actions) actions.append(button(action, action, job, () => act(job, action)));
  row.append(number, state, make("td", local(job.since)), make("td", job.calling_ae), make("td", job.rule),
             make("td", job.slices || ""), flagged, report, actions);
  return row;
}

// Rows that did not change stay, so that focus and selection stay.
function put(jobs) {
  const rows = byId("rows"), old = new Map();
  for (const row of rows.children) old.set(row.dataset.job, row);
  const focus = document.activeElement && document.activeElement.closest("#rows tr")
    ? [document.activeElement.closest("tr").dataset.job, document.activeElement.dataset.kind] : null;
  let place = rows.firstElementChild;
  for (const job of jobs) {
    let row = old.get(String(job.job));
    old.delete(String(job.job));
    if (row && row.shown !== JSON.stringify(job)) {
      const fresh = rowOf(job);
      if (place === row) place = fresh;
      row.replaceWith(fresh);
      row = fresh;
    }
    row = row || rowOf(job);
    if (row === place) place = place.nextElementSibling;
    else rows.insertBefore(row, place);
  }
  for (const row of old.values()) row.remove();
  if (focus && !rows.contains(document.activeElement)) {
    const row = [...rows.children].find((r) => r.dataset.job === focus[0]);
    const wanted = row && (row.querySelector(`[data-kind="${focus[1]}"]`) || row.querySelector("button"));
    if (wanted) wanted.focus();
  }
  byId("none").hidden = jobs.length > 0;
  last = jobs.length ? jobs[jobs.length - 1].job : 0;
}

function putHealth(health) {
  const parts = ["database", "disk", "queue", "senders", "certificates"].filter((p) => health[p] && health[p].status !== "ok");
  const node = byId("health");
  const text = health.status === "ok" ? "The node is well."
    : "The node is " + health.status + ": " + parts.join(", ") + ".";
  if (node.textContent !== text) node.textContent = text;  // said once
  node.className = {ok: "good", degraded: "wait"}[health.status] || "bad";
}

function putWatch(watch) {
  const node = byId("watch");
  if (node.textContent !== watch.line) node.textContent = watch.line;  // said once
  node.className = {quiet: "good", moved: "bad"}[watch.state] || "";
}

async function refresh() {
  clearTimeout(timer);
  const mine = ++turn;
  try {
    const query = new URLSearchParams({limit: "100"});
    if (before) query.set("before", before);
    if (byId("state").value) query.set("state", byId("state").value);
    const [jobs, health, watch] = await Promise.all(
      [ask("/api/v1/jobs?" + query, idle), ask("/health"), ask("/api/v1/watch", idle)]);
    if (mine !== turn) return;  // asked again meanwhile
    put(jobs.jobs);
    putHealth(health);
    putWatch(watch);
    byId("older").disabled = !jobs.more;
    byId("newer").disabled = !before;
  } catch (error) {
    if (mine !== turn) return;
    byId("health").textContent = "The node does not answer: what is shown may be old.";
    byId("health").className = "bad";
  }
  timer = setTimeout(() => document.hidden || refresh(), pause);
}

async function start() {
  try {
    session = await ask("/api/v1/session");
    byId("user").textContent = session.token ? session.user + " (" + session.role + ")" : "";
    byId("out").hidden = !session.token;
  } catch (error) {
    byId("said").textContent = error.message;
  }
  refresh();
}

const mark = () => ({"X-Anatomynet": "1", ...(session.token && {"X-Anatomynet-Token": session.token})});

async function act(job, action) {
  const careful = {purge: "remove slices, results and what was corrected", cancel: "cancel", release: "send the results as the model made them, without a review"};
  if (careful[action] && !confirm("Job " + job.job + ": " + careful[action] + "?")) return;
  try {
    await ask(`/api/v1/jobs/${job.job}/${action}`, {method: "POST", headers: mark()});
    byId("said").textContent = "job " + job.job + ": " + action;
  } catch (error) {
    byId("said").textContent = error.message;
  }
  refresh();
}

async function show(job) {
  try {
    const full = await ask("/api/v1/jobs/" + job.job);
    byId("detail-title").textContent = "Job " + full.job + ": " + full.state;
    byId("history").replaceChildren(...full.history.map((t) =>
      make("li", local(t.at) + ": " + t.to + (t.reason ? ", " + t.reason : ""))));
    byId("deliveries").replaceChildren(...full.deliveries.map((d) =>
      make("li", d.object + " to " + d.destination + ": " + d.state + ", attempts: " + d.attempts +
        (d.reason ? ", " + d.reason : ""))));
    byId("detail").showModal();
  } catch (error) {
    byId("said").textContent = error.message;
  }
}

byId("state").addEventListener("change", () => { before = 0; refresh(); });
byId("older").addEventListener("click", () => { before = last; refresh(); });
byId("close").addEventListener("click", () => byId("detail").close());
byId("newer").addEventListener("click", () => { before = 0; refresh(); });
byId("out").addEventListener("click", async () => {
  await fetch("/logout", {method: "POST", headers: mark(), redirect: "manual"});
  location.replace("/login");
});
document.addEventListener("visibilitychange", () => document.hidden || refresh());
start();
)js";

}  // namespace anatomynet::service
