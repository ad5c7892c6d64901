// A statement with its parameters in its text. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace backend {

// `sql` with $1, $2, … replaced by literals[0], literals[1], …, which are quoted already; what stands in
// quotes, dollar quotes and comments is left as it is. Numbers beyond the literals stay, for the server to
// refuse.
std::string withLiterals(std::string_view sql, const std::vector<std::string>& literals);

} // namespace backend
