#include "service/certificates/certificates.h"

#include <utility>

#include <sys/stat.h>

#include "core/error.h"
#include "http/server.h"

namespace anatomynet::service {
namespace {

constexpr double settle_s = 2;

}  // namespace

Certificates::Certificates(const NodeConfig& config, Messages& messages) : messages_(messages) {
  const TlsConfig& dicom = config.dicom.tls;
  if (dicom.used()) add("dicom.tls", {dicom.certificate, dicom.key, dicom.authorities});
  if (config.has_http && config.http.uses_tls()) add("http.tls", {config.http.certificate, config.http.key});
}

void Certificates::add(const std::string& table, std::vector<std::filesystem::path> files) {
  Watched& watched = watched_[table];
  watched.seen = print_of(files);
  watched.state = {table, true, http::certificate_end(files.front())};
  watched.files = std::move(files);
}

void Certificates::on_change(const std::string& table, std::function<void()> renew) {
  if (const auto found = watched_.find(table); found != watched_.end())
    found->second.renew = std::move(renew);
}

// Links are followed: some tools exchange what they point to.
Certificates::Print Certificates::print_of(const std::vector<std::filesystem::path>& files) {
  Print print;
  for (const std::filesystem::path& file : files) {
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0) about = {};
    print.insert(print.end(), {static_cast<std::int64_t>(about.st_dev),
                               static_cast<std::int64_t>(about.st_ino), about.st_size, about.st_mtim.tv_sec,
                               about.st_mtim.tv_nsec, about.st_ctim.tv_sec, about.st_ctim.tv_nsec});
  }
  return print;
}

std::vector<std::string> Certificates::look(double now_s) {
  std::vector<std::string> renewed;
  for (auto& [table, watched] : watched_) {
    if (Print print = print_of(watched.files); print != watched.seen) {
      watched.seen = std::move(print);
      watched.changed_s = now_s;
    } else if (watched.changed_s && now_s - *watched.changed_s >= settle_s) {
      watched.changed_s.reset();
      if (renew(watched)) renewed.push_back(table);
    }
  }
  return renewed;
}

bool Certificates::renew(Watched& watched) {
  const std::string table = '[' + watched.state.table + ']';
  std::string problem;
  try {
    if (watched.renew) watched.renew();
  } catch (const Error& error) {
    problem = error.what();
  }
  {
    const std::lock_guard guard(mutex_);
    watched.state.latest = problem.empty();
    if (problem.empty()) watched.state.end_s = http::certificate_end(watched.files.front());
  }
  if (problem.empty())
    messages_.info(table + ": the files were read again, new connections use them");
  else
    messages_.error(table +
                    ": the files changed and do not serve, the ones from before are used: " + problem);
  return problem.empty();
}

std::vector<Certificates::State> Certificates::states() const {
  const std::lock_guard guard(mutex_);
  std::vector<State> states;
  for (const auto& [table, watched] : watched_) states.push_back(watched.state);
  return states;
}

}  // namespace anatomynet::service
