#pragma once
#include "service/store/database.h"

namespace anatomynet::service {

/// The version of the tables that this program works with.
int schema_version();

/// Brings a new or older database to this version, in one transaction. Throws Error(output) for a newer one.
void migrate(Database& database);

}  // namespace anatomynet::service
