#include "service/store/database.h"

#include <sqlite3.h>

namespace anatomynet::service {
namespace {

constexpr int patience_ms = 30000;

[[noreturn]] void fail(sqlite3* database, int code) {
  throw Error(ErrorKind::output, std::string("the node's database: ") +
                                     (database ? sqlite3_errmsg(database) : sqlite3_errstr(code)) +
                                     "; look at the free space and the permissions of the store's folder");
}

void check(sqlite3* database, int code) {
  if (code != SQLITE_OK) fail(database, code);
}

}  // namespace

void Statement::Finalise::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* database, const char* sql) : database_(database) {
  sqlite3_stmt* prepared = nullptr;
  check(database, sqlite3_prepare_v2(database, sql, -1, &prepared, nullptr));
  statement_.reset(prepared);
}

Statement& Statement::bind(std::int64_t value) {
  check(database_, sqlite3_bind_int64(statement_.get(), ++bound_, value));
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  check(database_, sqlite3_bind_text64(statement_.get(), ++bound_, value.empty() ? "" : value.data(),
                                       value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail(database_, code);
  return code == SQLITE_ROW;
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)))
               : std::string();
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Database::Database(const std::filesystem::path& file) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(opened);
  check(opened, code);
  sqlite3_busy_timeout(opened, patience_ms);
  run_script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
}

void Database::run_script(const char* sql) {
  check(database_.get(), sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr));
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(database_.get()); }
std::int64_t Database::changes() const { return sqlite3_changes64(database_.get()); }

// Without a flush of the write-ahead log (synchronous NORMAL); the next commit at once flushes all before it.
Transaction::Transaction(Database& database, OnDisk on_disk) : database_(database) {
  database_.run_script(on_disk == OnDisk::later ? "PRAGMA synchronous = NORMAL"
                                                : "PRAGMA synchronous = FULL");
  database_.run_script("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run_script("ROLLBACK");
  } catch (const Error&) {  // SQLite has rolled back by itself, as it does when the disk is full
  }
}

void Transaction::commit() {
  database_.run_script("COMMIT");
  open_ = false;
}

}  // namespace anatomynet::service
