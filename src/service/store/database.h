#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/error.h"

struct sqlite3;
struct sqlite3_stmt;

// SQLite behind two small classes. Every failure is Error(output) with SQLite's reason.
namespace anatomynet::service {

/// One prepared statement. Parameters are bound in order, columns count from 0.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql);

  Statement& bind(std::int64_t value);
  Statement& bind(int value) { return bind(std::int64_t{value}); }
  Statement& bind(std::string_view value);

  bool step();                            ///< false where there is no further row
  std::int64_t number(int column) const;  ///< 0 for NULL
  std::string text(int column) const;     ///< empty for NULL

 private:
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
  int bound_ = 0;
};

/// A connection; for one thread at a time. Write-ahead log, synchronous FULL (a commit is on disk when it
/// returns), foreign keys, 30 s of patience with another process that writes.
class Database {
 public:
  explicit Database(const std::filesystem::path& file);

  template <class... Values>
  Statement query(const char* sql, const Values&... values) {
    Statement statement(database_.get(), sql);
    (statement.bind(values), ...);
    return statement;
  }

  /// Runs a statement that gives no rows; returns how many rows it changed.
  template <class... Values>
  std::int64_t run(const char* sql, const Values&... values) {
    query(sql, values...).step();
    return changes();
  }

  void run_script(const char* sql);
  std::int64_t last_id() const;
  std::int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

/// When a commit is on disk: a power cut may take what is written later. The database stays whole, and a kill
/// of the process takes nothing.
enum class OnDisk { at_once, later };

/// Takes the right to write at once, so that what is read within it stays true; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database, OnDisk on_disk = OnDisk::at_once);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace anatomynet::service
