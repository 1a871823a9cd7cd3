#include "floor_disk.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <lmdb.h>

namespace bench {

namespace {

using steady = std::chrono::steady_clock;

constexpr size_t file_bytes = 64 << 20;

double us(steady::duration span) {
  return std::chrono::duration<double, std::micro>(span).count();
}

void must(int code) {
  if (code == 0)
    return;
  printf("LMDB: %s\n", mdb_strerror(code));
  exit(1);
}

/// An environment with a log of entries.
class log_file {
public:
  log_file(const std::string& path, size_t value_bytes)
    : entry_(value_bytes, 'e') {
    must(mdb_env_create(&env_));
    must(mdb_env_set_mapsize(env_, size_t{64} << 30));
    must(mdb_env_open(env_, path.c_str(),
                      MDB_NOSUBDIR | MDB_NOTLS | MDB_NOMETASYNC, 0644));
    MDB_txn* txn = nullptr;
    must(mdb_txn_begin(env_, nullptr, 0, &txn));
    must(mdb_dbi_open(txn, nullptr, MDB_INTEGERKEY, &dbi_));
    must(mdb_txn_commit(txn));
    prefill(path);
  }

  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;

  ~log_file() {
    mdb_env_close(env_);
  }

  /// Writes an entry and makes it durable.
  void write() {
    MDB_txn* txn = nullptr;
    must(mdb_txn_begin(env_, nullptr, 0, &txn));
    MDB_val key{sizeof(index_), &index_};
    MDB_val data{entry_.size(), entry_.data()};
    must(mdb_put(txn, dbi_, &key, &data, MDB_APPEND));
    must(mdb_txn_commit(txn));
    must(mdb_env_sync(env_, 1));
    ++index_;
  }

private:
  /// Writes zeros where LMDB has not been yet.
  void prefill(const std::string& path) {
    auto used = std::filesystem::file_size(path);
    auto file = fopen(path.c_str(), "r+");
    if (file == nullptr)
      exit(1);
    std::string zeros(file_bytes, '\0');
    fseek(file, static_cast<long>(used), SEEK_SET);
    if (fwrite(zeros.data(), 1, zeros.size(), file) != zeros.size())
      exit(1);
    fclose(file);
    must(mdb_env_sync(env_, 1));
  }

  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
  uint64_t index_ = 0;
  std::string entry_;
};

} // namespace

std::vector<double> durable_commits(const std::string& path,
                                    std::chrono::milliseconds span,
                                    size_t value_bytes) {
  log_file log{path, value_bytes};
  std::vector<double> result;
  auto start = steady::now();
  auto warm = start + span / 10;
  while (steady::now() < start + span) {
    auto before = steady::now();
    log.write();
    if (before > warm)
      result.push_back(us(steady::now() - before));
  }
  return result;
}

} // namespace bench
