#include "caf/raft/whole_state.hpp"

#include <algorithm>
#include <utility>

namespace caf::raft {

whole_view::whole_view(bytes all, size_t most)
  : all_(std::move(all)),
    most_(most) {
  // nop
}

bool whole_view::read(bytes& to, size_t wanted) {
  auto rest = bytes_view{all_}.subspan(given_);
  auto piece = rest.first(std::min({rest.size(), wanted, most_}));
  to.insert(to.end(), piece.begin(), piece.end());
  given_ += piece.size();
  return given_ < all_.size();
}

whole_loader::whole_loader(std::function<void(bytes_view)> load)
  : load_(std::move(load)) {
  // nop
}

void whole_loader::write(bytes_view from) {
  all_.insert(all_.end(), from.begin(), from.end());
}

void whole_loader::finish() {
  load_(all_);
}

} // namespace caf::raft
