#include "review/serve_review.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "core/error.h"
#include "core/file_name.h"
#include "core/input_file.h"
#include "http/server.h"
#include "io/image/image_file.h"
#include "model/shipped_models.h"
#include "review/site.h"

namespace anatomynet::review {
namespace fs = std::filesystem;
namespace {

constexpr auto tick = std::chrono::milliseconds(200);
constexpr double token_s = 900;
constexpr std::int64_t most_body_bytes = 64 << 20;
constexpr std::uint64_t largest_page_file = 64u << 20;

/// A folder's files as the page's.
struct PageFolder {
  std::map<std::string, std::string> texts;
  std::map<std::string, PageFile> files;

  explicit PageFolder(const fs::path& folder) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_regular_file(error)) continue;
      std::string& text = texts["/" + name] = read_file(entry.path(), largest_page_file);
      files["/" + name] = {type_of(name), text};
    }
    if (!files.contains("/index.html"))
      throw Error(ErrorKind::usage, folder.string() + ": holds no index.html");
  }
};

std::vector<Comparison> read_comparisons(const ServeOptions& options, OpenedCase& opened) {
  std::vector<Comparison> out;
  for (const fs::path& path : options.compare) {
    const fs::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
    out.push_back(
        {std::to_string(out.size() + 1), name.string(), read_comparison(path, opened, opened.warnings)});
  }
  return out;
}

// Weights that were asked for must serve; the shipped ones may be missing.
Recontouring recontouring(const ServeOptions& options, Messages& messages) {
  Recontouring out;
  fs::path weights = options.weights;
  if (weights.empty()) try {
      weights = model::default_model();
    } catch (const Error&) {
      out.none_because =
          "no weights were given (--model), and the shipped ones were not found; correct by hand";
      return out;
    }
  out.contourer =
      std::make_shared<pipeline::BoxContourer>(weights, options.make_engine, inference::EngineOptions{});
  if (out.contourer->phantom_only())
    messages.warning("model " + out.contourer->model_name() +
                     " was trained on synthetic patients only: what it draws on a real CT means nothing");
  return out;
}

}  // namespace

fs::path default_store(const fs::path& input) {
  std::error_code error;
  if (fs::is_directory(input, error)) return input / "review";
  const std::string name = io::is_image_file_name(input)
                               ? io::without_image_extension(input.filename().string())
                               : input.stem().string();
  return safe_file_name(name + "-review");
}

void serve_review(const ServeOptions& options, Messages& messages, const std::function<bool()>& stop,
                  const std::function<void(const std::string& url)>& ready) {
  Recontouring weights = recontouring(options, messages);
  OpenedCase opened =
      open_case(options.open, [&](std::string_view stage, double done) { messages.progress(stage, done); });
  std::vector<Comparison> comparisons = read_comparisons(options, opened);
  for (const std::string& warning : opened.warnings) messages.warning(warning);
  if (!opened.ct.dicom)
    messages.warning("the CT is not DICOM: masks are saved, but no RTSTRUCT and no Segmentation");
  Review review(std::move(opened), std::move(comparisons),
                {options.store.empty() ? default_store(options.open.input) : options.store, options.style},
                messages);
  messages.info("the review is kept in " + review.store().folder().string());

  const std::unique_ptr<PageFolder> folder =
      options.page.empty() ? nullptr : std::make_unique<PageFolder>(options.page);
  const auto& page = folder ? folder->files : page_files();
  if (page.empty())
    messages.warning("this build has no page: install node and npm, run make web, and build again");
  http::Config config;
  config.port = options.port;
  config.most_body_bytes = most_body_bytes;
  config.beacon_paths = {"/api/goodbye"};
  // The port is known only when the server listens; until then nobody has its token.
  std::unique_ptr<Access> access;
  std::unique_ptr<Site> made;
  std::atomic<Site*> site{nullptr};
  http::Server server(
      config,
      [&site](const http::Request& request) {
        Site* const ready_site = site;
        return ready_site ? ready_site->answer(request) : http::refusal(503, "not ready yet");
      },
      messages);
  config.port = server.port();
  access = std::make_unique<Access>(token_s, config.port);
  made = std::make_unique<Site>(config, *access, review, page, messages, std::move(weights));
  site = made.get();
  ready("http://127.0.0.1:" + std::to_string(config.port) + "/?token=" + access->token());
  while (!stop() && !access->is_over()) std::this_thread::sleep_for(tick);
  messages.info(stop() ? "ended" : "the page is closed; ended");
}

}  // namespace anatomynet::review
