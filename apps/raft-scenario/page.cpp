#include "page.hpp"

#include <csignal>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <utility>

using namespace caf::raft::testing;

run_page::run_page(std::string path, timeline::axis_t axis,
                   page_heading heading)
  : path_(std::move(path)),
    heading_(std::move(heading)),
    builder_(axis) {
  if (path_.empty())
    return;
  // Said before the run, and not after it.
  if (!std::ofstream{path_})
    throw std::runtime_error("cannot write " + path_);
  current = this;
  std::signal(SIGABRT, on_abort);
}

run_page::~run_page() {
  current = nullptr;
  if (path_.empty())
    return;
  std::signal(SIGABRT, SIG_DFL);
  write();
}

event_handler run_page::handler(event_handler next) {
  if (path_.empty())
    return next;
  return [this, next = std::move(next)](const run_event& x) {
    last_ = x.when;
    builder_.add(x);
    if (next)
      next(x);
  };
}

/// The process ends when this returns. What was going on is ours alone: there is
/// one thread, and it called abort.
void run_page::on_abort(int) {
  if (current == nullptr)
    return;
  current->builder_.add(
    {current->last_, run_failed{"a broken assertion ended the process"}});
  current->write();
}

void run_page::write() const {
  std::ofstream out{path_, std::ios::binary};
  write_page(out, builder_.finish(), heading_);
  out.flush();
  if (!out)
    std::cerr << "cannot write " << path_ << '\n';
}
