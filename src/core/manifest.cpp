#include "core/manifest.h"

#include "core/error.h"
#include "core/file_name.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/parallel_for.h"
#include "core/unfinished.h"
#include "core/version.h"

namespace anatomynet::core {
namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::string manifest_json(const fs::path& folder, const ManifestFacts& facts) {
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator it(folder), end; it != end; ++it) {
    if (it->path().filename().native().starts_with(unfinished::hidden_prefix)) {
      it.disable_recursion_pending();
      continue;
    }
    if (it->is_regular_file()) paths.push_back(it->path());
  }
  std::vector<FileDigest> digests(paths.size());
  parallel_for(paths.size(), 0, [&](std::size_t i) {
    digests[i] = digest_of(paths[i]);
    if (digests[i].sha256.empty())
      throw Error(ErrorKind::output, paths[i].string() + ": cannot be read back");
  });
  std::map<std::string, FileDigest> files;  // by name
  for (std::size_t i = 0; i < paths.size(); ++i)
    files[paths[i].lexically_relative(folder).generic_string()] = digests[i];
  ordered_json list = ordered_json::object();
  for (const auto& [name, digest] : files) list[name] = {{"bytes", digest.bytes}, {"sha256", digest.sha256}};
  ordered_json manifest{{"program", std::string("anatomynet ") + version()}};
  if (!facts.model.empty()) manifest["model"] = facts.model;
  if (!facts.key.empty()) manifest["key"] = facts.key;
  manifest["files"] = list;
  return json_text(manifest, 1) + "\n";
}

std::optional<Manifest> read_manifest(const fs::path& folder) try {
  std::error_code ignored;
  if (!fs::exists(folder / Manifest::name, ignored)) return {};
  const auto json = read_json(folder / Manifest::name);
  Manifest manifest;
  manifest.facts = {json.value("model", ""), json.value("key", "")};
  for (const auto& [name, file] : json.at("files").items()) {
    if (!stays_inside(name)) return {};
    manifest.files[name] = {file.at("bytes").get<std::uint64_t>(), file.at("sha256").get<std::string>()};
  }
  return manifest;
} catch (const nlohmann::json::exception&) {
  return {};
} catch (const Error&) {  // damaged
  return {};
}

ManifestChanges changes_since(const fs::path& folder, const Manifest& manifest) {
  ManifestChanges out;
  for (const auto& [name, digest] : manifest.files) {
    std::error_code error;
    const fs::path file = folder / name;
    if (!fs::exists(file, error)) {
      out.missing.push_back(name);
      continue;
    }
    const bool same_size = fs::is_regular_file(file, error) && fs::file_size(file, error) == digest.bytes;
    if (!same_size || digest_of(file) != digest) out.changed.push_back(name);
  }
  return out;
}

}  // namespace anatomynet::core
