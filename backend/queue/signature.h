// What of an error is stored with a task: its text as PostgreSQL takes it, and its signature, the text
// without what differs from case to case, to group dead letters by. Pure.
#pragma once

#include <string>
#include <string_view>

namespace backend {

// Numbers and hexadecimal ids become #, quoted parts "…"; at most 200 bytes of valid UTF-8.
std::string errorSignature(std::string_view message);

// At most 4,000 bytes, valid UTF-8 without zero bytes: an error that cannot be stored would keep its task
// from its end.
std::string storableError(std::string_view message);

} // namespace backend
