#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// Makes requests, as they go over the wire.
using request_maker = std::function<std::string()>;

/// What the answers of a contender mean.
struct promises {
  /// A write is committed when it is answered.
  bool committed_puts = true;
  /// Otherwise a read may be behind.
  bool linearizable_gets = true;
};

/// Three members of a key-value server on loopback, whichever it is, with their
/// data on one disk.
class contender {
public:
  virtual ~contender();

  virtual std::string name() const = 0;

  /// Waits until it takes writes.
  /// @returns The port where the leader's clients go.
  virtual uint16_t await_leader() = 0;

  /// Waits until it has done what it has answered.
  virtual void settle();

  /// CPU that all members have used, in seconds.
  virtual double cpu() const = 0;

  virtual promises promised() const;

  virtual request_maker puts(size_t value_bytes, size_t keys) const = 0;

  virtual request_maker gets(size_t keys) const = 0;
};

/// Which ones there can be beside kvnode.
std::vector<std::string> peer_names();

/// kvnode first, then the peers that are there.
/// @param peers   Some of `peer_names`.
/// @param missing Hears of those that are not installed.
std::vector<std::unique_ptr<contender>>
contenders(const std::string& where, const std::vector<std::string>& peers,
           const std::function<void(const std::string&)>& missing);

} // namespace bench
