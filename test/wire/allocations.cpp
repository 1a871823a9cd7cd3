#include "wire/allocations.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

size_t largest_block = 0;
size_t total_bytes = 0;

} // namespace

namespace allocations {

void reset() {
  largest_block = 0;
  total_bytes = 0;
}

size_t largest() {
  return largest_block;
}

size_t total() {
  return total_bytes;
}

} // namespace allocations

void* operator new(size_t size) {
  largest_block = std::max(largest_block, size);
  total_bytes += size;
  if (auto* result = std::malloc(std::max(size, size_t{1})))
    return result;
  throw std::bad_alloc{};
}

void* operator new[](size_t size) {
  return operator new(size);
}

void operator delete(void* what) noexcept {
  std::free(what);
}

void operator delete[](void* what) noexcept {
  std::free(what);
}

void operator delete(void* what, size_t) noexcept {
  std::free(what);
}

void operator delete[](void* what, size_t) noexcept {
  std::free(what);
}
