// What the name of a key says: whose it is and of what. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace backend {

enum class KeyFamily { Home, Author, Public, Post, User, Counters };

std::string_view toString(KeyFamily family); // "home timeline" … "post" "user" "counters"

struct KeyName
{
    int shard = 0; // of the hash tag
    KeyFamily family = KeyFamily::Home;
    std::int64_t owner = 0; // user or post; 0: the logical shard itself (public timelines)
    bool isObject() const { return family >= KeyFamily::Post; }
};

// Every key that Timelines, Objects and PulledFollowees write, with its segments, floors, notes and tokens;
// empty for any other.
std::optional<KeyName> parseKeyName(std::string_view key);

} // namespace backend
