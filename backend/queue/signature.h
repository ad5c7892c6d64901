// The signature of an error: its text without what differs from case to case, to group dead letters by. Pure.
#pragma once

#include <string>
#include <string_view>

namespace backend {

// Runs of digits become #, quoted parts become "…"; at most 200 bytes.
std::string errorSignature(std::string_view message);

} // namespace backend
