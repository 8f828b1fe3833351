#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "core/unfinished.h"
#include "service/sender/request.h"
#include "service/sender/stow_carrier.h"

namespace anatomynet::service {
namespace {
namespace fs = std::filesystem;

constexpr int report_wait_s = 2;  // some answer at once, over the association that asked

class DicomCarrier : public Carrier {
 public:
  DicomCarrier(const Destination& destination, const DicomTls& tls, StoreFiles& files)
      : destination_(destination), tls_(tls), files_(files) {}

  std::vector<SendOutcome> send(const std::vector<Delivery>& deliveries) override {
    std::vector<SendOutcome> outcomes;
    Request request(destination_, tls_);
    for (const Delivery& delivery : deliveries) {
      if (!request.problem().empty())
        outcomes.push_back(request.problem());
      else if (request.broken())
        outcomes.emplace_back("the association broke");
      else
        outcomes.push_back(
            request.store(delivery.object, files_.results(delivery.job) / delivery.object.file));
    }
    return outcomes;
  }

  Asked ask_commitment(const std::string& transaction, const std::vector<MadeObject>& objects) override {
    Request request(destination_, tls_, Request::For::commitment);
    if (!request.problem().empty()) return {Asked::Kind::not_reached, request.problem(), {}};
    if (!request.offers_commitment()) return {Asked::Kind::refused, "it offers no storage commitment", {}};
    const SendOutcome outcome = request.ask_commitment(transaction, objects);
    if (request.broken()) return {Asked::Kind::not_reached, outcome, {}};
    if (!outcome.empty()) return {Asked::Kind::refused, "asked for storage commitment " + outcome, {}};
    return {Asked::Kind::asked, "", request.await_report(report_wait_s)};
  }

  SendOutcome probe() override {
    Request request(destination_, tls_);
    return request.problem().empty() ? request.echo() : request.problem();
  }

 private:
  const Destination& destination_;
  const DicomTls& tls_;
  StoreFiles& files_;
};

class FolderCarrier : public Carrier {
 public:
  FolderCarrier(const Destination& destination, StoreFiles& files)
      : folder_(destination.folder), files_(files) {}

  std::vector<SendOutcome> send(const std::vector<Delivery>& deliveries) override {
    std::vector<SendOutcome> outcomes;
    outcomes.reserve(deliveries.size());
    for (const Delivery& delivery : deliveries) outcomes.push_back(copy(delivery));
    return outcomes;
  }

  SendOutcome probe() override {
    std::error_code error;
    if (!fs::is_directory(folder_, error)) return "there is no such folder";
    return ::access(folder_.c_str(), W_OK) == 0 ? "" : "the folder is not writable";
  }

 private:
  // Its UID is one of ours, digits and dots. It appears whole, by rename.
  SendOutcome copy(const Delivery& delivery) {
    const fs::path name = delivery.object.kind + "." + delivery.object.sop_uid + ".dcm";
    const fs::path part = folder_ / std::string(".").append(name.native()).append(".part");
    std::error_code error;
    fs::copy_file(files_.results(delivery.job) / delivery.object.file, part,
                  fs::copy_options::overwrite_existing, error);
    if (error) return error.message();
    // Whoever may read the folder may read what is put there; in the store files are the node's alone.
    const fs::perms readers = fs::status(folder_, error).permissions();
    if (!error) fs::permissions(part, fs::perms(0600) | (readers & fs::perms(0044)), error);
    if (error) return error.message();
    try {
      unfinished::flush_file(part);
    } catch (const Error&) {
      return "cannot write there";
    }
    fs::rename(part, folder_ / name, error);
    if (error) return error.message();
    unfinished::flush_folder(folder_);
    return "";
  }

  const fs::path folder_;
  StoreFiles& files_;
};

}  // namespace

std::unique_ptr<Carrier> make_carrier(const Destination& destination, const DicomTls& tls,
                                      StoreFiles& files) {
  if (destination.kind == "stow") {
    http::check_authorities(destination.web);  // what is wrong with files is known at the start
    return std::make_unique<StowCarrier>(destination.web, files);
  }
  if (destination.kind == "folder") return std::make_unique<FolderCarrier>(destination, files);
  return std::make_unique<DicomCarrier>(destination, tls, files);
}

}  // namespace anatomynet::service
