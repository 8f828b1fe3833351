#include "service/commitment/commitment.h"

namespace anatomynet::service {
namespace {

std::string text_of(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFString(tag, value);
  return value.c_str();
}

template <class Take>
void each_item(DcmDataset& data, const DcmTagKey& tag, Take take) {
  DcmSequenceOfItems* sequence = nullptr;
  if (data.findAndGetSequence(tag, sequence).bad() || !sequence) return;
  for (unsigned long k = 0; k < sequence->card(); ++k) take(*sequence->getItem(k));
}

}  // namespace

DcmDataset commitment_request(const std::string& transaction, const std::vector<MadeObject>& objects) {
  DcmDataset data;
  data.putAndInsertString(DCM_TransactionUID, transaction.c_str());
  for (const MadeObject& object : objects) {
    DcmItem* item = nullptr;
    if (data.findOrCreateSequenceItem(DCM_ReferencedSOPSequence, item, -2).bad()) continue;
    item->putAndInsertString(DCM_ReferencedSOPClassUID, object.sop_class.c_str());
    item->putAndInsertString(DCM_ReferencedSOPInstanceUID, object.sop_uid.c_str());
  }
  return data;
}

std::optional<CommitmentReport> read_commitment_report(DcmDataset& data) {
  CommitmentReport report;
  report.transaction = text_of(data, DCM_TransactionUID);
  if (report.transaction.empty()) return std::nullopt;
  each_item(data, DCM_ReferencedSOPSequence,
            [&](DcmItem& item) { report.kept.push_back(text_of(item, DCM_ReferencedSOPInstanceUID)); });
  each_item(data, DCM_FailedSOPSequence, [&](DcmItem& item) {
    Uint16 reason = 0;
    item.findAndGetUint16(DCM_FailureReason, reason);
    report.failed.push_back({text_of(item, DCM_ReferencedSOPInstanceUID), reason});
  });
  return report;
}

}  // namespace anatomynet::service
