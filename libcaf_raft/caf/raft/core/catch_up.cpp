#include "caf/raft/core/catch_up.hpp"

namespace caf::raft::core {

void catch_up::progressed(index_t match, index_t last, time_point now,
                          timespan limit) {
  if (match < target_)
    return;
  ready_ = match == last || now - begun_ < limit;
  if (ready_)
    too_slow_ = false;
  else if (round_ == max_rounds)
    too_slow_ = true;
  round_ = ready_ || round_ == max_rounds ? 1 : round_ + 1;
  target_ = last;
  begun_ = now;
}

} // namespace caf::raft::core
