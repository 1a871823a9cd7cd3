#include "caf/raft/group.hpp"

namespace caf::raft {

errc code_of(const caf::error& what) {
  const auto& context = what.context();
  if (!context.match_elements<std::string, uint8_t>())
    return errc::none;
  return static_cast<errc>(context.get_as<uint8_t>(1));
}

caf::error make_door_error(errc code, const std::string& text) {
  auto name = std::string{to_string(code)};
  return make_error(sec::runtime_error,
                    text.empty() ? name : name + ": " + text,
                    static_cast<uint8_t>(code));
}

} // namespace caf::raft
