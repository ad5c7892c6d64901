// Whose posts are pushed into their readers' timelines, and whose are merged when the readers read. Plain
// values.
#pragma once

#include "backend/domain/ids.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

enum class PullState : int {
    Beginning = 1, // merged already, and still pushed until every engine knows
    Pulled = 2,
    Ending = 3, // pushed again; merged on until what was pulled before is in the readers' timelines
};
std::string_view toString(PullState state); // "beginning" …

// From when on an author is pulled.
struct PushThreshold
{
    enum class Kind {
        Auto,      // where pushing costs more than merging: posts a day against the readers' visits a day
        Never,     // everybody is pushed
        Followers, // with more followers than this
    };
    Kind kind = Kind::Auto;
    std::int64_t followers = 0;
    auto operator<=>(const PushThreshold&) const = default;
};

std::optional<PushThreshold> parsePushThreshold(const std::string& text); // what toString() writes
std::string toString(const PushThreshold& threshold); // "auto", "never" or a number of followers

struct PulledAuthor
{
    UserId author;
    PullState state = PullState::Pulled;
    TimePoint changedAt;
    std::string reason; // in figures, as they were when it was decided
};

struct FanoutPolicy
{
    PushThreshold threshold;
    std::vector<PulledAuthor> pulled; // ascending by id
};

} // namespace backend
