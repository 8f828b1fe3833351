#include "service/receiver/intake.h"

#include <algorithm>
#include <fstream>

#include <dcmtk/dcmdata/dcuid.h>
#include <sys/stat.h>

#include "io/dicom/instance_header.h"

namespace anatomynet::service {
namespace {

constexpr std::size_t longest_header = 64 << 10;

bool is_ct(const std::string& sop_class) {
  return sop_class == UID_CTImageStorage || sop_class == UID_EnhancedCTImageStorage;
}

// Throws Error(input) where the data set is damaged.
std::optional<ReceivedInstance> describe(const std::filesystem::path& file, const InstanceNames& names,
                                         const std::string& content, std::int64_t bytes) {
  const io::InstanceHeader header = io::read_instance_header(file);
  if (header.sop_class != names.sop_class || header.sop_instance_uid != names.sop_instance_uid ||
      !is_uid(header.series_uid) || !is_uid(header.study_uid))
    return std::nullopt;
  Sha256 patient;
  patient.add_field(header.patient_id);
  patient.add_field(header.patient_name);
  ReceivedInstance instance;
  instance.series_uid = header.series_uid;
  instance.study_uid = header.study_uid;
  instance.patient_digest = patient.hex();
  instance.expected = header.series_instances;
  instance.sop_uid = names.sop_instance_uid;
  instance.sop_class = names.sop_class;
  instance.transfer_syntax = names.transfer_syntax;
  instance.calling_ae = names.calling_ae;
  instance.content = content;
  instance.bytes = bytes;
  instance.is_ct = is_ct(names.sop_class);
  return instance;
}

}  // namespace

std::vector<std::string> classes_of(const DicomConfig& config) {
  std::vector<std::string> classes = {UID_CTImageStorage, UID_EnhancedCTImageStorage,
                                      UID_RTStructureSetStorage};
  if (config.store_other)
    for (int k = 0; k < numberOfDcmAllStorageSOPClassUIDs; ++k)
      classes.emplace_back(dcmAllStorageSOPClassUIDs[k]);
  return classes;
}

bool takes_class(const DicomConfig& config, const std::string& sop_class) {
  const std::vector<std::string> classes = classes_of(config);
  return std::find(classes.begin(), classes.end(), sop_class) != classes.end();
}

bool is_uid(const std::string& text) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789.") == std::string::npos;
}

Taken Intake::Visit::take(const std::filesystem::path& file, const InstanceNames& names,
                          const std::string& content, std::int64_t bytes) {
  try {
    const std::optional<ReceivedInstance> instance = describe(file, names, content, bytes);
    if (!instance || (!study_.empty() && instance->study_uid != study_)) {
      say_("an instance is refused: the UIDs in it are not those of the request, or lack");
      return Taken::no_match;
    }
    record(file, *instance);
    return Taken::kept;
  } catch (const Error& error) {
    const bool damaged = error.kind() == ErrorKind::input;
    say_(damaged ? "an instance is refused: its data set is damaged"
                 : std::string("an instance is refused: ") + error.what());
    return damaged ? Taken::damaged : Taken::not_stored;
  }
}

void Intake::Visit::record(const std::filesystem::path& file, const ReceivedInstance& instance) {
  Intake& all = intake_;
  all.store_.files().keep(file, instance.content);
  if (series_.insert(instance.series_uid).second) all.activity_.begin(instance.series_uid);
  const Recorded recorded = all.store_.record(instance);
  ++all.counters_.instances;
  all.counters_.instance_bytes += instance.bytes;
  if (recorded.whole) all.activity_.whole(instance.series_uid);
  if (recorded.new_job)
    all.store_.audit().write(user_.empty() ? instance.calling_ae : user_, "began to send", recorded.job,
                             user_.empty() ? "" : "by " + instance.calling_ae);
  if (recorded.new_job) all.messages_.info("job " + std::to_string(recorded.job) + ": slices are coming in");
  if (recorded.kind == Recorded::Kind::conflict)
    say_("an instance has other bytes than the one under its UID that is here; it is kept aside" +
         (recorded.job ? ", job " + std::to_string(recorded.job) : std::string()));
}

std::optional<ReceivedInstance> read_kept(const std::filesystem::path& file) {
  std::string start(longest_header, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  const std::optional<FileHeader> header = read_file_header(start);
  struct stat about {};
  if (!header || ::stat(file.c_str(), &about) != 0) return std::nullopt;
  try {
    std::optional<ReceivedInstance> instance =
        describe(file, header->names, content_of(file, *header), about.st_size);
    if (instance) instance->received = about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1'000'000;
    return instance;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace anatomynet::service
