// Commands in Redis' wire form, written straight into a buffer: the hot path of fan-out, so no allocation per
// argument. Pure; any thread.
#pragma once

#include <charconv>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace backend {

namespace encoding {

inline constexpr std::size_t kLongestHeader = 24; // '*' or '$', up to 20 digits, CR LF

inline char* header(char* to, char kind, std::size_t count)
{
    *to++ = kind;
    if (count < 10)
        *to++ = char('0' + count); // nearly always
    else
        to = std::to_chars(to, to + 20, count).ptr;
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

inline char* argument(char* to, std::string_view text)
{
    to = header(to, '$', text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    to += text.size();
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

} // namespace encoding

// Appends one command made of the arguments of several ranges, one after the other.
template <class... Ranges>
void appendRedisCommand(std::string& out, const Ranges&... ranges)
{
    const std::size_t count = (std::size(ranges) + ...);
    std::size_t most = encoding::kLongestHeader;
    const auto measure = [&](const auto& range) {
        for (const std::string_view text : range)
            most += text.size() + 2 + encoding::kLongestHeader;
    };
    (measure(ranges), ...);
    const auto start = out.size();
    out.resize(start + most);
    char* to = encoding::header(out.data() + start, '*', count);
    const auto write = [&](const auto& range) {
        for (const std::string_view text : range)
            to = encoding::argument(to, text);
    };
    (write(ranges), ...);
    out.resize(std::size_t(to - out.data()));
}

inline void appendRedisArgument(std::string& out, std::string_view text)
{
    const auto start = out.size();
    out.resize(start + text.size() + 2 + encoding::kLongestHeader);
    out.resize(std::size_t(encoding::argument(out.data() + start, text) - out.data()));
}

// One command of some arguments and of others that are encoded already.
inline void appendRedisCommand(std::string& out, std::initializer_list<std::string_view> arguments,
                               std::size_t moreCount, std::string_view more)
{
    std::size_t most = encoding::kLongestHeader + more.size();
    for (const auto text : arguments)
        most += text.size() + 2 + encoding::kLongestHeader;
    const auto start = out.size();
    out.resize(start + most);
    char* to = encoding::header(out.data() + start, '*', arguments.size() + moreCount);
    for (const auto text : arguments)
        to = encoding::argument(to, text);
    std::memcpy(to, more.data(), more.size());
    out.resize(std::size_t(to + more.size() - out.data()));
}

} // namespace backend
