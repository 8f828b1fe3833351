#pragma once
#include <filesystem>
#include <vector>

#include "http/client.h"
#include "service/sender/sender.h"

// Internal to the service module.
namespace anatomynet::service {

/// STOW-RS (PS3.18 10.5): one request an object.
class StowCarrier : public Carrier {
 public:
  StowCarrier(const http::ClientConfig& web, StoreFiles& files) : web_(web), files_(files) {}

  std::vector<SendOutcome> send(const std::vector<Delivery>& deliveries) override;
  SendOutcome probe() override;

 private:
  SendOutcome send(const std::filesystem::path& file);

  const http::ClientConfig& web_;
  StoreFiles& files_;
};

}  // namespace anatomynet::service
