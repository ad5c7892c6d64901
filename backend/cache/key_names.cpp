#include "backend/cache/key_names.h"

#include <array>
#include <charconv>
#include <utility>

namespace backend {
namespace {

constexpr std::array<std::pair<std::string_view, KeyFamily>, 6> kFamilies{
    {{"home", KeyFamily::Home},
     {"author", KeyFamily::Author},
     {"public", KeyFamily::Public},
     {"post", KeyFamily::Post},
     {"user", KeyFamily::User},
     {"counters", KeyFamily::Counters}}};

template <class Number>
bool takeNumber(std::string_view& text, Number& number)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return false;
    text.remove_prefix(std::size_t(end - text.data()));
    return true;
}

bool take(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

// ":<number>" and nothing behind it.
bool isSegment(std::string_view text)
{
    std::int64_t number = 0;
    return take(text, ":") && takeNumber(text, number) && text.empty();
}

} // namespace

std::string_view toString(KeyFamily family)
{
    static constexpr std::array<std::string_view, 6> kNames{
        "home timeline", "author timeline", "public timeline", "post", "user", "counters"};
    return kNames[std::size_t(family)];
}

std::optional<KeyName> parseKeyName(std::string_view key)
{
    KeyName out;
    if (!take(key, "{") || !takeNumber(key, out.shard) || !take(key, "}:")) return std::nullopt;
    const auto word = key.substr(0, key.find_first_of(":-"));
    bool known = false;
    for (const auto& [name, family] : kFamilies)
        if (name == word) {
            known = true;
            out.family = family;
        }
    if (!known) return std::nullopt;
    key.remove_prefix(word.size());
    const bool part = !out.isObject() && (take(key, "-floor") || take(key, "-segments") ||
                                          take(key, "-build") || take(key, "-pulled"));
    if (out.family != KeyFamily::Public && (!take(key, ":") || !takeNumber(key, out.owner) || out.owner == 0))
        return std::nullopt;
    if (key.empty() || (!part && !out.isObject() && isSegment(key))) return out;
    return std::nullopt;
}

} // namespace backend
