#include "backend/store/sql_literals.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace backend {
namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

// A byte of an identifier: $ is one, and so are all beyond ASCII.
bool isWord(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || (c & 0x80) != 0;
}

std::size_t after(std::string_view sql, std::string_view end, std::size_t from)
{
    const auto at = sql.find(end, from);
    return at == std::string_view::npos ? sql.size() : at + end.size();
}

// The end of what begins at `at` and is no code: a quoted text or name, a comment; `at` where it is code. A
// doubled quote ends one text and begins the next. Backslashes mean nothing (standard_conforming_strings is
// on).
std::size_t endOfQuoted(std::string_view sql, std::size_t at)
{
    const auto rest = sql.substr(at);
    if (rest.front() == '\'' || rest.front() == '"') return after(sql, rest.substr(0, 1), at + 1);
    if (rest.starts_with("--")) return after(sql, "\n", at);
    if (rest.starts_with("/*")) return after(sql, "*/", at + 2);
    if (rest.front() != '$' || (at > 0 && isWord(sql[at - 1]))) return at;
    const auto tag = rest.find('$', 1);
    if (tag == std::string_view::npos || (rest.size() > 1 && isDigit(rest[1]))) return at;
    const auto word = rest.substr(1, tag - 1);
    if (!std::all_of(word.begin(), word.end(), isWord)) return at;
    return after(sql, rest.substr(0, tag + 1), at + tag + 1);
}

} // namespace

std::string withLiterals(std::string_view sql, const std::vector<std::string>& literals)
{
    std::string out;
    out.reserve(sql.size() + 64);
    for (std::size_t at = 0; at < sql.size();) {
        if (const auto end = endOfQuoted(sql, at); end > at) {
            out += sql.substr(at, end - at);
            at = end;
            continue;
        }
        std::size_t number = 0;
        const auto* const last = sql.data() + sql.size();
        const auto parsed = sql[at] == '$' && (at == 0 || !isWord(sql[at - 1]))
                                ? std::from_chars(sql.data() + at + 1, last, number)
                                : std::from_chars_result{nullptr, std::errc::invalid_argument};
        if (parsed.ec == std::errc() && number >= 1 && number <= literals.size()) {
            out += literals[number - 1];
            at = std::size_t(parsed.ptr - sql.data());
        } else {
            out += sql[at++];
        }
    }
    return out;
}

} // namespace backend
