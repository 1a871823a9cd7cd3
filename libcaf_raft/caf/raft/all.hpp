#pragma once

// All that an application needs.

#include "caf/raft/group.hpp"
#include "caf/raft/node.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/state_machine.hpp"
#include "caf/raft/status.hpp"
#include "caf/raft/typed_machine.hpp"
