#pragma once
#include "service/store/database.h"

namespace anatomynet::service {

/// The version of the tables that this program works with.
int schema_version();

/// Brings a new or older database to version `to`, in one transaction. Throws Error(output) for one that is
/// newer than this program.
void migrate(Database& database, int to = schema_version());

}  // namespace anatomynet::service
