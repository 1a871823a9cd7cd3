#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

/// For the leak sanitizer: CAF 0.17.6 loses 200 bytes for a listening socket whose
/// broker ends before the I/O loop has seen the socket.
extern "C" const char* __lsan_default_suppressions();

extern "C" const char* __lsan_default_suppressions() {
  return "leak:caf::io::network::default_multiplexer::new_doorman\n";
}
