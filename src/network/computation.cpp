#include "network/computation.h"

namespace anatomynet::network {
namespace {

thread_local Computation current;

}  // namespace

const Computation& computation() { return current; }

ComputationScope::ComputationScope(const Computation& computation) : before_(current) {
  current = computation;
}

ComputationScope::~ComputationScope() { current = before_; }

}  // namespace anatomynet::network
